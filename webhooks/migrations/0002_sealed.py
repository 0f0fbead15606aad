"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cities", "0008_visit_valid_months"),
        ("webhooks", "0001_endpoints"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="endpoint",
            name="endpoint_once_a_town",
        ),
        migrations.AlterField(
            model_name="delivery",
            name="body",
            field=sealing.fields.EncryptedTextField(),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="former_secret",
            field=sealing.fields.EncryptedCharField(blank=True, editable=False, max_length=80),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="secret",
            field=sealing.fields.EncryptedCharField(editable=False, max_length=80),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="url",
            field=sealing.fields.FindableCharField(max_length=500, verbose_name="adresse"),
        ),
        migrations.AlterField(
            model_name="endpointedit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        sealing.columns.seal_columns(
            "webhooks",
            delivery="body",
            endpoint="former_secret secret url",
            endpointedit="what",
        ),
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.UniqueConstraint(
                models.F("city"),
                sealing.fields.Index("url"),
                condition=models.Q(("removed_at__isnull", True)),
                name="endpoint_once_a_town",
                violation_error_message="Cette adresse est déjà inscrite.",
            ),
        ),
    ]
