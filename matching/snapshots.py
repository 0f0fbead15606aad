"""The only place where database rows become engine records.

A fixed number of queries whatever the number of rows. A row that the engine refuses is left out and named in the
log: one bad row must not keep a town from working.
"""

import logging
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateTimeField, F, Func, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from catalogue.slots import parse_slot
from catalogue.vocabulary import HOUSING_FORMS, Kind
from cities import selectors as cities
from cities.models import City
from matching import engine
from matching.engine.records import Kind as EngineKind
from matching.engine.records import Urgency as EngineUrgency
from matching.models import Hold, Match, MatchState
from needs.models import Need
from offers.models import Offer

log = logging.getLogger(__name__)

# Near misses are looked for this far beyond what both sides reach (docs/algorithm.md).
NEAR_KM = 20.0
_NO_WORDS: frozenset[str] = frozenset()
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


class WindowRow(NamedTuple):
    """Days on which an offer is there."""

    first_day: date
    last_day: date | None


class HoldRow(NamedTuple):
    """What is held of an offer on some days."""

    first_day: date
    last_day: date
    quantity: int


class OfferRow(NamedTuple):
    """An offer as the engine's columns read it, straight from the database: its constraints have checked it."""

    id: int
    kind: str
    category: str
    city: int
    lat: float
    lon: float
    reach_km: float
    languages: frozenset[str]
    capacity: int
    confirmed_on: date | None
    registered_at: datetime
    shared_with_linked: bool
    shared_home: bool
    accepts: list[str]
    step_free: bool
    pets_accepted: bool
    languages_from: frozenset[str]
    languages_to: frozenset[str]
    slots: tuple[engine.Slot, ...]
    remote: bool
    revision: int
    available: list[WindowRow]
    holds: list[HoldRow]
    asked_last_30_days: int
    is_open: bool = True

    def record(self) -> engine.Offer:
        """The same as a record, for explanations."""
        return engine.Offer(
            **{name: getattr(self, name) for name in _SAME},
            accepts=frozenset(self.accepts),
            available=tuple(engine.Window(*window) for window in self.available),
            holds=tuple(engine.Hold(*hold) for hold in self.holds),
        )


_SAME = tuple(set(OfferRow._fields) - {"accepts", "available", "holds", "revision"})
_WINDOWS = "SELECT offer_id, first_day, last_day FROM offers_window WHERE offer_id = ANY(%s)"
_HOLDS = "SELECT offer_id, first_day, last_day, quantity FROM matching_hold WHERE offer_id = ANY(%s)"
_ASKED = """
    SELECT o.owner_id, count(*) FROM matching_match m JOIN offers_offer o ON o.id = m.offer_id
    WHERE m.asked_at >= %s GROUP BY o.owner_id
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one call of the engine reads: records, and the pairs that people have set aside."""

    needs: dict[int, engine.Need]
    offers: dict[int, OfferRow]
    excluded: frozenset[tuple[int, int]]
    links: frozenset[frozenset[int]]
    weights: dict[Hashable, engine.Weights]

    def rank(self, *, today: date, near: int = engine.NEAR) -> list[engine.Ranking]:
        """The engine's word on all of it."""
        return engine.rank(
            list(self.needs.values()),
            # Rows have the attributes of records: that is all that columns ask.
            engine.offer_columns(cast(Iterable[engine.Offer], self.offers.values())),
            today=today,
            weights=self.weights,
            links=self.links,
            excluded=self.excluded,
            near=near,
        )


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
    offers = _offer_rows(Offer.objects.open().filter(wanted), city=city, now=now)
    return Snapshot(
        needs=_need_records(needs, local_day(now, city)),
        offers=offers,
        excluded=_excluded(needs, offers),
        links=frozenset(frozenset((city.pk, other)) for other in linked),
        weights={city.pk: weights_of(city)},
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


def _need_records(needs: Sequence[Need], today: date) -> dict[int, engine.Need]:
    held = dict(
        Hold.objects.filter(need__in=needs, released=False)
        .values("need")
        .annotate(total=Sum("quantity"))
        .values_list("need", "total")
    )
    records = {}
    for need in needs:
        missing = need.quantity - held.get(need.pk, 0)
        if missing <= 0 or (need.kind == Kind.HOUSING and missing < need.quantity):
            continue  # everything is promised; of a household that grew since, nobody is housed apart
        try:
            records[need.pk] = _need_record(need, missing, today)
        except ValueError as error:
            log.error("need %s is left out of its scan: %s", need.pk, _field(error))
    return records


def _need_record(need: Need, missing: int, today: date) -> engine.Need:
    """A need as it stands today: of one that has begun, only the days to come can still be helped with."""
    first_day = min(max(need.first_day, today), need.last_day)
    days_left = (need.last_day - first_day).days + 1
    return engine.Need(
        id=need.pk,
        kind=cast(EngineKind, need.kind),
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
        urgency=cast(EngineUrgency, need.urgency),
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


def _offer_rows(wanted: QuerySet[Offer], *, city: City, now: datetime) -> dict[int, OfferRow]:
    """Thousands of offers in four queries; moments become days in the database, which is faster by far."""
    found: list[Any] = list(
        wanted.order_by("pk")
        .annotate(
            confirmed_on=TruncDate("confirmed_at", tzinfo=ZoneInfo(city.timezone)),
            registered=Func(
                F("created_at"), template="%(expressions)s AT TIME ZONE 'UTC'", output_field=DateTimeField()
            ),
        )
        .values_list(
            "id", "kind", "category", "city_id", "latitude", "longitude", "reach_km", "languages", "capacity",
            "confirmed_on", "registered", "share_with_linked", "shared_home", "accepts", "step_free",
            "pets_accepted", "languages_from", "languages_to", "slots", "remote", "revision", "owner_id",
        )
    )  # fmt: skip
    ids = [row[0] for row in found]
    windows: dict[int, list[WindowRow]] = defaultdict(list)
    holds: dict[int, list[HoldRow]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_WINDOWS, [ids])
        for offer, first, last in cursor.fetchall():
            windows[offer].append(WindowRow(first, last))
        cursor.execute(_HOLDS, [ids])
        for offer, first, last, quantity in cursor.fetchall():
            holds[offer].append(HoldRow(first, last, quantity))
        cursor.execute(_ASKED, [now - timedelta(days=ASKED_DAYS)])
        asked = dict(cursor.fetchall())
    rows = {}
    for row in found:
        (
            *before, languages, capacity, on, at, shared, home, accepts, step_free, pets, own, to, slots,
            remote, revision, owner,
        ) = row  # fmt: skip
        offer = before[0]
        if offer not in windows:
            # Only a row that was written by hand has none.
            log.error("offer %s is left out of a scan: it has no window", offer)
            continue
        rows[offer] = OfferRow._make((
            *before, _words(languages), capacity, on, at, shared, home, accepts, step_free, pets,
            _words(own), _words(to), _slots(slots), remote, revision,
            windows[offer], holds.get(offer, []), asked.get(owner, 0),
            True,
        ))  # fmt: skip
    return rows


def _words(codes: list[str]) -> frozenset[str]:
    return frozenset(codes) if codes else _NO_WORDS


def _excluded(needs: Sequence[Need], offers: Mapping[int, OfferRow]) -> frozenset[tuple[int, int]]:
    """Pairs answered since either side last changed, and pairs that are under way already."""
    current = {need.pk: need.revision for need in needs}
    pairs = (
        Match.objects.filter(need__in=current)
        .exclude(state__in=[MatchState.SUGGESTED, MatchState.SUPERSEDED])
        .values_list("need", "offer", "state", "need_revision", "offer_revision")
    )
    aside = set()
    for need, offer, state, need_revision, offer_revision in pairs:
        unchanged = (
            need_revision == current[need] and offer in offers and offer_revision == offers[offer].revision
        )
        under_way = state not in (*ANSWERED, MatchState.LAPSED, MatchState.COMPLETED)
        if under_way or (state in ANSWERED and unchanged):
            aside.add((need, offer))
    return frozenset(aside)


def _slots(texts: Sequence[str]) -> tuple[engine.Slot, ...]:
    parsed = [parse_slot(text) for text in texts]
    return tuple([engine.Slot(slot.weekday, slot.start_minute, slot.end_minute) for slot in parsed])


def _field(error: ValueError) -> str:
    """The field at fault; its value may be personal and stays out of the log."""
    return str(error).partition(":")[0]
