"""What is scarce: which change would help those whom a plan leaves out.

It begins with what is left when the plan is kept (`what_is_left`): from there on, every person helped is helped by the
change alone, and nobody loses what the plan gives.

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
"""

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from engine.arrays import Bools, Floats, Ints
from engine.columns import NeedColumns, OfferColumns
from engine.household import LONE_MINOR
from engine.pairs import Sides
from engine.planning import SECONDS, Plan
from engine.planning.what_is_left import Asker
from engine.records import Weights
from engine.spoken import WORDS_PER_MASK

REACHES_KM = (5, 10, 20, 30, 50, 100)
RENTS = (200, 400, 600, 800)
# Tried in steps, of which a larger one must help more.
STEPPED = ("distance", "rent")


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change to all that are left out, the needs that it helps, and at least how many people."""

    code: str
    people: float
    need_ids: tuple[Hashable, ...]
    before: float | None = None
    after: float | None = None
    word: str | None = None


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
    asker = Asker(today, weights, links)
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


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """Needs as they would be; `touched`: which are not as they were; `before` and `after` per need."""

    code: str
    needs: NeedColumns
    touched: Bools
    before: Floats | Ints | None = None
    after: Floats | Ints | None = None
    word: str | None = None


def _tried(asker: Asker, rest: Sides, change: _Change, seconds: float) -> Relaxation | None:
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
