"""The type-ahead: communes whose names begin with what is typed, also names that they had before."""

from dataclasses import dataclass
from functools import lru_cache

from cities.gazetteer import Former, Known, gazetteer
from cities.names import fold
from cities.places.answers import Near, PlaceError
from cities.places.districts import town_of_district
from cities.places.likeness import like
from cities.places.reading import read_place


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A commune of today; `former`: the name that it or a part of it had, where what is typed begins that one."""

    insee: str
    former: str = ""


def suggested(text: str, *, near: Near | None = None, limit: int = 10) -> list[Suggestion]:
    """Communes of which every word of the text begins a word of a name, or a postcode.

    What the town's territory has comes first, then whoever bears or bore the very name, then the département, then
    names that begin with the text, then the most populated: a former name counts as the name of today does. Names
    with a slip are found by likeness when nothing else is.
    """
    folded = town_of_district(fold(text)) or fold(text)
    words = folded.split()
    if not words:
        return []
    name = " ".join(word for word in words if not word.isdigit())
    beginnings = [f" {word}" for word in words]
    ranked: dict[str, tuple[tuple[bool | int | str, ...], str]] = {}
    for searched, one, former in _searched():
        if not all(beginning in searched for beginning in beginnings):
            continue
        key = former.key if former else one.key
        rank = _rank(one, key, name, near)
        if one.insee not in ranked or rank < ranked[one.insee][0]:
            ranked[one.insee] = (rank, former.name if former else "")
    best = sorted(ranked.items(), key=lambda item: item[1][0])[:limit]
    if best:
        return [Suggestion(insee, former) for insee, (_rank_of, former) in best]
    return _otherwise(text, name, near, limit)


def _rank(one: Known, key: str, name: str, near: Near | None) -> tuple[bool | int | str, ...]:
    here = near is not None and one.insee in near.territory
    department = near is not None and one.department_code == near.department
    exact, begins = key == name, key.startswith(name)
    return not (here and begins), not exact, not here, not department, not begins, -one.population, one.insee


def _otherwise(text: str, name: str, near: Near | None, limit: int) -> list[Suggestion]:
    try:
        place = read_place(text, near=near)
    except PlaceError as error:
        # Three letters look like anything.
        codes = like(name, near=near, limit=limit) if len(name) > 3 else error.choices[:limit]
        return [Suggestion(code) for code in codes]
    return [Suggestion(place.insee, place.former)]


@lru_cache(maxsize=1)
def _searched() -> list[tuple[str, Known, Former | None]]:
    """ " saint denis 93200 93210": each word and postcode after a space, so that " word" finds beginnings."""
    known = gazetteer()
    found: list[tuple[str, Known, Former | None]] = [
        (" ".join(["", one.key, *one.postcodes]), one, None) for one in known.communes.values()
    ]
    for some in known.former.values():
        found += [
            (" ".join(["", one.key, *one.postcodes]), known.communes[one.today], one)
            for one in some
            # Arrondissements stand in the postcodes of their towns.
            if one.key and one.kind != "arrondissement" and one.key != known.communes[one.today].key
        ]
    return found
