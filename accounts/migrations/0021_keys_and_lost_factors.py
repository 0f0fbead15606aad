"""API keys have scopes and an end. Those that are there go on for a year, with all that they could do."""

from datetime import timedelta

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
import sealing.fields
from django.db import migrations, models
from django.utils import timezone

SCOPES = ["read", "offers", "needs", "matches"]


def let_go_on(apps, schema_editor):
    keys = apps.get_model("accounts", "ApiToken").objects
    keys.update(scopes=SCOPES, expires_at=timezone.now() + timedelta(days=365))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_proven_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="FactorReset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("note", sealing.fields.EncryptedCharField(max_length=500, verbose_name="raison")),
                ("by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="factor_resets", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "double vérification réinitialisée",
                "verbose_name_plural": "doubles vérifications réinitialisées",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("note", ""), _negated=True), name="factor_reset_says_why", violation_error_message="Dites pourquoi."),
                ],
            },
        ),
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[("read", "lire"), ("offers", "écrire des propositions"), ("needs", "écrire des besoins"), ("matches", "répondre aux mises en relation")], max_length=10), default=list, size=None, verbose_name="droits"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="apitoken",
            name="expires_at",
            field=models.DateTimeField(default=timezone.now, verbose_name="valable jusqu’au"),
            preserve_default=False,
        ),
        migrations.RunPython(let_go_on, migrations.RunPython.noop),
    ]
