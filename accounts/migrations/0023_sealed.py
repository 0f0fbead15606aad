"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_keys_hold"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.AlterField(
            model_name="apitoken",
            name="name",
            field=sealing.fields.EncryptedCharField(max_length=80, verbose_name="nom"),
        ),
        migrations.AlterField(
            model_name="cityedit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        migrations.AlterField(
            model_name="membershipchange",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        migrations.AlterField(
            model_name="organisationedit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        migrations.AlterField(
            model_name="organisationreview",
            name="reason",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=500, verbose_name="raison"),
        ),
        migrations.AlterField(
            model_name="personedit",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        migrations.AlterField(
            model_name="rolechange",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="session_data",
            field=sealing.fields.EncryptedTextField(),
        ),
        sealing.columns.seal_columns(
            "accounts",
            apitoken="name",
            cityedit="what",
            membershipchange="what",
            organisationedit="what",
            organisationreview="reason",
            personedit="what",
            rolechange="what",
            session="session_data",
        ),
        sealing.columns.seal_entries(table="mfa_authenticator", column="data", names="secret seed"),
    ]
