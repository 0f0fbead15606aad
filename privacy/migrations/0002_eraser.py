"""What is written once gives way to the eraser alone: a role of the database, where there was a setting.

Whoever could run a statement could open the door of a setting. Which login may become the role, the database's
administrator says (docs/adr/0032); `manage.py migrate` makes the role where it may.
"""

from django.db import migrations

ERASER = """
CREATE OR REPLACE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'accorde_eraser' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'written_once';
END $$;

CREATE OR REPLACE FUNCTION field_change_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = 'accorde_eraser'
       AND to_jsonb(NEW) - 'what' = to_jsonb(OLD) - 'what' AND NOT EXISTS (
        SELECT FROM jsonb_each(OLD.what) AS was FULL JOIN jsonb_each(NEW.what) AS made USING (key)
        WHERE was.value IS NULL OR made.value IS NULL
           OR (made.value <> was.value AND made.value <> '[null, null]')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a change is never rewritten or deleted'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'change_is_final';
END $$;

-- Of a decision its words may be emptied, and nothing else.
CREATE OR REPLACE FUNCTION matching_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = 'accorde_eraser' AND to_jsonb(NEW) ->> 'note' = ''
       AND to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a decision is never changed or deleted'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'decision_is_final';
END $$;

CREATE OR REPLACE FUNCTION followups_incident_change_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = 'accorde_eraser' AND NEW.reason = ''
       AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was done with a report is never changed or deleted'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'incident_change_is_final';
END $$;
"""

# The one history of fields that had none.
FINAL_TOO = """
CREATE TRIGGER field_change_is_final BEFORE UPDATE OR DELETE ON appeals_appealedit
    FOR EACH ROW EXECUTE FUNCTION field_change_is_final();
"""
NOT_FINAL = "DROP TRIGGER field_change_is_final ON appeals_appealedit;"


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0001_erasure"),
        ("accounts", "0009_sessions"),
        ("appeals", "0001_appeals"),
        ("followups", "0003_confidential"),
        ("matching", "0025_asked_within_quantity"),
        ("town", "0003_audit"),
    ]
    # There is no way back to a door that everybody can open; the functions stay as they are.
    operations = [
        migrations.RunSQL(ERASER, migrations.RunSQL.noop),
        migrations.RunSQL(FINAL_TOO, NOT_FINAL),
    ]
