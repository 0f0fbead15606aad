from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sms', '0002_spending'),
    ]

    operations = [
        migrations.AlterField(
            model_name='reply',
            name='said',
            field=models.CharField(choices=[('yes', 'oui'), ('no', 'non'), ('later', 'plus tard'), ('call_me', 'demande à être appelé'), ('stop', 'ne plus recevoir de SMS'), ('start', 'recevoir de nouveau des SMS'), ('unclear', 'à lire par une personne')], max_length=8),
        ),
    ]
