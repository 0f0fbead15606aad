"""What towns read of each other, which household suits which places, the plan, and the shares by town."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Sum

import engine
from accounts.models import Organisation
from between.models import MOST_WISHES, PROMISED, Line, LineState, PublishedHousehold, PublishedPlaces
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from cities.selectors import communes_of
from engine.planning.between_towns import Room, Stay, best_moves
from insight.published import LEAST
from matching.reasons import engine_records
from needs.models import OPEN_STATES, Need
from offers.models import Offer, OfferState

# What a day of a person is worth in the town of each wish, the first one first.
WORTH = (1.0, 0.75, 0.5)
SECONDS = 2.0
# Distance is what a move is about; which days, the town of the places says.
NOT_ASKED = frozenset({"distance", "dates", "notice", "stay"})
Links = frozenset[frozenset[int]]
HOUSEHOLD_WITH = ("city", "need__city", "need__commune")
HOUSEHOLD_WITH_ALL = ("wishes__city", "lines__places__city", "lines__places__offer")


@dataclass(frozen=True, slots=True)
class Shown:
    """All that another town reads of a household: nothing that leads to it."""

    town: str
    people: int
    first_day: date
    last_day: date
    languages: tuple[str, ...]
    wishes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPlaces:
    """All that another town reads of places: neither their host nor where they are."""

    key: int
    town: str
    people: int
    first_day: date
    last_day: date
    languages: tuple[str, ...]
    services: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`chosen`: the places of each household, by key; `share` of the best that there could be, which is reached."""

    chosen: Mapping[int, int]
    worth: float
    bound: float

    @property
    def percent(self) -> int:
        return int(100 * self.worth / self.bound + 1e-6) if self.bound else 100


@dataclass(frozen=True, slots=True)
class Share:
    """Of a town; `received` is None where it is a few people and the town another."""

    town: str
    population: int
    published: int
    received: int | None


def linked_towns(city: City) -> QuerySet[City]:
    return city.linked.order_by("name", "pk")


def households(today: date) -> QuerySet[PublishedHousehold]:
    """Those that are published: once a need has ended, is withdrawn, is a lone minor's or its days are over, its
    household is not.
    """
    answered_for = Q(need__organisation=None) | Q(need__organisation__state=Organisation.State.VERIFIED)
    return (
        PublishedHousehold.objects.filter(
            answered_for,
            closed_at=None,
            need__state__in=OPEN_STATES,
            need__lone_minor=False,
            need__last_day__gte=today,
        )
        .select_related(*HOUSEHOLD_WITH)
        .prefetch_related(*HOUSEHOLD_WITH_ALL)
    )


def places(today: date) -> QuerySet[PublishedPlaces]:
    """Those that are published: of a home that is open, visited, and whose owner shows it to linked towns."""
    return (
        PublishedPlaces.objects.filter(
            closed_at=None,
            last_day__gte=today,
            offer__state=OfferState.ACTIVE,
            offer__vetted_at__isnull=False,
            offer__share_with_linked=True,
        )
        .select_related("city", "offer__city", "offer__commune")
        .prefetch_related("offer__windows", "lines")
    )


def own_households(city: City) -> QuerySet[PublishedHousehold]:
    """What a town has not taken back, seen by others at the moment or not."""
    return households_of(city).filter(closed_at=None)


def households_of(city: City) -> QuerySet[PublishedHousehold]:
    """All that a town ever published."""
    found = PublishedHousehold.objects.filter(city=city)
    return found.select_related(*HOUSEHOLD_WITH).prefetch_related(*HOUSEHOLD_WITH_ALL)


def own_places(city: City) -> QuerySet[PublishedPlaces]:
    """The same of its places."""
    return PublishedPlaces.objects.filter(city=city, closed_at=None).select_related("city", "offer")


def needs_to_publish(city: City, today: date) -> QuerySet[Need]:
    """Open needs of housing that are not published. Of a lone minor the département decides, no plan of towns."""
    already = PublishedHousehold.objects.filter(closed_at=None).values("need")
    needs = Need.objects.open().filter(city=city, kind=Kind.HOUSING, lone_minor=False, last_day__gte=today)
    return needs.exclude(pk__in=already).order_by("urgency_rank", "created_at", "pk")


def offers_to_publish(city: City) -> QuerySet[Offer]:
    """Visited homes whose owners show them to linked towns."""
    already = PublishedPlaces.objects.filter(closed_at=None).values("offer")
    offers = Offer.objects.filter(
        city=city, kind=Kind.HOUSING, state=OfferState.ACTIVE, vetted_at__isnull=False, share_with_linked=True
    )
    return offers.exclude(pk__in=already).order_by("reference")


def is_named(household: PublishedHousehold, city: City) -> bool:
    """Whether the person named that town: to no other is the household shown."""
    return any(wish.city_id == city.pk for wish in household.wishes.all())


def shown(household: PublishedHousehold, today: date) -> Shown:
    need = household.need
    return Shown(
        household.city.name,
        need.people,
        *days_of(household, today),
        tuple(need.languages),
        tuple(wish.city.name for wish in household.wishes.all()),
    )


def shown_places(row: PublishedPlaces) -> ShownPlaces:
    return ShownPlaces(
        row.pk,
        row.city.name,
        row.people,
        row.first_day,
        row.last_day,
        tuple(row.offer.languages),
        row.services,
    )


def days_of(household: PublishedHousehold, today: date) -> tuple[date, date]:
    return max(household.need.first_day, today), household.need.last_day


def links() -> Links:
    """Every two towns that are linked."""
    rows = City.linked.through.objects.values_list("from_city", "to_city")
    return frozenset(frozenset(row) for row in rows)


def rank_of(household: PublishedHousehold, row: PublishedPlaces) -> int | None:
    """Which of the person's wishes the town of these places is."""
    return next((wish.rank for wish in household.wishes.all() if wish.city_id == row.city_id), None)


def suits(household: PublishedHousehold, row: PublishedPlaces, *, linked: Links, today: date) -> bool:
    """Whether the person named the town, the towns are linked, the days are there, and the engine's rules hold."""
    first, last = days_of(household, today)
    if rank_of(household, row) is None or frozenset((household.city_id, row.city_id)) not in linked:
        return False
    if not row.first_day <= first <= last <= row.last_day or household.need.people > row.people:
        return False
    try:
        need = engine_records.need_record(household.need, given=())
        offer = engine_records.offer_record(row.offer, holds=(), asked=0, city=household.city)
    except (ValueError, ValidationError):
        return False  # only a hand wrote it
    broken = engine.broken_rules(need, offer, today=today, links=linked)
    return not {one.rule for one in broken} - NOT_ASKED


def may_be_asked(household: PublishedHousehold, row: PublishedPlaces, today: date) -> bool:
    """Whether both are published, and suit each other."""
    found = households(today).filter(pk=household.pk).first()
    there = places(today).filter(pk=row.pk).first()
    return bool(found and there and suits(found, there, linked=links(), today=today))


def has_room(household: PublishedHousehold, row: PublishedPlaces, today: date) -> bool:
    """Whether these places have room for it on each of its days, beside who is promised some: itself not counted."""
    first, last = days_of(household, today)
    room = Room(row.people, _taken(row, but=household))
    days = range(first.toordinal(), last.toordinal() + 1)
    return all(household.need.people <= room.left(day) for day in days)


def _taken(row: PublishedPlaces, *, but: PublishedHousehold | None = None) -> list[Stay]:
    """Who is promised some of these places, another one left out."""
    return [
        Stay(line.people, line.first_day.toordinal(), line.last_day.toordinal())
        for line in row.lines.all()
        if line.state in PROMISED and (but is None or line.household_id != but.pk)
    ]


def plan(today: date) -> Plan:
    """The best for all towns together: person-days, those in a dearer town counting more.

    Who is promised places keeps them. What the person or the other town has said no to is not proposed again, and
    nothing else follows from it.
    """
    linked = links()
    waiting = [
        one for one in households(today) if not any(line.state in PROMISED for line in one.lines.all())
    ]
    rows = list(places(today))
    worths: dict[tuple[int, int], float] = {}
    stays = []
    for n, household in enumerate(waiting):
        first, last = days_of(household, today)
        stays.append(Stay(household.need.people, first.toordinal(), last.toordinal()))
        refused = {line.places_id for line in household.lines.all()}
        for m, row in enumerate(rows):
            rank = rank_of(household, row)
            if rank and row.pk not in refused and suits(household, row, linked=linked, today=today):
                worths[n, m] = household.need.people * ((last - first).days + 1) * WORTH[rank - 1]
    rooms = [Room(row.people, _taken(row)) for row in rows]
    found = best_moves(stays, rooms, worths, seconds=SECONDS)
    chosen = {waiting[n].pk: rows[m].pk for n, m in found.chosen.items()}
    return Plan(chosen, found.worth, found.bound)


def choices(
    household: PublishedHousehold, rows: Iterable[PublishedPlaces], *, linked: Links, today: date
) -> list[PublishedPlaces]:
    """Those of these places that suit and have room for it, the dearest town first."""
    found = [
        row
        for row in rows
        if suits(household, row, linked=linked, today=today) and has_room(household, row, today)
    ]
    return sorted(found, key=lambda row: (rank_of(household, row) or MOST_WISHES, row.pk))


def is_said_yes_to(line: Line) -> bool:
    """Whether the need is still what the person said yes for: as many people, the same days."""
    need = line.household.need
    first = max(need.first_day, local_day(line.recorded_at, line.household.city))
    return (line.people, line.first_day, line.last_day) == (need.people, first, need.last_day)


def asked_of(city: City, today: date) -> list[Line]:
    """Who has said yes to this town's places: those that wait for its word first, then those that it agreed to. Only of
    towns that are linked and of households that are published.
    """
    lines = Line.objects.filter(
        places__city=city,
        state__in=PROMISED,
        last_day__gte=today,
        household__in=households(today).values("pk"),
        household__city__in=linked_towns(city).values("pk"),
    )
    found = lines.select_related("household__city", "household__need", "places__offer")
    return sorted(found, key=lambda line: (line.state != LineState.WAITING, line.pk))


def shares(city: City, today: date) -> list[Share]:
    """Of this town and of those that are linked to it: of another's, what fewer than five households are is no
    number.
    """
    towns = [city, *linked_towns(city)]
    published = _by_town(places(today).values_list("city", "people"))
    agreed = Line.objects.filter(state=LineState.AGREED)
    received = _by_town(agreed.values_list("places__city", "people"))
    came = Counter(agreed.values_list("places__city", flat=True))
    found = []
    for town in towns:
        here = received.get(town.pk, 0)
        is_few = 0 < came[town.pk] < LEAST and town != city
        found.append(
            Share(
                town.name,
                communes_of(town).aggregate(total=Sum("population"))["total"] or 0,
                published.get(town.pk, 0),
                None if is_few else here,
            )
        )
    return found


def _by_town(rows: Iterable[tuple[int, int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for town, people in rows:
        found[town] = found.get(town, 0) + people
    return found
