"""What lies ahead of a town: how many needs of each shape came, and what its offers' days are worth to those to come.

No record of a need is read, only how many were the same in all that the rules read: no id, no text, no language that
somebody speaks, and of the place the commune's point.
"""

from collections.abc import Collection, Hashable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, F
from django.db.models.functions import TruncDate

import engine
from cities.models import City
from engine.foresight import Ahead, Arrived, Shape, Weighing, expected, foresee
from engine.foresight.prices import FUTURES, SEED
from matching.models import Plan
from matching.reasons.engine_records import need_record
from needs.models import Need, NeedState

# Long enough to know the season: a year, and some weeks round the same day of the year before.
SEEN = timedelta(days=400)
# What a plan saw ahead is said beside suggestions for so long.
HOLDS = timedelta(days=7)
# What the rules read of a need, but for its place and what somebody speaks.
_READ = (
    "kind", "category", "reach_km", "min_days", "quantity", "part_useful", "people", "urgency", "adult_women",
    "adult_men", "children_under_3", "children_3_to_11", "children_12_to_17", "lone_minor", "couple",
    "step_free_needed", "pets", "smoke_free_needed", "rent_up_to", "shared_home_ok", "forms", "items", "sizes",
    "rhythm", "remote_ok", "languages_from", "languages_to", "slots", "first_day", "last_day",
)  # fmt: skip


def arrivals(city: City, *, today: date) -> list[Arrived]:
    """How many needs of each shape were posted to a town, day by day, before today."""
    posted = TruncDate("created_at", tzinfo=ZoneInfo(city.timezone))
    rows = (
        Need.objects.filter(city=city)
        .exclude(state=NeedState.DRAFT)
        .annotate(posted=posted)
        .filter(posted__lt=today, posted__gte=today - SEEN)
        .order_by()
        .values(*_READ, "posted", lat=F("commune__latitude"), lon=F("commune__longitude"))
        .annotate(count=Count("pk"))
    )
    found = []
    for row in rows:
        day, count, lat, lon = (row.pop(name) for name in ("posted", "count", "lat", "lon"))
        try:
            asked = need_record(Need(city_id=city.pk, latitude=lat, longitude=lon, **row), given=())
        except ValueError:
            continue  # a row written by hand, which the engine refuses wherever it is read
        found.append(Arrived(Shape.of(asked, posted=day), day, count))
    return found


def ahead_of(
    city: City,
    offers: engine.OfferColumns,
    *,
    today: date,
    weights: Mapping[Hashable, engine.Weights],
    links: Collection[frozenset[int]],
) -> Ahead | None:
    """What lies ahead of these offers; None where the town does not look ahead."""
    if not city.looks_ahead_days:
        return None
    coming = expected(arrivals(city, today=today), today=today, days=city.looks_ahead_days)
    return foresee(coming, offers, weights=weights, links=links)


def told(ahead: Ahead | None) -> dict[str, Any]:
    """What a plan keeps of it: how it was looked at, and of each offer that others may need what is said of it."""
    if ahead is None:
        return {}
    costs = np.append(ahead.price.any(axis=1), False)  # of group -1, the last place, nothing
    dear = np.flatnonzero(costs[ahead.group])
    return {
        "days": ahead.days,
        "futures": FUTURES,
        "seed": SEED,
        "expects": round(ahead.expects, 1),
        "offers": {
            str(ahead.ids[row]): {
                "people": float(ahead.awaited[ahead.group[row]]),
                "alike": int(ahead.alike[ahead.group[row]]),
                "days": ahead.days,
            }
            for row in dear
        },
    }


def line_told(weighing: Weighing, row: int, of_offer: Mapping[str, Any]) -> dict[str, Any]:
    """What a line keeps of how its pair was weighed, in points as priority + score ÷ 100 is."""
    points = {
        name: round(float(getattr(weighing, name)[row]), 4) for name in ("full", "likely", "price", "left")
    }
    return {**points, **of_offer}


def latest(city: City, *, now: datetime) -> Mapping[str, Mapping[str, Any]]:
    """Of each offer that others may need, by its id in words, what the town's last plan saw; of an old one nothing."""
    if not city.looks_ahead_days:
        return {}
    seen = (
        Plan.objects.filter(city=city, state=Plan.State.DONE, finished_at__gt=now - HOLDS)
        .exclude(ahead={})
        .order_by("-finished_at", "-pk")
        .values_list("ahead", flat=True)
        .first()
    )
    return seen["offers"] if seen else {}


__all__ = ["ahead_of", "arrivals", "latest", "line_told", "told"]
