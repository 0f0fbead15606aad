"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_sealed"),
        ("cities", "0008_visit_valid_months"),
        ("needs", "0010_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="need",
            name="social_worker",
            field=sealing.fields.EncryptedCharField(
                blank=True, max_length=120, verbose_name="Personne qui accompagne"
            ),
        ),
        migrations.AlterField(
            model_name="needchange",
            name="reason",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="neededit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        sealing.columns.seal_columns(
            "needs",
            need="social_worker",
            needchange="reason",
            neededit="what",
        ),
    ]
