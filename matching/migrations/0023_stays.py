"""A host is asked to go on for longer; a decision keeps what it changed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cities', '0008_visit_valid_months'),
        ('matching', '0022_asked_beside'),
        ('needs', '0010_search'),
        ('offers', '0010_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='change',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='match',
            name='longer_by',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='match',
            name='longer_until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='match',
            index=models.Index(condition=models.Q(('longer_by__isnull', False)), fields=['longer_by'], name='match_longer_due'),
        ),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('longer_by__isnull', True), ('longer_until__isnull', True)), models.Q(('longer_by__isnull', False), ('longer_until__gt', models.F('last_day')), ('state__in', ['confirmed', 'under_way'])), _connector='OR'), name='match_longer_while_it_goes_on', violation_error_message='On ne prolonge que ce qui est confirmé ou en cours.'),
        ),
    ]
