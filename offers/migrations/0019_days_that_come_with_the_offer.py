"""An offer whose days are written with it is not written a second time when its windows come (docs/adr/0065).

Of many offers at once, `offers.services.registering` knows the days before the windows are there. What is kept is still
what the windows say: where the two differ, the database sets it right when the windows come, or at the end of the
transaction when none came.
"""

from django.db import migrations

_SAID = """
    SELECT min(w.first_day), nullif(max(w.until), 'infinity'),
           coalesce(string_agg(date_send(w.first_day) || date_send(w.until), '' ORDER BY w.first_day), '')
    INTO NEW.first_day, NEW.last_day, NEW.days
    FROM (SELECT first_day, coalesce(last_day, 'infinity') AS until FROM offers_window WHERE offer_id = NEW.id) w;
"""
# Of the offer `of`: looked up one by one, for no plan made for one may read the whole table for many.
_DIFFER = """(SELECT days FROM offers_offer WHERE id = {of}) IS DISTINCT FROM (
    SELECT coalesce(
        string_agg(date_send(first_day) || date_send(coalesce(last_day, 'infinity')), '' ORDER BY first_day), ''
    ) FROM offers_window WHERE offer_id = {of}
)"""
# ruff: noqa: S608 (no word of these is anybody's)
DAYS = f"""
CREATE OR REPLACE FUNCTION offers_set_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.days <> ''
            AND NOT EXISTS (SELECT FROM offers_window WHERE offer_id = NEW.id) THEN
        RETURN NEW;
    END IF;
    {_SAID}
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION offers_windows_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE offers_offer SET days = days WHERE id IN (SELECT offer_id FROM gone);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        UPDATE offers_offer SET days = days WHERE id IN (SELECT offer_id FROM fresh);
    ELSIF TG_OP = 'INSERT' THEN
        UPDATE offers_offer SET days = days WHERE id = ANY (ARRAY(
            SELECT f.offer_id FROM (SELECT DISTINCT offer_id FROM fresh) f WHERE {_DIFFER.format(of="f.offer_id")}
        ));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION offers_days_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {_DIFFER.format(of="NEW.id")} THEN
        UPDATE offers_offer SET days = days WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER offers_days_hold AFTER INSERT ON offers_offer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.days <> '') EXECUTE FUNCTION offers_days_hold();
"""
AS_BEFORE = f"""
DROP TRIGGER offers_days_hold ON offers_offer;
DROP FUNCTION offers_days_hold();
CREATE OR REPLACE FUNCTION offers_windows_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE offers_offer SET days = days WHERE id IN (SELECT offer_id FROM gone);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE offers_offer SET days = days WHERE id IN (SELECT offer_id FROM fresh);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION offers_set_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_SAID}
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("offers", "0018_collective_places")]

    operations = [migrations.RunSQL(DAYS, AS_BEFORE)]
