"""What is kept of people is sealed (docs/adr/0034)."""

import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="mailreply",
            name="sender",
            field=sealing.fields.FindableCharField(blank=True, max_length=254),
        ),
        migrations.AlterField(
            model_name="mailreply",
            name="text",
            field=sealing.fields.EncryptedTextField(),
        ),
        sealing.columns.seal_columns(
            "inbox",
            mailreply="sender text",
        ),
    ]
