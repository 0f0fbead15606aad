"""What a cell of a spreadsheet means: text, numbers, days, words, lists. A parser refuses with a CellError."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from catalogue.forms import find_language, in_week_order, read_slot
from catalogue.labels import listed
from catalogue.vocabulary import MOST_PERIODS

Period = tuple[date, date | None]

EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
LIST_MARK = "|"

_NOT_A_WORD = re.compile(r"[^\w]+")
_SPACES_IN_NUMBER = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_ISO_DAY = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_FRENCH_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_PLAIN_NUMBERS = re.compile(r"(?:(?:-?[0-9]{1,9}(?:\.[0-9]{1,20})?)?\n)*(?:-?[0-9]{1,9}(?:\.[0-9]{1,20})?)?")
# float() also reads "1_000", "nan" and figures of other scripts with spaces around.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class CellError(ValueError):
    """What is wrong with a cell, to a person."""


def plain(text: str) -> str:
    """A name as it is compared: lower case, no accents, words joined by "_"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_A_WORD.sub("_", bare).strip("_")


def as_text(cell: Any) -> str:
    """A cell as it is typed: whole numbers without ".0", days as 2026-03-01, yes and no."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def text(*, most: int) -> Callable[[Any], str]:
    """Text of at most so many characters."""

    def parse(cell: Any) -> str:
        value = as_text(cell).replace("\r\n", "\n").replace("\v", "\n").replace("\f", "\n")
        if len(value) > most:
            raise CellError(
                _("%(length)s caractères, c’est trop long (%(most)s au plus).")
                % {"length": len(value), "most": most}
            )
        return value

    return parse


def texts(cell: Any) -> tuple[str, ...]:
    """Texts separated by "|", each once."""
    return tuple(dict.fromkeys(_items(cell)))


def words_as_they_stand(*, most: int) -> Callable[[list[str]], list[Any] | None]:
    """For `Column.many`: identifiers of at most so many characters, when all are filled and without a space."""

    def many(cells: list[str]) -> list[Any] | None:
        together = "|".join(cells)
        plain = together.isprintable() and " " not in together and all(cells)
        return cells if plain and max(map(len, cells)) <= most else None

    return many


def plain_decimals(*, least: float, most: float, empty: float) -> Callable[[list[str]], list[Any] | None]:
    """For `Column.many`: numbers with a point, `empty` (perhaps NaN) for an empty cell."""

    def many(cells: list[str]) -> list[Any] | None:
        if not _PLAIN_NUMBERS.fullmatch("\n".join(cells)):
            return None
        values = [float(cell) if cell else None for cell in cells]
        if not all(value is None or least <= value <= most for value in values):
            return None
        return [empty if value is None else value for value in values]

    return many


def decimal(*, least: float, most: float) -> Callable[[Any], float]:
    """A number with a point or a comma."""

    def parse(cell: Any) -> float:
        value = _number(cell)
        if not least <= value <= most:
            raise CellError(
                _("un nombre de %(least)g à %(most)g est attendu, pas «\u00a0%(text)s\u00a0».")
                % {"least": least, "most": most, "text": as_text(cell)}
            )
        return value

    return parse


def whole(*, least: int, most: int) -> Callable[[Any], int]:
    """A whole number."""

    def parse(cell: Any) -> int:
        value = _number(cell)
        if not value.is_integer() or not least <= value <= most:
            raise CellError(
                _("un nombre entier de %(least)s à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».")
                % {"least": least, "most": most, "text": as_text(cell)}
            )
        return int(value)

    return parse


def _number(cell: Any) -> float:
    written = as_text(cell)
    if not _NUMBER.fullmatch(written):
        written = _SPACES_IN_NUMBER.sub("", written).replace("−", "-").replace(",", ".")
    if isinstance(cell, bool) or not _NUMBER.fullmatch(written):
        raise CellError(_("«\u00a0%(text)s\u00a0» n’est pas un nombre.") % {"text": as_text(cell)})
    value = float(written)
    if not math.isfinite(value):
        raise CellError(_("«\u00a0%(text)s\u00a0» n’est pas un nombre.") % {"text": as_text(cell)})
    return value


def yes_no(cell: Any) -> bool:
    """Yes or no, in English or French."""
    word = plain(as_text(cell))
    if word in {"yes", "y", "oui", "o", "true", "vrai", "1", "x"}:
        return True
    if word in {"no", "n", "non", "false", "faux", "0"}:
        return False
    raise CellError(_("oui ou non est attendu, pas «\u00a0%(text)s\u00a0».") % {"text": as_text(cell)})


def day(cell: Any) -> date:
    """2026-03-01 or 01/03/2026; a spreadsheet's own date."""
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        found = _written_day(as_text(cell))
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise CellError(
            _("le %(day)s est hors du temps\u202f: une année de %(first)s à %(last)s est attendue.")
            % {"day": found.isoformat(), "first": EARLIEST_YEAR, "last": LATEST_YEAR}
        )
    return found


@lru_cache(maxsize=8192)
def _written_day(written: str) -> date:
    try:
        if iso := _ISO_DAY.fullmatch(written):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if french := _FRENCH_DAY.fullmatch(written):
            return date(int(french[3]), int(french[2]), int(french[1]))
    except ValueError:
        raise CellError(_("le jour «\u00a0%(text)s\u00a0» n’existe pas.") % {"text": written}) from None
    raise CellError(
        _("«\u00a0%(text)s\u00a0» n’est pas un jour. Écrivez 2026-03-01 ou 01/03/2026.") % {"text": written}
    )


def moment(cell: Any) -> datetime:
    """A day, or a day and an hour, `2026-03-01T09:30:00+01:00`; without a time zone where none is given."""
    if isinstance(cell, datetime):
        return cell
    written = as_text(cell)
    first = day(cell)
    if len(written) <= len("2026-03-01") or isinstance(cell, date):
        return datetime(first.year, first.month, first.day)  # noqa: DTZ001
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise CellError(_("l’heure de «\u00a0%(text)s\u00a0» n’existe pas.") % {"text": written}) from None


def periods(cell: Any) -> tuple[Period, ...]:
    """Windows of days, `2026-03-01..2026-05-31|2026-07-01..`: in order, apart from one another."""
    found: list[Period] = []
    for written in _items(cell):
        first, mark, last = written.replace("…", "..").partition("..")
        if not mark or not first.strip():
            raise CellError(
                _(
                    "«\u00a0%(text)s\u00a0» n’est pas une période. Écrivez 2026-03-01..2026-05-31, "
                    "ou 2026-03-01.. sans date de fin."
                )
                % {"text": written}
            )
        period = (day(first.strip()), day(last.strip()) if last.strip() else None)
        if period[1] is not None and period[1] < period[0]:
            raise CellError(
                _("«\u00a0%(text)s\u00a0»\u202f: la fin doit venir après le début.") % {"text": written}
            )
        found.append(period)
    if len(found) > MOST_PERIODS:
        raise CellError(_("une proposition a au plus 50 périodes."))
    found.sort(key=lambda period: period[0])
    for (_first, end), (following, _last) in pairwise(found):
        if end is None or following <= end:
            raise CellError(_("deux périodes se chevauchent."))
    return tuple(found)


def one_of(choices: type[TextChoices], others: Mapping[str, str] | None = None) -> Callable[[Any], str]:
    """A word of a vocabulary, as its value, its label, or one of `others` (word → value)."""

    def parse(cell: Any) -> str:
        word = as_text(cell)
        known = _words(choices, get_language() or "fr")
        value = known.get(plain(word)) or (others or {}).get(plain(word))
        if value is None:
            raise CellError(
                _("«\u00a0%(text)s\u00a0» n’est pas dans la liste\u202f: %(known)s.")
                % {"text": word, "known": listed(choices.values)}
            )
        return value

    return parse


def many_of(
    choices: type[TextChoices], others: Mapping[str, str] | None = None
) -> Callable[[Any], tuple[str, ...]]:
    """Words of a vocabulary, separated by "|", each once."""
    one = one_of(choices, others)
    return lambda cell: tuple(dict.fromkeys(one(item) for item in _items(cell)))


@lru_cache(maxsize=64)
def _words(choices: type[TextChoices], language: str) -> dict[str, str]:
    words = {plain(value): value for value in choices.values}
    for spoken in ("fr", language):
        with override(spoken):
            for value, label in choices.choices:
                words.setdefault(plain(str(label)), value)
    return words


def languages(cell: Any) -> tuple[str, ...]:
    """Languages by code or name, separated by "|"."""
    return tuple(dict.fromkeys(_language(item, get_language() or "fr") for item in _items(cell)))


@lru_cache(maxsize=1024)
def _language(written: str, reader: str) -> str:
    return find_language(written)


def slots(cell: Any) -> tuple[str, ...]:
    """Weekly slots, `mon 18:00-20:00|sat 09:00-12:00`, also in words ("lundi 18h-20h")."""
    return tuple(in_week_order({_slot(item, get_language() or "fr") for item in _items(cell)}))


@lru_cache(maxsize=1024)
def _slot(written: str, reader: str) -> str:
    return read_slot(written)


def insee(cell: Any) -> str:
    """An INSEE code, with the zero that spreadsheets take from 01004."""
    code = as_text(cell).upper()
    return code.zfill(5) if re.fullmatch(r"\d{4}", code) else code


def _items(cell: Any) -> list[str]:
    return [item.strip() for item in as_text(cell).split(LIST_MARK) if item.strip()]


def unharmed(cell: Any) -> Any:
    """A cell as it was before `harmless`: what went out comes in."""
    is_quoted = isinstance(cell, str) and cell.startswith("'") and harmless(cell[1:]) == cell
    return cell[1:] if is_quoted else cell


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
