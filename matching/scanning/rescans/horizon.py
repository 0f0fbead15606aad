"""What a rescan must leave alone: it reads without locks, and others change rows meanwhile.

It therefore remembers its horizon, the moment before its reading, and what anybody has touched since is left to the
scan that follows from that change (docs/adr/0006).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from accounts.models import Organisation
from needs.models import OPEN_STATES

# `age` counts transactions back from now: a row's own `xmin` says which one wrote it last. What has been written
# since the horizon, or by a transaction that had not ended then, is younger.
_UNTOUCHED_NEEDS = """
    SELECT n.id FROM needs_need n LEFT JOIN accounts_organisation a ON a.id = n.organisation_id
    WHERE n.id = ANY(%(needs)s) AND n.state = ANY(%(open)s)
      AND (n.organisation_id IS NULL OR a.state = %(verified)s)
      AND age(n.xmin) > age(%(horizon)s::text::xid8::xid)
    ORDER BY n.id FOR NO KEY UPDATE OF n SKIP LOCKED
"""
_TOUCHED_OFFERS = """
    SELECT id FROM offers_offer
    WHERE id = ANY(%(offers)s) AND age(xmin) <= age(%(horizon)s::text::xid8::xid)
"""
_TOUCHED_OFFERS_OF_TOWNS = """
    SELECT id FROM offers_offer
    WHERE city_id = ANY(%(towns)s) AND age(xmin) <= age(%(horizon)s::text::xid8::xid)
"""


def current() -> int:
    """The moment before a reading, as the database counts: everything older is read as it stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def lock_untouched(need_ids: Sequence[int], *, since: int) -> list[int]:
    """Lock those of the needs that are open, that nobody has touched since, and that nobody holds just now."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "needs": list(need_ids),
            "horizon": since,
            "open": [str(state) for state in OPEN_STATES],
            "verified": str(Organisation.State.VERIFIED),
        }
        cursor.execute(_UNTOUCHED_NEEDS, values)
        return [row[0] for row in cursor.fetchall()]


def touched_offers(offer_ids: Sequence[int], *, since: int) -> list[int]:
    """Those of the offers that somebody has changed, or held a part of, since."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED_OFFERS, {"offers": list(offer_ids), "horizon": since})
        return [row[0] for row in cursor.fetchall()]


def touched_offers_of(city_ids: Iterable[int], *, since: int) -> list[int]:
    """The same of all offers of some towns, new ones included."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED_OFFERS_OF_TOWNS, {"towns": list(city_ids), "horizon": since})
        return [row[0] for row in cursor.fetchall()]
