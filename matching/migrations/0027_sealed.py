"""What is kept of people is sealed (docs/adr/0034)."""

import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0025_asked_within_quantity"),
    ]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="note",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        sealing.columns.seal_columns(
            "matching",
            decision="note",
        ),
    ]
