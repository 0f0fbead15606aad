"""What is understood of a place that somebody writes, or why it is not."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from cities.gazetteer import gazetteer
from cities.names import fold

MOST_CHOICES = 6  # named in a sentence


class Figures(Enum):
    """What five figures are that are a commune's INSEE code and another one's postcode."""

    INSEE = "insee"
    POSTCODE = "postcode"
    # The code, unless the postcode is one of the town's own, or of a larger commune: then it is asked about.
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Near:
    """The town that asks, as far as places go."""

    seat: str
    territory: frozenset[str]
    department: str

    def __hash__(self) -> int:
        return hash(self.seat)


@dataclass(frozen=True, slots=True)
class Place:
    """A commune of today. `written` is empty where it was written as it is; `former` is what it was called before, or
    a part of it.
    """

    insee: str
    written: str = ""
    former: str = ""

    @property
    def said(self) -> str:
        """ "75011 → Paris (75056)", for a report; "" where nothing had to be understood."""
        if not self.written:
            return ""
        one = gazetteer().communes[self.insee]
        is_code = not any(char.isalpha() for char in self.written[2:])
        part = f" ({self.former})" if self.former and is_code and fold(self.former) != one.key else ""
        return f"{self.written}{part} → {one.name} ({one.insee})"


class PlaceError(ValueError):
    """Why no place was found: a sentence. `choices`: INSEE codes of what may be meant."""

    def __init__(self, written: str, choices: Iterable[str] = ()) -> None:
        self.written, self.choices = written, tuple(choices)
        super().__init__(self.sentence())

    def sentence(self) -> str:
        raise NotImplementedError

    def listed(self) -> str:
        known = gazetteer().communes
        names = [f"{known[code].label} = {code}" for code in self.choices[:MOST_CHOICES]]
        return " ; ".join([*names, *(["…"] if len(self.choices) > MOST_CHOICES else [])])


def named_by_code(choices: Iterable[str]) -> list[str]:
    """Communes as they can be written without any doubt: "67447 Schiltigheim"."""
    known = gazetteer().communes
    return [f"{code} {known[code].name}" for code in list(choices)[:MOST_CHOICES]]


class UnknownPlace(PlaceError):
    """Nothing is called so; `choices` look like it."""

    def sentence(self) -> str:
        written = self.written
        if re.fullmatch(r"\d{5}|2[AB]\d{3}", written):
            return _("aucune commune n’a le code INSEE ni le code postal «\u00a0%(code)s\u00a0».") % {
                "code": written
            }
        if self.choices:
            return _(
                "aucune commune ne s’appelle «\u00a0%(name)s\u00a0». Est-ce l’une de celles-ci\u202f? %(choices)s."
            ) % {"name": written, "choices": self.listed()}
        return _(
            "aucune commune ne s’appelle «\u00a0%(name)s\u00a0». Écrivez son nom et son code postal, ou son code INSEE."
        ) % {"name": written}


class SeveralPlaces(PlaceError):
    """Several communes are called so, or share the postcode."""

    def sentence(self) -> str:
        return _(
            "«\u00a0%(name)s\u00a0» peut être plusieurs communes. Écrivez le code INSEE de la bonne\u202f: %(choices)s."
        ) % {"name": self.written, "choices": self.listed()}


class Contradiction(SeveralPlaces):
    """The name and the code, or the département, are not of one commune."""

    def sentence(self) -> str:
        return _(
            "«\u00a0%(name)s\u00a0»\u202f: le nom et le code ne vont pas ensemble. Écrivez le code INSEE de la bonne "
            "commune\u202f: %(choices)s."
        ) % {"name": self.written, "choices": self.listed()}


class CedexAlone(UnknownPlace):
    """The postcode of an organisation, which is in no list."""

    def sentence(self) -> str:
        return _(
            "«\u00a0%(code)s\u00a0» est un code CEDEX, celui d’un organisme. Écrivez le nom de la commune."
        ) % {"code": self.written}


class PlaceAbroad(PlaceError):
    """Not in France."""

    def __init__(self, written: str, where: str) -> None:
        self.where = where
        super().__init__(written)

    def sentence(self) -> str:
        return _(
            "%(place)s est à l’étranger\u202f: seules les communes de France sont possibles ici. Écrivez celle où la "
            "personne peut être jointe ou aidée."
        ) % {"place": self.where}
