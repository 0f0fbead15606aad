"""One year under one policy: what is asked, what people answer, what happens, hour by hour.

The desk sits twice on a weekday and once on each day of a weekend, with so many minutes. Between two sittings
answers come in, guests arrive or not, stays end. One question at a time waits for a citizen, as in the product.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from heapq import heappop, heappush
from itertools import count

import numpy as np

from engine import Need, Offer, OfferColumns, rank_columns
from engine.foresight import Ahead
from engine.vocabulary import ASKED_DAYS, GOODS, HOUSING, URGENCIES
from simulation.chance import chance, log_normal
from simulation.lookout import Lookout
from simulation.outcome import AGREED, ASKED, OVER, THERE, Match, Outcome, refuse_impossible
from simulation.people import by_day, days_until_conflict
from simulation.policies import Line, Policy
from simulation.shown import Shown
from simulation.year import DAY, FIRST, Year

WEEKDAY, WEEKEND = (9, 14), (10,)  # hours at which the desk sits
ARRIVES = 9 * 60
TRIES, CALLS_AT_ONCE = 3, 5  # calls to a citizen about a need in all; calls for a need at one sitting


def replay(year: Year, policy: Policy) -> Outcome:
    """The whole year. Raises AssertionError if anything impossible came of it."""
    outcome = _Desk(year, policy).outcome()
    refuse_impossible(outcome)
    return outcome


@dataclass(eq=False)
class _Desk:
    year: Year
    policy: Policy
    now: int = 0
    matches: list[Match] = field(default_factory=list)
    yes: int = 0
    minutes: float = 0.0

    def __post_init__(self) -> None:
        offers, needs = self.year.given, self.year.wanted
        self._of_need: list[list[Match]] = [[] for _ in needs]
        self._live: list[Match] = []
        self._asked_at: list[list[int]] = [[] for _ in offers]
        self._confirmed = np.array([one.registered // DAY + FIRST for one in offers], np.int32)
        self._registered = np.array([one.registered for one in offers], np.int64)
        self._closed = np.zeros(len(offers), np.bool_)
        self._waiting = np.zeros(len(offers), np.bool_)  # a question waits for its citizen
        self._set_aside = set[tuple[int, int]]()  # (need, offer) that are not asked again
        self._tries = Counter[tuple[int, int]]()
        self._silent_pairs = set[tuple[int, int]]()
        self._had_choice = set[int]()
        self._events: list[tuple[int, int, str, Match]] = []
        self._order = count()
        self._open: list[int] = []
        self._next_need = 0
        # Categories in which something has changed since the desk last looked; of offers registered meanwhile too.
        self._changed: set[tuple[str, str]] = set()
        self._seen_offers = 0
        self._seen_day = -1
        self._lookout = Lookout(self.year, self.policy.looks_days)
        self._in_vain: dict[int, int] = {}  # the day on which nothing was found for a need
        self._shown = Shown(self.year)

    @property
    def today(self) -> int:
        return FIRST + self.now // DAY

    def outcome(self) -> Outcome:
        town, hours = self.year.town, self.year.behaviour["desk_hours"]
        for day in range(town.days if self.year.wanted and self.year.given else 0):
            weekend = day % 7 >= 5
            sittings = WEEKEND if weekend else WEEKDAY
            left = 0.0
            for hour in sittings:
                left += town.minutes[weekend] * hours / len(sittings)
                self._until(day * DAY + hour * 60)
                left = self._sit(left)
        # What was begun goes on after the last sitting: stays end as they would.
        self._until(1 << 60)
        return Outcome(
            self.year,
            self.policy,
            tuple(self.matches),
            tuple(map(tuple, self._asked_at)),
            frozenset(self._had_choice),
            self.yes,
            self.minutes,
        )

    # What happens by itself.

    def _until(self, minute: int) -> None:
        while self._events and self._events[0][0] <= minute:
            self.now, _, what, match = heappop(self._events)
            getattr(self, f"_{what}")(match)
            self._changed.add(_field(self.year.wanted[match.need].record))
        self.now = minute

    def _later(self, minute: int, what: str, match: Match) -> None:
        heappush(self._events, (minute, next(self._order), what, match))

    def _chance(self, about: str, match: Match, *more: int) -> float:
        year = self.year
        return chance(year.seed, about, year.given[match.offer].number, year.wanted[match.need].number, *more)

    def _says_yes(self, match: Match, asked_before: int) -> bool:
        year = self.year
        record = year.wanted[match.need].record
        what = {"housing": f"yes_{record.urgency}", "goods": "yes_goods", "skill": "yes_skill"}[record.kind]
        tired = year.behaviour["fatigue"] ** asked_before
        return self._chance("yes", match) < year.behaviour[what] * tired

    def _recently(self, offer: int) -> int:
        """How often its citizen was asked in the last 30 days."""
        return sum(minute > self.now - ASKED_DAYS * DAY for minute in self._asked_at[offer])

    def _answered(self, match: Match) -> None:
        """An answer comes, while there was time for it."""
        if match.state == OVER:
            return  # somebody else has said yes meanwhile, and this citizen was told
        self._waiting[match.offer] = False
        if self._is_gone(match.offer):
            self._closed[match.offer] = True
            self._end(match)
        elif self._says_yes(match, self._recently(match.offer) - 1):
            self._agree(match)
        else:
            self._confirmed[match.offer] = self.today
            self._end(match)

    def _silent(self, match: Match) -> None:
        if match.state == OVER:
            return
        self._waiting[match.offer] = False
        self._end(match)
        if self.policy.calls_the_silent:
            # Silence is no answer: the pair comes back, and then the citizen is called.
            self._set_aside.discard((match.need, match.offer))
            self._silent_pairs.add((match.need, match.offer))

    def _is_gone(self, offer: int) -> bool:
        return self.now >= self.year.given[offer].gone

    def _agree(self, match: Match) -> None:
        """The citizen has said yes; then the guests, or their association, are asked."""
        self.yes += 1
        match.agreed = True
        self._confirmed[match.offer] = self.today
        need = self.year.wanted[match.need].record
        moves = need.lasts or need.kind == GOODS
        match.first = max(match.first, self.today) if moves else match.first
        if need.kind == GOODS:
            match.last = match.first
        (window,) = self.year.given[match.offer].record.available
        ends = min(match.last, need.last_day.toordinal())
        if window.last_day is not None:
            ends = min(ends, window.last_day.toordinal())
        late = match.first > ends or match.first < self.today
        if late or self._chance("guest", match) < self.year.behaviour["guest_refuses"]:
            self._end(match)
            return
        match.state = AGREED
        if self._at_once(match.need) > 1:
            for other in self._unanswered(match.need):
                self._waiting[other.offer] = False
                self._end(other)
        self._later(max(self.now, (match.first - FIRST) * DAY + ARRIVES), "begins", match)

    def _begins(self, match: Match) -> None:
        year, need = self.year, self.year.wanted[match.need].record
        how = year.behaviour
        if need.kind == GOODS:
            if self._chance("picked up", match) < how["pickup_fails"]:
                self._end(match)
                return
            match.spoilt = self._chance("usable", match) < how["unusable"]
            match.there, match.state = not match.spoilt, THERE
            match.last = match.first
            if match.spoilt:
                match.state = OVER
            return
        if need.kind == HOUSING:
            fails = (
                self._chance("host", match) < how["host_cancels"] * how["reminder"]
                or self._chance("absent", match) < how["guest_absent"] * how["reminder"]
            )
        else:
            fails = self._chance("helper", match) < how["helper_absent"] * how["reminder"]
        if fails:
            self._end(match)
            return
        match.there, match.state = True, THERE
        broken = match.first + days_until_conflict(self._chance("conflict", match), how["conflict"])
        if need.lasts and broken < match.last:
            self._later((broken - FIRST) * DAY + 20 * 60, "broken", match)

    def _broken(self, match: Match) -> None:
        match.last = self.today

    def _end(self, match: Match) -> None:
        match.state = OVER

    # What the desk does.

    def _sit(self, left: float) -> float:
        """Ask what the policy says while there are minutes; what is left of them."""
        how = self.year.behaviour
        if left < how["decision_minutes"]:
            return left
        rows = self._open_needs()
        if not rows:
            return left
        needs, offers = self._shown.needs({row: self._held(row) for row in rows}), self._offers()
        excluded = self._shown.excluded(rows, self._set_aside)
        # All of them, without the threads of `feasible_pairs`, which cost more than they bring for so few.
        pairs = rank_columns(
            needs,
            offers,
            today=date.fromordinal(self.today),
            links=self.year.links,
            excluded=excluded,
            keep=len(offers),
            near=0,
        ).feasible
        found = {rows[row] for row in np.unique(pairs.need).tolist()}
        self._in_vain.update((row, self.today) for row in rows if row not in found)
        self._had_choice |= found
        if not found:
            return left
        before = left
        lines = (
            replace(line, need=rows[line.need]) for line in self.policy.choose(pairs, self._ahead(offers))
        )
        left = self._call(lines, left) if self.policy.by_phone else self._write(lines, left)
        # Calls are tried again, and of a need that is asked for in part the rest.
        self._changed.update(
            _field(self.year.wanted[row].record)
            for row in found
            if self.policy.by_phone or not self._is_covered(row)
        )
        self.minutes += before - left
        return left

    def _write(self, lines: Iterator[Line], left: float) -> float:
        served = set[int]()
        for line in lines:
            if left < self.year.behaviour["decision_minutes"]:
                # What there was no time for is looked at again.
                self._changed.update(_field(self.year.wanted[row].record) for row in self._open)
                break
            if line.need in served or not self._may_ask_beside(line.need):
                continue
            if (line.need, line.offer) not in self._silent_pairs:
                left -= self.year.behaviour["decision_minutes"]
                self._ask(line)
                continue
            minutes, answer = self._ring(line)
            left -= minutes
            if answer is not None and answer.agreed:
                served.add(line.need)
        return left

    def _ask(self, line: Line) -> None:
        match = self._matched(line)
        year, how = self.year, self.year.behaviour
        need, giver = year.wanted[line.need].record, year.given[line.offer]
        self._asked_at[line.offer].append(self.now)
        self._waiting[line.offer] = True
        ends = self.now + year.town.answer_hours[URGENCIES.index(need.urgency)] * 60
        if not need.lasts and need.kind != GOODS:
            # An appointment does not wait for a late answer.
            ends = min(ends, (line.first - FIRST + 1) * DAY - 1)
        comes = ends + 1
        if self._chance("answers", match) < how["answers_sms" if giver.by_sms else "answers_mail"]:
            urgent = need.urgency == "tonight"
            median = how["answer_minutes"] if urgent else how["answer_hours"] * 60
            delay = log_normal(self._chance("delay", match), median=median, spread=how["answer_spread"])
            comes = by_day(self.now + max(1, round(min(delay, 60 * DAY))))
        self._later(min(comes, ends), "answered" if comes <= ends else "silent", match)

    def _call(self, lines: Iterator[Line], left: float) -> float:
        """The oldest need first, one citizen after the other, until one has said yes or it is the next need's turn."""
        how = self.year.behaviour
        calls = Counter[int]()
        served = set[int]()
        taken = set[int]()
        for line in lines:
            if line.need in served or line.offer in taken or calls[line.need] >= CALLS_AT_ONCE:
                continue
            cost = 0 if calls[line.need] else how["decision_minutes"]
            if left < cost + how["call_minutes"]:
                break
            left -= cost
            calls[line.need] += 1
            minutes, answer = self._ring(line)
            left -= minutes
            if answer is None:
                continue
            taken.add(line.offer)
            if answer.agreed:
                served.add(line.need)
        return left

    def _ring(self, line: Line) -> tuple[float, Match | None]:
        """Call a citizen, who answers at once or not at all: the minutes that it took, and what was answered."""
        how = self.year.behaviour
        self._tries[line.need, line.offer] += 1
        tried = self._tries[line.need, line.offer]
        match = Match(line.need, line.offer, line.first, line.last, line.quantity)
        if self._chance("call", match, tried) >= how["answers_call"]:
            if tried >= TRIES:
                self._set_aside.add((line.need, line.offer))
            return how["missed_minutes"], None
        match = self._matched(line)
        asked_before = self._recently(line.offer)
        self._asked_at[line.offer].append(self.now)
        if self._is_gone(line.offer):
            self._closed[line.offer] = True
            self._end(match)
        elif self._says_yes(match, asked_before):
            self._agree(match)
        else:
            self._end(match)
        return how["call_minutes"], match

    def _matched(self, line: Line) -> Match:
        match = Match(line.need, line.offer, line.first, line.last, line.quantity)
        self.matches.append(match)
        self._live.append(match)
        self._of_need[line.need].append(match)
        self._set_aside.add((line.need, line.offer))
        return match

    # What the desk knows.

    def _open_needs(self) -> list[int]:
        wanted = self.year.wanted
        while self._next_need < len(wanted) and wanted[self._next_need].posted <= self.now:
            self._open.append(self._next_need)
            self._changed.add(_field(wanted[self._next_need].record))
            self._next_need += 1
        self._open = [row for row in self._open if self._still_waits(row)]
        self._look_again()
        rows = [row for row in self._open if _field(wanted[row].record) in self._changed]
        self._changed.clear()
        # Where nothing fits, nobody looks again before tomorrow.
        return [row for row in rows if self._in_vain.get(row) != self.today and not self._is_covered(row)]

    def _held(self, row: int) -> Iterator[Match]:
        """What is given to a need, or asked for it: of homes that are asked side by side, only what is given."""
        asked_is_held = self._at_once(row) == 1
        return (
            one for one in self._of_need[row] if one.state != OVER and (asked_is_held or one.state != ASKED)
        )

    def _at_once(self, row: int) -> int:
        return self.policy.homes_at_once if self.year.wanted[row].record.kind == HOUSING else 1

    def _unanswered(self, row: int) -> list[Match]:
        return [one for one in self._of_need[row] if one.state == ASKED]

    def _may_ask_beside(self, row: int) -> bool:
        """Whether a question more may wait for this need; where one alone may, whoever chooses sees to it."""
        most = self._at_once(row)
        return most == 1 or len(self._unanswered(row)) < most

    def _still_waits(self, row: int) -> bool:
        one = self.year.wanted[row]
        if one.record.last_day.toordinal() < self.today:
            return False
        return self.today - FIRST <= one.leaves or any(other.state != OVER for other in self._of_need[row])

    def _is_covered(self, row: int) -> bool:
        if not self._may_ask_beside(row):
            return True
        record = self.year.wanted[row].record
        if not record.lasts:
            return sum(one.quantity for one in self._held(row)) >= record.quantity
        first, last = max(record.first_day.toordinal(), self.today), record.last_day.toordinal()
        days = sum(max(0, min(one.last, last) - max(one.first, first) + 1) for one in self._held(row))
        return days >= last - first + 1

    def _look_again(self) -> None:
        """Mark what changes with the day, and what was registered: all that could be asked of the rest is asked."""
        arrived = int(np.searchsorted(self._registered, self.now, side="right"))
        self._changed.update(_field(one.record) for one in self.year.given[self._seen_offers : arrived])
        self._seen_offers = arrived
        if self._seen_day != self.today:
            self._seen_day = self.today
            self._changed.update(_field(self.year.wanted[row].record) for row in self._open)

    def _offers(self) -> OfferColumns:
        """All offers of the year; those that are not there yet, or cannot be asked, are not open."""
        self._live = [
            one
            for one in self._live
            if one.spoilt or (one.state != OVER and (one.last >= self.today - 7 or self._shown.is_stock(one)))
        ]
        asked = np.zeros(len(self._asked_at), np.int32)
        for row, minutes in enumerate(self._asked_at):
            if minutes and minutes[-1] > self.now - ASKED_DAYS * DAY:
                asked[row] = self._recently(row)
        return self._shown.offers(
            self._live,
            is_open=(self._registered <= self.now) & ~self._closed & ~self._waiting,
            asked=asked,
            confirmed=self._confirmed,
        )

    def _ahead(self, offers: OfferColumns) -> Ahead | None:
        """What lies ahead of all offers that are there, whether a question waits for their citizens or not."""
        today = date.fromordinal(self.today)
        if self._lookout.is_due(today):
            there = replace(offers, is_open=(self._registered <= self.now) & ~self._closed)
            self._lookout.look(today, there, posted=self._next_need)
        return self._lookout.seen


def _field(record: Offer | Need) -> tuple[str, str]:
    """What may meet: homes of all forms, other things of one category."""
    return record.kind, "" if record.kind == HOUSING else record.category
