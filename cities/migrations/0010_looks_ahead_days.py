from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cities', '0009_removed'),
    ]

    operations = [
        migrations.AddField(
            model_name='city',
            name='looks_ahead_days',
            field=models.PositiveSmallIntegerField(default=0, help_text='0\u202f: il ne regarde que les besoins d’aujourd’hui. Sinon, ce qui est rare compte davantage quand d’autres en auront sans doute besoin. Ce soir, personne n’attend pour cela.', verbose_name='le plan garde de quoi répondre à qui viendra d’ici (jours)'),
        ),
        migrations.AddConstraint(
            model_name='city',
            constraint=models.CheckConstraint(condition=models.Q(('looks_ahead_days__range', (0, 60))), name='city_looks_ahead_days_range', violation_error_message='Un plan regarde soixante jours en avant, au plus.'),
        ),
    ]
