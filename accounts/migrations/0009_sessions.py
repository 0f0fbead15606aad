"""Sessions know whose they are. Those that go on are moved: nobody is signed out, and no offer half written is lost."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.utils import timezone


def move(apps, schema_editor):
    old, new = apps.get_model("sessions", "Session"), apps.get_model("accounts", "Session")
    people = set(apps.get_model("accounts", "User").objects.values_list("pk", flat=True))
    going_on = old.objects.filter(expire_date__gt=timezone.now())
    moved = []
    for session in going_on.iterator():
        person = int(SessionStore().decode(session.session_data).get(SESSION_KEY, 0))
        moved.append(
            new(
                session_key=session.session_key,
                session_data=session.session_data,
                expire_date=session.expire_date,
                user_id=person if person in people else None,
            )
        )
    new.objects.bulk_create(moved, batch_size=1000)
    old.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_readings_are_final"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("device", models.CharField(blank=True, max_length=60)),
                ("signed_in_at", models.DateTimeField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
