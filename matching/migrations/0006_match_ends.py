"""The need and the offer of a match are looked for by statement, not row by row (docs/adr/0006).

PostgreSQL checks a foreign key for each row by itself, and locks the row that it finds: two thirds of what it took to write
a country. The keys stay declared (`TRUNCATE … CASCADE` and dumps follow them), and these guards keep them:

* a statement that inserts matches looks for all their needs and offers at once;
* a match keeps its need and its offer;
* who deletes needs or offers, which nobody does on an ordinary day, first waits until nobody is writing matches. Whoever
  writes from then on waits in turn, and no longer finds what is gone.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION matching_set_enforced(how text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key record;
BEGIN
    FOR key IN SELECT conname FROM pg_constraint WHERE conrelid = 'matching_match'::regclass AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE matching_match ALTER CONSTRAINT %I ' || how, key.conname);
    END LOOP;
END $$;
SELECT matching_set_enforced('NOT ENFORCED');

-- Each is looked up in its index: a plan that was made for many rows would read whole tables for one.
CREATE FUNCTION matching_ends_exist() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT need_id FROM fresh) f
               WHERE NOT EXISTS (SELECT FROM needs_need n WHERE n.id = f.need_id)) THEN
        RAISE EXCEPTION 'a match without its need'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'match_need_exists';
    END IF;
    IF EXISTS (SELECT FROM (SELECT DISTINCT offer_id FROM fresh) f
               WHERE NOT EXISTS (SELECT FROM offers_offer o WHERE o.id = f.offer_id)) THEN
        RAISE EXCEPTION 'a match without its offer'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'match_offer_exists';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER matching_ends_exist AFTER INSERT ON matching_match
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION matching_ends_exist();

CREATE FUNCTION matching_ends_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a match keeps its need and its offer'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'match_keeps_its_ends';
END $$;
CREATE TRIGGER matching_ends_stay BEFORE UPDATE OF need_id, offer_id ON matching_match
    FOR EACH ROW WHEN (NEW.need_id <> OLD.need_id OR NEW.offer_id <> OLD.offer_id)
    EXECUTE FUNCTION matching_ends_stay();

CREATE FUNCTION matching_need_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE matching_match IN SHARE MODE;
    IF EXISTS (SELECT FROM gone g JOIN matching_match m ON m.need_id = g.id) THEN
        RAISE EXCEPTION 'a need that has matches is not deleted'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'match_need_exists';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER matching_need_is_free AFTER DELETE ON needs_need
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION matching_need_is_free();

CREATE FUNCTION matching_offer_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE matching_match IN SHARE MODE;
    IF EXISTS (SELECT FROM gone g JOIN matching_match m ON m.offer_id = g.id) THEN
        RAISE EXCEPTION 'an offer that has matches is not deleted'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'match_offer_exists';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER matching_offer_is_free AFTER DELETE ON offers_offer
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION matching_offer_is_free();
"""

NO_GUARDS = """
DROP TRIGGER matching_offer_is_free ON offers_offer;
DROP FUNCTION matching_offer_is_free();
DROP TRIGGER matching_need_is_free ON needs_need;
DROP FUNCTION matching_need_is_free();
DROP TRIGGER matching_ends_stay ON matching_match;
DROP FUNCTION matching_ends_stay();
DROP TRIGGER matching_ends_exist ON matching_match;
DROP FUNCTION matching_ends_exist();
SELECT matching_set_enforced('ENFORCED');
DROP FUNCTION matching_set_enforced(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0005_weights_history"),
        ("needs", "0001_initial"),
        ("offers", "0001_initial"),
    ]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
