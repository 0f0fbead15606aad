"""What a need that lasts is given is counted by day: a home for ten of 41 nights leaves the other nights wanted.

On no day is it given more than it asks; of goods, in all, as before (docs/adr/0003). When a quantity is lowered, stays
that are over no longer speak: they were for the household as it was.
"""

from django.db import migrations

GUARDS = """
CREATE OR REPLACE FUNCTION matching_most_given(the_need bigint, lasts boolean, since date, until date, OUT most bigint)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN lasts
        -- The most is reached on the first of these days, or on the first day of some hold.
        THEN (SELECT max(given) FROM (
            SELECT (SELECT sum(h.quantity) FROM matching_hold h
                    WHERE h.need_id = the_need AND NOT h.released
                      AND days.day BETWEEN h.first_day AND h.last_day) AS given
            FROM (SELECT since
                  UNION SELECT first_day FROM matching_hold
                  WHERE need_id = the_need AND NOT released AND first_day BETWEEN since AND until) AS days (day)
            ) AS levels)
        ELSE (SELECT sum(quantity) FROM matching_hold WHERE need_id = the_need AND NOT released)
        END
$$;

CREATE OR REPLACE FUNCTION matching_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    offered record;
    asked record;
BEGIN
    SELECT kind, capacity INTO offered FROM offers_offer WHERE id = NEW.offer_id FOR NO KEY UPDATE;
    SELECT kind, quantity INTO asked FROM needs_need WHERE id = NEW.need_id FOR NO KEY UPDATE;
    IF matching_most_held(NEW.offer_id, offered.kind = 'goods') > offered.capacity THEN
        RAISE EXCEPTION 'the offer % is held beyond its capacity', NEW.offer_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_capacity';
    END IF;
    IF NOT NEW.released
       AND matching_most_given(NEW.need_id, asked.kind <> 'goods', NEW.first_day, NEW.last_day) > asked.quantity THEN
        RAISE EXCEPTION 'the need % is served beyond its quantity', NEW.need_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_quantity';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION matching_quantity_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lasts boolean := NEW.kind <> 'goods';
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
"""

BEFORE = """
CREATE OR REPLACE FUNCTION matching_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION matching_quantity_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP FUNCTION matching_most_given(bigint, boolean, date, date);
"""

# The scan of a need writes down how far it has come; one that was "met" by some of its days is open for the others.
COUNT = """
UPDATE needs_need n SET scan_due_at = coalesce(scan_due_at, now())
WHERE EXISTS (SELECT FROM matching_hold h WHERE h.need_id = n.id)
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0010_households"), ("needs", "0006_progress")]
    operations = [
        migrations.RunSQL(GUARDS, BEFORE),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
