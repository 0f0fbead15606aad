"""How far each need has come, as its pages tell it. Counted by whoever knows the stays: see matching's 0011."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('needs', '0005_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='need',
            name='given_days',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='need',
            name='given_quantity',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]
