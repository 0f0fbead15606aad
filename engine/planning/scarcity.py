"""What is scarce: which change would help those whom a plan leaves out, and which offers a town should call for.

Both begin with what is left when the plan is kept. Its lines are taken from the offers, on the days of their runs
(goods: from the stock) and from what the needs miss. Of what is left, runs are worked out anew, and whatever is then
feasible is given too, by the better of the two baselines, again and again until nothing is. From there on, every
person helped is helped by the change alone, and nobody loses what the plan gives.

A **relaxation** is one change to all needs that are left, at once:

| code | change |
|---|---|
| `distance` | a reach of less than 5 km becomes 5 km; so for 10, 20, 30, 50, 100 km, one after the other |
| `dates` | the least days are halved, rounded up |
| `capacity` | a part would be useful; never of a household |
| `rent` | somebody pays a rent of up to 200 euros a month; so for 400, 600, 800 |
| `step_free`, `pets`, `smoke_free`, `shared_home` | the condition is dropped |
| `household` | hosts receive any household; lone minors stay with those who said so |
| `languages` | one language, `word`, is not asked for, where others are |
| `slots` | any hour of the week would do |

`people` is what a plan of what is left helps after the change: so many more at least, when those lines are accepted and
one plans again. (At least: beyond `PAIRS` pairs only the best of each need take part, and a plan may not be the best.)
`before` and `after`: the reach in km, the least days or the rent that is paid, that most of the needs it helps had (the
larger on a tie) and would have. A larger reach or rent is told only if it helps more people than a smaller one. Most
people first; on a tie in the order of the table, then the smaller.

A **call** is for offers that would serve people who are left, whatever else they ask for: a home of any of `forms`
(none: any) that keeps its `conditions` (`step_free`, `pets`, `smoke_free`, `shared_home`: it is not shared, `families`,
`lone_minors`), costs nothing, and receives women, men and couples; hours in all `languages`; goods of any of `items`,
in one of `sizes` (none: any). Nobody is called for goods that have no name in the catalogue. Needs are put together
that are of one city, kind and category, forms, conditions, languages, items and sizes, and class of `size` (up to 2, 4,
8, 16 ... persons or hours). Of these, the place (that of one of the needs) from which most people are within reach of
each is taken, then the best place for the others, and so on: one call each, though one alone when a place is enough.

`count` is how many offers at this place serve them all, from the first day that is not provided for to the last. Homes
and hours serve one need at a time, one after the other, so that it is the largest number of needs on one day; each is
of `size`, that of the largest need. Goods are counted in items (`size` 1, together one stock): what is missing of all.
`people` is the sum of people × what is missing / all that is asked. Who adds these offers and plans for these needs
serves them all, but for single days between others that are too few to help; who plans anew for everybody gains at
least people × priority of the objective, and a move for whoever has a home for a part. Most people for each offer
first.

Four households of 2, 1, 2 and 2 need a step-free room on days 1 to 5, 6 to 9, 4 to 8 and 12 to 14: on days 4 to 8 there
are two at a time, so the call is for 2 step-free rooms of 2, which serve 7.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from engine.columns import (
    Bools,
    Floats,
    Ints,
    Masks,
    NeedColumns,
    OfferColumns,
    cut_windows,
    great_circle_km,
    with_stretches,
)
from engine.goods import OTHER, Wanted
from engine.household import CHILDREN, LONE_MINOR
from engine.planning import SECONDS, Plan, plan_pairs
from engine.planning.afterwards import needs_afterwards
from engine.planning.problem import weeks_of
from engine.ranking import rank_columns
from engine.records import Weights
from engine.rules import MICRO, Sides
from engine.spoken import WORDS_PER_MASK
from engine.uncovered import Uncovered, missing_shares
from engine.vocabulary import GOODS

REACHES_KM = (5, 10, 20, 30, 50, 100)
RENTS = (200, 400, 600, 800)
PAIRS = 500_000
# Tried in steps, of which a larger one must help more.
STEPPED = ("distance", "rent")
# Needs and places compared with each other at a time.
DISTANCES = 2_000_000


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change to all that are left out, the needs that it helps, and at least how many people."""

    code: str
    people: float
    need_ids: tuple[Hashable, ...]
    before: float | None = None
    after: float | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`count` offers of `size` at this place, from `first_day` to `last_day`, would serve these needs."""

    kind: str
    category: str  # empty for housing
    city: Hashable
    forms: tuple[str, ...]
    conditions: tuple[str, ...]
    languages: tuple[str, ...]
    items: tuple[str, ...]  # goods: those that would do, and in what sizes
    sizes: tuple[str, ...]
    size: int
    count: int
    people: float
    need_ids: tuple[Hashable, ...]
    lat: float
    lon: float
    first_day: date
    last_day: date

    @property
    def people_per_offer(self) -> float:
        return self.people / self.count


def relaxations(
    made: Plan,
    needs: NeedColumns,
    offers: OfferColumns,
    *,
    today: date,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] | Ints = frozenset(),
    seconds: float = SECONDS,
) -> tuple[Relaxation, ...]:
    """The changes that help somebody, best first. Arguments are those of `plan`, `seconds` for all of it together."""
    asker = _Asker(today, weights, links)
    rest = asker.rest(made, needs, offers, excluded)
    changes = [change for change in _changes(rest.needs) if change.touched.any()]
    found: list[Relaxation] = []
    most = dict.fromkeys(STEPPED, 0.0)
    for change in changes:
        one = _tried(asker, rest, change, seconds / len(changes))
        if one is None or one.people <= most.get(one.code, -1.0):
            continue
        if one.code in most:
            most[one.code] = one.people
        found.append(one)
    return tuple(sorted(found, key=lambda one: -one.people))


def calls(
    made: Plan,
    needs: NeedColumns,
    offers: OfferColumns,
    *,
    today: date,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] | Ints = frozenset(),
) -> tuple[Call, ...]:
    """The offers that would serve all who are left, most people for each offer first. See `plan` for the arguments."""
    rest = _Asker(today, weights, links).rest(made, needs, offers, excluded)
    uncovered = rest.uncovered
    people = rest.needs.people * missing_shares(rest.needs, uncovered)
    # Whoever is called for is wanted from the first day that is not covered to the last.
    lasts = ~rest.needs.one_day
    wanted = replace(
        rest.needs,
        first_day=np.maximum(np.where(lasts, uncovered.first_day, rest.needs.first_day), rest.today),
        last_day=np.where(lasts, uncovered.last_day, rest.needs.last_day),
    )
    found = [
        _call(wanted, wish, place, members, people)
        for wish, rows in _wishes(wanted).items()
        for place, members in _around(wanted, rows, people)
    ]
    return tuple(sorted(found, key=lambda call: (-call.people_per_offer, -call.people)))


@dataclass(frozen=True, slots=True)
class _Asker:
    """What all plans of what is left have in common."""

    today: date
    weights: Weights | Mapping[Hashable, Weights]
    links: Collection[frozenset[Hashable]]

    def plan(self, sides: Sides, seconds: float) -> Plan:
        ranked = rank_columns(
            sides.needs,
            sides.offers,
            today=self.today,
            weights=self.weights,
            links=self.links,
            excluded=sides.excluded,
            keep=max(1, PAIRS // max(1, len(sides.needs))),
            near=0,
        )
        return plan_pairs(ranked.feasible, seconds=seconds)

    def rest(
        self,
        made: Plan,
        needs: NeedColumns,
        offers: OfferColumns,
        excluded: Collection[tuple[Hashable, Hashable]] | Ints,
    ) -> Sides:
        """Needs and offers with what is left of them when no more can be given."""
        sides = Sides.of(needs, offers, today=self.today, links=self.links, excluded=excluded)
        while True:
            sides = _after(sides, made)
            made = self.plan(sides, seconds=0)
            if not len(made.units):
                return sides


def _after(sides: Sides, made: Plan) -> Sides:
    """What the plan leaves: open needs that miss something on days to come, open offers that have something."""
    needs, offers = needs_afterwards(sides.needs, made), _less(sides.offers, made)
    asking = np.flatnonzero(needs.is_open & (Uncovered.of(needs, sides.today).days > 0))
    some_left = np.logical_or.reduceat(offers.stretch_left > 0, offers.stretches_from[:-1])
    having = np.flatnonzero(offers.is_open & some_left)
    return replace(sides, needs=needs, offers=offers).take(asking, having)


def _less(offers: OfferColumns, made: Plan) -> OfferColumns:
    """The offers without what the plan uses of them."""
    goods = [code for (kind, _), code in offers.vocabulary.categories.items() if kind == GOODS]
    is_stock = np.isin(offers.category, goods)
    offer, units = made.pairs.offer.astype(np.int64), np.ceil(made.units).astype(np.int64)
    monday, sunday = weeks_of(made.first)
    once = made.pairs.needs.one_day[made.pairs.need]
    first, last = np.where(once, monday, made.first), np.where(once, sunday, made.last)
    # Each stretch is cut as if it were a window.
    cut = cut_windows(
        window_owner=np.repeat(np.arange(len(offers)), np.diff(offers.stretches_from)),
        window_first=offers.stretch_first,
        window_last=offers.stretch_last,
        hold_owner=offer,
        hold_first=first,
        hold_last=last,
        hold_quantity=np.where(is_stock[offer], 0, units),
    )
    gone = np.bincount(offer, units, len(offers)).astype(np.int64)
    left = offers.stretch_left[cut.window] - np.where(is_stock, gone, 0)[cut.owner] - cut.held
    return with_stretches(offers, cut.owner, cut.first, cut.last, left)


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """Needs as they would be; `touched`: which are not as they were; `before` and `after` per need."""

    code: str
    needs: NeedColumns
    touched: Bools
    before: Floats | Ints | None = None
    after: Floats | Ints | None = None
    word: str | None = None


def _tried(asker: _Asker, rest: Sides, change: _Change, seconds: float) -> Relaxation | None:
    """What the change brings; None: nothing."""
    # Nothing is feasible for the needs that it does not touch.
    rows = np.flatnonzero(change.touched)
    made = asker.plan(
        replace(rest, needs=change.needs).take(rows, np.arange(len(rest.offers))), seconds=seconds
    )
    if not len(made.units):
        return None
    helped = rows[np.unique(made.pairs.need)]
    before = after = None
    if change.before is not None and change.after is not None:
        typical = helped[_most_common(change.before[helped])]
        before, after = float(change.before[typical]), float(change.after[typical])
    ids = tuple(rest.needs.id_of(row) for row in helped.tolist())
    return Relaxation(change.code, made.people, ids, before, after, change.word)


def _most_common(values: Floats | Ints) -> int:
    """Where the most frequent value stands first; the largest of several."""
    _, first, count = np.unique(values, return_index=True, return_counts=True)
    return int(first[np.flatnonzero(count == count.max())[-1]])


def _changes(needs: NeedColumns) -> Iterator[_Change]:
    """All that are tried, in the order of the table."""
    for km in REACHES_KM:
        reach = np.maximum(needs.reach_km, float(km))
        yield _Change(
            "distance", replace(needs, reach_km=reach), reach > needs.reach_km, needs.reach_km, reach
        )
    half = (needs.least_days + 1) // 2
    yield _Change("dates", replace(needs, least_days=half), half < needs.least_days, needs.least_days, half)
    least = np.where(needs.is_housing, needs.least_quantity, 1)
    yield _Change("capacity", replace(needs, least_quantity=least), least < needs.least_quantity)
    for euros in RENTS:
        paid = np.where(needs.is_housing, np.maximum(needs.rent_up_to, euros), 0).astype(np.int32)
        yield _Change(
            "rent", replace(needs, rent_up_to=paid), paid > needs.rent_up_to, needs.rent_up_to, paid
        )
    nobody = np.zeros(len(needs), np.bool_)
    yield _Change("step_free", replace(needs, step_free_needed=nobody), needs.step_free_needed)
    yield _Change("pets", replace(needs, pets=nobody), needs.pets)
    yield _Change("smoke_free", replace(needs, smoke_free_needed=nobody), needs.smoke_free_needed)
    yield _Change("shared_home", replace(needs, refuses_shared_home=nobody), needs.refuses_shared_home)
    lone = needs.household & LONE_MINOR
    yield _Change("household", replace(needs, household=lone), needs.household != lone)
    yield from _without_a_language(needs)
    yield _Change(
        "slots",
        replace(
            needs,
            slots_from=np.zeros(len(needs) + 1, np.int64),
            slot_start=needs.slot_start[:0],
            slot_end=needs.slot_end[:0],
        ),
        np.diff(needs.slots_from) > 0,
    )


def _without_a_language(needs: NeedColumns) -> Iterator[_Change]:
    named = needs.named_languages
    several = np.bitwise_count(named).sum(axis=1) > 1
    for word, code in sorted(needs.vocabulary.languages.items()):
        column, bit = code // WORDS_PER_MASK, np.left_shift(np.uint64(1), np.uint64(code % WORDS_PER_MASK))
        if column >= named.shape[1]:
            continue
        without = named.copy()
        without[several, column] &= ~bit
        yield _Change(
            "languages",
            replace(needs, named_languages=without),
            (without != named).any(axis=1),
            word=word,
        )


@dataclass(frozen=True, slots=True)
class _Wish:
    """What offers must be like to serve some needs."""

    kind: str
    category: str
    city: Hashable
    forms: tuple[str, ...]
    conditions: tuple[str, ...]
    languages: tuple[str, ...]
    goods: Wanted
    size_class: int


def _wishes(needs: NeedColumns) -> dict[_Wish, Ints]:
    """The needs, row by row in their order, by what offers they wish for."""
    vocabulary = needs.vocabulary
    categories = {code: both for both, code in vocabulary.categories.items()}
    cities = {code: city for city, code in vocabulary.cities.items()}
    goods = list(vocabulary.goods.wanted)
    forms = _words(needs.forms, vocabulary.forms)
    languages = _words(needs.named_languages, vocabulary.languages)
    found: dict[_Wish, list[int]] = {}
    for row in range(len(needs)):
        kind, category = categories[int(needs.category[row])]
        said = goods[int(needs.goods[row])]
        if said.items and set(said.items) == {OTHER}:
            continue  # nobody can be called for what has no name
        size_class = 0 if kind == GOODS else _size_class(int(needs.quantity[row]))
        wish = _Wish(
            kind,
            category,
            cities[int(needs.city[row])],
            forms[row],
            _conditions(needs, row),
            languages[row],
            said,
            size_class,
        )
        found.setdefault(wish, []).append(row)
    return {wish: np.array(rows) for wish, rows in found.items()}


def _size_class(quantity: int) -> int:
    """2, 4, 8, 16 ...: the least of these that is enough."""
    return max(2, 1 << (quantity - 1).bit_length())


def _conditions(needs: NeedColumns, row: int) -> tuple[str, ...]:
    household = int(needs.household[row])
    asked = {
        "step_free": needs.step_free_needed[row],
        "pets": needs.pets[row],
        "smoke_free": needs.smoke_free_needed[row],
        "shared_home": needs.refuses_shared_home[row],
        "families": household & CHILDREN,
        "lone_minors": household & LONE_MINOR,
    }
    return tuple(condition for condition, wanted in asked.items() if wanted)


def _words(masks: Masks, table: Mapping[str, int]) -> list[tuple[str, ...]]:
    """The words of each row, in alphabetical order."""
    found: list[list[str]] = [[] for _ in range(len(masks))]
    for word, code in table.items():
        column, bit = code // WORDS_PER_MASK, np.uint64(1) << np.uint64(code % WORDS_PER_MASK)
        if column < masks.shape[1]:
            for row in np.flatnonzero(masks[:, column] & bit).tolist():
                found[row].append(word)
    return [tuple(sorted(words)) for words in found]


def _around(needs: NeedColumns, rows: Ints, concerned: Floats) -> Iterator[tuple[int, Ints]]:
    """A need whose place serves these needs, and their rows; the places that serve most people first.

    On a tie the place where more needs are, then the earlier need's. Of more places than can be compared, those where
    most needs are.
    """
    while len(rows):
        # In whole millionths, so that nothing is lost when they are added up.
        people = np.maximum(np.rint(concerned[rows] * MICRO), 1).astype(np.int64)
        points = np.column_stack([needs.lat[rows], needs.lon[rows]])
        _, first, count = np.unique(points, axis=0, return_index=True, return_counts=True)
        order = np.lexsort((first, -count))[: max(1, DISTANCES // len(rows))]
        places = rows[first[order]]
        reached = _within_reach(needs, rows, places)
        waiting = np.ones(len(rows), np.bool_)
        gain = reached @ people
        while gain.max() > 0:
            best = int(gain.argmax())
            here = reached[best] & waiting
            yield int(places[best]), rows[here]
            waiting &= ~here
            gain -= reached[:, here] @ people[here]
        rows = rows[waiting]


def _within_reach(needs: NeedColumns, rows: Ints, places: Ints) -> Bools:
    """[place, need]: is an offer at the place, that goes nowhere itself, near enough?"""
    square = np.zeros((len(places), len(rows)))
    for axis in (needs.x, needs.y, needs.z):
        square += (axis[places][:, None] - axis[rows]) ** 2
    return np.rint(great_circle_km(square) * MICRO) <= np.rint(needs.reach_km[rows] * MICRO)


def _call(needs: NeedColumns, wish: _Wish, place: int, rows: Ints, people: Floats) -> Call:
    quantity = np.ceil(needs.quantity[rows]).astype(np.int64)
    is_stock = wish.kind == GOODS
    first, last = needs.first_day[rows], needs.last_day[rows]
    return Call(
        kind=wish.kind,
        category=wish.category,
        city=wish.city,
        forms=wish.forms,
        conditions=wish.conditions,
        languages=wish.languages,
        items=wish.goods.items,
        sizes=wish.goods.sizes,
        size=1 if is_stock else int(quantity.max()),
        count=int(quantity.sum()) if is_stock else _most_on_one_day(first, last),
        people=float(people[rows].sum()),
        need_ids=tuple(needs.id_of(row) for row in rows.tolist()),
        lat=float(needs.lat[place]),
        lon=float(needs.lon[place]),
        first_day=date.fromordinal(int(first.min())),
        last_day=date.fromordinal(int(last.max())),
    )


def _most_on_one_day(first: Ints, last: Ints) -> int:
    """The largest number of stays that share a day: it is reached on the first day of one of them."""
    day = np.sort(first)
    begun, over = np.searchsorted(day, day, "right"), np.searchsorted(np.sort(last), day, "left")
    return int((begun - over).max())


__all__ = ["Call", "Relaxation", "calls", "relaxations"]
