"""A town's own figures, counted: what is offered and asked, where, by whom, how fast. Where it has little, the
published table.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import cos, radians
from statistics import median
from typing import Any

from django.db.models import Count, F, Min, Q

from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from engine.foresight.arrivals import LENGTHS
from engine.vocabulary import URGENCIES
from matching.lifecycle import Act
from matching.models import Decision
from needs.models import Need, NeedState
from offers.models import Offer, OfferState
from simulation.behaviour import BASE, Behaviour, changed
from simulation.towns import Town

# What is replayed, and of how long ago arrivals are counted.
DAYS, SEEN_DAYS = 182, 365
# Fewer needs, or fewer days, say nothing of a town; fewer of one thing: the published table holds.
LEAST_NEEDS, LEAST_DAYS, LEAST = 20, 28, 20
# One coordinator's day, as in the replayed town of docs/simulation.md: minutes on a weekday, and on a day of a weekend.
COORDINATOR_MINUTES = (240, 30)
MOST_COMMUNES = 12
_KM_A_DEGREE = 111.2


class TooLittle(Exception):
    """Too few needs, or days, to replay a town by them."""


def figures_of(city: City, *, now: datetime) -> dict[str, Any]:
    """Counts alone, as they are kept with a question. Raises TooLittle."""
    today = local_day(now, city)
    since = now - timedelta(days=SEEN_DAYS)
    needs = Need.objects.filter(city=city, created_at__gte=since, created_at__lt=now).exclude(
        state=NeedState.DRAFT
    )
    offers = Offer.objects.filter(city=city).exclude(state=OfferState.DRAFT)
    new = offers.filter(created_at__gte=since, created_at__lt=now)
    begun = [rows.aggregate(at=Min("created_at"))["at"] for rows in (needs, new)]
    first = min((at for at in begun if at), default=now)
    seen = max(1, (today - local_day(first, city)).days)
    posted = needs.count()
    if posted < LEAST_NEEDS or seen < LEAST_DAYS:
        raise TooLittle
    there = offers.filter(state=OfferState.ACTIVE).count()
    came = new.count()
    found: dict[str, Any] = {
        "seen_days": seen,
        "there": there,
        "offers": there + round(came * DAYS / seen),
        "needs": max(1, round(posted * DAYS / seen)),
        "offer_kinds": _counted(offers.filter(Q(created_at__gte=since) | Q(state=OfferState.ACTIVE)), "kind"),
        "need_kinds": _counted(needs, "kind"),
        "urgencies": _counted(needs, "urgency"),
        "stays": _stays(needs),
        "households": _households(needs),
        "communes": _communes(city, needs),
        "answer_hours": [city.answer_hours_tonight, city.answer_hours_this_week, city.answer_hours_planned],
        "delay_hours": _delay(city, since),
        "vetting_days": _vetting(offers, since),
    }
    # What is too little to say anything is not kept.
    for name in ("offer_kinds", "need_kinds", "urgencies"):
        if sum(found[name].values()) < LEAST:
            found[name] = {}
    for name in ("stays", "households", "communes"):
        if sum(row[-1] for row in found[name]) < LEAST:
            found[name] = []
    return found


def _counted(rows: Any, name: str) -> dict[str, int]:
    return dict(sorted(rows.order_by().values_list(name).annotate(n=Count("pk"))))


def _stays(needs: Any) -> list[list[int]]:
    """How many homes were asked for so many days, coarsely."""
    days = Counter[int]()
    asked = needs.filter(kind=Kind.HOUSING).order_by().values_list("first_day", "last_day")
    for first, last, count in asked.annotate(n=Count("pk")):
        length = (last - first).days + 1
        days[next((some for some in LENGTHS if some >= length), LENGTHS[-1])] += count
    return [[length, days[length]] for length in sorted(days)]


def _households(needs: Any) -> list[list[Any]]:
    """Women, men, children, a couple, and how many such: those whose members are known."""
    children = F("children_under_3") + F("children_3_to_11") + F("children_12_to_17")
    rows = (
        needs.filter(kind=Kind.HOUSING)
        .annotate(children=children)
        .filter(Q(adult_women__gt=0) | Q(adult_men__gt=0))
        .order_by("adult_women", "adult_men", "children", "couple")
        .values_list("adult_women", "adult_men", "children", "couple")
        .annotate(n=Count("pk"))
    )
    return [list(row) for row in rows]


def _communes(city: City, needs: Any) -> list[list[Any]]:
    """Number, km to the east and north of the town's seat, and how many needs: the town's most frequent."""
    rows = (
        needs.order_by()
        .values_list("commune", "commune__latitude", "commune__longitude")
        .annotate(n=Count("pk"))
        .order_by("-n", "commune")[:MOST_COMMUNES]
    )
    return [[pk, *km_from(city, lat, lon), n] for pk, lat, lon, n in rows]


def km_from(city: City, lat: float, lon: float) -> tuple[float, float]:
    """To the east and north of the town's seat."""
    seat = city.seat
    east = (lon - seat.longitude) * _KM_A_DEGREE * cos(radians(seat.latitude))
    return round(east, 1), round((lat - seat.latitude) * _KM_A_DEGREE, 1)


def _delay(city: City, since: datetime) -> float | None:
    """Hours within which half of the answers came that citizens gave to what was not for tonight."""
    answers = Decision.objects.filter(
        match__city=city,
        match__asked_at__gte=since,
        act__in=[Act.ACCEPT, Act.DECLINE],
        by__isnull=False,
        at__gt=F("match__asked_at"),
    ).exclude(match__need__urgency="tonight")
    hours = [
        (at - asked).total_seconds() / 3600
        for at, asked in answers.values_list("at", "match__asked_at")
        if asked is not None
    ]
    return round(median(hours), 1) if len(hours) >= LEAST else None


def _vetting(offers: Any, since: datetime) -> int | None:
    """Days between a home's offer and its visit, the median."""
    rows = offers.filter(kind=Kind.HOUSING, created_at__gte=since, vetted_at__gt=F("created_at"))
    days = [(at - created).days for at, created in rows.values_list("vetted_at", "created_at")]
    return round(median(days)) if len(days) >= LEAST else None


def town_of(figures: Mapping[str, Any], *, hours: int) -> Town:
    """The town that is replayed. What was too little to be counted is the published table's."""
    own: dict[str, Any] = {}
    for name in ("offer_kinds", "need_kinds"):
        if figures[name]:
            own[name] = tuple(figures[name].items())
    if figures["urgencies"]:
        own["urgencies"] = tuple((word, figures["urgencies"].get(word, 0)) for word in URGENCIES)
    if figures["stays"]:
        own["stays"] = tuple((days, count) for days, count in figures["stays"])
    if figures["households"]:
        own["households"] = tuple(
            ((women, men, children, bool(couple)), count)
            for women, men, children, couple, count in figures["households"]
        )
    if figures["communes"]:
        own["communes"] = tuple(((east, north), count) for _, east, north, count in figures["communes"])
        own["ring_km"] = 1.0
    offers = figures["offers"]
    return Town(
        name="own",
        words="",
        days=DAYS,
        offers=offers,
        needs=figures["needs"],
        early=figures["there"] / offers if offers else 0.0,
        minutes=(60 * hours, round(60 * hours * COORDINATOR_MINUTES[1] / COORDINATOR_MINUTES[0])),
        answer_hours=tuple(figures["answer_hours"]),
        vetting_days=figures["vetting_days"] or 0,
        **own,
    )


def behaviour_of(figures: Mapping[str, Any]) -> Behaviour:
    """The published table, with the town's own delay where it is known."""
    delay = figures["delay_hours"]
    return BASE if delay is None else changed(answer_hours=max(delay, 0.1))
