"""Indicators that a town defines itself."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('cities', '0005_messages_a_week'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnIndicator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='nom')),
                ('about', models.CharField(blank=True, help_text='Pour qui lira ce chiffre plus tard.', max_length=300, verbose_name='ce que cela mesure')),
                ('subject', models.CharField(choices=[('offers', 'Propositions'), ('needs', 'Besoins'), ('matches', 'Mises en relation')], max_length=8, verbose_name='ce qui est compté')),
                ('kind', models.CharField(blank=True, choices=[('housing', 'Logement'), ('goods', 'Objets'), ('skill', 'Temps et savoir-faire')], max_length=8, verbose_name='nature')),
                ('item', models.CharField(blank=True, max_length=24, verbose_name='objet')),
                ('state', models.CharField(blank=True, max_length=12, verbose_name='état d’aujourd’hui')),
                ('urgency', models.CharField(blank=True, choices=[('tonight', 'Ce soir'), ('this_week', 'Cette semaine'), ('planned', 'Prévu')], max_length=9, verbose_name='urgence')),
                ('defined_at', models.DateTimeField(editable=False)),
                ('removed_at', models.DateTimeField(editable=False, null=True)),
                ('city', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cities.city')),
                ('commune', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cities.commune', verbose_name='commune')),
                ('defined_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('removed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'indicateur de la ville',
                'verbose_name_plural': 'indicateurs de la ville',
                'ordering': ['defined_at', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('city', 'name'), name='indicator_name_once', violation_error_message='Un indicateur porte déjà ce nom.'), models.CheckConstraint(condition=models.Q(models.Q(('removed_at__isnull', True), ('removed_by__isnull', True)), models.Q(('removed_at__isnull', False), ('removed_by__isnull', False)), _connector='OR'), name='indicator_removed_at_by', violation_error_message='Un retrait porte sa date et son auteur.'), models.CheckConstraint(condition=models.Q(('urgency', ''), models.Q(('subject', 'offers'), _negated=True), _connector='OR'), name='indicator_urgency_of_needs', violation_error_message='Une proposition n’a pas d’urgence.')],
            },
        ),
    ]
