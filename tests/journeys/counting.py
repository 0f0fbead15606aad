"""What the database says in the end: each journey counts in it what the pages have told."""

from datetime import date

from django.db import connection

_HELD = """
    SELECT o.title, n.title, h.quantity, h.first_day, h.last_day
    FROM matching_hold h JOIN offers_offer o ON o.id = h.offer_id JOIN needs_need n ON n.id = h.need_id
    WHERE NOT h.released ORDER BY h.first_day, o.title
"""
# Beds on each day, of each home; and what each need has been given.
_TOO_MUCH = """
    SELECT o.title FROM offers_offer o JOIN matching_hold h ON h.offer_id = o.id
    CROSS JOIN LATERAL generate_series(h.first_day, h.last_day, interval '1 day') AS night
    WHERE o.kind <> 'goods' GROUP BY o.id, night HAVING sum(h.quantity) > o.capacity
    UNION
    SELECT n.title FROM needs_need n JOIN matching_hold h ON h.need_id = n.id AND NOT h.released
    CROSS JOIN LATERAL generate_series(h.first_day, h.last_day, interval '1 day') AS night
    WHERE n.kind <> 'goods' GROUP BY n.id, night HAVING sum(h.quantity) > n.quantity
"""


def held() -> list[tuple[str, str, int, date, date]]:
    """Which home is kept for which need: titles, how many people, the first and the last day, in the order of days."""
    assert _ask(_TOO_MUCH) == [], "nobody sleeps twice, no bed is given twice"
    return _ask(_HELD)


def _ask(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
