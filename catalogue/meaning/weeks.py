"""Weekly slots as people write them: "lundi 18h-20h", "lun-ven 18-20", "tous les soirs", "ven 20h-02h"."""

import re
from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from catalogue.labels import listed
from catalogue.meaning.days import weekdays
from catalogue.meaning.text import CellError, Reading, Unclear, folded
from catalogue.slots import WeeklySlot, in_week_order, parse_slot, slot_text
from catalogue.times import AFTERNOON, EVENING, MORNING, slot_words

_DAY_MINUTES = 24 * 60
_NOON = 12
# What begins in the evening may end so early the next day.
_EVENING_FROM, _NIGHT_UNTIL = 17 * 60, 10 * 60
_STRICT = re.compile(r"(?:(?:mon|tue|wed|thu|fri|sat|sun) \d\d:\d\d-\d\d:\d\d\s*[|,;\n]?\s*)+")
_SINGLE = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun) \d\d:\d\d-\d\d:\d\d")

_PLAIN = re.compile(r"[a-z]+ \d{1,2}h(?:\d\d)?-\d{1,2}h(?:\d\d)?")

_EVERY_DAY, _WORKING, _WEEKEND = tuple(range(7)), tuple(range(5)), (5, 6)
_GROUPS = {
    "tous les jours": _EVERY_DAY, "toute la semaine": _EVERY_DAY, "chaque jour": _EVERY_DAY, "7j/7": _EVERY_DAY,
    "7/7": _EVERY_DAY, "quotidien": _EVERY_DAY, "quotidiennement": _EVERY_DAY, "every day": _EVERY_DAY,
    "daily": _EVERY_DAY, "tlj": _EVERY_DAY, "كل يوم": _EVERY_DAY, "jours de semaine": _WORKING,
    "jour de semaine": _WORKING,
    "en semaine": _WORKING, "jours ouvres": _WORKING, "weekdays": _WORKING,
    "week-ends": _WEEKEND, "week-end": _WEEKEND, "weekends": _WEEKEND, "weekend": _WEEKEND, "we": _WEEKEND,
    "week end": _WEEKEND, "week ends": _WEEKEND,
}  # fmt: skip
_PARTS = {
    "matin": MORNING, "matins": MORNING, "matinee": MORNING, "morning": MORNING, "mornings": MORNING,
    "apres-midi": AFTERNOON, "apres midi": AFTERNOON, "apres-midis": AFTERNOON, "aprem": AFTERNOON, "apm": AFTERNOON,
    "afternoon": AFTERNOON, "afternoons": AFTERNOON, "soir": EVENING, "soirs": EVENING, "soiree": EVENING,
    "soirees": EVENING, "evening": EVENING, "evenings": EVENING, "صباحا": MORNING, "مساء": EVENING,
}  # fmt: skip
# "tous les soirs": of every day; "tous les mardis soirs": of that one.
_EVERY = re.compile(
    rf"(?:tous les|toutes les|chaque|every) (?=(?:{'|'.join(sorted(_PARTS, key=len, reverse=True))})(?!\w))"
)
_HOUR = r"(?:(\d{1,2}) ?(?:h|:|\.(?=\d\d))? ?(\d\d)?(?: ?h)? ?(am|pm)?|(midi|minuit|noon|midnight))"
_RANGE_WORD = r"(?:->|-|–|—|→|(?:jusqu'au|jusqu'a|au|a|to|until|through|الي)(?!\w))"
_HOURS = re.compile(rf"(?:entre |de |from |between |من )?{_HOUR} ?(?:{_RANGE_WORD}|et|and) ?{_HOUR}(?![\w:])")
_JOIN = re.compile(r"(?:,|/|&|\+|\||;|\bet\b|\band\b|\bou\b|\bor\b)")
_TO = re.compile(_RANGE_WORD)
# Says something of when, though not when.
_OF_TIME = re.compile(
    r"\d|\b(?:flexible|souple|convenir|definir|voir|journee|nuits?|temps|toujours|semaine|we|week-ends?|soirs?|matins?"
    r"|disponible|dispo|variable|anytime|vacances|selon)\b"
)
_CHAIN = re.compile(r"[^\W\d_]+\.? ?[-–] ?[^\W\d_]+\.? ?[-–] ?[^\W\d_]")
# How weeks are abbreviated on timetables; an initial of two days (M) is neither's.
_SHORT_DAYS = {
    "l": 0,
    "lu": 0,
    "ma": 1,
    "me": 2,
    "j": 3,
    "je": 3,
    "v": 4,
    "ve": 4,
    "s": 5,
    "sa": 5,
    "d": 6,
    "di": 6,
}
# "18h-20h lundi et mardi", "(lun., mer.)": the hours first, then their days alone.
_HOURS_FIRST = re.compile(rf"(?P<hours>{_HOURS.pattern})[ ,:]*\(?(?P<days>[^\d()]+)\)?")
_LEFT_OUT = re.compile(r"^(.*?),? \(?(?:sauf|hors|except)(?: les?)? ([^\d()]+?)\)?$")
# "21h à 1h du matin", "6h du soir"; "18h30/20h"; "du lundi au vendredi" behind the hours.
_OF_MORNING = re.compile(r"(\d ?h(?: ?\d\d)?|\d) (?:du matin|in the morning)\b")
_OF_EVENING = re.compile(
    r"(?:\b(\d{1,2}) ?h? ?(\d\d)? ?(?:->|[-–—→/]|\ba\b|\bet\b) ?)?"
    r"\b(\d{1,2}) ?h ?(\d\d)? (?:du soir|de l'apres[ -]midi|in the evening|in the afternoon)\b"
)
_HOURS_CUT = re.compile(
    r"(?<![-–à\dh:])(?<![-–] )\b(\d{1,2} ?h ?\d{0,2}) ?/ ?(\d{1,2} ?h ?\d{0,2})(?! ?[-–\dh:])(?! a )"
)
_DAY_TO_DAY = re.compile(r"(?:du )?[^\W\d_]+\.? ?(?:au|a|-|to) ?[^\W\d_]+\.?")
_IDLE_WORDS = frozenset({"le", "la", "les", "du", "de", "tous", "toutes", "chaque", "on", "every"})
# Words between that say nothing of their own.
_IDLE = re.compile(r"(?:le|la|les|de|du|des|l|d|the|on|in|at|a|en|tous|toutes|chaque|every)\b'?|[:.()]")
_EXCEPT = re.compile(
    r"\b(?:sauf|hors|except|environ|env|ou|or|parfois|selon|peut-etre|un .* sur deux|1 .* sur 2)\b|\?|~"
)


def read_slots(text: str) -> Reading[tuple[str, ...]]:
    """Slots as they are stored, Monday first, each once; what goes past midnight is two. CellError, Unclear."""
    written = text.strip()
    if _STRICT.fullmatch(written):
        stored = _SINGLE.findall(written)
        if all(slot[4:] < slot[10:] <= "24:00" for slot in stored):
            for slot in stored:
                parse_slot(slot)
            return Reading(tuple(in_week_order(set(stored))))
    found: dict[str, None] = {}
    bare = folded(re.sub(r"[\n\r|;]+", ", ", written))
    bare = _OF_EVENING.sub(_after_noon, bare)
    bare = _HOURS_CUT.sub(r"\1-\2", _OF_MORNING.sub(r"\1", bare))
    turned = _HOURS_FIRST.fullmatch(bare)
    if turned and (_days_alone(turned["days"]) or _DAY_TO_DAY.fullmatch(turned["days"].strip())):
        bare = f"{turned['days']} {turned['hours']}"
    left_out: set[int] = set()
    if without := _LEFT_OUT.fullmatch(bare):
        left_out = set(_days_alone(without[2]))
        if left_out:
            bare = without[1]
    for slot in _slots(bare, written, left_out):
        found[slot] = None
    if not found:
        raise _which(written)
    slots = in_week_order(found)
    if _PLAIN.fullmatch(bare):
        return Reading(tuple(slots))
    return Reading(tuple(slots), listed(slot_words(parse_slot(slot)) for slot in slots))


def _after_noon(match: re.Match[str]) -> str:
    """ "8 à 10h du soir" is 20h-22h: of both ends, unless the first would then come after the last ("10 à 2h")."""
    last = int(match[3]) % 12 + 12
    end = f"{last}h{match[4] or ''}"
    if not match[1]:
        return end
    first = int(match[1])
    later = first + 12
    if first < 12 and (later, int(match[2] or 0)) < (last, int(match[4] or 0)):
        first = later
    return f"{first}h{match[2] or ''}-{end}"


def _slots(bare: str, written: str, left_out: Collection[int]) -> Iterator[str]:
    """The text from left to right: days gather until hours follow, which are those of all of them but those left out;
    a part of the day ("soir") says when, unless hours follow it.
    """
    if _EXCEPT.search(bare):
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: quels jours, de quelle heure à quelle heure\u202f?")
            % {"text": written},
            written=written,
        )
    days: list[int] = []
    part = ""
    at, timed, some, to = 0, False, False, False

    def of_part() -> Iterator[str]:
        return (slot_text(WeeklySlot(day, *_PARTS[part])) for day in days if part and day not in left_out)

    while at < len(bare):
        rest = bare[at:]
        if rest[0] == " ":
            at += 1
        elif hours := (None if to and not days else _HOURS.match(rest)):
            if not days:
                raise _which(written)
            of_hours = list(_of([day for day in days if day not in left_out], hours, written))
            if part and of_hours and (int(of_hours[0][4:6]) < _NOON) != (_PARTS[part] == MORNING):
                raise _which(written)  # "lundi soir 9h-11h"
            part = ""
            yield from of_hours
            at, timed, some, to = at + hours.end(), True, True, False
        elif name := _longest(rest, _PARTS):
            if not days:
                raise _which(written)
            yield from of_part()
            part = name
            at, timed, some, to = at + len(name), True, True, False
        elif named := _days(rest):
            name, numbers = named
            yield from of_part()
            part = ""
            if timed:
                days, timed = [], False
            if to and days:
                numbers = tuple(_through(days.pop(), numbers[0]))
            days += numbers
            at, to = at + len(name), False
        elif join := _JOIN.match(rest):
            yield from of_part()
            part = ""
            at += join.end()
        elif days and not timed and (mark := _TO.match(rest)):
            if _CHAIN.match(bare):
                raise _which(written)  # "lundi - mercredi - vendredi": those three, or from the first on?
            at, to = at + mark.end(), True
        elif idle := _IDLE.match(rest):
            at += idle.end()
        else:
            raise _which(written) if days else _not_slots(written)
    yield from of_part()
    if not some or not timed:
        raise _which(written) if days else _not_slots(written)


def _days_alone(text: str) -> list[int]:
    """The days of a text that names days and nothing else; none where it says anything more, or "to" between two."""
    days: list[int] = []
    for word in re.split(r"[ ,/&+]+", text.strip(" .:")):
        named = _days(word)
        if word in ("et", "and", "le", "les", "") or word.rstrip(".") in _IDLE_WORDS:
            continue
        if named is None or named[0] != word:
            return []
        days += named[1]
    return days


def _which(written: str) -> Unclear:
    return Unclear(
        _("«\u00a0%(text)s\u00a0»\u202f: quels jours, de quelle heure à quelle heure\u202f?")
        % {"text": written},
        written=written,
        code="slot",
    )


def _not_slots(written: str) -> CellError:
    if _OF_TIME.search(folded(written)):
        return _which(written)
    return CellError(
        _("Nous ne comprenons pas «\u00a0%(text)s\u00a0». Écrivez par exemple «\u00a0lundi 18h-20h\u00a0».")
        % {"text": written},
        written=written,
        code="slot",
    )


def _longest(rest: str, names: dict[str, tuple[int, int]]) -> str:
    return max((name for name in names if re.match(rf"{re.escape(name)}(?!\w)", rest)), key=len, default="")


def _days(rest: str) -> tuple[str, tuple[int, ...]] | None:
    if every := _EVERY.match(rest):
        return every[0], _EVERY_DAY
    group = max(
        (name for name in _GROUPS if re.match(rf"{re.escape(name)}(?!\w)", rest)), key=len, default=""
    )
    if group:
        return group, _GROUPS[group]
    word = re.match(r"[^\W\d_]+\.?", rest)
    name = word[0].rstrip(".") if word else ""
    number = weekdays().get(name, _SHORT_DAYS.get(name))
    return (word[0], (number,)) if word and number is not None else None


def _through(first: int, last: int) -> Iterator[int]:
    """From one day to another, past Sunday."""
    for step in range((last - first) % 7 + 1):
        yield (first + step) % 7


def _of(days: list[int], hours: re.Match[str], written: str) -> Iterator[str]:
    start_half, end_half = hours[3], hours[7]
    start = _minutes(hours[1], hours[2], start_half or (end_half if hours[1] else ""), hours[4], written)
    end = _minutes(hours[5], hours[6], end_half, hours[8], written)
    if hours[8] in ("minuit", "midnight"):
        end = _DAY_MINUTES
    if not start_half and end_half == "pm" and start > end:  # "10-2pm"
        start = _minutes(hours[1], hours[2], "", None, written)
    past_midnight = end <= start and start >= _EVENING_FROM and end <= _NIGHT_UNTIL
    if start >= _DAY_MINUTES or (end <= start and not past_midnight) or end > _DAY_MINUTES:
        raise CellError(
            _("«\u00a0%(text)s\u00a0»\u202f: la fin doit venir après le début, entre 0 h et 24 h.")
            % {"text": written},
            written=written,
            code="slot_order",
        )
    for day in days:
        yield slot_text(WeeklySlot(day, start, _DAY_MINUTES if past_midnight else end))
        if past_midnight and end:
            yield slot_text(WeeklySlot((day + 1) % 7, 0, end))


def _minutes(hour: str | None, minute: str | None, half: str | None, word: str | None, written: str) -> int:
    if word:
        return 12 * 60 if word in ("midi", "noon") else 0
    number = int(hour or 0)
    if half:
        number = number % 12 + (12 if half == "pm" else 0)
    if number > 24 or int(minute or 0) > 59:
        raise CellError(
            _("«\u00a0%(text)s\u00a0»\u202f: la fin doit venir après le début, entre 0 h et 24 h.")
            % {"text": written},
            written=written,
            code="slot_order",
        )
    return number * 60 + int(minute or 0)
