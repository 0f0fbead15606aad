"""A need is not made smaller than what is asked for it beside others, nor than a stay that an incident holds back: a yes
to the one, or the other once the incident is closed, could not count any more.

What is asked beside counts for its need from the yes on, and what is held back does not count meanwhile, so the sum over
what counts (0022) does not see them. A home is asked for a whole household, so each is looked at by itself.
"""

from importlib import import_module

from django.db import migrations

GUARDS = """
CREATE FUNCTION matching_asked_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM matching_hold WHERE need_id = NEW.id AND beside AND quantity > NEW.quantity) THEN
        RAISE EXCEPTION 'for the need % somebody is asked for more', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'asked_within_quantity';
    END IF;
    IF EXISTS (SELECT FROM matching_match m JOIN matching_hold h ON h.match_id = m.id
               WHERE m.need_id = NEW.id AND m.rehouse_from IS NOT NULL AND h.quantity > NEW.quantity) THEN
        RAISE EXCEPTION 'for the need % a stay for more is held back', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rehoused_within_quantity';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_asked_guard AFTER UPDATE OF quantity ON needs_need
    FOR EACH ROW WHEN (NEW.quantity < OLD.quantity)
    EXECUTE FUNCTION matching_asked_guard();

CREATE OR REPLACE FUNCTION matching_beside_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most integer;
    wanted integer;
    asked integer;
BEGIN
    SELECT c.homes_asked_at_once, n.quantity INTO most, wanted FROM needs_need n JOIN cities_city c ON c.id = n.city_id
    WHERE n.id = NEW.need_id FOR NO KEY UPDATE OF n;
    SELECT count(*) INTO asked FROM matching_hold WHERE need_id = NEW.need_id AND beside;
    IF asked > most - 1 THEN
        RAISE EXCEPTION 'for the need % more homes are asked at once than its town allows', NEW.need_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_asked';
    END IF;
    IF NEW.quantity > wanted THEN
        RAISE EXCEPTION 'the need % is served beyond its quantity', NEW.need_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_quantity';
    END IF;
    RETURN NULL;
END $$;
"""

BEFORE = import_module("matching.migrations.0022_asked_beside").GUARDS
BEFORE = BEFORE[BEFORE.index("CREATE FUNCTION matching_beside_guard") : BEFORE.index("CREATE TRIGGER")]
NO_GUARDS = f"""
DROP TRIGGER matching_asked_guard ON needs_need;
DROP FUNCTION matching_asked_guard();
{BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0024_rehoused"), ("needs", "0010_search")]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
