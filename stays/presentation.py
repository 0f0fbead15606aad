"""How stays are shown: calendars that are read without colours, and whose days are in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.times import day_range
from cities.models import City
from matching.going_on import in_the_way
from matching.lifecycle import DESK, Role
from matching.models import Hold, Match, MatchState


@dataclass(frozen=True, slots=True)
class Places:
    """How many places of a home are slept in, promised, asked for and free; for whom, where its reader may know."""

    stays: int
    held: int
    asked: int
    free: int
    is_open: bool
    who: tuple[str, ...]

    @property
    def words(self) -> str:
        """ "2 sur place · 1 libre"."""
        if not self.is_open:
            return _("fermé")
        counted = (
            (self.stays, ngettext("%(n)s place occupée", "%(n)s places occupées", self.stays)),
            (self.held, ngettext("%(n)s promise", "%(n)s promises", self.held)),
            (self.asked, ngettext("%(n)s demandée", "%(n)s demandées", self.asked)),
            (self.free, ngettext("%(n)s libre", "%(n)s libres", self.free)),
        )
        return " · ".join(words % {"n": number} for number, words in counted if number) or _("complet")


@dataclass(frozen=True, slots=True)
class Days:
    """Days, one after the other, on which a home is the same."""

    first: date
    last: date
    places: Places


def taken_words(match: Match, until: date, *, roles: frozenset[Role]) -> str:
    """Whose days a stay would need to go on. The desk reads references of its own town’s needs, else the days alone."""
    is_desk = bool(roles & DESK)
    lines = [
        f"{hold.need.reference}, {days}" if is_desk and hold.need.city_id == match.city_id else days
        for hold in in_the_way(match, until)
        for days in [day_range(hold.first_day, hold.last_day)]
    ]
    if not lines:
        return _("Ces jours viennent d’être pris. Choisissez une date plus proche.")
    return _("Ces jours sont déjà pris\u202f: %(days)s.") % {"days": "\u202f; ".join(lines)}


def home_days(
    days: Sequence[date],
    holds: Sequence[Hold],
    *,
    capacity: int,
    windows: Sequence[tuple[date, date | None]],
    desk: City | None,
) -> list[Days]:
    """A home, days that are alike in one line. `desk`: the town whose desk reads it, and whose needs it may know by
    their references; those of another town are places alone.
    """
    found = []
    by_day = ((day, _places(day, holds, capacity, windows, desk)) for day in days)
    for places, run in groupby(by_day, key=itemgetter(1)):
        alike = [day for day, _same in run]
        found.append(Days(alike[0], alike[-1], places))
    return found


def _places(
    day: date,
    holds: Sequence[Hold],
    capacity: int,
    windows: Sequence[tuple[date, date | None]],
    desk: City | None,
) -> Places:
    there = [hold for hold in holds if hold.first_day <= day <= hold.last_day]
    count = dict.fromkeys(("stays", "held", "asked"), 0)
    for hold in there:
        count[_as(hold, day)] += hold.quantity
    is_open = any(first <= day and (last is None or day <= last) for first, last in windows)
    free = max(capacity - sum(count.values()), 0) if is_open else 0
    who = tuple(hold.need.reference for hold in there if desk and hold.need.city_id == desk.pk)
    return Places(**count, free=free, is_open=is_open or bool(there), who=who)


def _as(hold: Hold, day: date) -> str:
    """Slept in, promised, or asked for: what a host is asked to go on with is asked for."""
    state = hold.match.state
    if state in (MatchState.PROPOSED, MatchState.ACCEPTED) or (
        hold.match.longer_until is not None and day > hold.match.last_day
    ):
        return "asked"
    return "held" if state == MatchState.CONFIRMED else "stays"
