"""The baseline: one query that a developer would write for a home's rules, score and order.

It is what is usually written, not the best possible SQL: no index of its own, the same tables and the same result.
Homes of one person's capacity per day, as `docs/algorithm.md` defines them; slots and language pairs are not of homes.
In the town that is measured nobody asks for notice, a longest stay or a rent, no home has works, no need has been given
anything, and no language contains another: none of this is judged.
"""

from datetime import datetime

from django.db import connection

from needs.models import Need

SQL = """
WITH need AS (
    SELECT n.*, d.today, d.wanted, n.last_day - d.wanted + 1 AS days,
        n.children_under_3 + n.children_3_to_11 + n.children_12_to_17 AS children,
        CASE WHEN NOT n.couple THEN 0 WHEN n.adult_women > 0 AND n.adult_men > 0 THEN 1 ELSE 2 END AS paired
    FROM needs_need n
    CROSS JOIN LATERAL (SELECT (%(now)s AT TIME ZONE 'Europe/Paris')::date AS today) t
    CROSS JOIN LATERAL (SELECT t.today, greatest(n.first_day, t.today) AS wanted) d
    WHERE n.id = %(need)s
),
asked AS (
    SELECT o.owner_id, count(*) AS times FROM matching_match m JOIN offers_offer o ON o.id = m.offer_id
    WHERE m.asked_at >= %(now)s - interval '30 days' GROUP BY o.owner_id
),
near AS (
    SELECT o.*, 2 * 6371.0088 * asin(sqrt(
        power(sin(radians(o.latitude - n.latitude) / 2), 2)
        + cos(radians(n.latitude)) * cos(radians(o.latitude))
          * power(sin(radians(o.longitude - n.longitude) / 2), 2))) AS km
    FROM offers_offer o CROSS JOIN need n
    CROSS JOIN LATERAL (  -- in a family a couple counts as one where the host names couples
        SELECT CASE WHEN n.children = 0 OR 'couples' = ANY (o.accepts) THEN n.paired ELSE 0 END AS paired) p
    CROSS JOIN LATERAL (
        SELECT (n.adult_women <= p.paired OR 'women' = ANY (o.accepts))
           AND (n.adult_men <= p.paired OR 'men' = ANY (o.accepts)) AS named) a
    WHERE o.state = 'active' AND o.city_id = n.city_id AND o.kind = 'housing'
      AND (n.forms = '{}' OR o.category = ANY (n.forms))
      AND o.capacity >= n.quantity
      AND (o.step_free OR NOT n.step_free_needed) AND (o.pets_accepted OR NOT n.pets)
      AND (NOT o.smoking OR NOT n.smoke_free_needed)
      AND (n.shared_home_ok OR NOT (o.shared_home OR o.category = 'shared_room'))
      AND CASE WHEN n.lone_minor OR (n.children > 0 AND n.adult_women + n.adult_men = 0)
                   THEN 'lone_minors' = ANY (o.accepts)
               WHEN o.accepts = '{}' THEN true
               WHEN n.children > 0
                   THEN 'families' = ANY (o.accepts) AND (a.named OR NOT o.accepts && '{women,men}')
               WHEN n.couple THEN 'couples' = ANY (o.accepts) AND a.named
               ELSE a.named END
),
runs AS (
    SELECT o.*, r.first_day AS run_first, r.last_day AS run_last, r.last_day - r.first_day + 1 AS run_days
    FROM near o CROSS JOIN need n
    CROSS JOIN LATERAL (
        SELECT greatest(w.first_day, n.wanted) AS first_day,
               least(coalesce(w.last_day, n.last_day), n.last_day) AS last_day
        FROM offers_window w WHERE w.offer_id = o.id
        ORDER BY least(coalesce(w.last_day, n.last_day), n.last_day) - greatest(w.first_day, n.wanted) DESC
        LIMIT 1) r
    WHERE o.km <= n.reach_km
      AND r.last_day - r.first_day + 1 >= least(n.days, coalesce(n.min_days, least(14, (9 * n.days + 9) / 10)))
),
open AS (
    SELECT r.*, r.capacity - coalesce((
        SELECT max(held) FROM (
            SELECT sum(h.quantity) AS held
            FROM generate_series(r.run_first, r.run_last, interval '1 day') d
            JOIN matching_hold h ON h.offer_id = r.id AND d::date BETWEEN h.first_day AND h.last_day
            GROUP BY d) days), 0) AS remaining
    FROM runs r
)
SELECT id FROM (
SELECT o.id, o.km, o.created_at, u.priority,
    u.priority = 4 AND o.run_first = n.wanted AS begins_tonight,
    o.run_days::float8 / n.days AS share,
    25 * 10 / (10 + o.km)
    + 20.0 * o.run_days / n.days * CASE WHEN u.priority > 1 AND o.run_first > n.wanted THEN 0.5 ELSE 1 END
    + 25.0 * sqrt(n.quantity / o.remaining::float8)
      * CASE WHEN o.step_free AND NOT n.step_free_needed THEN 0.9 ELSE 1 END
      * CASE WHEN o.pets_accepted AND NOT n.pets THEN 0.9 ELSE 1 END
      * CASE WHEN 'lone_minors' = ANY (o.accepts) AND NOT n.lone_minor THEN 0.9 ELSE 1 END
    + 10 * CASE WHEN o.languages && n.languages THEN 1 ELSE 0 END
    + 10 * (1 - least(n.today - (o.confirmed_at AT TIME ZONE 'Europe/Paris')::date, 45) / 45.0)
    + 10.0 / (1 + coalesce(a.times, 0)) AS score
FROM open o CROSS JOIN need n LEFT JOIN asked a ON a.owner_id = o.owner_id
CROSS JOIN LATERAL (
    SELECT greatest(
        CASE n.urgency WHEN 'tonight' THEN 4 WHEN 'this_week' THEN 2 ELSE 1 END,
        CASE WHEN n.wanted - n.today <= 1 THEN 4 WHEN n.wanted - n.today <= 7 THEN 2 ELSE 1 END) AS priority) u
WHERE o.remaining >= n.quantity
) AS scored
ORDER BY begins_tonight DESC, round((share * (priority + round(score::numeric, 6) / 100))::numeric, 6) DESC,
         round(km::numeric, 6), created_at, id
LIMIT 20
"""


def best(need: Need, now: datetime) -> list[int]:
    """The ids of the best 20 offers, best first."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"need": need.pk, "now": now})
        return [row[0] for row in cursor.fetchall()]
