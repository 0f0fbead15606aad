"""Plans the slow, obvious way: all choices, one by one; and the two baselines, day by day.

Pairs, runs and scores come from the slow reference, so that nothing is shared with the engine but the records.
"""

from dataclasses import dataclass
from functools import cache

from engine import Need, Offer

from .. import reference
from ..builders import TODAY


def missing(need):
    return reference.missing(need, need.first_day)


def is_whole(need):
    """All of it from one offer, or nothing."""
    return reference.least_quantity(need) == missing(need)


def stock(offer):
    return offer.capacity - reference.held(offer, TODAY)


@dataclass(frozen=True)
class Pair:
    need: Need
    offer: Offer
    score: float
    days: tuple
    most: int

    @property
    def people(self):
        """Of one unit, on all days of the run."""
        return self.need.persons * reference.share(self.need, self.days, 1)

    @property
    def value(self):
        """Of one unit."""
        return self.people * (reference.PRIORITY[reference.urgency(self.need, TODAY)] + self.score / 100)

    @property
    def step(self):
        """Units that come together."""
        return missing(self.need) if is_whole(self.need) else 1


def pairs_of(needs, offers, **circumstances):
    """Feasible pairs by need, best first."""
    by_id = {offer.id: offer for offer in offers}
    ranked = reference.rank(needs, offers, today=TODAY, keep=10**9, near=0, **circumstances)
    return [
        Pair(need, by_id[offer_id], score, tuple(days), quantity)
        for need, (pairings, _, _) in zip(needs, ranked, strict=True)
        for offer_id, score, _, _, days, quantity in pairings
    ]


class Remaining:
    """What is left of each offer: of a stock one number, of the others one for each day of a run."""

    def __init__(self, pairs):
        self.left = {}
        for pair in pairs:
            for place in self.places(pair):
                self.left[place] = reference.remaining(
                    pair.need, pair.offer, pair.days[0] if place[1] is None else place[1]
                )

    @staticmethod
    def places(pair):
        return (
            [(pair.offer.id, None)]
            if pair.offer.kind == "goods"
            else [(pair.offer.id, day) for day in pair.days]
        )

    def room(self, pair):
        return min(self.left[place] for place in self.places(pair))

    def take(self, pair, units):
        for place in self.places(pair):
            self.left[place] -= units


def in_turn(pairs):
    """[(pair, units)] when pairs take what they can one after the other."""
    remaining, wanted, given = Remaining(pairs), {pair.need.id: missing(pair.need) for pair in pairs}, []
    for pair in pairs:
        units = min(wanted[pair.need.id], remaining.room(pair))
        units -= units % pair.step
        if units > 0:
            remaining.take(pair, units)
            wanted[pair.need.id] -= units
            given.append((pair, units))
    return given


def first_come(pairs):
    return in_turn(pairs)


def best_score_first(pairs):
    return in_turn(sorted(pairs, key=lambda pair: -pair.score))


def objective(given):
    return sum(pair.value * units for pair, units in given)


def people(given):
    return sum(pair.people * units for pair, units in given)


def optimum(pairs):
    """The objective of the best of all choices."""
    remaining = Remaining(pairs)
    # Places that the same pairs use are one place, the tightest.
    users = {}
    for number, pair in enumerate(pairs):
        for place in remaining.places(pair):
            users.setdefault(place, []).append(number)
    together = {}
    for place, numbers in users.items():
        key = (place[0], tuple(numbers))
        together[key] = min(together.get(key, remaining.left[place]), remaining.left[place])
    slots = range(len(together))
    uses = [
        {slot for slot, (_, users) in enumerate(together) if number in users} for number in range(len(pairs))
    ]
    # What this pair and later ones could take of a slot at most: to have more left there makes no difference.
    wanted = [[sum(pair.most for n, pair in enumerate(pairs) if n >= number and slot in uses[n]) for slot in slots]
              for number in range(len(pairs) + 1)]  # fmt: skip

    @cache
    def best(number, lacks, left):
        """Of the pairs from this one on, when its need misses so much and the slots have so much left."""
        if number == len(pairs):
            return 0.0
        pair, here = pairs[number], uses[number]
        if number and pairs[number - 1].need.id != pair.need.id:
            lacks = missing(pair.need)
        choices = []
        for units in range(0, min(lacks, *(left[slot] for slot in here)) + 1, pair.step):
            after = (value - units * (slot in here) for slot, value in enumerate(left))
            relevant = tuple(map(min, after, wanted[number + 1]))
            choices.append(units * pair.value + best(number + 1, lacks - units, relevant))
        return max(choices)

    return best(0, missing(pairs[0].need) if pairs else 0, tuple(together.values()))


def broken_promises(made, needs, offers):
    """What is wrong with a plan, checked unit by unit and day by day."""
    rows = made.pairs
    wrong, given, used = [], {}, {}
    for need_row, offer_row, units, first, last in zip(
        rows.need.tolist(), rows.offer.tolist(), made.units.tolist(), rows.run_first.tolist(), rows.run_last.tolist(),
        strict=True,
    ):  # fmt: skip
        need, offer = needs[need_row], offers[offer_row]
        days = reference.run(need, offer, TODAY)
        if (days[0].toordinal(), days[-1].toordinal()) != (first, last):
            wrong.append(f"{need.id} gets {offer.id} on other days than the run")
        if units < 1 or (is_whole(need) and units != missing(need)):
            wrong.append(f"{need.id} gets {units}")
        given[need_row] = given.get(need_row, 0) + units
        for day in [None] if offer.kind == "goods" else days:
            used[offer_row, day] = used.get((offer_row, day), 0) + units
    wrong += [f"{needs[row].id} gets too much" for row, units in given.items() if units > missing(needs[row])]
    for (row, day), units in used.items():
        if units > (
            stock(offers[row]) if day is None else offers[row].capacity - reference.held(offers[row], day)
        ):
            wrong.append(f"{offers[row].id} gives too much on {day}")
    return wrong
