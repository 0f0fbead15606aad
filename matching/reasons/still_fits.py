"""Whether what was promised can still be kept, as its offer and its need are now."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError

import engine
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from matching.models import Match
from matching.reasons import engine_records

# Of days that are promised, not of days to look for: they are judged here. Notice was given when it was promised.
OF_DAYS = frozenset({"dates", "stay", "notice"})


def broken(match: Match, *, now: datetime) -> tuple[str, ...]:
    """The rules that the pair breaks now, for the days of the match that are still to come.

    Who paused, did not re-confirm or has promised all keeps their word: `open` counts for works in a home alone. What
    others hold is the database's to guard. A row that the engine refuses breaks nothing: only a hand wrote it.
    """
    today = local_day(now, match.city)
    days = (max(match.first_day, today), match.last_day)
    return (*_broken_rules(match, today), *_broken_days(match, *days, until=match.last_day))


def broken_longer(match: Match, until: date, *, now: datetime) -> tuple[str, ...]:
    """The rules that the pair would break if it went on until that day, for the days that are added."""
    added = match.last_day + timedelta(days=1)
    today = local_day(now, match.city)
    return (*_broken_rules(match, today), *_broken_days(match, added, until, until=until))


def _broken_rules(match: Match, today: date) -> tuple[str, ...]:
    try:
        need = engine_records.need_record(match.need, given=())
        offer = engine_records.offer_record(match.offer, holds=(), asked=0, city=match.city)
    except (ValueError, ValidationError):
        return ()
    found = engine.broken_rules(
        replace(need, is_open=True),
        replace(offer, is_open=True),
        today=today,
        links=links(match.need.city, match.offer.city),
    )
    return tuple(one.rule for one in found if one.rule not in OF_DAYS)


def links(one: City, other: City) -> frozenset[frozenset[int]]:
    """The link between two towns, if there is one."""
    if one == other or not one.linked.filter(pk=other.pk).exists():
        return frozenset()
    return frozenset({frozenset((one.pk, other.pk))})


def _broken_days(match: Match, first: date, last: date, *, until: date) -> tuple[str, ...]:
    """Of these days; `until`: the last one of the whole stay."""
    need, offer = match.need, match.offer
    if first > last:
        return ()
    is_there = any(
        window.first_day <= first and (window.last_day is None or last <= window.last_day)
        for window in engine_records.joined_windows(offer)
    )
    if not is_there or first < need.first_day or last > need.last_day:
        return ("dates",)
    longest = offer.longest_stay_days
    if need.kind == Kind.HOUSING and longest and (until - match.first_day).days + 1 > longest:
        return ("stay",)
    return ()
