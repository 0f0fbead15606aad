"""Whom a plan leaves out, and why: for each need that is not served in full, one reason, in codes and numbers.

`people` is the need's people × what is missing / all that is asked; of what lasts, on its days. The first of these
reasons that is true is told:

* `part`: the plan serves a part of it; `count` offers could give to it.
* `served_others`: `count` offers fit; the plan gives what they have to other needs.
* `one_rule`: no offer fits, but `count` offers break one rule alone, the one in `rules`. If it is one rule for some
  and another for others: the rule that most offers break alone, the earlier in `RULES` on a tie. For a rule with a
  number, of the offer among them that comes nearest: `needed` and `found` are the larger of both reaches and its
  distance (km), the least days and its run or its longest stay, the days of notice that it asks for and the most that
  would do, the least quantity and its capacity, or its rent and what is paid. The rule `open` stands for offers that
  fit but that are excluded for this need: people have said no to them, or have asked them already.
* `several_rules`: every one of `count` offers breaks two rules or more; `rules` are the two that exclude most, `counts`
  how many each does.
* `nothing_of_kind`: there is no open offer of the category at all (of the forms that are accepted, in the city or in
  the linked ones).

All open offers that are given are looked at, however far. (A town's plan gives those that lie up to 100 km beyond what
both sides reach: see `matching/plans/making.py`.)
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from engine import candidates
from engine.arrays import MICRO, NO_CODES, Bools, Ints, row_codes
from engine.coarse import Beyond
from engine.columns import NeedColumns, OfferColumns
from engine.pairs import Pairs, Sides
from engine.planning import EQUAL, Plan
from engine.planning.afterwards import needs_afterwards
from engine.ranking import BATCH, NO_RULE, judge
from engine.results import RULE_CODES
from engine.rules import MISSABLE, NUMBERS, RULES, at_stake
from engine.uncovered import Uncovered, missing_shares

EVERYWHERE = Beyond(inf, inf)
OPEN = RULE_CODES.index("open")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a need is left out: see the codes above. What does not concern the code is empty."""

    code: str
    count: int = 0
    rules: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    needed: float | None = None
    found: float | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A need of which `missing` units are not served, of what lasts on so many `days`: so many people, in shares of the
    need's.
    """

    need_id: Hashable
    missing: int
    days: int
    people: float
    reason: Reason


def left_out(
    made: Plan,
    needs: NeedColumns,
    offers: OfferColumns,
    *,
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] | Ints = frozenset(),
) -> tuple[LeftOut, ...]:
    """The open needs that `made` does not serve in full, in their order. Arguments are those of `plan`."""
    sides = Sides.of(needs, offers, today=made.pairs.today, links=links, excluded=excluded)
    left = missing_shares(needs, sides.uncovered) - made.shares
    rows = np.flatnonzero(needs.is_open & (left > EQUAL))
    then = needs_afterwards(needs, made)
    days = np.where(needs.one_day, 0, Uncovered.of(then, sides.today).days)
    missing = np.ceil(np.where(needs.one_day, then.quantity, needs.asked)).astype(np.int64)
    seen = _Seen(sides.take(rows, np.flatnonzero(offers.is_open)))
    seen.look()
    people = needs.people[rows] * left[rows]
    return tuple(
        LeftOut(
            needs.id_of(row),
            int(missing[row]),
            int(days[row]),
            float(people[place]),
            seen.reason(place, served_in_part=made.shares[row] > 0),
        )
        for place, row in enumerate(rows.tolist())
    )


class _Seen:
    """What was seen of the offers by needs that are left out: counts per need, and per need and rule."""

    def __init__(self, sides: Sides) -> None:
        self._set_aside = sides.excluded
        # A pair that was set aside is told of like any other rule that is broken.
        self._sides = replace(sides, excluded=NO_CODES)
        needs = len(sides.needs)
        self._fit = np.zeros(needs, np.int64)
        self._of_kind = np.zeros(needs, np.int64)
        self._alone = np.zeros((needs, len(RULE_CODES)), np.int64)
        self._broken = np.zeros((needs, len(RULE_CODES)), np.int64)
        self._needed = np.full((needs, len(RULE_CODES)), np.nan)
        self._found = np.full((needs, len(RULE_CODES)), np.nan)

    def look(self) -> None:
        for field in candidates.fields_of(self._sides):
            rules = at_stake(field.sides)
            rows = np.arange(len(field.need_rows))
            for need, offer in field.candidates(rows, beyond=EVERYWHERE, tolerate=1, batch=BATCH):
                self._count_nearly(field, *judge(Pairs(field.sides, need, offer), rules, tolerate=1))
            nearly = self._fit + self._alone.sum(axis=1)
            rows = rows[nearly[field.need_rows] == 0]
            every = field.candidates(rows, beyond=EVERYWHERE, tolerate=len(MISSABLE), batch=BATCH)
            for need, offer in every if len(rows) else ():
                self._count_broken(field, Pairs(field.sides, need, offer), rules)

    def reason(self, need: int, *, served_in_part: bool) -> Reason:
        """Of the need in this row."""
        if served_in_part:
            return Reason("part", int(self._fit[need]))
        if self._fit[need]:
            return Reason("served_others", int(self._fit[need]))
        alone = self._alone[need]
        if alone.any():
            rule = int(alone.argmax())
            needed, found = float(self._needed[need, rule]), float(self._found[need, rule])
            numbers = (None, None) if needed != needed else (needed, found)
            return Reason("one_rule", int(alone[rule]), (RULE_CODES[rule],), (), *numbers)
        if not self._of_kind[need]:
            return Reason("nothing_of_kind")
        most = np.argsort(-self._broken[need], kind="stable")[:2]
        return Reason(
            "several_rules",
            int(self._of_kind[need]),
            tuple(RULE_CODES[rule] for rule in most.tolist()),
            tuple(self._broken[need, most].tolist()),
        )

    def _count_nearly(self, field: candidates.Field, pairs: Pairs, broken: Ints) -> None:
        """Offers that fit, and those that break one rule: judged pairs, all of some needs."""
        aside = self._is_set_aside(field, pairs)
        keep = ~aside | (broken == NO_RULE)
        broken = np.where(aside, OPEN, broken)[keep]
        pairs = pairs.where(keep)
        need = field.need_rows[pairs.need]
        fits = broken == NO_RULE
        self._fit += np.bincount(need[fits], minlength=len(self._fit))
        np.add.at(self._alone, (need[~fits], broken[~fits]), 1)
        for code, numbers in NUMBERS.items():
            rule = RULE_CODES.index(code)
            missed = broken == rule
            if not missed.any():
                continue
            needed, found = numbers(pairs.where(missed))
            gap = np.rint(np.abs(needed - found) * MICRO)
            order = np.lexsort((gap, need[missed]))
            whose = need[missed][order]
            nearest = order[np.concatenate([[True], whose[1:] != whose[:-1]])]
            here = need[missed][nearest]
            self._needed[here, rule], self._found[here, rule] = needed[nearest], found[nearest]

    def _count_broken(self, field: candidates.Field, pairs: Pairs, rules: tuple[str, ...]) -> None:
        """How many offers of the kind each rule excludes."""
        pairs = pairs.where(RULES["category"](pairs))
        pairs = pairs.where(RULES["city"](pairs))
        need = field.need_rows[pairs.need]
        self._of_kind += np.bincount(need, minlength=len(self._of_kind))
        broken = {code: ~RULES[code](pairs) for code in rules if code in MISSABLE}
        broken["open"] = self._is_set_aside(field, pairs)
        for code, breaks in broken.items():
            self._broken[:, RULE_CODES.index(code)] += np.bincount(need[breaks], minlength=len(self._of_kind))

    def _is_set_aside(self, field: candidates.Field, pairs: Pairs) -> Bools:
        if not len(self._set_aside):
            return np.zeros(len(pairs), np.bool_)
        return np.isin(row_codes(field.need_rows[pairs.need], field.offer_rows[pairs.offer]), self._set_aside)


__all__ = ["LeftOut", "Reason", "left_out"]
