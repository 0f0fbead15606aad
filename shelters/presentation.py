"""A place as whoever runs it reads it: this night, the nights to come, its shifts. No name of who sleeps there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from accounts.models import User
from catalogue.slots import parse_slot
from catalogue.times import appointment_words, hour_words, slot_words
from matching.arrivals import Arrival
from matching.models import Hold, Match, MatchState
from needs.models import Need, NeedState
from offers.models import Offer, OfferState
from shelters import selectors
from shelters.models import Nights, Shelter, Shift

NIGHTS_AHEAD = 14
ASKED = (MatchState.PROPOSED, MatchState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Night:
    """Places of a night: those that there are, slept in or promised, asked for, and free."""

    day: date
    places: int
    taken: int
    asked: int

    @property
    def free(self) -> int:
        return max(self.places - self.taken - self.asked, 0)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is expected or sleeps there: how many, until when. `match`: where the reader may open its page."""

    hold: Hold
    is_there: bool
    is_asked: bool
    match: Match | None


@dataclass(slots=True)
class Slot:
    """One shift: when, and how many of those who are wanted come. `named`: those who come and whose name the reader
    may know.
    """

    title: str
    when: str
    needs: list[Need] = field(default_factory=list)
    named: list[Match] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        return len(self.needs)

    @property
    def missing(self) -> int:
        return sum(need.state != NeedState.MET for need in self.needs)

    @property
    def found(self) -> int:
        return self.wanted - self.missing


def nights(rows: Sequence[Nights], holds: Iterable[Hold], days: Iterable[date]) -> list[Night]:
    """Each of these days, of all the rows of a place together."""
    of_offer: dict[int, list[Hold]] = {}
    for hold in holds:
        of_offer.setdefault(hold.offer_id, []).append(hold)
    return [_night(day, rows, of_offer) for day in days]


def _night(day: date, rows: Sequence[Nights], of_offer: dict[int, list[Hold]]) -> Night:
    places = taken = asked = 0
    for row in rows:
        there = [hold for hold in of_offer.get(row.offer_id, []) if hold.first_day <= day <= hold.last_day]
        waits = sum(hold.quantity for hold in there if hold.match.state in ASKED)
        held = sum(hold.quantity for hold in there) - waits
        # What was promised is a place, whatever became of the offer since.
        places += max(row.offer.capacity if is_open_on(row, day) else 0, held + waits)
        taken, asked = taken + held, asked + waits
    return Night(day, places, taken, asked)


def is_open_on(row: Nights, day: date) -> bool:
    """Whether somebody may be proposed for that night: not before the town has seen the place."""
    return (
        row.offer.state == OfferState.ACTIVE
        and row.offer.vetted_at is not None
        and any(
            window.first_day <= day and (window.last_day is None or day <= window.last_day)
            for window in row.offer.windows.all()
        )
    )


def guests(holds: Iterable[Hold], night: date, *, reader: User) -> list[Guest]:
    """Of one night, who is expected first."""
    there = [hold for hold in holds if hold.first_day <= night <= hold.last_day]
    seen = selectors.seen_of(reader, [hold.match for hold in there])
    found = [
        Guest(
            hold,
            is_there=hold.match.state == MatchState.UNDER_WAY,
            is_asked=hold.match.state in ASKED,
            match=hold.match if hold.match_id in seen and hold.match.state not in ASKED else None,
        )
        for hold in there
    ]
    return sorted(found, key=lambda one: (one.is_asked, one.is_there))


def slots(shifts: Iterable[Shift], named: Iterable[Match], *, today: date) -> list[Slot]:
    """Shifts that are alike in one line, each with those who come and may be named."""
    found: dict[tuple[object, ...], Slot] = {}
    of_need: dict[int, Slot] = {}
    for shift in shifts:
        need = shift.need
        key = (need.title, need.category, need.rhythm, tuple(need.slots), need.first_day, need.last_day)
        slot = found.setdefault(key, Slot(title=need.title, when=_when(need, today)))
        slot.needs.append(need)
        of_need[need.pk] = slot
    for match in named:
        of_need[match.need_id].named.append(match)
    return list(found.values())


def _when(need: Need, today: date) -> str:
    times = [parse_slot(slot) for slot in need.slots]
    if not need.lasts:
        return appointment_words(need.first_day, times, today=today)
    return _("chaque semaine, %(slot)s") % {"slot": " · ".join(slot_words(time) for time in times)}


def arrivals(shelter: Shelter) -> str:
    """ "de 18 h à 21 h"; empty where the place does not say."""
    if shelter.arrives_from is None or shelter.arrives_until is None:
        return ""
    start, end = (hour.hour * 60 + hour.minute for hour in (shelter.arrives_from, shelter.arrives_until))
    return _("de %(start)s à %(end)s") % {"start": hour_words(start), "end": hour_words(end)}


def arrival(offer: Offer) -> Arrival | None:
    """How one comes to the place whose beds these are."""
    row = Nights.objects.filter(offer=offer).select_related("shelter").first()
    if row is None:
        return None
    return Arrival(hours=arrivals(row.shelter), phone=row.shelter.phone, rules=row.shelter.rules)


def lines(shelters: Sequence[Shelter], *, today: date) -> list[dict[str, object]]:
    """The list: each with its beds tonight. The same few queries however many there are."""
    of_all = selectors.nights_of_all(shelters)
    every = [row for rows in of_all.values() for row in rows]
    holds = selectors.holds_of(every, first_day=today, last_day=today)
    return [
        {
            "shelter": shelter,
            "tonight": nights(of_all[shelter.pk], holds, [today])[0],
            "to_see": to_see(of_all[shelter.pk]),
        }
        for shelter in shelters
    ]


def to_see(rows: Iterable[Nights]) -> bool:
    """Whether somebody of the town is still to see the place before anybody is proposed."""
    return any(row.offer.vetted_at is None for row in rows)


def days_ahead(today: date) -> list[date]:
    return [today + timedelta(days=n) for n in range(NIGHTS_AHEAD)]
