"""The key of a shared draft, by which one that is shared twice is one row."""

import uuid

from django.db import migrations, models


def take_from_answers(apps, schema_editor):
    """Of two rows of one draft the latest stays: it is the one whose link is shown."""
    rows = apps.get_model("offers", "SharedDraft").objects
    known = set()
    for row in rows.order_by("-pk"):
        key = (row.city_id, row.answers.get("key") or str(uuid.uuid4()))
        if key in known:
            row.delete()
            continue
        known.add(key)
        row.key = uuid.UUID(key[1])
        row.save(update_fields=["key"])


class Migration(migrations.Migration):

    dependencies = [
        ('offers', '0016_pictures'),
    ]

    operations = [
        migrations.AddField(
            model_name='shareddraft',
            name='key',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.RunPython(take_from_answers, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name='shareddraft',
            name='key',
            field=models.UUIDField(editable=False),
        ),
        migrations.AddConstraint(
            model_name='shareddraft',
            constraint=models.UniqueConstraint(fields=('city', 'key'), name='shared_draft_key', violation_error_message='Ce brouillon est déjà partagé.'),
        ),
    ]
