"""What is kept of people is sealed (docs/adr/0034)."""

import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("team", "0001_rooms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="room",
            name="address",
            field=sealing.fields.EncryptedCharField(max_length=1000),
        ),
        migrations.AlterField(
            model_name="room",
            name="name",
            field=sealing.fields.EncryptedCharField(max_length=200),
        ),
        migrations.AlterField(
            model_name="roomchange",
            name="name",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=200),
        ),
        sealing.columns.seal_columns(
            "team",
            room="address name",
            roomchange="name",
        ),
    ]
