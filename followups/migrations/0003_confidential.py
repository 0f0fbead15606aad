"""A report is read by few, and closed by two of them. What one person had closed stays closed, and says so."""

import django.db.models.deletion
import phonenumber_field.modelfields
from django.conf import settings
from django.db import migrations, models


FORMER = """
UPDATE followups_incident SET state = 'closed', "end" = 'formerly' WHERE closed_at IS NOT NULL
"""

FINAL = """
CREATE FUNCTION followups_incident_change_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What somebody wrote is erased with the report; who did what, and when, stays.
    IF TG_OP = 'UPDATE' AND NEW.reason = '' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was done with a report is never changed or deleted'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'incident_change_is_final';
END $$;

CREATE TRIGGER followups_incident_change_is_final BEFORE UPDATE OR DELETE ON followups_incidentchange
    FOR EACH ROW EXECUTE FUNCTION followups_incident_change_is_final();

CREATE FUNCTION followups_incident_closed_formerly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'no report is closed by one person any more'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_closed_by_two';
END $$;

CREATE TRIGGER followups_incident_inserted_formerly BEFORE INSERT ON followups_incident
    FOR EACH ROW WHEN (NEW."end" = 'formerly') EXECUTE FUNCTION followups_incident_closed_formerly();
CREATE TRIGGER followups_incident_closed_formerly BEFORE UPDATE ON followups_incident
    FOR EACH ROW WHEN (NEW."end" = 'formerly' AND OLD."end" <> 'formerly')
    EXECUTE FUNCTION followups_incident_closed_formerly();
"""

NOT_FINAL = """
DROP TRIGGER followups_incident_inserted_formerly ON followups_incident;
DROP TRIGGER followups_incident_closed_formerly ON followups_incident;
DROP FUNCTION followups_incident_closed_formerly();
DROP TRIGGER followups_incident_change_is_final ON followups_incidentchange;
DROP FUNCTION followups_incident_change_is_final();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cities', '0008_visit_valid_months'),
        ('followups', '0002_check_ins'),
        ('matching', '0024_rehoused'),
        ('offers', '0010_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Concerned',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'personne concernée',
                'verbose_name_plural': 'personnes concernées',
            },
        ),
        migrations.CreateModel(
            name='IncidentChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(max_length=20)),
                ('from_state', models.CharField(max_length=12)),
                ('to_state', models.CharField(max_length=12)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'signalement',
                'verbose_name_plural': 'signalements',
                'ordering': ['at', 'id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Reader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('named_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'personne qui lit les signalements',
                'verbose_name_plural': 'personnes qui lisent les signalements',
            },
        ),
        migrations.RemoveConstraint(
            model_name='incident',
            name='incident_closed_at_by',
        ),
        migrations.AddField(
            model_name='incident',
            name='call_when',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='incident',
            name='end',
            field=models.CharField(blank=True, choices=[('unfounded', 'Il n’y a pas lieu de s’inquiéter'), ('settled', 'C’est réglé'), ('excluded', 'Cette proposition n’accueille plus personne'), ('formerly', 'clos par une seule personne, comme auparavant')], max_length=10),
        ),
        migrations.AddField(
            model_name='incident',
            name='phone',
            field=phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None),
        ),
        migrations.AddField(
            model_name='incident',
            name='proposed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='incident',
            name='proposed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incident',
            name='reported_as',
            field=models.CharField(choices=[('host', 'la personne qui propose'), ('poster', 'l’association, ou la personne accueillie'), ('desk', 'l’équipe de la ville')], default='desk', max_length=6),
        ),
        migrations.AddField(
            model_name='incident',
            name='state',
            field=models.CharField(choices=[('open', 'à traiter'), ('ending', 'fin à confirmer'), ('closed', 'clos')], default='open', max_length=6),
        ),
        migrations.AddField(
            model_name='incident',
            name='what',
            field=models.CharField(choices=[('danger', 'Quelqu’un est en danger maintenant'), ('violence', 'Violence, menaces ou gestes déplacés'), ('pressure', 'On demande de l’argent, du travail ou autre chose en échange'), ('home', 'Le logement est dangereux, ou n’est pas celui qui était décrit'), ('silence', 'Quelqu’un ne répond plus, ou a disparu'), ('other', 'Autre chose')], default='other', max_length=10),
        ),
        migrations.RunSQL(FORMER, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', True), ('closed_by__isnull', True)), _connector='OR'), name='incident_closed_at_by', violation_error_message='Une clôture porte sa date et son auteur.'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', ''), ('proposed_at__isnull', True), ('proposed_by__isnull', True), ('state', 'open')), models.Q(('end', 'formerly'), ('state', 'closed')), models.Q(models.Q(('state', 'open'), _negated=True), ('end__in', ('unfounded', 'settled', 'excluded')), ('proposed_at__isnull', False), ('proposed_by__isnull', False)), _connector='OR'), name='incident_proposed_at_by', violation_error_message='Une fin proposée porte sa date, son auteur et sa raison.'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(('end', 'formerly'), models.Q(models.Q(('closed_by', models.F('proposed_by')), _negated=True), models.Q(('closed_by', models.F('reported_by')), _negated=True), models.Q(('proposed_by', models.F('reported_by')), _negated=True)), _connector='OR'), name='incident_closed_by_two', violation_error_message='Deux personnes, et pas celle qui a signalé, décident de la fin.'),
        ),
        migrations.AddField(
            model_name='concerned',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='concerned',
            name='incident',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='concerned', to='followups.incident'),
        ),
        migrations.AddField(
            model_name='concerned',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incidentchange',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incidentchange',
            name='incident',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='followups.incident'),
        ),
        migrations.AddField(
            model_name='reader',
            name='city',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cities.city'),
        ),
        migrations.AddField(
            model_name='reader',
            name='named_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reader',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='concerned',
            constraint=models.UniqueConstraint(fields=('incident', 'person'), name='incident_concerns_once', violation_error_message='Cette personne est déjà écartée de la lecture.'),
        ),
        migrations.AddConstraint(
            model_name='reader',
            constraint=models.UniqueConstraint(fields=('city', 'person'), name='incident_reader_named_once', violation_error_message='Cette personne lit déjà les signalements.'),
        ),
        migrations.RunSQL(FINAL, NOT_FINAL),
    ]
