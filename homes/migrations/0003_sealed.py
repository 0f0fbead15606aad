"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.serializers.json
import sealing.columns
import sealing.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("homes", "0002_known_visits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="checklistchange",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        migrations.AlterField(
            model_name="cost",
            name="what",
            field=sealing.fields.EncryptedCharField(max_length=120, verbose_name="dépense"),
        ),
        migrations.AlterField(
            model_name="dwelling",
            name="address",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=200, verbose_name="adresse"),
        ),
        migrations.AlterField(
            model_name="dwelling",
            name="note",
            field=sealing.fields.EncryptedCharField(
                blank=True, max_length=1000, verbose_name="note de l’équipe"
            ),
        ),
        migrations.AlterField(
            model_name="dwelling",
            name="owner_email",
            field=sealing.fields.EncryptedEmailField(
                blank=True, max_length=254, verbose_name="e-mail du propriétaire"
            ),
        ),
        migrations.AlterField(
            model_name="dwelling",
            name="owner_name",
            field=sealing.fields.EncryptedCharField(blank=True, max_length=120, verbose_name="propriétaire"),
        ),
        migrations.AlterField(
            model_name="dwelling",
            name="owner_phone",
            field=sealing.fields.EncryptedPhoneNumberField(
                blank=True, max_length=128, region=None, verbose_name="téléphone du propriétaire"
            ),
        ),
        migrations.AlterField(
            model_name="dwelling",
            name="title",
            field=sealing.fields.EncryptedCharField(max_length=120, verbose_name="nom"),
        ),
        migrations.AlterField(
            model_name="dwellingchange",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="answers",
            field=sealing.fields.EncryptedJSONField(blank=True, default=list, verbose_name="ce qui a été vu"),
        ),
        migrations.AlterField(
            model_name="visit",
            name="note",
            field=sealing.fields.EncryptedCharField(
                blank=True, max_length=1000, verbose_name="note de l’équipe"
            ),
        ),
        migrations.AlterField(
            model_name="visitchange",
            name="what",
            field=sealing.fields.EncryptedPairsField(
                encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changements"
            ),
        ),
        sealing.columns.seal_columns(
            "homes",
            checklistchange="what",
            cost="what",
            dwelling="address note owner_email owner_name owner_phone title",
            dwellingchange="what",
            visit="answers note",
            visitchange="what",
        ),
    ]
