"""The way from what is written to a place."""

import re
from functools import lru_cache

from cities.abroad import abroad
from cities.gazetteer import gazetteer, territory
from cities.names import INVISIBLE, fold
from cities.places.answers import Figures, Near, Place, PlaceAbroad, UnknownPlace
from cities.places.codes import by_code, with_number
from cities.places.found import Found, only
from cities.places.naming import by_name, exactly, overshadowing

LONGEST_WRITTEN = 200
_SPACES = re.compile(r"\s+")
# Pictures, and the raised figures of footnotes.
_DECORATION = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u20e3¹²³⁰⁴-⁹]+")
_CODE = re.compile(
    r"(?:(?P<label>[a-zA-Zéè°.]+(?: [a-zA-Zéè°.]+)*)[ :#-]*)?"
    r"(?P<code>\d{4,5}|\d{1,2} \d{3}|\d \d{2} \d{2}|2[abAB] ?\d{3})(?:[.,]0+)?"
    r"(?: ?(?P<cedex>cedex)(?: \d{1,2})?)?",
    re.IGNORECASE,
)
_LABELS = {
    "": "", "f": "postcode", "fr": "postcode", "cp": "postcode", "c p": "postcode", "code postal": "postcode",
    "insee": "insee", "code insee": "insee", "code commune": "insee", "cog": "insee", "code": "", "commune": "",
    "ville": "",
}  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.])(?:[Ff]-)?(\d{5}|\d{2} \d{3}|2[abAB]\d{3}|\d{4})(?![\w])")
_CEDEX = re.compile(r"\bcedex\b(?: *\d{1,2}\b)?", re.IGNORECASE)
_LAST_ARTICLE = re.compile(
    r"^(?P<name>[^,(]+?) ?(?:, ?|\( ?)(?P<article>le|la|les|l['’]?)(?: ?\))?$", re.IGNORECASE
)


@lru_cache(maxsize=256)
def near_of(seat: str, epci_code: str) -> Near:
    """A town, by its seat and its EPCI, for `read_place`."""
    known = gazetteer().communes.get(seat)
    return Near(seat, territory(seat, epci_code), known.department_code if known else "")


def read_place(text: str, *, near: Near | None = None, figures: Figures = Figures.ASKED) -> Place:
    """The commune of today that a text means. Raises a PlaceError.

    Among namesakes, the one in the territory of `near` is meant.
    """
    written = _SPACES.sub(" ", INVISIBLE.sub("", _DECORATION.sub(" ", text))).strip(" \"'’«»,;.:!")[
        :LONGEST_WRITTEN
    ]
    # As figures are typed in other scripts.
    return _read("".join(str(int(char)) if char.isdecimal() else char for char in written), near, figures)


@lru_cache(maxsize=16384)
def _read(written: str, near: Near | None, figures: Figures) -> Place:
    if not written:
        raise UnknownPlace(written)
    found = _in_france(written, near, figures)
    return found.place(written)


def _in_france(written: str, near: Near | None, figures: Figures) -> Found:
    if (code := _CODE.fullmatch(written)) and (kind := _LABELS.get(fold(code["label"] or ""))) is not None:
        return by_code(written, code, kind, near, figures)
    if last := _LAST_ARTICLE.fullmatch(written):
        written = f"{last['article']} {last['name']}"
    # A few communes are called like a country, and some have brackets in their names.
    if exact := exactly(fold(written), near):
        return only(written, [*exact, *overshadowing(exact, fold(written), near)], near)
    if where := abroad(written):
        raise PlaceAbroad(written, where)
    text = re.sub(r"[,(]?\s*france\s*\)?$", "", written, flags=re.IGNORECASE).strip() or written
    if number := _NUMBER.search(text):
        rest = f"{text[: number.start()]} {text[number.end() :]}"
        name = _CEDEX.sub(" ", re.sub(r"\(\s*\)", " ", rest)).strip(" -–—,;:/")
        if fold(name):
            is_cedex = bool(_CEDEX.search(rest))
            return with_number(
                written, fold(name), name, number[1].replace(" ", "").upper(), is_cedex, near, figures
            )
    return only(written, by_name(written, _CEDEX.sub(" ", text).strip(), near), near)
