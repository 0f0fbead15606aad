import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cities', '0004_sms_monthly_limit'),
        ('notifications', '0009_unread'),
        ('sms', '0003_call_me'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reply',
            name='sms_reply_answers_a_question',
        ),
        migrations.AddField(
            model_name='reply',
            name='city',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cities.city'),
        ),
        migrations.AddField(
            model_name='reply',
            name='seen_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reply',
            name='seen_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='reply',
            name='became',
            field=models.CharField(choices=[('applied', 'réponse enregistrée'), ('closed', 'question déjà close'), ('disagrees', 'contredit la première réponse'), ('late', 'arrivée après le délai'), ('waits', 'question encore ouverte'), ('read_by_desk', 'transmis à la ville'), ('noted', 'noté')], max_length=12),
        ),
        migrations.AlterField(
            model_name='reply',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='reply',
            index=models.Index(condition=models.Q(('became__in', ['read_by_desk', 'disagrees', 'late']), ('seen_at__isnull', True)), fields=['city'], name='sms_reply_to_read'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('seen_at__isnull', True), ('seen_by__isnull', True)), models.Q(('seen_at__isnull', False), ('seen_by__isnull', False)), _connector='OR'), name='sms_reply_seen_by', violation_error_message='Ce qui est vu porte sa date et son auteur.'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('person__isnull', False)), name='sms_reply_of_somebody', violation_error_message='Une réponse par SMS a son auteur.'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('became__in', ['applied', 'closed', 'disagrees', 'late']), _negated=True), ('message__isnull', False), _connector='OR'), name='sms_reply_answers_a_question', violation_error_message='Une réponse enregistrée répond à une question.'),
        ),
    ]
