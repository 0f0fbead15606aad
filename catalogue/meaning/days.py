"""Days as people write them, the day before the month. Each reading is told today; what is not sure is asked."""

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from babel import Locale
from django.utils.translation import gettext as _

from catalogue.items.words import words_of
from catalogue.meaning.text import CellError, Reading, Unclear, folded
from catalogue.times import day_words

EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
AMERICAN = "american"  # the code of what is asked of a day whose month seems to come first
# From where spreadsheets count days: Excel, and old Excel of Macintosh.
_SERIAL_1900, _SERIAL_1904 = date(1899, 12, 30), date(1904, 1, 1)
# A list speaks of days as near as these; another number is no day.
_NEAR = timedelta(days=3 * 366)
# Without a year, what began so long ago is meant to have begun.
_LATELY = timedelta(days=90)

# Months and weekdays are read in these, and as CLDR abbreviates them.
_LANGUAGES = ("fr", "en", "ar", "es", "uk", "ru")
_MORE_MONTHS = {
    "jan": 1, "janv": 1, "fev": 2, "fevr": 2, "feb": 2, "mars": 3, "mar": 3, "avr": 4, "apr": 4, "mai": 5, "may": 5,
    "juin": 6, "jun": 6, "juil": 7, "juill": 7, "jul": 7, "aout": 8, "aou": 8, "aug": 8, "sept": 9, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MORE_WEEKDAYS = {
    "lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6,
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
# Levantine and Maghrebi names of months, beside those of CLDR.
_ARABIC_MONTHS = {
    "كانون الثاني": 1, "شباط": 2, "اذار": 3, "نيسان": 4, "ايار": 5, "حزيران": 6, "تموز": 7, "اب": 8, "ايلول": 9,
    "تشرين الاول": 10, "تشرين الثاني": 11, "كانون الاول": 12, "جانفي": 1, "فيفري": 2, "افريل": 4, "ماي": 5,
    "جوان": 6, "جويليه": 7, "اوت": 8, "غشت": 8,
}  # fmt: skip

NOW = words_of(
        "maintenant immediat immediate immediatement immediates actuellement disponible now immediately "
        "asap today"
    ) | {
    "aujourd'hui", "aujourd hui", "ce jour", "ce soir", "des maintenant", "des a present", "a partir de maintenant",
    "de suite", "tout de suite", "sans delai", "des que possible", "au plus vite", "le plus vite possible",
    "disponible de suite", "disponible immediatement", "disponible tout de suite", "disponible maintenant",
    "disponible des maintenant", "des aujourd'hui", "a partir d'aujourd'hui", "a compter d'aujourd'hui",
    "as soon as possible",
    "right now", "from now", "from now on", "available now", "available immediately", "tonight",
    *map(folded, ("الآن", "اليوم", "فورا", "حالا", "في أقرب وقت")),
}  # fmt: skip
_DEPENDS = re.compile(
    r"\b(?:demain|hier|apres-demain|avant-hier|tomorrow|yesterday|prochaine?s?|next|dernier|last)\b|غدا"
)
_VAGUE = re.compile(
    r"\b(?:fin|mi|debut|courant|milieu|vers|env|environ|autour|semaine|printemps|ete|automne|hiver|noel|paques|vacances"
    r"|rentree|we|week-ends?|nuits?|end|mid|early|late|about|around|beginning|week|bientot|soon|peut-etre|selon"
    r"|a confirmer|a voir|a definir)\b"
)
_TIME = r"(?:[t ,]+(?:a |at )?\d{1,2} ?(?:[:h] ?\d{0,2})(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?: ?z|[+-]\d{2}:?\d{2})?)?"
_ISO = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_TOGETHER = re.compile(r"(20\d\d)([01]\d)([0-3]\d)")
_FIGURES = re.compile(rf"(\d{{1,2}})([-/. ])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}")
_NO_YEAR = re.compile(r"(\d{1,2})[/.-](\d{1,2})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[/.-](\d{4})|(\d{4})[/.-](\d{1,2})")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_DAY_FIRST = re.compile(
    rf"(?:(?P<weekday>[^\W\d_]+)\.?,? )?(?P<day>\d{{1,2}})(?:er|e|eme|st|nd|rd|th)?[ .-]*(?:of |de )?"
    rf"(?P<month>[^\W\d_]+(?: [^\W\d_]+)?)\.?,?(?:[ -]*(?P<year>\d{{4}}|'?\d{{2}}))?{_TIME}"
)
_MONTH_FIRST = re.compile(
    rf"(?:(?P<weekday>[^\W\d_]+)\.?,? )?(?P<month>[^\W\d_]+)\.?[ -](?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"(?:,? (?P<year>\d{{4}}))?{_TIME}"
)
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)")
_A_YEAR = 20  # from here on, a number after a month may be its year
_MONTH = re.compile(r"(?P<month>[^\W\d_]+(?: [^\W\d_]+)?)\.?(?:[ -]*(?P<year>\d{4}|'?\d{2}))?")
# Before the first and the last day of a period.
SINCE = (
    r"(?:(?:a partir|a compter) d(?:u|e|es) (?:la |le )?|(?:a partir|a compter) d'|a/[cp] d(?:u|e) |a ?p ?d ?u? (?=\d)"
    r"|des (?:le )?|depuis (?:le )?|pas avant (?:le )?|not before (?:the )?"
    r"|(?:starting )?from (?:the )?|since (?:the )?|starting |ابتداء من |من )(?=\S)"
)
UNTIL = (
    r"(?:jusqu'au|jusqu'a|jusqu'en|jusqua|jusqu'|jusque|jusqu au|jusqu a|au|until|till|up to|حتي|الي)"
    r"(?: (?:le|la|the))? ?(?<! au)(?=\S)"
)
_SINCE, _UNTIL = re.compile(f"^{SINCE}"), re.compile(f"^{UNTIL}")
_LEADING = re.compile(r"^(?:le |the |on |date ?: ?)")
# "lun. 7/12/26", "1/12/26 au matin": what stands beside the figures says no other day.
_WEEKDAY = re.compile(r"([^\W\d_]+)\.?,? ?(?:le )?(?=\d{1,2}[-/. ]\d)")
# "1 déc. 2026 (mardi)".
_WEEKDAY_AFTER = re.compile(r"(?P<day>.*\d) ?\((?P<weekday>[^\W\d_]+)\.?\)")
_SPACED = re.compile(r"(\d{1,2}) ?/ ?(\d{1,2}) ?/ ?(\d{4}|\d{2})")
_PART_OF_DAY = re.compile(
    r"(?<=\d) (?:au |en |le )?(?:matin|midi|soir|soiree|apres-midi|morning|noon|evening|afternoon)$"
)
_DAY_OF_MONTH = re.compile(
    r"(?:(?:a partir|a compter) du |des le |depuis le |jusqu'au |from the |until the |le |du |au |the )?"
    r"(\d{1,2})(?:er)?"
)
# Parts of a text that may be days.
_A_DAY = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}(?:[/.-](?:\d{4}|\d{2}))?(?!\d)"
    r"|\d{1,2}(?:er)? [^\W\d_]+\.?(?: \d{4})?"
)
_NOT_THAT_DAY = re.compile(
    r"\b(?:sauf|hors|avant|apres|before|after|except|exclue?s?|non compris|nuit|nuits|veille)\b"
)
_ABOUT_A_MONTH = re.compile(
    r"(?P<part>fin|mi|milieu|debut|courant|end|mid|early|late|beginning)(?: of| du mois)?(?: de | d'|[ -])(?P<month>.+)"
)
_EITHER_ORDER = re.compile(r"\b(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\b")
# Plain to every reader, and not worth repeating.
PLAIN_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{4}")


def in_both_orders(text: str) -> tuple[str, ...]:
    """The text with the month first in its days, and with the day first; nothing when only one of these can be."""
    days = list(_EITHER_ORDER.finditer(text))
    if not days or not any(day[1] != day[3] and max(int(day[1]), int(day[3])) <= 12 for day in days):
        return ()
    if any(int(day[3]) > 12 for day in days):
        return ()

    def written(month: int, day: int) -> str:
        return _EITHER_ORDER.sub(lambda one: f"{_year(one[4])}-{int(one[month]):02}-{int(one[day]):02}", text)

    return (written(1, 3), written(3, 1)) if all(int(day[1]) <= 12 for day in days) else ()


def read_day(
    text: str, *, today: date, past: bool = False, edge: Literal["", "first", "last"] = ""
) -> Reading[date]:
    """One day. `past`: without a year, the last one is meant, not the next. `edge`: it is the first or the last of a
    period, so that "à partir du 3/12", "jusqu'à fin mars" or a month say one. CellError, Unclear.
    """
    written = text.strip()
    bare = _LEADING.sub("", loose(written))
    if not bare.endswith(".."):  # from that day on: no day
        bare = bare.rstrip(" .!,")
    bare = _SPACED.sub(r"\1/\2/\3", bare)
    if bare in NOW:
        return Reading(today, words(today))  # before "dès" is taken off "dès que possible"
    if edge:
        bare = _LEADING.sub("", (_SINCE if edge == "first" else _UNTIL).sub("", bare))
    found = one_day(bare, written, today=today, past=past)
    if found is None and edge:
        month = read_month(bare, today=today) or (end_of_month(bare, today=today) if edge == "last" else None)
        found = month and month[edge == "last"]
    if found is None:
        if bare in NOW:
            return Reading(today, words(today))
        raise _refused(bare, written, today, past=past)
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise CellError(
            _("le %(day)s est hors du temps\u202f: une année de %(first)s à %(last)s est attendue.")
            % {"day": found.isoformat(), "first": EARLIEST_YEAR, "last": LATEST_YEAR},
            code="year",
        )
    return Reading(found, "" if PLAIN_DAY.fullmatch(written) else words(found))


def words(day: date) -> str:
    """ "1er décembre 2026", always with its year."""
    return day_words(day, today=date.min)


def _refused(bare: str, written: str, today: date, *, past: bool) -> CellError:
    said = {"text": written}
    if month := read_month(bare, today=today, past=past):
        return Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: quel jour de ce mois\u202f?") % said,
            written=written,
            choices=[month[0].isoformat(), month[1].isoformat()],
        )
    return unsure(bare, written, today) or CellError(
        _("«\u00a0%(text)s\u00a0» n’est pas un jour. Écrivez 2026-03-01 ou 01/03/2026.") % said,
        written=written,
        code="day",
    )


def unsure(bare: str, written: str, today: date, *, then: str = "") -> Unclear | None:
    """What to ask of who wrote "fin décembre", or "demain"; None for what has nothing of a day. `then` stands behind
    each day that is proposed.
    """
    said = {"text": written}
    if _DEPENDS.search(bare) or bare.rstrip(".") in weekdays():
        return Unclear(
            _("«\u00a0%(text)s\u00a0» dépend du jour où c’était écrit. Écrivez la date.") % said,
            written=written,
        )
    choices = [f"{day}{then}" for day in likely_days(bare, today)]
    if choices or _VAGUE.search(bare) or _A_DAY.search(bare):
        return Unclear(
            _("«\u00a0%(text)s\u00a0» n’est pas un jour précis. Lequel\u202f?") % said,
            written=written,
            choices=choices,
        )
    return None


def likely_days(bare: str, today: date) -> list[date]:
    """What "mi-janvier", "à partir du 15" or "1/12 ?" most likely mean: to be proposed, never taken."""
    if _NOT_THAT_DAY.search(bare):
        return []
    if about := _ABOUT_A_MONTH.search(bare):
        month = read_month(about["month"].strip(" .!?"), today=today)
        if month is None:
            return []
        first, last = month
        middle = {"mi", "milieu", "mid", "courant"}
        return [
            last
            if about["part"] in ("fin", "end", "late")
            else first.replace(day=15)
            if about["part"] in middle
            else first
        ]
    if alone := _DAY_OF_MONTH.fullmatch(bare):
        return _next_of_number(int(alone[1]), today)
    found: list[date] = []
    rest = bare
    for piece in _A_DAY.findall(bare):
        try:
            day = one_day(piece, piece, today=today)
        except CellError:
            continue
        if day is not None:
            found.append(day)
            rest = rest.replace(piece, " ", 1)
    # Another number beside them may be a day too.
    return [] if re.search(r"\d", rest) else list(dict.fromkeys(found))


def end_of_month(bare: str, *, today: date, year: int | None = None) -> tuple[date, date] | None:
    """The month of "fin mars", which ends with its last day."""
    about = _ABOUT_A_MONTH.fullmatch(bare)
    if about is None or about["part"] not in ("fin", "end"):
        return None
    return read_month(about["month"], today=today, year=year)


def _next_of_number(number: int, today: date) -> list[date]:
    """The next day of this number: of this month, or of one of the two after it."""
    for ahead in range(3):
        month = today.month - 1 + ahead
        try:
            day = date(today.year + month // 12, month % 12 + 1, number)
        except ValueError:
            continue
        if day >= today:
            return [day]
    return []


def one_day(
    bare: str, written: str, *, today: date, past: bool = False, year: int | None = None
) -> date | None:
    """The day that `folded` text says in figures or words; None when it says none. Raises for one that cannot be.

    `year` is taken where none is written.
    """
    bare = _PART_OF_DAY.sub("", bare)
    if (after := _WEEKDAY_AFTER.fullmatch(bare)) and after["weekday"] in weekdays():
        found = one_day(after["day"], written, today=today, past=past, year=year)
        return on_weekday(found, after["weekday"], written) if found else None
    if not bare.endswith(".."):
        bare = bare.rstrip(".")
    try:
        if (weekday := _WEEKDAY.match(bare)) and weekday[1] in weekdays():
            found = one_day(bare[weekday.end() :], written, today=today, past=past, year=year)
            if found:
                return on_weekday(found, weekday[1], written)
        if iso := _ISO.fullmatch(bare):
            return date(int(iso[1]), int(iso[3]), int(iso[4]))
        if together := _TOGETHER.fullmatch(bare):
            return date(*map(int, together.groups()))
        if figures := _FIGURES.fullmatch(bare):
            return _european(int(figures[1]), int(figures[3]), _year(figures[4]), written)
        if (short := _NO_YEAR.fullmatch(bare)) and int(short[1]) <= 31:
            if int(short[2]) > 12:
                raise Unclear(
                    _("«\u00a0%(text)s\u00a0» peut être un jour ou un mois. Écrivez la date en entier.")
                    % {"text": written},
                    written=written,
                )
            return _without_year(int(short[1]), int(short[2]), today, past, year)
        if serial := _SERIAL.fullmatch(bare):
            return _of_number(int(serial[1]), written, today)
        for pattern in (_DAY_FIRST, _MONTH_FIRST):
            if (match := pattern.fullmatch(bare)) and (found := _named(match, written, today, past, year)):
                return found
    except ValueError:
        raise no_such_day(written) from None
    return None


def no_such_day(written: str) -> CellError:
    return CellError(
        _("le jour «\u00a0%(text)s\u00a0» n’existe pas.") % {"text": written},
        written=written,
        code="no_such_day",
    )


def _european(day: int, month: int, year: int, written: str) -> date:
    if month > 12 >= day and (american := date(year, day, month)):
        raise Unclear(
            _("le jour «\u00a0%(text)s\u00a0» n’existe pas. Est-ce le %(day)s\u202f?")
            % {"text": written, "day": words(american)},
            written=written,
            choices=[american.isoformat()],
            code=AMERICAN,
        )
    return date(year, month, day)


def _year(written: str) -> int:
    number = int(written.strip("'"))
    return number + 2000 if number < 100 else number


def _without_year(day: int, month: int, today: date, past: bool, year: int | None) -> date:
    if year is not None:
        return date(year, month, day)
    found = []
    for one in range(today.year - 1, today.year + 2):
        try:
            found.append(date(one, month, day))
        except ValueError:  # the 29th of February of another year
            continue
    if not found:
        raise ValueError(day)
    if past:
        return max([one for one in found if one <= today], default=found[0])
    return min([one for one in found if one >= today - _LATELY], default=found[-1])


def _of_number(number: int, written: str, today: date) -> date | None:
    """A number that a spreadsheet shows in place of a day; asked where only the other count makes it a near one."""
    found, other = (start + timedelta(days=number) for start in (_SERIAL_1900, _SERIAL_1904))
    if abs(found - today) <= _NEAR:
        return found
    if abs(other - today) <= _NEAR:
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: est-ce le %(one)s ou le %(other)s\u202f?")
            % {"text": written, "one": words(found), "other": words(other)},
            written=written,
            choices=[found.isoformat(), other.isoformat()],
        )
    return None


def _named(match: re.Match[str], written: str, today: date, past: bool, year: int | None) -> date | None:
    month = months().get(match["month"].rstrip("."))
    weekday = match["weekday"]
    if month is None or (weekday and weekday not in weekdays()):
        return None
    day = int(match["day"])
    if match.re is _MONTH_FIRST and not match["year"] and not weekday and not _ORDINAL.search(match[0]):
        if "-" in match[0]:
            return None  # "déc-26", as spreadsheets show a month of a year
        if day >= _A_YEAR or match["month"] in weekdays():  # "mar 5": mardi, mars
            raise Unclear(
                _("«\u00a0%(text)s\u00a0» peut être un jour ou un mois. Écrivez la date en entier.")
                % {"text": written},
                written=written,
                choices=[] if day >= _A_YEAR else [_without_year(day, month, today, past, year).isoformat()],
            )
    found = (
        date(_year(match["year"]), month, day)
        if match["year"]
        else _without_year(day, month, today, past, year)
    )
    return on_weekday(found, weekday, written) if weekday else found


def on_weekday(found: date, weekday: str, written: str) -> date:
    """The day, when it is one of that name."""
    if weekdays()[weekday] != found.weekday():
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: ce jour n’est pas un %(weekday)s. Lequel est juste\u202f?")
            % {"text": written, "weekday": weekday},
            written=written,
            choices=[found.isoformat()],
        )
    return found


def read_month(
    bare: str, *, today: date, past: bool = False, year: int | None = None
) -> tuple[date, date] | None:
    """First and last day of "décembre 2026", "12/2026", "déc-26"; None when it is no month."""
    if figures := _MONTH_YEAR.fullmatch(bare):
        number, said = (figures[1], figures[2]) if figures[1] else (figures[4], figures[3])
        return _month(int(said), int(number)) if 1 <= int(number) <= 12 else None
    match = _MONTH.fullmatch(bare)
    month = months().get(match["month"].rstrip(".")) if match else None
    if match is None or month is None:
        return None
    if match["year"]:
        return _month(_year(match["year"]), month)
    if year is not None:
        return _month(year, month)
    # The month in which we are is meant, not the next of its name.
    first = _without_year(1, month, today.replace(day=1), past, None)
    return _month(first.year, month)


def _month(year: int, month: int) -> tuple[date, date]:
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    return first, following - timedelta(days=1)


def loose(written: str) -> str:
    """Folded; "1 er" is "1er", and "premier" too."""
    return re.sub(r"(?<=\d) (?=er\b)", "", re.sub(r"\bpremier\b", "1er", folded(written)))


@lru_cache(maxsize=1)
def months() -> dict[str, int]:
    """Each name of a month, folded → its number."""
    return (
        _named_by_cldr("months")
        | _MORE_MONTHS
        | {folded(one): month for one, month in _ARABIC_MONTHS.items()}
    )


@lru_cache(maxsize=1)
def weekdays() -> dict[str, int]:
    """Each name of a weekday, folded → 0 (Monday) to 6."""
    names = _named_by_cldr("days") | _MORE_WEEKDAYS
    return names | {f"{name}s": number for name, number in names.items() if len(name) > 4 and name.isascii()}


def _named_by_cldr(what: str) -> dict[str, int]:
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for widths in getattr(Locale.parse(language), what).values():
            for width in ("wide", "abbreviated"):
                for number, name in widths.get(width, {}).items():
                    names.setdefault(folded(name).rstrip("."), number)
    return names
