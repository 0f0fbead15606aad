"""What is kept of people is sealed (docs/adr/0034)."""

import sealing.columns
import sealing.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cities', '0008_visit_valid_months'),
        ('desk', '0001_desk'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='savedview',
            options={'ordering': ['id'], 'verbose_name': 'vue enregistrée', 'verbose_name_plural': 'vues enregistrées'},
        ),
        migrations.RemoveConstraint(
            model_name='savedview',
            name='view_name_once',
        ),
        migrations.AlterField(
            model_name='flag',
            name='words',
            field=sealing.fields.EncryptedCharField(max_length=120, verbose_name='quoi'),
        ),
        migrations.AlterField(
            model_name='note',
            name='text',
            field=sealing.fields.EncryptedTextField(max_length=2000),
        ),
        migrations.AlterField(
            model_name='savedview',
            name='name',
            field=sealing.fields.FindableCharField(max_length=40, verbose_name='nom de la vue'),
        ),
        migrations.AlterField(
            model_name='savedview',
            name='query',
            field=sealing.fields.EncryptedCharField(max_length=300),
        ),
        sealing.columns.seal_columns(
            "desk",
            flag="words",
            note="text",
            savedview="name query",
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(models.F('by'), models.F('city'), sealing.fields.Index('name'), name='view_name_once', violation_error_message='Vous avez déjà une vue de ce nom.'),
        ),
    ]
