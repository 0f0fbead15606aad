"""Several homes may be asked for one need at once, up to a number that the town sets; the first yes counts.

What is asked beside is held of its offer as ever, and counts for the need from the yes on. How many may be: a town's
own number, with the need's row locked.
"""

from importlib import import_module

from django.db import migrations, models

GUARDS = """
CREATE OR REPLACE FUNCTION matching_most_given(the_need bigint, lasts boolean, since date, until date, OUT most bigint)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN lasts
        -- The most is reached on the first of these days, or on the first day of some hold.
        THEN (SELECT max(given) FROM (
            SELECT (SELECT sum(h.quantity) FROM matching_hold h
                    WHERE h.need_id = the_need AND NOT h.released AND NOT h.beside
                      AND days.day BETWEEN h.first_day AND h.last_day) AS given
            FROM (SELECT since
                  UNION SELECT first_day FROM matching_hold
                  WHERE need_id = the_need AND NOT released AND NOT beside AND first_day BETWEEN since AND until
                 ) AS days (day)
            ) AS levels)
        ELSE (SELECT sum(quantity) FROM matching_hold WHERE need_id = the_need AND NOT released AND NOT beside)
        END
$$;

CREATE FUNCTION matching_beside_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most integer;
    asked integer;
BEGIN
    SELECT c.homes_asked_at_once INTO most FROM needs_need n JOIN cities_city c ON c.id = n.city_id
    WHERE n.id = NEW.need_id FOR NO KEY UPDATE OF n;
    SELECT count(*) INTO asked FROM matching_hold WHERE need_id = NEW.need_id AND beside;
    IF asked > most - 1 THEN
        RAISE EXCEPTION 'for the need % more homes are asked at once than its town allows', NEW.need_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_within_asked';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER matching_beside_guard AFTER INSERT ON matching_hold
    FOR EACH ROW WHEN (NEW.beside) EXECUTE FUNCTION matching_beside_guard();
"""

NO_GUARDS = """
DROP TRIGGER matching_beside_guard ON matching_hold;
DROP FUNCTION matching_beside_guard();
"""


# As it was before: the first function of 0011.
MOST_GIVEN = import_module("matching.migrations.0011_given_by_day").GUARDS.split("CREATE OR REPLACE FUNCTION")[1]
MOST_GIVEN = f"CREATE OR REPLACE FUNCTION{MOST_GIVEN}"


class Migration(migrations.Migration):
    dependencies = [("matching", "0021_case_handed_over"), ("cities", "0006_homes_asked_at_once")]
    operations = [
        migrations.AddField("hold", "beside", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(GUARDS, f"{NO_GUARDS}{MOST_GIVEN}"),
    ]
