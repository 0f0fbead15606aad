"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("stays", "0001_sponsorship"),
    ]

    operations = [
        migrations.AlterField(
            model_name="sponsorship",
            name="aims",
            field=sealing.fields.EncryptedTextField(max_length=1000, verbose_name="buts"),
        ),
        migrations.AlterField(
            model_name="sponsorshipedit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        sealing.columns.seal_columns(
            "stays",
            sponsorship="aims",
            sponsorshipedit="what",
        ),
    ]
