"""Nobody finds a closed door: what lasts and is under way is ended first, then its offer or its need is taken back."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION matching_offer_in_use_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM matching_match m JOIN needs_need n ON n.id = m.need_id
               WHERE m.offer_id = NEW.id AND m.state = 'under_way' AND n.kind <> 'goods' AND n.rhythm <> 'once') THEN
        RAISE EXCEPTION 'the offer % is in use', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_is_in_use';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_offer_in_use_guard AFTER UPDATE OF state ON offers_offer
    FOR EACH ROW WHEN (NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn')
    EXECUTE FUNCTION matching_offer_in_use_guard();

CREATE FUNCTION matching_need_in_use_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM matching_match WHERE need_id = NEW.id AND state = 'under_way') THEN
        RAISE EXCEPTION 'the need % is being met', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'need_is_in_use';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_need_in_use_guard AFTER UPDATE OF state ON needs_need
    FOR EACH ROW WHEN (NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn'
                       AND NEW.kind <> 'goods' AND NEW.rhythm <> 'once')
    EXECUTE FUNCTION matching_need_in_use_guard();
"""

NO_GUARDS = """
DROP TRIGGER matching_need_in_use_guard ON needs_need;
DROP FUNCTION matching_need_in_use_guard();
DROP TRIGGER matching_offer_in_use_guard ON offers_offer;
DROP FUNCTION matching_offer_in_use_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0014_lowest_standing")]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
