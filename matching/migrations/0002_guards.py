"""What the database itself refuses: capacity or need exceeded, and a decision rewritten.

Why triggers: a sum over the days of several rows is beyond a check or an exclusion constraint (docs/adr/0003).
Each guard locks the row that it sums for, so that it holds for concurrent writers too; the lock is the same
FOR NO KEY UPDATE that the services take first, in the same order: offer, then need.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION matching_most_held(the_offer bigint, is_stock boolean, OUT most bigint)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN is_stock
        THEN (SELECT sum(quantity) FROM matching_hold WHERE offer_id = the_offer)
        -- The most is reached on the first day of some hold.
        ELSE (SELECT max(held) FROM (
            SELECT (SELECT sum(h.quantity) FROM matching_hold h
                    WHERE h.offer_id = the_offer AND s.first_day BETWEEN h.first_day AND h.last_day) AS held
            FROM matching_hold s WHERE s.offer_id = the_offer) AS days)
        END
$$;

CREATE FUNCTION matching_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    offered record;
    asked record;
    given bigint;
BEGIN
    SELECT kind, capacity INTO offered FROM offers_offer WHERE id = NEW.offer_id FOR NO KEY UPDATE;
    SELECT quantity INTO asked FROM needs_need WHERE id = NEW.need_id FOR NO KEY UPDATE;
    IF matching_most_held(NEW.offer_id, offered.kind = 'goods') > offered.capacity THEN
        RAISE EXCEPTION 'the offer % is held beyond its capacity', NEW.offer_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_capacity';
    END IF;
    SELECT sum(quantity) INTO given FROM matching_hold WHERE need_id = NEW.need_id AND NOT released;
    IF given > asked.quantity THEN
        RAISE EXCEPTION 'the need % is served beyond its quantity', NEW.need_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_quantity';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_hold_guard AFTER INSERT OR UPDATE ON matching_hold
    FOR EACH ROW EXECUTE FUNCTION matching_hold_guard();

CREATE FUNCTION matching_capacity_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF matching_most_held(NEW.id, NEW.kind = 'goods') > NEW.capacity THEN
        RAISE EXCEPTION 'the offer % is held beyond its capacity', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_capacity';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_capacity_guard AFTER UPDATE OF capacity, kind ON offers_offer
    FOR EACH ROW WHEN (NEW.capacity < OLD.capacity OR NEW.kind <> OLD.kind)
    EXECUTE FUNCTION matching_capacity_guard();

CREATE FUNCTION matching_quantity_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given bigint;
BEGIN
    SELECT sum(quantity) INTO given FROM matching_hold WHERE need_id = NEW.id AND NOT released;
    IF given > NEW.quantity THEN
        RAISE EXCEPTION 'the need % is served beyond its quantity', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_quantity';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_quantity_guard AFTER UPDATE OF quantity ON needs_need
    FOR EACH ROW WHEN (NEW.quantity < OLD.quantity)
    EXECUTE FUNCTION matching_quantity_guard();

CREATE FUNCTION matching_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a decision is never changed or deleted'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'decision_is_final';
END $$;

CREATE TRIGGER matching_decision_is_final BEFORE UPDATE OR DELETE ON matching_decision
    FOR EACH ROW EXECUTE FUNCTION matching_decision_is_final();
"""

NO_GUARDS = """
DROP TRIGGER matching_decision_is_final ON matching_decision;
DROP FUNCTION matching_decision_is_final();
DROP TRIGGER matching_quantity_guard ON needs_need;
DROP FUNCTION matching_quantity_guard();
DROP TRIGGER matching_capacity_guard ON offers_offer;
DROP FUNCTION matching_capacity_guard();
DROP TRIGGER matching_hold_guard ON matching_hold;
DROP FUNCTION matching_hold_guard();
DROP FUNCTION matching_most_held(bigint, boolean);
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial"), ("offers", "0001_initial"), ("needs", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
