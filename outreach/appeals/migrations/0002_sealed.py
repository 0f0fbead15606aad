"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("appeals", "0001_appeals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="appealedit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        sealing.columns.seal_columns(
            "appeals",
            appealedit="what",
        ),
    ]
