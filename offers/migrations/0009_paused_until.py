"""A pause may have a last day, after which the offer is taken up again by itself."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cities', '0004_sms_monthly_limit'),
        ('offers', '0008_answers_need'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='offer',
            name='paused_until',
            field=models.DateField(blank=True, editable=False, null=True, verbose_name='En pause jusqu’au'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'paused'), ('paused_until__isnull', True), _connector='OR'), name='offer_paused_until_with_state', violation_error_message='Seule une proposition en pause a une fin de pause.'),
        ),
    ]
