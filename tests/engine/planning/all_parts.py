"""Plans homes and hours the slow, obvious way: all days, units and slots that each pair could have, one by one.

Pairs, windows and scores come from the slow reference, so that nothing is shared with the engine but the records.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from engine import Need, Offer

from .. import reference
from ..builders import TODAY

HALF = 0.5


@dataclass(frozen=True)
class Part:
    """Units on these days, of which slots (hours each); `asked`: the days of the need that it counts for."""

    need: Need
    offer: Offer
    days: tuple
    units: float
    slots: tuple
    value: float

    @property
    def share(self):
        return reference.share(self.need, self.days, self.units)

    @property
    def days_held(self):
        """An appointment's hours count in all of its week."""
        if reference.lasts(self.need):
            return self.days
        monday = self.days[0] - timedelta(days=self.days[0].weekday())
        return tuple(monday + timedelta(days=number) for number in range(7))


def window(need, offer):
    """The days on which a part may lie."""
    if reference.lasts(need):
        return reference.run_from(need, offer, reference.told_in_time(offer, TODAY))
    return reference.run(need, offer, TODAY)


def days_of_parts(need, offer):
    days = tuple(window(need, offer))
    least = reference.least_days(need, TODAY)
    for begin in range(len(days)):
        for end in range(begin + least, len(days) + 1):
            if end - begin <= reference.longest_stay(offer):
                yield days[begin:end]


def slots_of_parts(need, offer, days):
    """All ways to take hours of the slots of the offer; none where a side gives none."""
    if not reference.both_give_slots(need, offer):
        return None
    common = []
    for slot in offer.slots:
        here = [
            minute
            for minute in range(slot.start_minute, slot.end_minute)
            for asked in need.slots
            if asked.weekday == slot.weekday and asked.start_minute <= minute < asked.end_minute
        ]
        on_the_day = reference.lasts(need) or slot.weekday == days[0].weekday()
        common.append(int(reference.halves(len(here)) / HALF) if on_the_day else 0)
    return [tuple(half * HALF for half in halves) for halves in product(*(range(one + 1) for one in common))]


def parts_of(need, offer, score):
    """Everything that this offer could give to this need."""
    urgent = reference.PRIORITY[reference.urgency(need, TODAY)]
    least = reference.least_quantity(need)
    for days in days_of_parts(need, offer):
        most = min(reference.missing(need, day) for day in days)
        slots = slots_of_parts(need, offer, days)
        if slots is None:
            halves = range(int(least / HALF), int(most / HALF) + 1)
            chosen = [((), half * HALF) for half in halves]
        else:
            chosen = [(some, sum(some)) for some in slots if least <= sum(some) <= most]
        for some, units in chosen:
            whole = not reference.part_helps(need)
            if whole and units != least:
                continue
            value = need.persons * reference.share(need, days, units) * (urgent + score / 100)
            yield Part(need, offer, days, units, some, value)


class Diary:
    """What is given, day by day."""

    def __init__(self):
        self.used, self.given, self.hours = defaultdict(float), defaultdict(float), defaultdict(float)
        self.homes = defaultdict(int)

    def has_room(self, part):
        need, offer = part.need, part.offer
        if need.kind == "housing" and self.homes[need.id] == 3:
            return False
        for day in part.days_held:
            in_use = self.used[offer.id, day] + part.units
            if reference.has_window(offer, day) and in_use > offer.capacity - reference.held(offer, day):
                return False
            for place, taken in enumerate(part.slots):
                slot = offer.slots[place]
                length = reference.halves(slot.end_minute - slot.start_minute)
                if taken and self.hours[offer.id, place, day] + taken > length:
                    return False
        if not reference.lasts(need):
            return self.given[need.id, None] + part.units <= reference.missing(need, TODAY)
        return all(self.given[need.id, day] + part.units <= reference.missing(need, day) for day in part.days)

    def write(self, part, sign=1):
        self.homes[part.need.id] += sign
        for day in part.days_held:
            self.used[part.offer.id, day] += sign * part.units
            for place, taken in enumerate(part.slots):
                self.hours[part.offer.id, place, day] += sign * taken
        for day in part.days if reference.lasts(part.need) else [None]:
            self.given[part.need.id, day] += sign * part.units

    def cost(self, need):
        """What the next home of a need costs."""
        return 0.25 * need.persons if need.kind == "housing" and self.homes[need.id] else 0.0


def optimum(needs, offers, **circumstances):
    """The objective of the best of all choices."""
    by_id = {offer.id: offer for offer in offers}
    ranked = reference.rank(needs, offers, today=TODAY, keep=10**9, near=0, **circumstances)
    pairs = [
        sorted(parts_of(need, by_id[pairing[0]], pairing[1]), key=lambda part: -part.value)
        for need, (pairings, _, _) in zip(needs, ranked, strict=True)
        for pairing in pairings
    ]
    pairs = [parts for parts in pairs if parts]
    # No more than this can be added by the pairs from here on.
    ahead = [0.0]
    for parts in reversed(pairs):
        ahead.append(ahead[-1] + parts[0].value)
    ahead.reverse()
    diary, best = Diary(), 0.0

    def choose(number, worth):
        nonlocal best
        best = max(best, worth)
        if number == len(pairs):
            return
        for part in pairs[number]:
            if worth + part.value + ahead[number + 1] <= best + 1e-12:
                break
            if diary.has_room(part):
                cost = diary.cost(part.need)
                diary.write(part)
                choose(number + 1, worth + part.value - cost)
                diary.write(part, -1)
        if worth + ahead[number + 1] > best + 1e-12:
            choose(number + 1, worth)

    choose(0, 0.0)
    return best


def broken_promises(made, needs, offers):
    """What is wrong with a plan's lines of what lasts, and of appointments, day by day; hours of slots apart."""
    wrong, used, given, homes = [], defaultdict(float), defaultdict(float), defaultdict(set)
    for need, offer, days, units in lines(made, needs, offers):
        if not any(days == part for part in days_of_parts(need, offer)):
            wrong.append(f"{need.id} gets {offer.id} on days that are no part")
        least = reference.least_quantity(need)
        if units < least or (units != least and not reference.part_helps(need)):
            wrong.append(f"{need.id} gets {units}")
        if offer.id in homes[need.id]:
            wrong.append(f"{need.id} gets {offer.id} twice")
        homes[need.id].add(offer.id)
        part = Part(need, offer, days, units, (), 0.0)
        for day in part.days_held:
            used[offer.id, day] += units
            left = offer.capacity - reference.held(offer, day)
            if reference.has_window(offer, day) and used[offer.id, day] > left:
                wrong.append(f"{offer.id} gives too much on {day}")
        for day in days if reference.lasts(need) else [None]:
            given[need.id, day] += units
            if given[need.id, day] > reference.missing(need, day or TODAY):
                wrong.append(f"{need.id} gets too much on {day}")
        if need.kind == "housing" and len(homes[need.id]) > 3:
            wrong.append(f"{need.id} moves too often")
    return wrong


def lines(made, needs, offers):
    """(need, offer, days, units) as the plan has them."""
    pairs = made.pairs
    rows = zip(
        pairs.need.tolist(), pairs.offer.tolist(), made.first.tolist(), made.last.tolist(), made.units.tolist(),
        strict=True,
    )  # fmt: skip
    epoch = TODAY.toordinal()
    return [
        (
            needs[need],
            offers[offer],
            tuple(TODAY + timedelta(days=day - epoch) for day in range(first, last + 1)),
            units,
        )
        for need, offer, first, last, units in rows
    ]


def objective(made, needs, offers, **circumstances):
    """What the lines add up to, by hand."""
    ranked = reference.rank(needs, offers, today=TODAY, keep=10**9, near=0, **circumstances)
    scores = {
        (need.id, pairing[0]): pairing[1]
        for need, (pairings, _, _) in zip(needs, ranked, strict=True)
        for pairing in pairings
    }
    total, homes = 0.0, defaultdict(int)
    for need, offer, days, units in lines(made, needs, offers):
        urgent = reference.PRIORITY[reference.urgency(need, TODAY)]
        share = reference.share(need, days, units)
        total += need.persons * share * (urgent + scores[need.id, offer.id] / 100)
        if need.kind == "housing":
            total -= 0.25 * need.persons * (homes[need.id] > 0)
            homes[need.id] += 1
    return total


def missing_share(need):
    """What nobody provides yet, on days to come."""
    if not reference.lasts(need):
        missing = reference.missing(need, need.first_day) if need.last_day >= TODAY else 0
        return missing / reference.asked_quantity(need)
    left = sum(reference.missing(need, one) for one in reference.uncovered(need, TODAY))
    return left / reference.asked_quantity(need) / reference.days_asked(need)
