"""What is kept of people is sealed (docs/adr/0034)."""

import django.core.validators
import sealing.columns
import sealing.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sms', '0006_proven_numbers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='stop',
            name='sms_stop_once',
        ),
        migrations.RemoveConstraint(
            model_name='stop',
            name='sms_stop_e164',
        ),
        migrations.AlterField(
            model_name='reply',
            name='text',
            field=sealing.fields.EncryptedTextField(),
        ),
        migrations.AlterField(
            model_name='stop',
            name='number',
            field=sealing.fields.FindableCharField(max_length=16, validators=[django.core.validators.RegexValidator('^\\+[1-9][0-9]{5,14}\\Z')]),
        ),
        sealing.columns.seal_columns(
            "sms",
            reply="text",
            stop="number",
        ),
        migrations.AddConstraint(
            model_name='stop',
            constraint=models.UniqueConstraint(sealing.fields.Index('number'), condition=models.Q(('lifted_at__isnull', True)), name='sms_stop_once', violation_error_message='Ce numéro ne reçoit déjà plus de SMS.'),
        ),
    ]
