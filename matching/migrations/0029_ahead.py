from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0028_labels'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='ahead',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='planline',
            name='ahead',
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
