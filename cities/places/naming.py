"""Names of places as people say them: ways of reading, one after the other."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from cities.abroad import abroad
from cities.gazetteer import gazetteer, squeezed, without_article
from cities.names import fold
from cities.places.answers import Contradiction, Near, SeveralPlaces, UnknownPlace
from cities.places.districts import of_district
from cities.places.found import Found, codes_of, everything
from cities.places.likeness import like, with_a_slip

# Beyond its territory, a place with a part of it ("Lyon Croix-Rousse") is believed of a town that all know.
WELL_KNOWN = 20_000
_SHORTEST_BEGINNING = 5
_BRACKETS = re.compile(r"^(?P<before>[^()]+)\((?P<within>[^()]*)\)(?P<after>[^()]*)$")
_INTRODUCED = re.compile(r"^(?:a|au|aux|ville de|ville d|commune de|commune d|mairie de|mairie d) (?=\w)")
_DEPARTMENT = re.compile(r"\d{2,3}|2[abAB]")
_OF_THE = re.compile(r"^(?:de la|de l|du|des|de|d|en|a la) (?=\w)")
_CENTRE = re.compile(r"(?<=\w)[ ,-]+\(?(?:hyper-?)?centre[ -]ville\)?$", re.IGNORECASE)
_LINKING = frozenset(
    ["a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "lez", "sous", "sur", "s"]
)
_NOT_ONE_PLACE = frozenset("alentours autour environs ou pres proche region".split())  # noqa: SIM905


def by_name(written: str, text: str, near: Near | None) -> list[Found]:
    """All that the name may mean, by the first way of reading it that finds something. Raises UnknownPlace."""
    text = _CENTRE.sub("", text)
    key = _INTRODUCED.sub("", fold(text))
    ways: Sequence[Callable[[str, str, Near | None], list[Found]]] = (
        lambda _text, key, near: exactly(key, near) or _quarter(key, near),
        of_district,
        _with_detail,
        _without_article,
        _by_main_words,
        _by_its_beginning,
        with_a_slip,
        _with_a_part,
    )
    for way in ways:
        if key and (found := way(text, key, near)):
            return found
    raise UnknownPlace(written, like(key, near=near))


def exactly(key: str, near: Near | None) -> list[Found]:
    """Communes of this name, and those that had it or have a part that is called so."""
    known, name = gazetteer(), squeezed(key)
    today = [Found(code) for code in known.by_name.get(name, ())]
    if len(today) == 1 and today[0].known.population >= WELL_KNOWN:
        return today
    # A name that went to a neighbour is the neighbour's.
    departments = {one.known.department_code for one in today}
    return today + [
        Found(one.today, one, plain=False)
        for one in known.by_former_name.get(name, ())
        if known.communes[one.today].department_code not in departments
    ]


def overshadowing(exact: list[Found], key: str, near: Near | None) -> list[Found]:
    """Towns that are called so for short, beside a village of that name far away: "Aix", "Boulogne"."""
    if any(one.known.population >= WELL_KNOWN or (near and one.insee in near.territory) for one in exact):
        return []
    largest = max(one.known.population for one in exact)
    return [
        Found(code, plain=False)
        for code in _beginning_with(key)
        if gazetteer().communes[code].population >= max(WELL_KNOWN, 10 * largest)
    ]


@lru_cache(maxsize=1)
def _beginnings() -> dict[str, tuple[str, ...]]:
    """First words of longer names → the communes."""
    found: dict[str, dict[str, None]] = {}
    for one in everything():
        words = (one.former or one.known).key.split()
        for length in range(1, len(words)):
            found.setdefault("".join(words[:length]), {})[one.insee] = None
    return {key: tuple(codes) for key, codes in found.items()}


def _beginning_with(key: str) -> tuple[str, ...]:
    return _beginnings().get(squeezed(key), ())


def beginning_with(key: str) -> list[Found]:
    """Communes whose longer names begin so."""
    return [Found(code, plain=False) for code in _beginning_with(key)]


def _by_its_beginning(_text: str, key: str, near: Near | None) -> list[Found]:
    """ "Illkirch", when one commune's name begins so, or one of the territory."""
    codes = _beginning_with(key) if len(squeezed(key)) >= _SHORTEST_BEGINNING else ()
    here = [code for code in codes if near and code in near.territory]
    return [Found(code, plain=False) for code in (here or codes)]


def _quarter(key: str, near: Near | None) -> list[Found]:
    """A quarter of the town itself, by its name alone."""
    name = squeezed(without_article(key.removeprefix("quartier ")))
    codes = gazetteer().quarters.get(name, ()) if near else ()
    return [Found(code, plain=False) for code in codes if near and code in near.territory]


def _with_detail(text: str, key: str, near: Near | None) -> list[Found]:
    """ "Saint-Denis (974)", "Saint-Denis, La Réunion", "Mâcon 71", "Strasbourg (Neudorf)"."""
    if match := _BRACKETS.fullmatch(text):
        name, details = f"{match['before']} {match['after']}".strip(), match["within"].split(",")
    elif "," in text:
        name, *details = text.split(",")
    else:
        return _with_department(text, key, near)
    named = exactly(fold(name), near) or _without_article(name, fold(name), near)
    if not named and any(_DEPARTMENT.fullmatch(detail.strip()) for detail in details):
        named = _by_its_beginning(name, fold(name), near)  # "Illkirch (67)"
    if not named:
        named = _with_detail(name, fold(name), near) if name != text else []
    if not named:
        return []
    plain = True
    for detail in map(fold, details):
        if not detail or detail in ("le", "la", "les", "l"):
            continue
        located = _located(named, detail)
        if located is None:
            plain = False  # a quarter, a remark
        elif not located:
            raise Contradiction(text.strip(), codes_of(named))
        else:
            named = located
    if not plain:
        named = [one for one in named if _stands_out(one, named, near)]
    return [one if plain else replace(one, plain=False) for one in named]


def _with_department(text: str, key: str, near: Near | None) -> list[Found]:
    words = key.split()
    if len(words) > 1 and re.fullmatch(r"\d{2,3}|2[ab]", words[0]):
        number, rest = words[0], " ".join(words[1:])
        named = exactly(rest, near) or of_district(rest, rest, near)
        return [replace(one, plain=False) for one in _located(named, number) or ()]
    for at in range(len(words) - 1, 0, -1):
        name, detail = " ".join(words[:at]), " ".join(words[at:])
        named = exactly(name, near) or _without_article(name, name, near)
        if not named:
            continue
        located = _located(named, detail)
        if located:
            return located
        if located is not None:
            raise Contradiction(text.strip(), codes_of(named))
        if of_the := _OF_THE.sub("", detail):  # "Saint-Denis de la Réunion"
            located = _located(named, of_the) if of_the != detail else None
            if located:
                return [replace(one, plain=False) for one in located]
    return []


def _located(named: list[Found], detail: str) -> list[Found] | None:
    """Those in the département that the detail names or numbers; None where it is no département."""
    code = detail.upper()
    known = gazetteer()
    if code == "20":
        return [one for one in named if one.known.department_code in ("2A", "2B")]
    if re.fullmatch(r"\d{2,3}|2[AB]", code):
        return [one for one in named if one.known.department_code == code]
    if re.fullmatch(r"\d{5}|2[AB]\d{3}", code):
        return [one for one in named if one.bears(code)]
    departments = {
        name: number for name, number in known.departments.items() if detail in (name, without_article(name))
    }
    if not departments:
        return None
    return [one for one in named if one.known.department_code in departments.values()]


def _without_article(_text: str, key: str, near: Near | None) -> list[Found]:
    """ "Havre", "Mans"."""
    return [Found(code) for code in gazetteer().by_bare_name.get(squeezed(key), ())]


@lru_cache(maxsize=1)
def _main_words() -> dict[str, tuple[Found, ...]]:
    """What the names of communes come to without the words that link: "Chalon Saône"."""
    found: dict[str, list[Found]] = {}
    for one in everything():
        words = [word for word in (one.former or one.known).key.split() if word not in _LINKING]
        if len(words) > 1:
            found.setdefault("".join(words), []).append(replace(one, plain=False))
    return {key: tuple(some) for key, some in found.items()}


def _by_main_words(_text: str, key: str, near: Near | None) -> list[Found]:
    words = [word for word in key.split() if word not in _LINKING]
    return list(_main_words().get("".join(words), ())) if len(words) > 1 else []


def _with_a_part(text: str, key: str, near: Near | None) -> list[Found]:
    """A town and a part of it, in either order: "Strasbourg Neudorf", "quartier Neudorf, Strasbourg"."""
    words = key.split()
    if _NOT_ONE_PLACE.intersection(words):
        raise UnknownPlace(text.strip(), like(key, near=near))
    for length in range(len(words) - 1, 0, -1):
        for name, rest in ((words[:length], words[length:]), (words[-length:], words[:-length])):
            named = exactly(" ".join(name), near)
            one = next((one for one in named if _stands_out(one, named, near)), None)
            if one is None or len(squeezed(" ".join(name))) < 4:
                continue
            others = [other for other in _named_within(rest) if _is_another(other, one, near)]
            if others:
                raise SeveralPlaces(text.strip(), codes_of([one, *others]))
            if abroad(" ".join(rest)):
                raise SeveralPlaces(text.strip(), [one.insee])
            return [replace(one, plain=False)]
    return []


def _stands_out(one: Found, named: list[Found], near: Near | None) -> bool:
    """Whether among namesakes this is the one that is meant with a part of it."""
    if near and one.insee in near.territory:
        return sum(other.insee in near.territory for other in named) == 1
    return len(named) == 1 and one.known.population >= WELL_KNOWN


def _named_within(words: list[str]) -> Iterator[Found]:
    known = gazetteer()
    for first in range(len(words)):
        for last in range(len(words), first, -1):
            for code in known.by_name.get("".join(words[first:last]), ()):
                yield Found(code)


def _is_another(other: Found, one: Found, near: Near | None) -> bool:
    """Whether a name beside a town is a commune of its surroundings, rather than a part that is called like one."""
    if other.insee == one.insee or len(other.known.key) < 4:
        return False
    return other.known.department_code == one.known.department_code or bool(
        near and other.insee in near.territory
    )
