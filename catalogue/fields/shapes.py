"""What a field may hold: its type and bounds, the same through every door. Each shape refuses what does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar, Literal

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from catalogue.items import ITEM_CODES, MOST_ITEMS, MOST_SIZES, SIZE_CODES
from catalogue.labels import listed
from catalogue.languages import MOST_LANGUAGES, validate_language
from catalogue.slots import MOST_SLOTS, parse_slot, refuse_clashes

# Beyond this, a day is a slip of the finger.
FARTHEST = timedelta(days=3 * 366)
TOO_FAR = _("Ce jour est trop loin. Choisissez-en un dans les trois ans.")
PAST = _("Ce jour est passé. Choisissez aujourd’hui ou plus tard.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A type of value. `empty` is what stands for no answer."""

    empty: ClassVar[Any] = None

    def check(self, value: Any, *, kind: str, today: date) -> None:
        """ValidationError, to a person, when an answer does not fit."""

    def none(self) -> Any:
        """No answer; a list is a new one."""
        return self.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Other(Shape):
    """What no bound of ours describes: a reference to a row, a moment, what the database works out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Shape):
    """Yes or no. `assumed` is what an unanswered one says."""

    empty: ClassVar[Any] = False
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Shape):
    """A number within bounds; `most` may depend on the kind. `usual` are the ones that a form offers."""

    least: float = 0
    most: float | Mapping[str, int] = 0
    whole: bool = True
    assumed: float | None = None
    usual: tuple[int, ...] = ()

    def most_of(self, kind: str) -> Any:
        """The upper bound for a kind; of any kind when it is not known."""
        if not isinstance(self.most, Mapping):
            return self.most
        return self.most[kind] if kind in self.most else max(self.most.values())

    def none(self) -> Any:
        return self.assumed

    def check(self, value: Any, *, kind: str, today: date) -> None:
        most = self.most_of(kind)
        # Also of NaN, which compares false with everything.
        if self.least <= value <= most and (not self.whole or value == int(value)):
            return
        said = (
            _("un nombre entier de %(least)s à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».")
            if self.whole
            else _("un nombre de %(least)g à %(most)g est attendu, pas «\u00a0%(text)s\u00a0».")
        )
        raise ValidationError(said, code="bounds", params={"least": self.least, "most": most, "text": value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Shape):
    """Words, at most so many characters."""

    empty: ClassVar[Any] = ""
    longest: int

    def check(self, value: Any, *, kind: str, today: date) -> None:
        if len(value) > self.longest:
            raise ValidationError(
                _("%(length)s caractères, c’est trop long (%(most)s au plus)."),
                code="max_length",
                params={"length": len(value), "most": self.longest},
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Shape):
    """A day, not too far away; from today on unless what has begun is meant too."""

    may_be_past: bool = False
    edge: Literal["", "first", "last"] = ""  # of a period: "fin mars" says its last

    def check(self, value: date, *, kind: str, today: date) -> None:
        if value < today and not (self.may_be_past and value >= today - FARTHEST):
            raise ValidationError(PAST, code="past")
        if value > today + FARTHEST:
            raise ValidationError(TOO_FAR, code="far")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Shape):
    """One word of a list. `synonyms` are what spreadsheets say besides (word → value)."""

    empty: ClassVar[Any] = ""
    choices: type[TextChoices]
    synonyms: Mapping[str, str] = field(default_factory=dict)
    assumed: str = ""

    def check(self, value: Any, *, kind: str, today: date) -> None:
        _known(self.choices, [value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Shape):
    """Some words of a list, each once. `only` are those that may be said, all when empty."""

    choices: type[TextChoices]
    only: tuple[TextChoices, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)

    def none(self) -> list[str]:
        return []

    @property
    def values(self) -> tuple[TextChoices, ...]:
        """The words in the order in which they are shown."""
        return self.only or tuple(self.choices)

    def check(self, value: Any, *, kind: str, today: date) -> None:
        _known(self.values, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages(Shape):
    """Languages by BCP 47 code, each once."""

    def none(self) -> list[str]:
        return []

    def check(self, value: Any, *, kind: str, today: date) -> None:
        if len(value) > MOST_LANGUAGES:
            raise ValidationError(_("Gardez douze langues au plus."), code="too_many")
        for code in value:
            validate_language(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots(Shape):
    """Weekly slots, each once."""

    def none(self) -> list[str]:
        return []

    def check(self, value: Any, *, kind: str, today: date) -> None:
        if len(value) > MOST_SLOTS:
            raise ValidationError(_("Gardez quarante créneaux au plus."), code="too_many")
        refuse_clashes([parse_slot(text) for text in value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Shape):
    """Of goods: an item of the catalogue by its code, or a size of it (`sizes`); one, or several in order."""

    sizes: bool = False
    several: bool = False

    def none(self) -> Any:
        return [] if self.several else ""

    def check(self, value: Any, *, kind: str, today: date) -> None:
        said = value if self.several else [value]
        most = MOST_SIZES if self.sizes else MOST_ITEMS
        if len(said) > most:
            raise ValidationError(_("Gardez-en %(most)s au plus."), code="too_many", params={"most": most})
        if unknown := [code for code in said if code not in (SIZE_CODES if self.sizes else ITEM_CODES)]:
            raise ValidationError(
                _("«\u00a0%(text)s\u00a0» n’est pas dans la liste des objets."),
                code="invalid_choice",
                params={"text": unknown[0]},
            )


def _known(choices: Any, said: Any) -> None:
    unknown = [value for value in said if value not in [str(one) for one in choices]]
    if unknown:
        raise ValidationError(
            _("«\u00a0%(text)s\u00a0» n’est pas dans la liste\u202f: %(known)s."),
            code="invalid_choice",
            params={"text": unknown[0], "known": listed(str(one) for one in choices)},
        )
