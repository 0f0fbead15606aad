import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('cities', '0004_sms_monthly_limit'),
        ('notifications', '0009_unread'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MailReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('said', models.CharField(choices=[('yes', 'oui'), ('no', 'non'), ('later', 'plus tard'), ('call_me', 'demande à être appelé'), ('stop', 'ne plus recevoir de SMS'), ('start', 'recevoir de nouveau des SMS'), ('unclear', 'à lire par une personne')], max_length=8)),
                ('received_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('became', models.CharField(choices=[('read_by_desk', 'transmis à la ville'), ('call_wanted', 'dans les appels à faire'), ('automatic', 'réponse automatique'), ('returned', 'message revenu'), ('unknown', 'sans question reconnue')], max_length=12)),
                ('sender', models.CharField(blank=True, max_length=254)),
                ('files', models.PositiveSmallIntegerField(default=0)),
                ('is_cut', models.BooleanField(default=False)),
                ('digest', models.CharField(max_length=64)),
                ('city', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cities.city')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifications.message')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seen_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'réponse par e-mail',
                'verbose_name_plural': 'réponses par e-mail',
                'ordering': ['-received_at', '-id'],
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('became__in', ['read_by_desk', 'unknown']), ('seen_at__isnull', True)), fields=['city'], name='mail_reply_to_read')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('seen_at__isnull', True), ('seen_by__isnull', True)), models.Q(('seen_at__isnull', False), ('seen_by__isnull', False)), _connector='OR'), name='inbox_mailreply_seen_by', violation_error_message='Ce qui est vu porte sa date et son auteur.'), models.UniqueConstraint(fields=('digest',), name='mail_reply_once', violation_error_message='Ce message est déjà enregistré.'), models.CheckConstraint(condition=models.Q(('became', 'unknown'), models.Q(('message__isnull', False), ('person__isnull', False)), _connector='OR'), name='mail_reply_answers_a_message', violation_error_message='Une réponse répond à un message, ou dit que nous n’en connaissons pas.')],
            },
        ),
    ]
