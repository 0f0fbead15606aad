"""Homes that were visited before visits had rows of their own: each gets the one by which it counts as visited.

It is valid for a year from then, and for two months from now at least: no home runs out before its desk was told.
"""

from django.db import migrations

VISITS = """
INSERT INTO homes_visit (
    offer_id, visitor_id, starts_at, state, wish, answers, extract, note, concluded_at, concluded_by_id, valid_until,
    refusal, created_at, changed_at
)
SELECT offer.id, offer.vetted_by_id, offer.vetted_at, 'passed', '', '[]', '', '', offer.vetted_at, offer.vetted_by_id,
    greatest(
        ((offer.vetted_at AT TIME ZONE city.timezone) + interval '12 months')::date, current_date + 60
    ),
    '', offer.vetted_at, offer.vetted_at
FROM offers_offer offer JOIN cities_city city ON city.id = offer.city_id
WHERE offer.vetted_at IS NOT NULL;
"""
CHANGES = """
INSERT INTO homes_visitchange (visit_id, what, by_id, at)
SELECT id, '{"state": [null, "passed"]}', visitor_id, starts_at FROM homes_visit;
"""


class Migration(migrations.Migration):
    dependencies = [("homes", "0001_initial")]
    operations = [migrations.RunSQL(VISITS + CHANGES, migrations.RunSQL.noop)]
