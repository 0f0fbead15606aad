"""Pairs that people have answered, or that are under way."""

import numpy as np

from engine.arrays import Ints, row_codes
from matching.lifecycle import ACTIVE, ANSWERED
from matching.scanning.reading import arrays
from matching.scanning.reading.need_columns import Needs
from matching.scanning.reading.offer_columns import Offers

_DECIDED = {
    "need": ("bigint", "m.need_id"),
    "offer": ("bigint", "m.offer_id"),
    "active": ("boolean", "m.state = ANY (%(active)s)"),
    "need_revision": ("integer", "m.need_revision"),
    "offer_revision": ("integer", "m.offer_revision"),
}


def read_excluded(needs: Needs, offers: Offers) -> Ints:
    """`row_codes` of the pairs answered since either side last changed, and of those that are under way."""
    need_ids, offer_ids = np.asarray(needs.columns.ids), np.asarray(offers.columns.ids)
    side, ids = min(("need_id", need_ids), ("offer_id", offer_ids), key=lambda one: len(one[1]))
    active = sorted(map(str, ACTIVE))
    pairs = arrays.read(
        _DECIDED,
        f"FROM matching_match m WHERE m.{side} = ANY (%(ids)s::bigint[]) AND m.state = ANY (%(decided)s)",
        {
            "ids": arrays.text(ids),
            "active": active,
            "decided": [*active, *sorted(map(str, ANSWERED))],
        },
    )
    pairs = arrays.taken(
        pairs, np.flatnonzero(np.isin(pairs["need"], need_ids) & np.isin(pairs["offer"], offer_ids))
    )
    need, offer = np.searchsorted(need_ids, pairs["need"]), np.searchsorted(offer_ids, pairs["offer"])
    unchanged = (needs.revision[need] == pairs["need_revision"]) & (
        offers.revision[offer] == pairs["offer_revision"]
    )
    aside = pairs["active"] | unchanged
    return np.unique(row_codes(need[aside], offer[aside]))
