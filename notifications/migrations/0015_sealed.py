"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0014_bounces_of_a_provider"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="action_url",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="message",
            name="body",
            field=sealing.fields.EncryptedTextField(),
        ),
        migrations.AlterField(
            model_name="message",
            name="short",
            field=sealing.fields.EncryptedTextField(blank=True, db_default=""),
        ),
        migrations.AlterField(
            model_name="message",
            name="title",
            field=sealing.fields.EncryptedCharField(max_length=200),
        ),
        migrations.AlterField(
            model_name="message",
            name="values",
            field=sealing.fields.EncryptedJSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name="preferenceedit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        sealing.columns.seal_columns(
            "notifications",
            message="action_url body short title values",
            preferenceedit="what",
        ),
    ]
