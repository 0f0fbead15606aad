"""What came of a year, as numbers; and of several years, with what is not sure of them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import nan, sqrt
from statistics import fmean, stdev

from engine.vocabulary import GOODS, HOUSING, SKILL, URGENCIES, Kind
from simulation.outcome import Match, Outcome
from simulation.people import MONTH
from simulation.year import DAY, FIRST, Wanted

Figures = Mapping[str, float]
HOUSEHOLDS = ("homme seul", "femme seule", "plusieurs adultes", "famille")
REASONS = ("none", "unasked", "refused", "failed")
_T95 = (
    nan,
    12.706,
    4.303,
    3.182,
    2.776,
    2.571,
    2.447,
    2.365,
    2.306,
    2.262,
)  # Student's, by degrees of freedom
_NORMAL95 = 1.96


def figures(outcome: Outcome, bound: Mapping[Kind, float]) -> Figures:
    """NaN where there is nothing to speak of. Days waited are those after the day wanted."""
    year = outcome.year
    served: dict[int, list[Match]] = defaultdict(list)
    for one in outcome.took_place:
        served[one.need].append(one)
    needs = list(enumerate(year.wanted))
    homes = [(row, one) for row, one in needs if one.record.kind == HOUSING]
    people = sum(one.record.persons for row, one in homes if row in served)
    nights = sum(one.quantity * (one.last - one.first + 1) for row, _ in homes for one in served.get(row, ()))
    per_1000 = 1000 / len(year.given) if year.given else nan
    helped = sum(_help(year.wanted[row], some) for row, some in served.items())
    asks = sum(map(len, outcome.asked_at))
    months = len(year.given) * year.town.days / MONTH
    all_bounds = sum(bound.values())
    found = {
        "people": people,
        "people_asked": sum(one.record.persons for _, one in homes),
        "nights": nights,
        "people_per_1000": people * per_1000,
        "nights_per_1000": nights * per_1000,
        "goods": sum(row in served for row, one in needs if one.record.kind == GOODS),
        "skills": sum(row in served for row, one in needs if one.record.kind == SKILL),
        "needs_met": _part(len(served), len(needs)),
        "help": helped,
        "of_hindsight": _part(helped, all_bounds),
        "asks": asks,
        "asks_per_yes": _part(asks, outcome.yes),
        "asks_a_month": _part(asks, months),
        "asks_most": max((_most_in_a_month(some) for some in outcome.asked_at), default=0),
        "hours": outcome.minutes / 60,
        **_waits(homes, served),
        **_unserved(outcome, set(served)),
        **_spreads(homes, served),
    }
    return {name: float(value) for name, value in found.items()}


def _part(some: float, all_: float) -> float:
    return some / all_ if all_ else nan


def _help(need: Wanted, some: Sequence[Match]) -> float:
    """In people: half of what is asked helps half."""
    record = need.record
    given = sum(one.quantity * ((one.last - one.first + 1) if record.lasts else 1) for one in some)
    return record.persons * given / (record.quantity * (record.days_asked if record.lasts else 1))


def _most_in_a_month(minutes: Sequence[int]) -> int:
    return max(
        (place + 1 - bisect_right(minutes, minute - MONTH * DAY) for place, minute in enumerate(minutes)),
        default=0,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that so many do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))] if ordered else nan


def _waits(homes: Sequence[tuple[int, Wanted]], served: Mapping[int, Sequence[Match]]) -> dict[str, float]:
    """Of those who were housed; see `needs_met` for how many were not."""
    waited = {
        row: float(
            min(match.first for match in served[row])
            - max(one.record.first_day.toordinal(), one.posted // DAY + FIRST)
        )
        for row, one in homes
        if row in served
    }
    groups: dict[str, Callable[[Wanted], bool]] = {"": lambda one: True}
    groups |= {f"_{word}": lambda one, word=word: one.record.urgency == word for word in URGENCIES}  # type: ignore[misc]
    groups |= {f"_{word}": lambda one, word=word: one.household == word for word in HOUSEHOLDS}  # type: ignore[misc]
    groups |= {
        "_centre": lambda one: one.commune == 0,
        "_communes": lambda one: one.commune != 0,
        "_fr_en": lambda one: bool(one.record.languages & {"fr", "en"}),
        "_others": lambda one: not one.record.languages & {"fr", "en"},
    }
    found = {}
    for name, belongs in groups.items():
        days = [waited[row] for row, one in homes if row in waited and belongs(one)]
        found[f"wait_median{name}"] = quantile(days, 0.5)
        found[f"wait_p90{name}"] = quantile(days, 0.9)
    return found


def _unserved(outcome: Outcome, served: set[int]) -> dict[str, float]:
    """Why needs got nothing, as parts of all needs: nothing fitted; nobody had the time to ask; nobody said yes; there
    was a yes, and it came to nothing.
    """
    asked, agreed = set[int](), set[int]()
    for one in outcome.matches:
        asked.add(one.need)
        if one.agreed:
            agreed.add(one.need)
    counts = dict.fromkeys(REASONS, 0)
    for row in range(len(outcome.year.wanted)):
        if row in served:
            continue
        reason = "failed" if row in agreed else "refused" if row in asked else "unasked"
        counts["none" if row not in outcome.had_choice else reason] += 1
    return {f"unserved_{reason}": _part(count, len(outcome.year.wanted)) for reason, count in counts.items()}


def _spreads(homes: Sequence[tuple[int, Wanted]], served: Mapping[int, Sequence[Match]]) -> dict[str, float]:
    """Between groups of households: the largest part that was housed less the smallest."""
    ways: dict[str, Callable[[Wanted], object]] = {
        "household": lambda one: one.household,
        "language": lambda one: bool(one.record.languages & {"fr", "en"}),
        "place": lambda one: one.commune == 0,
    }
    found = {}
    for name, group_of in ways.items():
        members: dict[object, list[bool]] = defaultdict(list)
        for row, one in homes:
            members[group_of(one)].append(row in served)
        shares = [fmean(some) for some in members.values()]
        found[f"spread_{name}"] = max(shares) - min(shares) if shares else nan
    for household in HOUSEHOLDS:
        some = [row in served for row, one in homes if one.household == household]
        found[f"housed_{household}"] = fmean(some) if some else nan
    return found


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half of the 95 % interval over seeds (Student); NaN of one alone, or where one has nothing to tell."""
    if any(value != value for value in values) or not values:
        return nan, nan
    if len(values) == 1:
        return values[0], nan
    factor = _T95[len(values) - 1] if len(values) <= len(_T95) else _NORMAL95
    return fmean(values), factor * stdev(values) / sqrt(len(values))
