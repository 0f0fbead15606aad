"""Codes of the INSEE and of La Poste, alone or beside a name."""

import re
from dataclasses import replace

from cities.abroad import abroad
from cities.gazetteer import Known, gazetteer
from cities.places.answers import (
    CedexAlone,
    Contradiction,
    Figures,
    Near,
    PlaceAbroad,
    SeveralPlaces,
    UnknownPlace,
)
from cities.places.found import Found, codes_of, only
from cities.places.likeness import distance, slips_allowed
from cities.places.naming import beginning_with, by_name

_PARIS = "75056"
_LARGEST_OF_A_DEPARTMENT = 30_000


def by_code(written: str, match: re.Match[str], kind: str, near: Near | None, figures: Figures) -> Found:
    code = match["code"].replace(" ", "").upper().zfill(5)
    plain = code == written.upper()
    if where := abroad(code):
        raise PlaceAbroad(written, where)
    by_insee = _of_insee(code)
    by_postcode = _of_postcode(code, near)
    if by_postcode and by_insee and by_insee.former and by_insee.former.kind == "former":
        by_insee = None  # 75011 was the code of a village before 1968
    if kind == "postcode" or match["cedex"]:
        figures = Figures.POSTCODE
    elif kind == "insee":
        figures = Figures.INSEE
    if by_insee and by_postcode and {one.insee for one in by_postcode} != {by_insee.insee}:
        if figures is Figures.POSTCODE:
            return only(written, by_postcode, near)
        if figures is Figures.ASKED and (others := _likelier(by_insee, by_postcode, near)):
            raise SeveralPlaces(code, [by_insee.insee, *others])
        return replace(by_insee, plain=plain)
    if figures is Figures.POSTCODE and not by_postcode and (largest := _of_cedex(code)):
        return largest
    if by_insee and not match["cedex"]:
        return replace(by_insee, plain=plain)
    if by_postcode:
        return only(code, [replace(one, plain=False) for one in by_postcode], near)
    if code.startswith("20") and (corsican := _of_insee(f"2A{code[2:]}") or _of_insee(f"2B{code[2:]}")):
        return replace(corsican, plain=False)
    if largest := _of_cedex(code):
        return largest
    raise (CedexAlone if match["cedex"] else UnknownPlace)(code)


def _likelier(by_insee: Found, by_postcode: list[Found], near: Near | None) -> list[str]:
    """Of a code that is another one's postcode too: whom it may well mean instead of the commune that bears it."""
    if near and by_insee.insee in near.territory:
        return []
    codes = [one.insee for one in by_postcode]
    if near and (here := [code for code in codes if code in near.territory]):
        return here
    return [code for code in codes if gazetteer().communes[code].population > by_insee.known.population]


def _of_insee(code: str) -> Found | None:
    known = gazetteer()
    if code in known.communes:
        return Found(code)
    old = known.former.get(code)
    return Found(old[0].today, old[0], plain=False) if old else None


def _of_postcode(code: str, near: Near | None) -> list[Found]:
    return [Found(one, plain=False) for one in gazetteer().by_postcode.get(code, ())]


def _of_cedex(code: str) -> Found | None:
    """Postcodes of organisations that begin with the département and a zero are those of its largest town.

    Not around Paris: La Défense is nobody's alone.
    """
    known = gazetteer()
    if code.startswith("75"):
        return Found(_PARIS, plain=False)  # the one commune of its département
    bearing = known.by_postcode.get(f"{code[:2]}000", ()) if code[2] == "0" and code[:2] != "92" else ()
    if len(bearing) == 1 and known.communes[bearing[0]].population >= _LARGEST_OF_A_DEPARTMENT:
        return Found(bearing[0], plain=False)
    return None


def with_number(
    written: str,
    name: str,
    raw: str,
    number: str,
    is_cedex: bool,
    near: Near | None,
    figures: Figures = Figures.ASKED,
) -> Found:
    """A name and a code or postcode beside it: both must be of one commune."""
    number = number.zfill(5)
    known = gazetteer()
    by_insee, by_postcode = _of_insee(number), _of_postcode(number, near)
    if by_insee and figures is Figures.INSEE:
        by_postcode = []
    elif by_postcode and figures is Figures.POSTCODE:
        by_insee = None
    of_number = [one for one in [by_insee, *by_postcode] if one]
    try:
        named = by_name(raw, raw, near)
    except UnknownPlace:
        return _part_of_number(written, name, of_number, near)
    except SeveralPlaces as several:
        named = [Found(one) for one in several.choices]
    together = [one for one in named if one.bears(number)]
    if not together:  # "13100 Aix", though a village far away is called so in full
        together = [one for one in beginning_with(name) if one.bears(number)]
    if together:
        return only(written, together, near)
    if is_cedex or (number not in known.by_postcode and _of_insee(number) is None):
        # Postcodes of organisations ("38021 Grenoble cedex") are in no list; they begin like the département.
        department = [one for one in named if _is_in_department(one.known, number)]
        if department:
            return only(written, department, near)
    raise Contradiction(written, codes_of([*named, *of_number]))


def _part_of_number(written: str, name: str, of_number: list[Found], near: Near | None) -> Found:
    """A code beside a name that no commune has: a quarter, or a slip."""
    if not of_number:
        raise UnknownPlace(written)
    slips = [one for one in of_number if distance(name, one.known.key) <= slips_allowed(name)]
    choice = slips or of_number
    return replace(only(written, choice, near), plain=False)


def _is_in_department(one: Known, number: str) -> bool:
    department = one.department_code
    return number.startswith("20" if department in ("2A", "2B") else department)
