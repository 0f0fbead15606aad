"""Places for many, with the offers of their nights and the needs of their shifts."""

import django.core.serializers.json
import django.db.models.deletion
import sealing.fields
from django.conf import settings
from django.db import migrations, models


# What somebody changed stays what they changed (docs/adr/0011); the function is of accounts.
GUARD = """
CREATE TRIGGER field_change_is_final BEFORE UPDATE OR DELETE ON shelters_shelteredit
    FOR EACH ROW EXECUTE FUNCTION field_change_is_final();
"""
NO_GUARD = "DROP TRIGGER field_change_is_final ON shelters_shelteredit;"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0024_one_spelling_of_addresses'),
        ('cities', '0010_looks_ahead_days'),
        ('needs', '0013_collective_places'),
        ('offers', '0018_collective_places'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Shelter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='nom du lieu')),
                ('address', sealing.fields.EncryptedCharField(max_length=200, verbose_name='adresse')),
                ('phone', sealing.fields.EncryptedPhoneNumberField(blank=True, max_length=128, region=None, verbose_name='téléphone sur place')),
                ('arrives_from', models.TimeField(blank=True, null=True, verbose_name='arrivée à partir de')),
                ('arrives_until', models.TimeField(blank=True, null=True, verbose_name='arrivée jusqu’à')),
                ('rules', sealing.fields.EncryptedTextField(blank=True, max_length=1000, verbose_name='règles du lieu')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='fermé le')),
                ('created_at', models.DateTimeField(editable=False)),
                ('changed_at', models.DateTimeField(editable=False)),
                ('city', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cities.city')),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cities.commune', verbose_name='commune')),
                ('host', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='qui répond aux demandes')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation', verbose_name='qui tient le lieu')),
            ],
            options={
                'verbose_name': 'lieu collectif',
                'verbose_name_plural': 'lieux collectifs',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Nights',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='offers.offer')),
                ('shelter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nights', to='shelters.shelter')),
            ],
            options={
                'verbose_name': 'nuits d’un lieu collectif',
                'verbose_name_plural': 'nuits des lieux collectifs',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ShelterEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', sealing.fields.EncryptedPairsField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='changements')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('shelter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edits', to='shelters.shelter')),
            ],
            options={
                'verbose_name': 'changement d’un lieu collectif',
                'verbose_name_plural': 'changements des lieux collectifs',
                'ordering': ['at', 'id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('need', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='needs.need')),
                ('shelter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='shelters.shelter')),
            ],
            options={
                'verbose_name': 'créneau d’un lieu collectif',
                'verbose_name_plural': 'créneaux des lieux collectifs',
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='shelter',
            index=models.Index(fields=['city', 'closed_at'], name='shelter_of_town'),
        ),
        migrations.AddConstraint(
            model_name='shelter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('arrives_from__isnull', True), ('arrives_until__isnull', True)), models.Q(('arrives_from__isnull', False), ('arrives_until__isnull', False)), _connector='OR'), name='shelter_arrives_both', violation_error_message='Dites à partir de quelle heure, et jusqu’à quelle heure.'),
        ),
        migrations.AddConstraint(
            model_name='shelteredit',
            constraint=models.CheckConstraint(condition=models.Q(('what', {}), _negated=True), name='shelters_shelteredit_says_what', violation_error_message='Un changement dit ce qui a changé.'),
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
