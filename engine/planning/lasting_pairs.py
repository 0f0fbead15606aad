"""Feasible pairs of what lasts, as the arrays that `lasting` describes: needs, offers, and what is left on each day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools, Floats, Ints
from engine.columns import FOREVER, NeedColumns, OfferColumns
from engine.hours import DAY_MINUTES, HALF_MINUTES, HALVES, halves_of_slots
from engine.planning.lasting import MANY, NO_SLOTS, Lasting, Parts
from engine.planning.problem import points_of, weeks_of
from engine.relay import MOST_HOMES, MOVE
from engine.results import Feasible
from engine.runs import DAYS_A_WEEK
from engine.uncovered import from_today


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """What hangs together, and how to say its parts in days and hours: row i of the problem is pair `rows[i]`."""

    problem: Lasting
    rows: Ints
    zero: int  # the day number of day 0
    scale: int  # units of an hour, or of a person
    people: Floats  # per pair: whom a unit on one day helps, in shares of people

    def helped(self, parts: Parts) -> Floats:
        """How many people each part helps, in shares."""
        return self.people[parts.pair] * parts.units * (parts.last - parts.first + 1)


def has_parts(pairs: Feasible) -> bool:
    """Is there a pair whose part may have fewer days than its run, or other hours than all of them; or a need that two
    of its pairs could serve one after the other?
    """
    needs, need = pairs.needs, pairs.need
    some = np.unique(need)
    if (needs.asked[some] % 1 != 0).any() or (needs.quantity[some] % 1 != 0).any():
        return True
    if pairs.pairs.sides.both_have_slots and pairs.pairs.has_hours.any():
        return True
    if needs.one_day[some].all():
        return False
    first, last, _ = _windows(pairs)
    least = from_today(needs, pairs.pairs.sides.uncovered).least_days[need]
    lasts = ~needs.one_day[need]
    if (lasts & (last - first + 1 > least)).any():
        return True
    latest, soonest = np.zeros(len(needs), np.int64), np.full(len(needs), FOREVER)
    np.maximum.at(latest, need[lasts], first[lasts])
    np.minimum.at(soonest, need[lasts], last[lasts])
    return bool((latest > soonest)[some].any())


def lasting_of(pairs: Feasible, rows: Ints, *, whole_hours: bool, points: Floats | None = None) -> Component:
    """These pairs, of homes alone or of skills alone, as a question of its own. Value of a unit and day: people / all
    that is asked × (priority + score / 100), or × these points, which are of all pairs.
    """
    some = pairs.take(rows)
    needs_used, need = np.unique(some.need, return_inverse=True)
    offers_used, offer = np.unique(some.offer, return_inverse=True)
    both, needs, offers = some.pairs, pairs.needs, pairs.offers
    sides = both.sides
    is_housing = bool(needs.is_housing[needs_used[0]])
    scale = 1 if is_housing or whole_hours else HALVES
    once = needs.one_day[needs_used]
    first, last, longest = _windows(some)
    shortest = from_today(needs, sides.uncovered).least_days[some.need].astype(np.int64)
    shortest = np.where(once[need], DAYS_A_WEEK, shortest)
    zero = int(first.min())
    days = int(last.max()) - zero + 1
    asked = np.ceil(needs.asked[needs_used] * scale).astype(np.int64)
    quantity = np.ceil(needs.quantity[needs_used] * scale).astype(np.int64)
    fewest = np.ceil(needs.least_quantity[needs_used] * scale).astype(np.int64)
    days_asked = (needs.last_day - needs.first_day + 1)[needs_used].astype(np.int64)
    worth = points_of(some) if points is None else points[rows]
    counted = np.where(once, DAYS_A_WEEK, days_asked)
    people = needs.people[some.need] / (asked * counted)[need]
    of_slot, slot_left = _slots(some, offers_used, scale)
    window = first - zero, last - zero
    return Component(
        Lasting(
            need=need,
            offer=offer,
            first=first - zero,
            last=last - zero,
            shortest=shortest,
            longest=longest,
            fewest=fewest[need],
            most=quantity[need],
            value=people * worth,
            of_slot=of_slot,
            missing=_seen(
                _missing(needs, needs_used, asked, quantity, zero, days, scale), need, window, once
            ),
            once=once,
            move=np.float64(MOVE if is_housing else 0) * needs.people[needs_used],
            turns=np.full(len(needs_used), MOST_HOMES if is_housing else MANY),
            left=_seen(_left(offers, offers_used, zero, days, scale), offer, window),
            slot_left=slot_left,
        ),
        rows,
        zero,
        scale,
        people,
    )


def _windows(pairs: Feasible) -> tuple[Ints, Ints, Ints]:
    """Of each pair the days on which a part may lie, and how long it may be."""
    uncut = pairs.pairs.uncut
    first, last = uncut.first.astype(np.int64), uncut.last.astype(np.int64)
    longest = np.minimum(pairs.offers.longest_stay[pairs.offer], last - first + 1)
    once = pairs.needs.one_day[pairs.need]
    monday, sunday = weeks_of(pairs.run_first)
    return (
        np.where(once, monday, first),
        np.where(once, sunday, last),
        np.where(once, DAYS_A_WEEK, longest).astype(np.int64),
    )


def _missing(
    needs: NeedColumns, rows: Ints, asked: Ints, quantity: Ints, zero: int, days: int, scale: int
) -> NDArray[np.int32]:
    found = np.zeros((len(rows), days), np.int32)
    for place, row in enumerate(rows.tolist()):
        if needs.one_day[row]:
            found[place] = quantity[place]
            continue
        found[place, _days(needs.first_day[row], needs.last_day[row], zero)] = asked[place]
        for one in range(needs.given_from[row], needs.given_from[row + 1]):
            given = _days(needs.given_first[one], needs.given_last[one], zero)
            found[place, given] -= int(needs.given_quantity[one]) * scale
    return np.maximum(found, 0)


def _left(offers: OfferColumns, rows: Ints, zero: int, days: int, scale: int) -> NDArray[np.int32]:
    """Where an offer is not there nobody has taken anything of its hours; no part of days lies there."""
    found = np.repeat(offers.capacity[rows].astype(np.int32)[:, None], days, axis=1)
    for place, row in enumerate(rows.tolist()):
        for one in range(offers.stretches_from[row], offers.stretches_from[row + 1]):
            there = _days(offers.stretch_first[one], min(offers.stretch_last[one], FOREVER), zero)
            found[place, there] = offers.stretch_left[one]
    return np.maximum(found, 0) * np.int32(scale)


def _seen(
    table: NDArray[np.int32], owner: Ints, window: tuple[Ints, Ints], always: Bools | None = None
) -> NDArray[np.int32]:
    """Nothing on days that no window of the row holds, which then need not be looked at."""
    change = np.zeros((table.shape[0], table.shape[1] + 1), np.int32)
    np.add.at(change, (owner, window[0]), 1)
    np.add.at(change, (owner, window[1] + 1), -1)
    seen = np.cumsum(change, axis=1)[:, :-1] > 0
    return np.where(seen if always is None else seen | always[:, None], table, 0).astype(np.int32)


def _days(first: int, last: int, zero: int) -> slice:
    return slice(max(int(first) - zero, 0), max(int(last) - zero + 1, 0))


def _slots(pairs: Feasible, offers_used: Ints, scale: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The most that each pair can take of each slot of its offer, -1 where a side gives none; and what slots have."""
    offers = pairs.offers
    if not pairs.pairs.sides.both_have_slots or not (hourly := pairs.pairs.has_hours).any():
        return np.empty((len(pairs), NO_SLOTS), np.int32), np.empty((len(offers_used), NO_SLOTS), np.int32)
    halves = halves_of_slots(pairs.needs, offers, pairs.need, pairs.offer)
    width = halves.shape[1]
    begin, count = offers.slots_from[offers_used], np.diff(offers.slots_from)[offers_used]
    slot = np.minimum(begin[:, None] + np.arange(width), max(len(offers.slot_start) - 1, 0))
    exists = np.arange(width) < count[:, None]
    length = np.where(exists, (offers.slot_end[slot] - offers.slot_start[slot]) // HALF_MINUTES, 0)
    # An appointment takes hours of its day alone.
    _, place = np.unique(pairs.offer, return_inverse=True)
    weekday = (offers.slot_start[slot] // DAY_MINUTES)[place]
    other_day = weekday != ((pairs.run_first - 1) % DAYS_A_WEEK)[:, None]
    halves[pairs.needs.one_day[pairs.need][:, None] & other_day] = 0
    halves = -(-halves * scale // HALVES)
    length = -(-length * scale // HALVES)
    halves[~hourly] = -1
    return halves.astype(np.int32), length.astype(np.int32)
