"""An offer's days beside it in one value, kept by the database (docs/adr/0007).

A row of `offers_window` for each offer, looked up one by one, was more than half of what a reading took.
"""

import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

# Whatever is written to these, what is kept is what the windows say. Concurrent writers of one offer's windows wait
# for its row, and the last sees the windows of all.
DAYS = """
CREATE FUNCTION offers_set_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT min(w.first_day), nullif(max(w.until), 'infinity'),
           coalesce(string_agg(date_send(w.first_day) || date_send(w.until), '' ORDER BY w.first_day), '')
    INTO NEW.first_day, NEW.last_day, NEW.days
    FROM (SELECT first_day, coalesce(last_day, 'infinity') AS until FROM offers_window WHERE offer_id = NEW.id) w;
    RETURN NEW;
END $$;
CREATE TRIGGER offers_set_days BEFORE INSERT OR UPDATE OF first_day, last_day, days ON offers_offer
    FOR EACH ROW EXECUTE FUNCTION offers_set_days();

CREATE FUNCTION offers_windows_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE offers_offer SET days = days WHERE id IN (SELECT offer_id FROM gone);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE offers_offer SET days = days WHERE id IN (SELECT offer_id FROM fresh);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER offers_windows_came AFTER INSERT ON offers_window
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION offers_windows_changed();
CREATE TRIGGER offers_windows_moved AFTER UPDATE ON offers_window
    REFERENCING OLD TABLE AS gone NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION offers_windows_changed();
CREATE TRIGGER offers_windows_went AFTER DELETE ON offers_window
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION offers_windows_changed();

UPDATE offers_offer SET days = days;
"""
NO_DAYS = """
DROP TRIGGER offers_windows_went ON offers_window;
DROP TRIGGER offers_windows_moved ON offers_window;
DROP TRIGGER offers_windows_came ON offers_window;
DROP FUNCTION offers_windows_changed();
DROP TRIGGER offers_set_days ON offers_offer;
DROP FUNCTION offers_set_days();
"""


class Migration(migrations.Migration):

    dependencies = [("offers", "0002_engine_index")]

    operations = [
        migrations.RemoveIndex(
            model_name='offer',
            name='offer_reading',
        ),
        migrations.RemoveField(model_name='offer', name='packed'),
        migrations.AddField(
            model_name='offer',
            name='days',
            field=models.BinaryField(default=b''),
        ),
        migrations.AddField(
            model_name='offer',
            name='first_day',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='offer',
            name='last_day',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.RunSQL(DAYS, NO_DAYS),
        migrations.AddField(
            model_name='offer',
            name='packed',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.Func(models.F('id'), function='int8send'), models.Func(models.F('revision'), function='int4send'), models.Func(models.F('city'), function='int8send'), models.Func(models.F('latitude'), function='float8send'), models.Func(models.F('longitude'), function='float8send'), models.Func(models.F('reach_km'), function='float8send'), models.Func(models.F('capacity'), function='int4send'), models.Func(models.F('owner'), function='int8send'), models.Func(django.db.models.functions.comparison.Coalesce('confirmed_at', models.Value('-infinity'), output_field=models.DateTimeField()), function='timestamptz_send'), models.Func(models.F('created_at'), function='timestamptz_send'), models.Func(models.F('share_with_linked'), function='boolsend'), models.Func(models.F('shared_home'), function='boolsend'), models.Func(models.F('step_free'), function='boolsend'), models.Func(models.F('pets_accepted'), function='boolsend'), models.Func(models.F('remote'), function='boolsend'), models.Func(models.Func(models.F('languages'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(models.Func(models.Func('languages_from', 'languages_to', function='array_cat'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(models.Func(models.F('accepts'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(models.Func(models.F('slots'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(django.db.models.expressions.CombinedExpression(django.db.models.functions.text.Length('days'), '/', models.Value(8)), function='int4send'), arg_joiner=' || ', template='(%(expressions)s)'), output_field=models.BinaryField()),
        ),
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(condition=models.Q(('state', 'active')), fields=['category', 'reach_class', 'band', 'longitude'], include=('latitude', 'reach_km', 'city', 'share_with_linked', 'remote', 'first_day', 'last_day', 'days', 'packed'), name='offer_reading'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('days'), models.Value(400)), name='offer_periods_few', violation_error_message='Une proposition a au plus 50 périodes.'),
        ),
    ]
