
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followups', '0001_initial'),
        ('matching', '0023_stays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('host', 'la personne qui propose'), ('poster', 'l’association, ou la personne elle-même')], max_length=6)),
                ('due_on', models.DateField()),
                ('asked_at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, choices=[('well', 'Tout va bien'), ('talk', 'J’aimerais en parler'), ('ended', 'C’est terminé')], max_length=5)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('match', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='check_ins', to='matching.match')),
            ],
            options={
                'verbose_name': 'nouvelle',
                'verbose_name_plural': 'nouvelles',
                'indexes': [models.Index(condition=models.Q(('answered_at__isnull', True)), fields=['asked_at'], name='check_in_silent')],
                'constraints': [models.UniqueConstraint(fields=('match', 'side', 'due_on'), name='check_in_once_a_day', violation_error_message='Cette question est déjà prévue.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='check_in_answered_at_by', violation_error_message='Une réponse porte sa date et son auteur.')],
            },
        ),
    ]
