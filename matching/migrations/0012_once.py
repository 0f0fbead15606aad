"""What is needed once is given in all, and takes its hours of the whole week, Monday to Sunday.

An offer's hours are hours a week: who goes along to the préfecture for two hours on a Tuesday has two hours less for
everybody else in that week, whatever the day.
"""

from importlib import import_module

from django.db import migrations

GUARDS = """
CREATE OR REPLACE FUNCTION matching_most_held(the_offer bigint, is_stock boolean, OUT most bigint)
LANGUAGE sql STABLE AS $$
    WITH held AS (
        SELECT h.quantity,
               CASE n.rhythm WHEN 'once' THEN date_trunc('week', h.first_day)::date ELSE h.first_day END AS first_day,
               CASE n.rhythm WHEN 'once' THEN date_trunc('week', h.last_day)::date + 6 ELSE h.last_day END AS last_day
        FROM matching_hold h JOIN needs_need n ON n.id = h.need_id
        WHERE h.offer_id = the_offer)
    SELECT CASE WHEN is_stock
        THEN (SELECT sum(quantity) FROM held)
        -- The most is reached on the first day of some hold.
        ELSE (SELECT max(level) FROM (
            SELECT (SELECT sum(h.quantity) FROM held h
                    WHERE s.first_day BETWEEN h.first_day AND h.last_day) AS level
            FROM held s) AS levels)
        END
$$;

CREATE OR REPLACE FUNCTION matching_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    offered record;
    asked record;
BEGIN
    SELECT kind, capacity INTO offered FROM offers_offer WHERE id = NEW.offer_id FOR NO KEY UPDATE;
    SELECT kind <> 'goods' AND rhythm <> 'once' AS lasts, quantity INTO asked
    FROM needs_need WHERE id = NEW.need_id FOR NO KEY UPDATE;
    IF matching_most_held(NEW.offer_id, offered.kind = 'goods') > offered.capacity THEN
        RAISE EXCEPTION 'the offer % is held beyond its capacity', NEW.offer_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_capacity';
    END IF;
    IF NOT NEW.released
       AND matching_most_given(NEW.need_id, asked.lasts, NEW.first_day, NEW.last_day) > asked.quantity THEN
        RAISE EXCEPTION 'the need % is served beyond its quantity', NEW.need_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_quantity';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION matching_quantity_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lasts boolean := NEW.kind <> 'goods' AND NEW.rhythm <> 'once';
    given bigint;
BEGIN
    SELECT max(matching_most_given(NEW.id, lasts, h.first_day, h.last_day)) INTO given
    FROM matching_hold h JOIN matching_match m ON m.id = h.match_id
    WHERE h.need_id = NEW.id AND NOT h.released AND NOT (lasts AND m.state = 'completed');
    IF given > NEW.quantity THEN
        RAISE EXCEPTION 'the need % is served beyond its quantity', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_quantity';
    END IF;
    RETURN NULL;
END $$;

-- How a need is counted does not change under what it was promised.
CREATE FUNCTION matching_rhythm_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM matching_hold WHERE need_id = NEW.id) THEN
        RAISE EXCEPTION 'the need % was promised something in its rhythm', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rhythm_is_kept';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_rhythm_guard AFTER UPDATE OF rhythm ON needs_need
    FOR EACH ROW WHEN (NEW.rhythm <> OLD.rhythm)
    EXECUTE FUNCTION matching_rhythm_guard();
"""

BEFORE = """
DROP TRIGGER matching_rhythm_guard ON needs_need;
DROP FUNCTION matching_rhythm_guard();

CREATE OR REPLACE FUNCTION matching_most_held(the_offer bigint, is_stock boolean, OUT most bigint)
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
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0011_given_by_day"), ("needs", "0007_rhythm")]
    operations = [migrations.RunSQL(GUARDS, f"{BEFORE}{import_module('matching.migrations.0011_given_by_day').GUARDS}")]
