"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("cities", "0008_visit_valid_months"),
        ("offers", "0012_what_is_to_do"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="offer",
            name="address",
            field=sealing.fields.FindableAddressField(
                blank=True, max_length=200, verbose_name="Adresse (cachée)"
            ),
        ),
        migrations.AlterField(
            model_name="offer",
            name="diploma",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=80, verbose_name="Diplôme"),
        ),
        migrations.AlterField(
            model_name="offer",
            name="nearest_stop",
            field=sealing.fields.EncryptedCharField(
                blank=True, max_length=80, verbose_name="Arrêt le plus proche"
            ),
        ),
        migrations.AlterField(
            model_name="offerchange",
            name="reason",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="offeredit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        sealing.columns.seal_columns(
            "offers",
            offer="address diploma nearest_stop",
            offerchange="reason",
            offeredit="what",
        ),
    ]
