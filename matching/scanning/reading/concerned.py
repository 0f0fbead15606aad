"""Which needs some offers may be for: as a need finds its offers, the other way round."""

import numpy as np

from engine import KEEP
from engine.arrays import Ints
from engine.columns import OfferColumns
from matching.scanning.reading import arrays
from matching.scanning.reading.ranges import Places, Ranges, in_circle
from needs.models import OPEN_STATES

# As the indexes `need_candidates` and `need_remote` say it, word for word: the planner does not know them otherwise.
_OPEN = f"n.state IN ({', '.join(repr(str(state)) for state in OPEN_STATES)})"
# What is found there is all that is read; the needs themselves are then looked up by their ids.
_IN_RANGES = f"""
    SELECT n.id
    FROM unnest(%(category)s::text[], %(reach_class)s::int[], %(band)s::int[], %(west)s::float8[], %(east)s::float8[])
        AS r (category, reach_class, band, west, east)
    JOIN needs_need n ON {_OPEN} AND n.category = r.category AND n.reach_class = r.reach_class
        AND n.band = r.band AND n.longitude BETWEEN r.west AND r.east
    WHERE n.city_id = %(city)s
"""  # noqa: S608 (our own words, as everywhere below)
_REMOTE = f"""
    UNION ALL SELECT n.id FROM needs_need n
    WHERE {_OPEN} AND n.remote_ok AND n.category = ANY (%(remote)s) AND n.city_id = %(city)s
"""  # noqa: S608
_OF_FORM = "(n.kind <> 'housing' OR n.forms = '{}' OR n.forms && %(forms)s::varchar[])"

# As the last scan of each need left its list: what has changed it since has made the need due, and it is looked at
# again whatever we find. A list that is not full has a place for whoever is feasible.
_KEEPING = """
    SELECT b.need_id FROM unnest(%(needs)s::bigint[], %(standings)s::int[]) AS b (need_id, standing)
    LEFT JOIN matching_scan s ON s.need_id = b.need_id
    WHERE (s.suggested >= %(keep)s AND b.standing < s.lowest_standing) IS NOT TRUE
"""


def concerned_by(offers: OfferColumns, *, city_id: int) -> arrays.Where:
    """The open needs of a town that may be within reach of one of these offers; whose they are does not matter."""
    categories = [category for _, category in offers.vocabulary.categories]
    places = Places(offers.category, offers.lat, offers.lon, offers.reach_km, offers.remote)
    ranges = Ranges.around(places)
    words = list(offers.vocabulary.forms)
    sql = _IN_RANGES
    params: dict[str, object] = {
        "city": city_id,
        "category": [categories[number] for number in ranges.number.tolist()],
        "forms": [words[form] for form in np.unique(offers.form).tolist() if form >= 0],
    }
    for name in ("reach_class", "band", "west", "east"):
        params[name] = arrays.text(getattr(ranges, name))
    if ranges.circle:
        sql += f" AND {in_circle('n')}"
        params |= dict(zip(("lat", "lon", "reach_km", "margin_km"), ranges.circle, strict=True))
    if len(ranges.remote_numbers):
        sql += _REMOTE
        params["remote"] = [categories[number] for number in ranges.remote_numbers.tolist()]
    return arrays.Where(f"n.id = ANY (ARRAY({sql})) AND {_OF_FORM}", params)


def would_keep(need_ids: Ints, standings: Ints) -> list[int]:
    """Those of the needs among whose best a new pair of this standing (each its own) would be, or as good as one."""
    if not len(need_ids):
        return []
    params = {"needs": arrays.text(need_ids), "standings": arrays.text(standings), "keep": KEEP}
    return [need_id for (need_id,) in arrays.rows(_KEEPING, params)]
