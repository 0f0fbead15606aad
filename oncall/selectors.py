"""Reading the rota."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from accounts import selectors as accounts
from accounts.models import User
from cities.models import City
from oncall.models import Rank, Shift

# A town keeps a rota while a shift lies within so much time, past or to come: whoever stopped weeks ago is not warned.
KEPT = timedelta(days=30)


def on_call(city: City, now: datetime) -> dict[int, User]:
    """Who is on call at this moment, by rank; only who still coordinates there and may be told."""
    shifts = Shift.objects.within(now, now + timedelta(microseconds=1)).filter(city=city, starts_at__lte=now)
    active = shifts.filter(person__in=accounts.coordinators_of(city)).select_related("person")
    return {shift.rank: shift.person for shift in active.order_by("rank")}


def steps(city: City, now: datetime) -> list[list[User]]:
    """Who is rung at first, then as long as nobody answers: the person on call, the same again, the deputy too, and at
    last everybody who coordinates. In a town without anybody on call that is the first step already.
    """
    ranks = list(on_call(city, now).values())
    everybody = list(accounts.coordinators_of(city))
    return [*([ranks[:1], *(ranks[: count + 1] for count in range(len(ranks)))] if ranks else []), everybody]


def keeps_rota(city: City, now: datetime) -> bool:
    """Whether the town shares its nights among its coordinators at all."""
    return Shift.objects.within(now - KEPT, now + KEPT).filter(city=city).exists()


def holes(
    city: City, start: datetime, end: datetime, rank: int = Rank.FIRST
) -> Iterator[tuple[datetime, datetime]]:
    """The spans between two moments in which nobody has this rank, in order."""
    shifts = Shift.objects.within(start, end).filter(city=city, rank=rank)
    active = shifts.filter(person__in=accounts.coordinators_of(city))
    spans = active.order_by("starts_at").values_list("starts_at", "ends_at")
    edges = [(start, start), *((max(a, start), min(b, end)) for a, b in spans), (end, end)]
    for (_begun, until), (again, _over) in pairwise(edges):
        if until < again:
            yield until, again


def coming(city: City, now: datetime, until: datetime) -> list[Shift]:
    """The shifts that are under way or begin before `until`, in order."""
    return list(Shift.objects.within(now, until).filter(city=city).select_related("person"))
