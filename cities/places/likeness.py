"""Names with a slip, and names that look like one another."""

from dataclasses import replace
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from cities.gazetteer import gazetteer, squeezed
from cities.places.answers import Near
from cities.places.found import Found

_LONG = 10  # letters: a name so long with one slip is hardly another's


def slips_allowed(key: str) -> int:
    letters = len(squeezed(key))
    return 0 if letters < 6 else 1 if letters < 10 else 2


def distance(key: str, other: str) -> int:
    return int(OSA.distance(squeezed(key), squeezed(other)))


def with_a_slip(_text: str, key: str, near: Near | None) -> list[Found]:
    """The one commune whose name is a letter or two away, when no other is nearly as near."""
    name, most = squeezed(key), slips_allowed(key)
    if not most or any(char.isdigit() for char in name):
        return []
    close = process.extract(name, _keys(), scorer=OSA.distance, score_cutoff=most + 1, limit=8)
    if not close or close[0][1] > most:
        return []
    known, nearest = gazetteer(), close[0][1]
    found: dict[str, Found] = {}
    nearest_codes = set()
    for spelt, distance, _at in close:
        if distance > nearest + 1:
            continue
        some = [Found(code) for code in (*known.by_name.get(spelt, ()), *known.by_bare_name.get(spelt, ()))]
        some += [Found(one.today, one) for one in known.by_former_name.get(spelt, ())]
        for one in some:
            found.setdefault(one.insee, one)
            if distance == nearest:
                nearest_codes.add(one.insee)
    return [replace(one, plain=False) for one in _surely(found, nearest_codes, name, near)]


def _surely(found: dict[str, "Found"], nearest: set[str], name: str, near: Near | None) -> list["Found"]:
    """The one that is meant by a name with a slip, when the others are no match for it."""
    here = [code for code in nearest if near and code in near.territory]
    if len(here) == 1:
        return [found[here[0]]]
    if len(nearest) != 1:
        return []
    (code,) = nearest
    others = [one.known.population for key, one in found.items() if key != code]
    sure = len(name) >= _LONG and slips_allowed(name) > 1
    if others and not sure and found[code].known.population < 10 * max(others):
        return []
    return [found[code]]


def like(key: str, *, near: Near | None, limit: int = 5) -> tuple[str, ...]:
    """Communes whose names look like the folded text, those of the town first."""
    name = squeezed(key)
    if len(name) < 4:
        return ()
    known = gazetteer()
    close = process.extract(name, _keys(), scorer=OSA.normalized_similarity, score_cutoff=0.6, limit=30)
    found: dict[str, tuple[bool, float]] = {}
    for spelt, likeness, _at in close:
        codes = [*known.by_name.get(spelt, ()), *known.by_bare_name.get(spelt, ())]
        codes += [one.today for one in known.by_former_name.get(spelt, ())]
        for code in codes:
            found.setdefault(code, (bool(near and code in near.territory), likeness))
    ranked = sorted(
        found, key=lambda code: (-found[code][1] - 0.1 * found[code][0], -known.communes[code].population)
    )
    return tuple(ranked[:limit])


@lru_cache(maxsize=1)
def _keys() -> list[str]:
    known = gazetteer()
    return list(dict.fromkeys([*known.by_name, *known.by_bare_name, *known.by_former_name]))
