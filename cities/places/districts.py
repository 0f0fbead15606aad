"""Arrondissements of Paris, Lyon and Marseille as people write them."""

import re

from cities.gazetteer import gazetteer
from cities.places.answers import Near
from cities.places.found import Found

_DISTRICT = re.compile(
    r"^(?:(?P<before>paris|lyon|marseille) )?(?P<number>[1-9]|1\d|20|[ivx]{1,5}|premier|[a-z]+ieme)"
    r"(?: ?(?:er|ere|re|e|eme|ieme|nd|nde|o))?(?: (?:arr[a-z]*|ardt))?(?: (?:a |de )?(?P<after>paris|lyon|marseille))?"
    r"(?: \d{2})?$"
)
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_ORDINALS = (
    "premier deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme onzieme douzieme "
    "treizieme quatorzieme quinzieme seizieme"
)
_NUMBERS = {word: at + 1 for words in (_ROMAN, _ORDINALS) for at, word in enumerate(words.split())}
_DISTRICTS = {"paris": ("75056", 20), "lyon": ("69123", 9), "marseille": ("13055", 16)}
_FIRST = {"75056": "751", "69123": "6938", "13055": "132"}


def of_district(_text: str, key: str, near: Near | None) -> list[Found]:
    """ "Paris 11e", "3ème arrondissement de Lyon"; without a town, that of `near`."""
    match = _DISTRICT.fullmatch(key)
    if match is None:
        return []
    town = match["before"] or match["after"]
    if town is None and near and re.search(r"\b(arr|ardt)", key):
        town = next((name for name, (code, _most) in _DISTRICTS.items() if code == near.seat), None)
    if town is None:
        return []
    code, most = _DISTRICTS[town]
    said = match["number"]
    number = int(said) if said.isdigit() else _NUMBERS.get(said, 0)
    if not 1 <= number <= most:
        return []
    district = gazetteer().former[_code(code, number)][0]
    return [Found(code, district, plain=False)]


def codes_with_districts(insee: str) -> frozenset[str]:
    """The INSEE code of a commune, and those of its arrondissements where it has some."""
    districts = dict(_DISTRICTS.values())
    return frozenset({insee, *(_code(insee, number) for number in range(1, districts.get(insee, 0) + 1))})


def _code(insee: str, number: int) -> str:
    first = _FIRST[insee]
    return f"{first}{number:0{5 - len(first)}}"


def town_of_district(key: str) -> str:
    """ "paris" of "paris 11e"; "" of what is no arrondissement."""
    match = _DISTRICT.fullmatch(key)
    return (match["before"] or match["after"] or "") if match else ""
