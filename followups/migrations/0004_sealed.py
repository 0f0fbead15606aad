"""What is kept of people is sealed (docs/adr/0034)."""

import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0003_confidential"),
    ]

    operations = [
        migrations.AlterField(
            model_name="checkin",
            name="note",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="incident",
            name="call_when",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name="incident",
            name="conclusion",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="incident",
            name="phone",
            field=sealing.fields.EncryptedPhoneNumberField(blank=True, max_length=128, region=None),
        ),
        migrations.AlterField(
            model_name="incident",
            name="text",
            field=sealing.fields.EncryptedTextField(max_length=2000),
        ),
        migrations.AlterField(
            model_name="incidentchange",
            name="reason",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="outcome",
            name="note",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        sealing.columns.seal_columns(
            "followups",
            checkin="note",
            incident="call_when conclusion phone text",
            incidentchange="reason",
            outcome="note",
        ),
    ]
