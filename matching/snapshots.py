"""The only place where database rows become engine records.

A fixed number of queries whatever the number of rows. A row that the engine refuses is left out and named in the
log: one bad row must not keep a town from working.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, Sum

from catalogue.slots import parse_slot
from catalogue.vocabulary import HOUSING_FORMS, Kind
from cities import selectors as cities
from cities.models import City
from matching import engine
from matching.models import Hold, Match, MatchState
from needs.models import Need
from offers.models import Offer, Window

log = logging.getLogger(__name__)

# Near misses are looked for this far beyond what both sides reach (docs/algorithm.md).
NEAR_KM = 20.0
ASKED_DAYS = 30
# More boxes than this cost the planner more than reading what lies between them.
MOST_BOXES = 12
# Set aside until the need or the offer changes: people have answered this pair already.
ANSWERED = (
    MatchState.DISMISSED,
    MatchState.DECLINED,
    MatchState.REFUSED,
    MatchState.CANCELLED,
    MatchState.BROKEN_OFF,
)
OFFER_FIELDS = (
    "id", "kind", "category", "city_id", "latitude", "longitude", "reach_km", "languages", "capacity",
    "confirmed_at", "created_at", "owner_id", "share_with_linked", "state", "shared_home", "accepts", "step_free",
    "pets_accepted", "languages_from", "languages_to", "slots", "remote", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one call of the engine reads: records, and the pairs that people have set aside."""

    needs: list[engine.Need]
    offers: list[engine.Offer]
    excluded: frozenset[tuple[int, int]]
    links: frozenset[frozenset[int]]
    weights: dict[int, engine.Weights]
    offer_revisions: dict[int, int]


def local_day(moment: datetime, city: City) -> date:
    """The town's calendar day at this moment (UTC+11 in Nouméa, UTC-4 in Fort-de-France)."""
    return moment.astimezone(ZoneInfo(city.timezone)).date()


def of_needs(needs: Sequence[Need], *, city: City, now: datetime) -> Snapshot:
    """Needs of one town with every offer that may be feasible or nearly so for one of them."""
    linked = cities.linked_city_ids(city)
    return _snapshot(needs, _candidates(needs, city, linked), city=city, linked=linked, now=now)


def of_pairs(needs: Sequence[Need], offer_ids: Iterable[int], *, city: City, now: datetime) -> Snapshot:
    """Needs of one town with the named offers alone."""
    linked = cities.linked_city_ids(city)
    return _snapshot(needs, Q(pk__in=list(offer_ids)), city=city, linked=linked, now=now)


def weights_of(city: City) -> engine.Weights:
    """The town's own points of the six parts."""
    return engine.Weights(**city.weights)


def categories_of(need: Need) -> list[str]:
    """The categories of offers that suit a need; for housing, the forms that it accepts."""
    if need.kind == Kind.HOUSING:
        return list(need.forms) or [str(form) for form in HOUSING_FORMS]
    return [need.category]


def _snapshot(needs: Sequence[Need], wanted: Q, *, city: City, linked: set[int], now: datetime) -> Snapshot:
    rows = list(Offer.objects.open().filter(wanted).order_by("pk").values(*OFFER_FIELDS))
    ids = [row["id"] for row in rows]
    return Snapshot(
        needs=_need_records(needs, local_day(now, city)),
        offers=_offer_records(rows, city=city, now=now),
        excluded=_excluded(needs, {row["id"]: row["revision"] for row in rows}),
        links=frozenset(frozenset((city.pk, other)) for other in linked),
        weights={city.pk: weights_of(city)},
        offer_revisions=dict(zip(ids, (row["revision"] for row in rows), strict=True)),
    )


def _candidates(needs: Sequence[Need], city: City, linked: set[int]) -> Q:
    """The covering index's ranges: category, band of latitude, longitude; then the town."""
    town = Q(city=city)
    if linked:
        town |= Q(city__in=linked, share_with_linked=True)
    categories = sorted({category for need in needs for category in categories_of(need)})
    farthest = Offer.objects.open().filter(town, category__in=categories).aggregate(Max("reach_km"))
    reach = farthest["reach_km__max"] or 0.0
    place = Q()
    for min_lat, max_lat, min_lon, max_lon in _boxes(needs, reach):
        place |= Q(
            band__range=(engine.band(min_lat), engine.band(max_lat)),
            longitude__range=(min_lon, max_lon),
        )
    if any(need.remote_ok for need in needs):
        place |= Q(remote=True)
    return town & Q(category__in=categories) & place


def _boxes(needs: Sequence[Need], reach: float) -> list[tuple[float, float, float, float]]:
    """Boxes around each need's circle, near misses included; one around all when there are many."""
    found = {
        box
        for need in needs
        for box in engine.boxes(need.latitude, need.longitude, max(need.reach_km, reach) + NEAR_KM)
    }
    if len(found) <= MOST_BOXES:
        return sorted(found)
    souths, norths, wests, easts = zip(*found, strict=True)
    return [(min(souths), max(norths), min(wests), max(easts))]


def _need_records(needs: Sequence[Need], today: date) -> list[engine.Need]:
    held = dict(
        Hold.objects.filter(need__in=needs, released=False)
        .values("need")
        .annotate(total=Sum("quantity"))
        .values_list("need", "total")
    )
    records = []
    for need in needs:
        missing = need.quantity - held.get(need.pk, 0)
        if missing <= 0:
            continue  # everything asked for is promised: nothing to look for
        try:
            records.append(_need_record(need, missing, today))
        except ValueError as error:
            log.error("need %s is left out of its scan: %s", need.pk, _field(error))
    return records


def _need_record(need: Need, missing: int, today: date) -> engine.Need:
    """A need as it stands today: of one that has begun, only the days to come can still be helped with."""
    first_day = min(max(need.first_day, today), need.last_day)
    days_left = (need.last_day - first_day).days + 1
    return engine.Need(
        id=need.pk,
        kind=need.kind,
        category=need.category,
        city=need.city_id,
        lat=need.latitude,
        lon=need.longitude,
        reach_km=need.reach_km,
        languages=frozenset(need.languages),
        first_day=first_day,
        last_day=need.last_day,
        min_days=min(need.min_days, days_left) if need.min_days else None,
        quantity=missing,
        part_useful=need.part_useful,
        people=need.people,
        urgency=need.urgency,
        is_open=need.is_open,
        adult_women=need.adult_women,
        adult_men=need.adult_men,
        children=need.children,
        couple=need.couple,
        lone_minor=need.lone_minor,
        step_free_needed=need.step_free_needed,
        pets=need.pets,
        shared_home_ok=need.shared_home_ok,
        forms=frozenset(need.forms),
        languages_from=frozenset(need.languages_from),
        languages_to=frozenset(need.languages_to),
        slots=_slots(need.slots),
        remote_ok=need.remote_ok,
    )


def _offer_records(rows: Sequence[dict[str, Any]], *, city: City, now: datetime) -> list[engine.Offer]:
    ids = [row["id"] for row in rows]
    windows: dict[int, list[engine.Window]] = defaultdict(list)
    for offer, first, last in Window.objects.filter(offer__in=ids).values_list(
        "offer", "first_day", "last_day"
    ):
        windows[offer].append(engine.Window(first, last))
    holds: dict[int, list[engine.Hold]] = defaultdict(list)
    held = Hold.objects.filter(offer__in=ids).values_list("offer", "first_day", "last_day", "quantity")
    for offer, first, last, quantity in held:
        holds[offer].append(engine.Hold(first, last, quantity))
    asked = dict(
        Match.objects.filter(
            offer__owner__in={row["owner_id"] for row in rows}, asked_at__gte=now - timedelta(days=ASKED_DAYS)
        )
        .values("offer__owner")
        .annotate(times=Count("id"))
        .values_list("offer__owner", "times")
    )
    records = []
    for row in rows:
        try:
            records.append(
                engine.Offer(
                    id=row["id"],
                    kind=row["kind"],
                    category=row["category"],
                    city=row["city_id"],
                    lat=row["latitude"],
                    lon=row["longitude"],
                    reach_km=row["reach_km"],
                    languages=frozenset(row["languages"]),
                    available=tuple(windows[row["id"]]),
                    capacity=row["capacity"],
                    confirmed_on=local_day(row["confirmed_at"], city) if row["confirmed_at"] else None,
                    asked_last_30_days=asked.get(row["owner_id"], 0),
                    registered_at=row["created_at"],
                    holds=tuple(holds[row["id"]]),
                    shared_with_linked=row["share_with_linked"],
                    is_open=True,
                    shared_home=row["shared_home"],
                    accepts=frozenset(row["accepts"]),
                    step_free=row["step_free"],
                    pets_accepted=row["pets_accepted"],
                    languages_from=frozenset(row["languages_from"]),
                    languages_to=frozenset(row["languages_to"]),
                    slots=_slots(row["slots"]),
                    remote=row["remote"],
                )
            )
        except ValueError as error:
            log.error("offer %s is left out of a scan: %s", row["id"], _field(error))
    return records


def _excluded(needs: Sequence[Need], revisions: dict[int, int]) -> frozenset[tuple[int, int]]:
    """Pairs answered since either side last changed, and pairs that are under way already."""
    current = {need.pk: need.revision for need in needs}
    pairs = (
        Match.objects.filter(need__in=current)
        .exclude(state__in=[MatchState.SUGGESTED, MatchState.SUPERSEDED])
        .values_list("need", "offer", "state", "need_revision", "offer_revision")
    )
    aside = set()
    for need, offer, state, need_revision, offer_revision in pairs:
        unchanged = need_revision == current[need] and offer_revision == revisions.get(offer)
        under_way = state not in (*ANSWERED, MatchState.LAPSED, MatchState.COMPLETED)
        if under_way or (state in ANSWERED and unchanged):
            aside.add((need, offer))
    return frozenset(aside)


def _slots(texts: Sequence[str]) -> tuple[engine.Slot, ...]:
    parsed = (parse_slot(text) for text in texts)
    return tuple(engine.Slot(slot.weekday, slot.start_minute, slot.end_minute) for slot in parsed)


def _field(error: ValueError) -> str:
    """The field at fault; its value may be personal and stays out of the log."""
    return str(error).partition(":")[0]
