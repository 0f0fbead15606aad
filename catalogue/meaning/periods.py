"""Windows of days, several in a text or one: "du 1er au 15 décembre 2026", "2 semaines à partir du 5/12"."""

import re
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

from catalogue.items.words import words_of
from catalogue.meaning.days import (
    NOW,
    SINCE,
    UNTIL,
    end_of_month,
    likely_days,
    loose,
    months,
    no_such_day,
    on_weekday,
    one_day,
    read_month,
    unsure,
    weekdays,
    words,
)
from catalogue.meaning.numbers import DAYS, number_words
from catalogue.meaning.text import CellError, Reading, Unclear, sure_items
from catalogue.vocabulary import MOST_PERIODS

Period = tuple[date, date | None]
Part = tuple[date, date]

_ALWAYS = words_of("toujours permanent permanence always anytime oui yes ok x dispo libre illimite illimitee") | {
    "jusqu'a nouvel ordre", "sans limite de duree", "sans limite de temps", "sans date de fin", "pas de limite",
    "duree indeterminee", "until further notice", "open ended", "libre de suite", "libre immediatement",
    "dispo de suite", "dispo tout de suite", "dispo immediatement", "dispo maintenant",
    "a l'annee", "indefiniment", "sans fin", "longue duree sans limite",
    "toute l'annee", "tout le temps", "en permanence", "a tout moment", "sans limite", "all year", "all the time",
}  # fmt: skip
_FREE = r"^(?:disponible |libre |dispo |available )?"
_FROM = re.compile(rf"{_FREE}(?:{SINCE}|du |de |le |the )")
_OPEN = re.compile(rf"{_FREE}{SINCE}|^>=? ?")
_OPEN_END = re.compile(
    r"\s*(?:(?:(?:[-–—]|\bau)\s*)?(?:\.{2,}|…)|→|->|=>|>|-|–|—|\bet apres|\bet plus|\bonwards|\+)\s*$"
)
_UNTIL = re.compile(
    rf"{_FREE}(?:(?:de suite|des maintenant|maintenant)? ?(?:et )?{UNTIL}|(?:\.{{2,}}|→|->|<=?) ?)(?=\S)"
)
_FREE_AT = re.compile(r"^(?:disponible|libre|dispo|available) (?:au|le) (?=\d)")
_BETWEEN = re.compile(r"^(?:entre(?: le)?|between(?: the)?) (.+) (?:et(?: le)?|and(?: the)?) (.+)$")
_TO = re.compile(
    r"\s*(?:\.{2,}|→|->|=>|–|—|>)\s*|\s*\bjusqu'(?:au|a|en)\b\s*|\s+(?:au|a|to|until|till|through|bis|الي|حتي)\s+|\s*-\s*"
)
_ARTICLE = re.compile(r"^(?:le|the) ")
# "Dec 1-15", and two days in the form of ISO 8601 with nothing but a slash between.
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,})\.? (\d{1,2}) ?[-–] ?(\d{1,2})((?:,? \d{4})?)")
# "Dec 20 to Jan 5".
_MONTHS_FIRST = re.compile(
    r"([^\W\d_]{3,})\.? (\d{1,2}) ?(?:[-–—]|to|till|until|through|au?) ?([^\W\d_]{3,})\.? (\d{1,2})((?:,? \d{4})?)"
)
_ISO_INTERVAL = re.compile(r"(\d{4}-\d\d-\d\d)(?:t[\d:.z+]+)? ?([/ ]) ?(\d{4}-\d\d-\d\d)(?:t[\d:.z+]+)?")
_WEEK = re.compile(
    r"(?:(?:la |en |toute la )?(?:semaine|sem|week|wk)\.? ?(?:n° ?|no? ?)?|s)(\d{1,2})(?:[ /-]*(?:de )?(\d{4}))?"
)
_WEEKS = re.compile(r"\bsemaines? (\d{1,2}) (?:et|&) (\d{1,2})((?: \d{4})?)$", re.IGNORECASE)
_PLUS = re.compile(r"(?<=\d)\s+\+\s+(?=(?:du\s|le\s)?\d+\s?(?:[/.]|er\b|[^\W\d_]{3,}))")
_WEEK_OF = re.compile(r"(?:la |toute la |the )?(?:semaine|week) (?:du|de|of) (?:the )?(.+)")
_EITHER = re.compile(r"\b(?:ou|or)\b")
_WHOLE_YEAR = re.compile(r"(?:(?:toute )?l'annee|annee|en|toute l'annee|year|in|all of) (\d{4})")
_FROM_WHEN = "from_when"  # the code of the question about all of a text
_A_YEAR = re.compile(r"20\d\d")
_FIGURE = re.compile(r"\d")
# Without a year, what would last nearly so long is more likely written in the wrong order.
_MOST_WITHOUT_YEAR = timedelta(days=310)
_LENGTH = re.compile(
    r"(?:pour |pendant |durant |for )?(?:une duree de |une periode de )?(\d{1,3}|[^\W\d_]+) ?"
    rf"({'|'.join(sorted(DAYS, key=len, reverse=True))})(?: maximum| max)?"
)
_PLAIN = re.compile(
    r"(?:(?:\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4})\.\.(?:\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4})?(?:\s*\|\s*)?)+"
)


def read_periods(text: str, *, today: date) -> Reading[tuple[Period, ...]]:
    """In order, apart from one another; the last may be open. CellError, Unclear."""
    found = _all(text, today)
    if len(found) > MOST_PERIODS:
        raise CellError(_("une proposition a au plus 50 périodes."), code="too_many")
    found.sort(key=lambda period: period[0])
    for (_first, end), (following, _last) in pairwise(found):
        if end is None or following <= end:
            raise CellError(_("deux périodes se chevauchent."), code="overlap")
    if _PLAIN.fullmatch(text.strip()):
        return Reading(tuple(found))
    return Reading(tuple(found), "; ".join(period_words(period) for period in found))


def period_words(period: Period) -> str:
    """ "du 1er décembre 2026 au 15 janvier 2027": both years, whatever they are."""
    first, last = period
    if last is None:
        return _("à partir du %(day)s") % {"day": words(first)}
    if first == last:
        return _("le %(day)s") % {"day": words(first)}
    return _("du %(first)s au %(last)s") % {"first": words(first), "last": words(last)}


def _all(text: str, today: date) -> list[Period]:
    found: list[Period] = []
    for piece in _pieces(text):
        try:
            found.append(_one(piece, today))
        except CellError as error:
            parts = [
                part.strip()
                for part in re.split(r",|\s(?:et|puis|and)\s(?!apres|plus)", piece)
                if part.strip()
            ]
            if len(parts) == 1 or (isinstance(error, Unclear) and error.code != _FROM_WHEN):
                raise
            found += _together(parts, today, error)
    return found


def _pieces(text: str) -> list[str]:
    """What stands between marks that mean nothing else: "1/12-15/12 + 3/1-20/1", "semaines 50 et 51"."""
    return [
        _WEEKS.sub(r"semaine \1 et semaine \2\3", piece)
        for item in sure_items(text)
        for piece in _PLUS.split(item)
    ]


def _together(parts: list[str], today: date, error: CellError) -> list[Period]:
    """Several with a comma between; "janvier et février 2027": the year of the last is that of those before."""
    found: list[Period] = []
    year = None
    for part in reversed(parts):
        try:
            period = _one(part, today, year=year)
        except Unclear:
            raise
        except CellError:
            raise error from None
        found.append(period)
        year = period[0].year if re.search(r"\d{4}", part) else year
    return found


def _one(piece: str, today: date, *, year: int | None = None) -> Period:
    written = piece.strip()
    bare = loose(written)
    bare = bare if bare.endswith("..") else bare.rstrip(" .!,")
    if bare in NOW or bare in _ALWAYS:
        return today, None
    if whole := _whole(bare, today):
        return whole
    if length := _with_length(bare, written, today):
        return length
    if iso := _ISO_INTERVAL.fullmatch(bare):
        if iso[2] != "/":
            raise _in_question(written, [f"{iso[1]}..{iso[3]}"])
        return _ordered(iso[1], iso[3], written, today)
    if named := _MONTH_FIRST.fullmatch(bare):
        bare = f"{named[2]}-{named[3]} {named[1]}{named[4].replace(',', '')}"
    bare = _days_first(bare, today)
    bare = _FREE_AT.sub("a partir du ", bare)
    if (between := _BETWEEN.fullmatch(bare)) and (
        found := _from_to(between[1], between[2], written, today, "et")
    ):
        return found
    if day := _plain_day(bare, written, today, year):
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: ce jour seulement, ou à partir de ce jour\u202f?")
            % {"text": written},
            written=written,
            choices=[f"{day}..", f"{day}..{day}"],
        )
    if month := read_month(
        re.sub(r"^(?:en|in|au mois de|mois de|tout le mois de) ", "", bare), today=today, year=year
    ):
        return month
    for mark in _TO.finditer(bare):
        left, right = bare[: mark.start()].strip(), bare[mark.end() :].strip()
        if left and right and (found := _from_to(left, right, written, today, mark[0].strip())):
            return found
    if until := _UNTIL.match(bare):
        return _until(bare[until.end() :], written, today)
    opened = _OPEN.match(bare)
    ended = _OPEN_END.search(bare)
    if opened or ended:
        rest = bare[opened.end() if opened else 0 :]
        rest = _FROM.sub("", _OPEN_END.sub("", rest))
        if rest in NOW:
            return today, None
        if first := _plain_day(rest, written, today, year):
            return first, None
        if month := read_month(rest, today=today, year=year):
            return month[0], None
        bare = rest
    raise _refused(bare, written, today)


def _days_first(bare: str, today: date) -> str:
    """ "Dec 20 to Jan 5" as "20 dec - 5 jan"; not "déc 26 - janv 27", which may be months of two years."""
    both = _MONTHS_FIRST.fullmatch(bare)
    if both is None or not {both[1], both[3]} <= months().keys() or {both[1], both[3]} <= weekdays().keys():
        return bare
    numbers = int(both[2]), int(both[4])
    if max(numbers) > 31 or 2000 + min(numbers) >= today.year:
        return bare
    return f"{both[2]} {both[1]} - {both[4]} {both[3]}{both[5].replace(',', '')}"


def _whole(bare: str, today: date) -> Period | None:
    """A year, or a week by its number."""
    if year := _WHOLE_YEAR.fullmatch(bare):
        return date(int(year[1]), 1, 1), date(int(year[1]), 12, 31)
    week = _WEEK.fullmatch(bare)
    if week is None:
        return None
    for written in [int(week[2])] if week[2] else range(today.year, today.year + 2):
        try:
            monday = date.fromisocalendar(written, int(week[1]), 1)
        except ValueError:
            continue
        if week[2] or monday + timedelta(days=6) >= today:
            return monday, monday + timedelta(days=6)
    return None


def _refused(bare: str, written: str, today: date) -> CellError:
    if _A_YEAR.fullmatch(bare):
        return _in_question(written, [f"{bare}-01-01..{bare}-12-31"])
    if (week := _WEEK_OF.fullmatch(bare)) and (days := likely_days(week[1], today)):
        monday = days[0] - timedelta(days=days[0].weekday())
        return _in_question(written, [f"{monday}..{monday + timedelta(days=6)}"])
    days = likely_days(bare, today)
    if len(days) > 1 and _EITHER.search(bare):
        return _in_question(written, [])
    if len(days) == 2 and days[0] <= days[1]:
        return _in_question(written, [f"{days[0]}..{days[1]}"])
    if days and (until := _UNTIL.match(bare)) and until[0]:
        return _in_question(written, [f"..{days[0]}"])
    if found := unsure(bare, written, today, then=".."):
        found.code = _FROM_WHEN
        return found
    if _FIGURE.search(bare):
        return _in_question(written, [])
    return CellError(
        _(
            "«\u00a0%(text)s\u00a0» n’est pas une période. Écrivez 2026-03-01..2026-05-31, "
            "ou 2026-03-01.. sans date de fin."
        )
        % {"text": written},
        written=written,
        code="period",
    )


def _in_question(written: str, choices: list[str]) -> Unclear:
    return Unclear(
        _("«\u00a0%(text)s\u00a0»\u202f: de quel jour à quel jour\u202f?") % {"text": written},
        written=written,
        choices=choices,
        code=_FROM_WHEN,
    )


def _plain_day(bare: str, written: str, today: date, year: int | None = None) -> date | None:
    bare = _ARTICLE.sub("", bare)
    # What is asked is asked of this day alone, where it can be found again in what was written.
    return one_day(bare, bare if bare in written else written, today=today, year=year)


def _part(bare: str, written: str, today: date, year: int | None = None) -> Part | None:
    """One end of a period: a day, or a month from its first to its last."""
    if bare.removesuffix(" et") in NOW:
        return today, today
    bare = _ARTICLE.sub("", _FROM.sub("", bare)).strip(" ,")
    if bare in NOW:
        return today, today
    if day := _plain_day(bare, written, today, year):
        return day, day
    return read_month(bare, today=today, year=year)


def _from_to(left: str, right: str, written: str, today: date, mark: str) -> Period | None:
    """Both ends; None when the mark between does not part a period here ("01-12-2026")."""
    try:
        last = _end(right, written, today)
    except Unclear:
        raise
    except CellError:
        if mark == "-":
            return None
        raise
    if last is None:
        return None
    bare = _ARTICLE.sub("", _FROM.sub("", left)).strip(" ,")
    number = re.fullmatch(r"(?:(?P<name>[^\W\d_]+)\.? )?(\d{1,2})(?:er|e|st|nd|rd|th)?", bare)
    if number and (number["name"] not in months() or number["name"] in weekdays()):
        # "du 1er au 15 décembre": the month and the year of the end. Not the hyphen of 1-12-2026.
        if mark == "-" and not re.search(r"[^\W\d_]|^\d{1,2}([/.])\d{1,2}(?:\1(?:\d{4}|\d{2}))?$", right):
            return None
        try:
            first_day = last[1].replace(day=int(number[2]))
        except ValueError:
            raise no_such_day(written) from None
        if number["name"] in weekdays():
            try:
                on_weekday(first_day, number["name"], written)
            except Unclear as error:
                error.choices = (f"{first_day}..{last[1]}",)
                raise
        return _checked(first_day, last[1], written)
    first = _part(left, written, today)
    if first is None:
        return None
    return _ordered(left, right, written, today)


def _end(bare: str, written: str, today: date, year: int | None = None) -> Part | None:
    """The last of a period, which "fin mars" is too."""
    return end_of_month(_ARTICLE.sub("", bare), today=today, year=year) or _part(bare, written, today, year)


def _has_year(bare: str) -> bool:
    return bool(re.search(r"\d{4}|'\d{2}|[/.-]\d{1,2}[/.-]\d{2}\b|[^\W\d_][ .-]+\d{2}$|^\d{5}", bare))


def _ordered(left: str, right: str, written: str, today: date) -> Period:
    """From one to the other; where one names no year, the one that makes it a period."""
    first, last = _part(left, written, today), _end(right, written, today)
    if first is None or last is None:
        raise _refused(f"{left} {right}", written, today)
    if not _has_year(left) and _has_year(right):
        first = _part(left, written, today, last[1].year) or first
        if first[0] > last[1]:
            first = _part(left, written, today, last[1].year - 1) or first
    elif not _has_year(right):
        last = _end(right, written, today, first[0].year) or last
        if last[1] < first[0]:
            last = _end(right, written, today, first[0].year + 1) or last
        if not _has_year(left) and last[1] - first[0] > _MOST_WITHOUT_YEAR:
            raise _in_question(written, [f"{first[0]}..{last[1]}"])
    return _checked(first[0], last[1], written)


def _checked(first: date, last: date, written: str) -> Period:
    if last < first:
        raise CellError(
            _("«\u00a0%(text)s\u00a0»\u202f: la fin doit venir après le début.") % {"text": written},
            written=written,
            code="order",
        )
    return first, last


def _until(bare: str, written: str, today: date) -> Period:
    last = _end(bare, written, today)
    if last is None:
        raise _refused(f"jusqu'au {bare}", written, today)
    return _checked(today, last[1], written)


def _with_length(bare: str, written: str, today: date) -> Period | None:
    """ "2 semaines à partir du 5/12", "dès le 5/12 pour 3 mois"; a length alone does not say from when."""
    if _LENGTH.fullmatch(bare) and _days(bare):
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: à partir de quel jour\u202f?") % {"text": written},
            written=written,
        )
    for match in _LENGTH.finditer(bare):
        before, after = bare[: match.start()].strip(" ,"), bare[match.end() :].strip(" ,")
        if bool(before) == bool(after) or not (number := _days(match[0])):
            continue
        rest = before or after
        first = _part(rest, written, today) if _FROM.match(rest) or rest in NOW or before else None
        if first is not None and first[0] == first[1]:
            return first[0], _after(first[0], *number) - timedelta(days=1)
    return None


def _days(bare: str) -> tuple[int, str] | None:
    match = _LENGTH.fullmatch(bare.strip())
    if match is None:
        return None
    number = int(match[1]) if match[1].isdigit() else number_words().get(match[1])
    return (number, match[2]) if number else None


def _after(first: date, number: int, unit: str) -> date:
    """So many days, weeks, months or years later, by the calendar."""
    if DAYS[unit] in (30, 365):
        month = first.month - 1 + number * (1 if DAYS[unit] == 30 else 12)
        year, month = first.year + month // 12, month % 12 + 1
        for day in range(first.day, 27, -1):
            try:
                return date(year, month, day)
            except ValueError:
                continue
        return date(year, month, min(first.day, 28))
    return first + timedelta(days=int(number * DAYS[unit]))
