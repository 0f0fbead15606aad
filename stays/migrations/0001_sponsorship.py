import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


GUARD = """
CREATE TRIGGER field_change_is_final BEFORE UPDATE OR DELETE ON stays_sponsorshipedit
    FOR EACH ROW EXECUTE FUNCTION field_change_is_final();
"""
NO_GUARD = "DROP TRIGGER field_change_is_final ON stays_sponsorshipedit;"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0003_who_is_told'),
        ('matching', '0023_stays'),
        ('needs', '0009_uncovered'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Sponsorship',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('aims', models.TextField(max_length=1000, verbose_name='buts')),
                ('ends_on', models.DateField(verbose_name='jusqu’au')),
                ('agreed_at', models.DateTimeField(editable=False)),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('agreed_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('framed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation', verbose_name='association qui encadre')),
                ('match', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='sponsorship', to='matching.match')),
                ('need', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='sponsorships', to='needs.need')),
                ('sponsor', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'parrainage',
                'verbose_name_plural': 'parrainages',
            },
        ),
        migrations.CreateModel(
            name='SponsorshipEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='changements')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sponsorship', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edits', to='stays.sponsorship')),
            ],
            options={
                'verbose_name': 'changement de parrainage',
                'verbose_name_plural': 'changements de parrainages',
                'ordering': ['at', 'id'],
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='sponsorship',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('sponsor',), name='sponsorship_one_godchild_at_a_time', violation_error_message='Cette personne parraine déjà quelqu’un.'),
        ),
        migrations.AddConstraint(
            model_name='sponsorship',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('need',), name='sponsorship_one_sponsor_at_a_time', violation_error_message='Cette personne a déjà une marraine ou un parrain.'),
        ),
        migrations.AddConstraint(
            model_name='sponsorshipedit',
            constraint=models.CheckConstraint(condition=models.Q(('what', {}), _negated=True), name='stays_sponsorshipedit_says_what', violation_error_message='Un changement dit ce qui a changé.'),
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
