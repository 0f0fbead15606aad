"""Opening hours as OpenStreetMap writes them ("Mo-Fr 09:00-12:00; We off"), which data.inclusion asks for: what of it
is a plain week is read into weekly slots, and those are written.

A month, a week of the year or the school holidays make a text that only a person reads; it is kept as it is. What else
is to be said of the hours is the comment that stands where no rule fits: `Mo 09:00-12:00 || "sur rendez-vous"`.
"""

import re
from collections.abc import Iterable

from catalogue.slots import MOST_SLOTS, WeeklySlot, parse_slot, slot_text

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY_MINUTES = 24 * 60
_DAY = r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)"
_TIME = r"\d{1,2}:\d{2}-\d{1,2}:\d{2}"
# What stands between two rules: the later one replaces its days, or is added to them. A comma after a day goes on
# with the days.
_BETWEEN = re.compile(r"(;)|(?<=[\dfd])\s*,\s*(?=[A-Z])")
_RULE = re.compile(
    rf"(?P<days>{_DAY}(?:-{_DAY})?(?:,\s?{_DAY}(?:-{_DAY})?)*)?\s*(?P<hours>{_TIME}(?:,\s?{_TIME})*|off|closed)"
)
_NOTE = re.compile(r'(?:^|\|\|)\s*"([^"]*)"$')
_ALWAYS = "24/7"
# A week has no public holidays: that it is closed on them goes without saying.
_HOLIDAY = "PH"
_CLOSED = ("off", "closed")
# By the day on which they begin; what ends after midnight ends after the day's minutes.
Week = dict[int, list[tuple[int, int]]]


def read(text: str) -> tuple[list[str], str]:
    """The week as slots, Monday first, and what is said beside it; all of the text is beside, when there is more to it
    than a week. Never raises.
    """
    rules, note = text.strip(), ""
    if found := _NOTE.search(rules):
        rules, note = rules[: found.start()].strip(), found[1]
    slots = _week_of(rules) if rules else []
    return (slots, note) if slots is not None else ([], text.strip())


def write(slots: Iterable[str], note: str = "") -> str:
    """A week of slots, and what is said beside it; days with the same hours that follow each other stand together."""
    week: Week = {}
    for slot in map(parse_slot, slots):
        week.setdefault(slot.weekday, []).append((slot.start_minute, slot.end_minute))
    hours = {
        day: ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in sorted(week[day])) for day in week
    }
    rules: list[tuple[int, int, str]] = []
    for day in sorted(hours):
        if rules and rules[-1][1:] == (day - 1, hours[day]):
            rules[-1] = (rules[-1][0], day, hours[day])
        else:
            rules.append((day, day, hours[day]))
    said = "; ".join(f"{_span(first, last)} {hours_said}" for first, last, hours_said in rules)
    quoted = '"' + note.replace('"', "’") + '"' if note else ""
    return " || ".join(part for part in (said, quoted) if part)


def _span(first: int, last: int) -> str:
    return DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"


def _week_of(rules: str) -> list[str] | None:
    """None where there is more to them than a week."""
    week: Week = {}
    first, *others = _BETWEEN.split(rules.rstrip("; "))
    later = zip(others[1::2], others[::2], strict=True)
    for rule, semicolon in [(first, ";"), *later]:
        if not _read_rule(rule.strip(), week, adds=semicolon is None):
            return None
    days: Week = {}
    for day, hours in week.items():
        for start, end in hours:
            days.setdefault(day, []).append((start, min(end, _DAY_MINUTES)))
            if end > _DAY_MINUTES:
                days.setdefault((day + 1) % 7, []).append((0, end - _DAY_MINUTES))
    slots = [
        WeeklySlot(day, start, end) for day, hours in sorted(days.items()) for start, end in _joined(hours)
    ]
    return [slot_text(slot) for slot in slots] if len(slots) <= MOST_SLOTS else None


def _read_rule(rule: str, week: Week, *, adds: bool) -> bool:
    """Write one rule into the week: it `adds` to what was said of its days before, or replaces it. False where it is no
    such rule.
    """
    if rule == _ALWAYS:
        week.update({day: [(0, _DAY_MINUTES)] for day in range(7)})
        return True
    found = _RULE.fullmatch(rule)
    if not found:
        return False
    days, is_closed = _days(found["days"]), found["hours"] in _CLOSED
    if days is None or not (days or is_closed):
        return False
    if is_closed:
        week.update({day: [] for day in days})
        return True
    hours = [_minutes(part.strip()) for part in found["hours"].split(",")]
    if None in hours:
        return False
    said = [(start, end if end > start else end + _DAY_MINUTES) for start, end in filter(None, hours)]
    for day in days:
        week[day] = [*week.get(day, []), *said] if adds else list(said)
    return True


def _days(text: str | None) -> list[int] | None:
    """Which days a rule is for: none where it is for public holidays alone; None where they are not days of a week."""
    if text is None:
        return list(range(7))
    days: list[int] = []
    for part in text.split(","):
        first, _dash, last = part.strip().partition("-")
        if part.strip() == _HOLIDAY:
            continue
        last = last or first
        if first not in DAYS or last not in DAYS:
            return None
        start, end = DAYS.index(first), DAYS.index(last)
        days += [day % 7 for day in range(start, end + (8 if end < start else 1))]
    return days


def _minutes(text: str) -> tuple[int, int] | None:
    (start, begun), (end, ended) = (map(int, clock.split(":")) for clock in text.split("-"))
    if max(begun, ended) > 59 or start > 23 or end > 24 or (end == 24 and ended):
        return None
    return start * 60 + begun, end * 60 + ended


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _joined(hours: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, with those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(hours):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
