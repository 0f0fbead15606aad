"""What a cell of a spreadsheet means: text, numbers, days, words, lists. A parser refuses with a CellError."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from catalogue.labels import listed
from catalogue.meaning import (
    SIGNS_OF_DOUBT,
    CellError,
    Reading,
    Unclear,
    is_kind,
    items_of,
    read_accepted,
    read_ages,
    read_category,
    read_day,
    read_decimal,
    read_household,
    read_kind,
    read_languages,
    read_periods,
    read_slots,
    read_whole,
    read_yes_no,
    says_nothing,
    says_nothing_but_none,
    says_nothing_of_texts,
    sure_items,
    undecorated,
)

T = TypeVar("T")

_NOT_A_WORD = re.compile(rf"[^\w{SIGNS_OF_DOUBT}]+")
_PLAIN_NUMBERS = re.compile(r"(?:(?:-?[0-9]{1,9}(?:\.[0-9]{1,20})?)?\n)*(?:-?[0-9]{1,9}(?:\.[0-9]{1,20})?)?")


class Parser(Generic[T]):
    """How the text of a cell is read on a day. `blank` says which texts stand for an empty cell; `of_days`, that it
    may hold days.
    """

    def __init__(
        self,
        read: Callable[[str, date], Reading[T]],
        *,
        blank: Callable[[str], bool] = says_nothing,
        of_days: bool = False,
    ) -> None:
        self.read, self.blank, self.of_days = read, blank, of_days

    def __call__(self, cell: Any, today: date | None = None) -> T:
        return self.read(as_text(cell), today or timezone.localdate()).value


@lru_cache(maxsize=4096)
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


def text(*, most: int) -> Parser[str]:
    """Text of at most so many characters."""

    def read(written: str, _today: date) -> Reading[str]:
        value = written.replace("\r\n", "\n").replace("\v", "\n").replace("\f", "\n")
        if len(value) > most:
            raise CellError(
                _("%(length)s caractères, c’est trop long (%(most)s au plus).")
                % {"length": len(value), "most": most}
            )
        return Reading(value)

    return Parser(read, blank=says_nothing_of_texts)


def identifier(*, most: int) -> Parser[str]:
    """A list's own number or word: whatever stands there."""
    return Parser(text(most=most).read, blank=lambda _text: False)


def _texts(written: str, _today: date) -> Reading[tuple[str, ...]]:
    return Reading(tuple(dict.fromkeys(sure_items(written))))


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


def decimal(*, least: float, most: float, units: Mapping[str, float] | None = None) -> Parser[float]:
    """A number, with a unit or not: "2,5", "10 km"."""
    return Parser(
        lambda written, _today: read_decimal(undecorated(written), least=least, most=most, units=units)
    )


def whole(*, least: int, most: int, units: Mapping[str, float] | None = None) -> Parser[int]:
    """A whole number, with a unit or not: "2", "2 places", "deux"."""
    return Parser(
        lambda written, _today: read_whole(undecorated(written), least=least, most=most, units=units)
    )


def yes_or_no(*, assumed: bool) -> Parser[bool]:
    """Yes or no. "aucun" says no; where yes is assumed of an empty cell, that is asked."""

    def blank(written: str) -> bool:
        # "*" may well be a tick.
        return "*" not in written and (
            says_nothing_but_none(written) or (not assumed and "?" not in written and says_nothing(written))
        )

    return Parser(lambda written, _today: read_yes_no(written), blank=blank)


def last_day_so_far() -> Parser[date]:
    """A day that has been: without its year, the last of that name."""
    return Parser(lambda written, today: read_day(undecorated(written), today=today, past=True), of_days=True)


def _moment(written: str, today: date) -> Reading[datetime]:
    first = read_day(written, today=today, past=True)
    try:
        return Reading(
            datetime.fromisoformat(written.replace("/", "-") if written[:4].isdigit() else written)
        )
    except ValueError:
        hour = re.search(r"\d[T ](\d{1,2}):(\d{2})(?::(\d{2}))?", written)
        if hour is None:
            return Reading(datetime(first.value.year, first.value.month, first.value.day), first.said)  # noqa: DTZ001
        try:
            at = time(int(hour[1]), int(hour[2]), int(hour[3] or 0))
        except ValueError:
            raise CellError(
                _("l’heure de «\u00a0%(text)s\u00a0» n’existe pas.") % {"text": written}
            ) from None
        return Reading(datetime.combine(first.value, at), first.said)


def one_of(choices: type[TextChoices], others: Mapping[str, str] | None = None) -> Parser[str]:
    """A word of a vocabulary, as its value, its label, or one of `others` (word → value)."""

    def read(written: str, _today: date) -> Reading[str]:
        return Reading(_word(written, choices, others or {}))

    return Parser(read)


def many_of(choices: type[TextChoices], others: Mapping[str, str] | None = None) -> Parser[tuple[str, ...]]:
    """Words of a vocabulary, with anything between them, each once."""

    def read(written: str, _today: date) -> Reading[tuple[str, ...]]:
        return Reading(tuple(dict.fromkeys(_word(item, choices, others or {}) for item in items_of(written))))

    return Parser(read)


def _word(written: str, choices: type[TextChoices], others: Mapping[str, str]) -> str:
    known = _words(choices, get_language() or "fr")
    value = known.get(plain(written)) or others.get(plain(written))
    if value is None:
        raise Unclear(
            _("«\u00a0%(text)s\u00a0» n’est pas dans la liste\u202f: %(known)s.")
            % {"text": written, "known": listed(choices.values)},
            written=written,
            choices=[str(value) for value in choices.values],
        )
    return value


@lru_cache(maxsize=64)
def _words(choices: type[TextChoices], language: str) -> dict[str, str]:
    words = {plain(value): value for value in choices.values}
    for spoken in ("fr", language):
        with override(spoken):
            for value, label in choices.choices:
                words.setdefault(plain(str(label)), value)
    return words


yes_no = yes_or_no(assumed=False)
day = Parser(lambda written, today: read_day(undecorated(written), today=today), of_days=True)
day_at = {
    "": day,
    "first": Parser(
        lambda written, today: read_day(undecorated(written), today=today, edge="first"), of_days=True
    ),
    "last": Parser(
        lambda written, today: read_day(undecorated(written), today=today, edge="last"), of_days=True
    ),
}
moment = Parser(_moment, of_days=True)
periods = Parser(lambda written, today: read_periods(undecorated(written), today=today), of_days=True)
texts = Parser(_texts, blank=says_nothing_of_texts)
languages = Parser(lambda written, _today: read_languages(written))
slots = Parser(lambda written, _today: read_slots(undecorated(written)))
accepted = Parser(lambda written, _today: read_accepted(undecorated(written)), blank=says_nothing_but_none)
kind = Parser(lambda written, _today: read_kind(undecorated(written)))
category = Parser(lambda written, _today: read_category(undecorated(written)))
# Where any category will do: a cell that says no more than the kind says nothing of it.
category_or_kind = Parser(category.read, blank=lambda written: says_nothing(written) or is_kind(written))
household = Parser(lambda written, today: read_household(undecorated(written), today=today))
ages = Parser(lambda written, today: read_ages(undecorated(written), today=today))


def unharmed(cell: Any) -> Any:
    """A cell as it was before `harmless`: what went out comes in."""
    is_quoted = isinstance(cell, str) and cell.startswith("'") and harmless(cell[1:]) == cell
    return cell[1:] if is_quoted else cell


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
