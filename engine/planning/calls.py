"""Which offers a town should call for, for those whom a plan leaves out: of what is left when it is kept.

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

from engine.arrays import MICRO, Bools, Floats, Ints, Masks, great_circle_km
from engine.columns import NeedColumns, OfferColumns
from engine.goods import OTHER, Wanted
from engine.household import CHILDREN, LONE_MINOR
from engine.planning import Plan
from engine.planning.what_is_left import Asker
from engine.records import Weights
from engine.spoken import WORDS_PER_MASK
from engine.uncovered import missing_shares
from engine.vocabulary import GOODS

# Needs and places compared with each other at a time.
DISTANCES = 2_000_000


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
    rest = Asker(today, weights, links).rest(made, needs, offers, excluded)
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
