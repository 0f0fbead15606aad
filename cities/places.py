"""What place a person means: a code, a postcode, a name as it is said. One reading for forms, API, lists and trials.

Nothing is asked of the database. What was understood differently from how it is written is told (`Place.said`); what
may be several places is asked about (`SeveralPlaces`), never guessed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from django.utils.translation import gettext as _
from rapidfuzz import process
from rapidfuzz.distance import OSA

from cities.abroad import abroad
from cities.gazetteer import Former, Known, gazetteer, squeezed, territory, without_article
from cities.models import City
from cities.names import fold

LONGEST_WRITTEN = 200
_SHORTEST_BEGINNING = 5
_LONG = 10  # letters: a name so long with one slip is hardly another's
MOST_CHOICES = 6  # named in a sentence
# Beyond its territory, a place with a part of it ("Lyon Croix-Rousse") is believed of a town that all know.
WELL_KNOWN = 20_000
_LARGEST_OF_A_DEPARTMENT = 30_000

_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
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
_BRACKETS = re.compile(r"^(?P<before>[^()]+)\((?P<within>[^()]*)\)(?P<after>[^()]*)$")
_LAST_ARTICLE = re.compile(r"^(?P<name>[^,(]+?) ?(?:, ?|\( ?)(?P<article>le|la|les|l['’]?)(?: ?\))?$", re.IGNORECASE)
_INTRODUCED = re.compile(r"^(?:a|au|aux|ville de|ville d|commune de|commune d|mairie de|mairie d) (?=\w)")
_DISTRICT = re.compile(
    r"^(?:(?P<before>paris|lyon|marseille) )?(?P<number>[1-9]|1\d|20|[ivx]{1,5}|premier|[a-z]+ieme)"
    r"(?: ?(?:er|ere|re|e|eme|ieme|nd|nde|o))?(?: (?:arr[a-z]*|ardt))?(?: (?:a |de )?(?P<after>paris|lyon|marseille))?"
    r"(?: \d{2})?$"
)
_ROMAN = dict(
    zip(
        "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split(), range(1, 21), strict=True
    )
)
_ORDINALS = dict(
    zip(
        "premier deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme onzieme douzieme "
        "treizieme quatorzieme quinzieme seizieme".split(),
        range(1, 17),
        strict=True,
    )
)  # fmt: skip
_DISTRICTS = {"paris": ("75056", 20), "lyon": ("69123", 9), "marseille": ("13055", 16)}
_LINKING = frozenset("a au aux d de des du en et l la le les lez sous sur s".split())
_NOT_ONE_PLACE = frozenset("alentours autour environs ou pres proche region".split())


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
    """A commune of today. `written` is empty where it was written as it is; `former`: what it was called or a part."""

    insee: str
    written: str = ""
    former: str = ""

    @property
    def said(self) -> str:
        """ "75011 → Paris (75056)", for a report; "" where nothing had to be understood."""
        if not self.written:
            return ""
        one = gazetteer().communes[self.insee]
        said = f"{self.written} → {one.name} ({one.insee})"
        if self.former and fold(self.former) != fold(self.written):
            return f"{said}, {self.former}"
        return said


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


class UnknownPlace(PlaceError):
    """Nothing is called so; `choices` look like it."""

    def sentence(self) -> str:
        written = self.written
        if re.fullmatch(r"\d{5}|2[AB]\d{3}", written):
            return _("aucune commune n’a le code INSEE ni le code postal «\u00a0%(code)s\u00a0».") % {"code": written}
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


def near(city: City) -> Near:
    """A town, for `read_place`."""
    seat = gazetteer().communes.get(city.seat_id)
    return Near(city.seat_id, territory(city.seat_id, city.epci_code), seat.department_code if seat else "")


def read_place(text: str, *, near: Near | None = None, figures: Figures = Figures.ASKED) -> Place:
    """The commune of today that a text means. Raises a PlaceError.

    Among namesakes, the one in the territory of `near` is meant.
    """
    written = _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip(" \"'’«»,;.:")[:LONGEST_WRITTEN]
    # As figures are typed in other scripts.
    return _read("".join(str(int(char)) if char.isdecimal() else char for char in written), near, figures)


@dataclass(frozen=True, slots=True)
class _Found:
    """A commune of today that answers; `former`: by a name or code that it has no more."""

    insee: str
    former: Former | None = None
    # Nothing had to be understood.
    plain: bool = True

    def place(self, written: str) -> Place:
        if self.plain and self.former is None:
            return Place(self.insee)
        return Place(self.insee, written, self.former.name if self.former else "")

    @property
    def known(self) -> Known:
        return gazetteer().communes[self.insee]

    def bears(self, number: str) -> bool:
        """Whether this is its code, its postcode or that of the part."""
        former = self.former
        return (
            number == self.insee
            or number in self.known.postcodes
            or (former is not None and number in (former.insee, *former.postcodes))
            or any(one.today == self.insee for one in gazetteer().former.get(number, ()))
        )


@lru_cache(maxsize=16384)
def _read(written: str, near: Near | None, figures: Figures) -> Place:
    if not written:
        raise UnknownPlace(written)
    found = _in_france(written, near, figures)
    return found.place(written)


def _in_france(written: str, near: Near | None, figures: Figures) -> _Found:
    if (code := _CODE.fullmatch(written)) and (kind := _LABELS.get(fold(code["label"] or ""))) is not None:
        return _by_code(written, code, kind, near, figures)
    if last := _LAST_ARTICLE.fullmatch(written):
        written = f"{last['article']} {last['name']}"
    # A few communes are called like a country, and some have brackets in their names.
    if exact := _exactly(fold(written), near):
        return _one(written, [*exact, *_overshadowing(exact, fold(written), near)], near)
    if where := abroad(written):
        raise PlaceAbroad(written, where)
    text = re.sub(r"[,(]?\s*france\s*\)?$", "", written, flags=re.IGNORECASE).strip() or written
    if number := _NUMBER.search(text):
        rest = f"{text[: number.start()]} {text[number.end() :]}"
        name = _CEDEX.sub(" ", re.sub(r"\(\s*\)", " ", rest)).strip(" -–—,;:/")
        if fold(name):
            is_cedex = bool(_CEDEX.search(rest))
            return _with_number(written, fold(name), name, number[1].replace(" ", "").upper(), is_cedex, near)
    return _one(written, _by_name(written, _CEDEX.sub(" ", text).strip(), near), near)


# --- Codes ---------------------------------------------------------------------------------------------


def _by_code(written: str, match: re.Match[str], kind: str, near: Near | None, figures: Figures) -> _Found:
    code = match["code"].replace(" ", "").upper().zfill(5)
    plain = code == written.upper()
    if where := abroad(code):
        raise PlaceAbroad(written, where)
    by_insee = _of_insee(code)
    by_postcode = _of_postcode(code, near)
    if kind == "postcode" or match["cedex"]:
        figures = Figures.POSTCODE
    elif kind == "insee":
        figures = Figures.INSEE
    if by_insee and by_postcode and {one.insee for one in by_postcode} != {by_insee.insee}:
        if figures is Figures.POSTCODE:
            return _one(written, by_postcode, near)
        if figures is Figures.ASKED and (others := _likelier(by_insee, by_postcode, near)):
            raise SeveralPlaces(code, [by_insee.insee, *others])
        return replace(by_insee, plain=plain)
    if figures is Figures.POSTCODE and not by_postcode and (largest := _of_cedex(code)):
        return largest
    if by_insee and not match["cedex"]:
        return replace(by_insee, plain=plain)
    if by_postcode:
        return _one(code, [replace(one, plain=False) for one in by_postcode], near)
    if code.startswith("20") and (corsican := _of_insee(f"2A{code[2:]}") or _of_insee(f"2B{code[2:]}")):
        return replace(corsican, plain=False)
    if largest := _of_cedex(code):
        return largest
    raise (CedexAlone if match["cedex"] else UnknownPlace)(code)


def _likelier(by_insee: _Found, by_postcode: list[_Found], near: Near | None) -> list[str]:
    """Of a code that is another one's postcode too: whom it may well mean instead of the commune that bears it."""
    if near and by_insee.insee in near.territory:
        return []
    codes = [one.insee for one in by_postcode]
    if near and (here := [code for code in codes if code in near.territory]):
        return here
    return [code for code in codes if gazetteer().communes[code].population > by_insee.known.population]


def _of_insee(code: str) -> _Found | None:
    known = gazetteer()
    if code in known.communes:
        return _Found(code)
    old = known.former.get(code)
    return _Found(old[0].today, old[0], plain=False) if old else None


def _of_postcode(code: str, near: Near | None) -> list[_Found]:
    return [_Found(one, plain=False) for one in gazetteer().by_postcode.get(code, ())]


def _of_cedex(code: str) -> _Found | None:
    """Postcodes of organisations that begin with the département and a zero are those of its largest town.

    Not around Paris: La Défense is nobody's alone.
    """
    known = gazetteer()
    bearing = known.by_postcode.get(f"{code[:2]}000", ()) if code[2] == "0" and code[:2] != "92" else ()
    if len(bearing) == 1 and known.communes[bearing[0]].population >= _LARGEST_OF_A_DEPARTMENT:
        return _Found(bearing[0], plain=False)
    return None


def _with_number(
    written: str, name: str, raw: str, number: str, is_cedex: bool, near: Near | None
) -> _Found:
    """A name and a code or postcode beside it: both must be of one commune."""
    number = number.zfill(5)
    known = gazetteer()
    of_number = [one for one in [_of_insee(number), *_of_postcode(number, near)] if one]
    try:
        named = _by_name(raw, raw, near)
    except UnknownPlace:
        return _part_of_number(written, name, of_number, near)
    except SeveralPlaces as several:
        named = [_Found(one) for one in several.choices]
    together = [one for one in named if one.bears(number)]
    if together:
        return _one(written, together, near)
    if is_cedex or number not in known.by_postcode and _of_insee(number) is None:
        # Postcodes of organisations ("38021 Grenoble cedex") are in no list; they begin like the département.
        department = [one for one in named if _is_in_department(one.known, number)]
        if department:
            return _one(written, department, near)
    raise Contradiction(written, _codes([*named, *of_number]))


def _part_of_number(written: str, name: str, of_number: list[_Found], near: Near | None) -> _Found:
    """A code beside a name that no commune has: a quarter, or a slip."""
    if not of_number:
        raise UnknownPlace(written)
    slips = [one for one in of_number if _distance(name, one.known.key) <= _slips_allowed(name)]
    choice = slips or of_number
    return replace(_one(written, choice, near), plain=False)


def _is_in_department(one: Known, number: str) -> bool:
    department = one.department_code
    return number.startswith("20" if department in ("2A", "2B") else department)


# --- Names ---------------------------------------------------------------------------------------------


def _by_name(written: str, text: str, near: Near | None) -> list[_Found]:
    """All that the name may mean, by the first way of reading it that finds something. Raises UnknownPlace."""
    key = _INTRODUCED.sub("", fold(text))
    ways: Sequence[Callable[[str, str, Near | None], list[_Found]]] = (
        lambda _text, key, near: _exactly(key, near),
        _of_district,
        _with_detail,
        _without_article,
        _by_main_words,
        _by_its_beginning,
        _with_a_slip,
        _with_a_part,
    )
    for way in ways:
        if key and (found := way(text, key, near)):
            return found
    raise UnknownPlace(written, like(key, near=near))


def _exactly(key: str, near: Near | None) -> list[_Found]:
    """Communes of this name, and those that had it or have a part that is called so."""
    known, name = gazetteer(), squeezed(key)
    today = [_Found(code) for code in known.by_name.get(name, ())]
    return today + [_Found(one.today, one, plain=False) for one in known.by_former_name.get(name, ())]


def _overshadowing(exact: list[_Found], key: str, near: Near | None) -> list[_Found]:
    """Towns that are called so for short, beside a village of that name far away: "Aix", "Boulogne"."""
    if any(one.known.population >= WELL_KNOWN or (near and one.insee in near.territory) for one in exact):
        return []
    largest = max(one.known.population for one in exact)
    return [
        _Found(code, plain=False)
        for code in _beginning_with(key)
        if gazetteer().communes[code].population >= max(WELL_KNOWN, 10 * largest)
    ]


@lru_cache(maxsize=1)
def _beginnings() -> dict[str, tuple[str, ...]]:
    """First words of longer names → the communes."""
    found: dict[str, dict[str, None]] = {}
    for one in _all():
        words = (one.former or one.known).key.split()
        for length in range(1, len(words)):
            found.setdefault("".join(words[:length]), {})[one.insee] = None
    return {key: tuple(codes) for key, codes in found.items()}


def _beginning_with(key: str) -> tuple[str, ...]:
    return _beginnings().get(squeezed(key), ())


def _by_its_beginning(_text: str, key: str, near: Near | None) -> list[_Found]:
    """ "Illkirch", when one commune's name begins so, or one of the territory."""
    codes = _beginning_with(key) if len(squeezed(key)) >= _SHORTEST_BEGINNING else ()
    here = [code for code in codes if near and code in near.territory]
    return [_Found(code, plain=False) for code in (here or codes)]


def _of_district(_text: str, key: str, near: Near | None) -> list[_Found]:
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
    number = int(said) if said.isdigit() else _ROMAN.get(said) or _ORDINALS.get(said, 0)
    if not 1 <= number <= most:
        return []
    first = {"75056": "751", "69123": "6938", "13055": "132"}[code]
    district = gazetteer().former[f"{first}{number:0{5 - len(first)}}"][0]
    return [_Found(code, district, plain=False)]


def _with_detail(text: str, key: str, near: Near | None) -> list[_Found]:
    """ "Saint-Denis (974)", "Saint-Denis, La Réunion", "Mâcon 71", "Strasbourg (Neudorf)"."""
    if match := _BRACKETS.fullmatch(text):
        name, details = f"{match['before']} {match['after']}".strip(), match["within"].split(",")
    elif "," in text:
        name, *details = text.split(",")
    else:
        return _with_department(text, key, near)
    named = _exactly(fold(name), near) or _without_article(name, fold(name), near)
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
            raise Contradiction(text.strip(), _codes(named))
        else:
            named = located
    if not plain:
        named = [one for one in named if _stands_out(one, named, near)]
    return [one if plain else replace(one, plain=False) for one in named]


def _with_department(text: str, key: str, near: Near | None) -> list[_Found]:
    words = key.split()
    if len(words) > 1 and re.fullmatch(r"\d{2,3}|2[ab]", words[0]):
        number, rest = words[0], " ".join(words[1:])
        named = _exactly(rest, near) or _of_district(rest, rest, near)
        return [replace(one, plain=False) for one in _located(named, number) or ()]
    for at in range(len(words) - 1, 0, -1):
        name, detail = " ".join(words[:at]), " ".join(words[at:])
        named = _exactly(name, near) or _without_article(name, name, near)
        if not named:
            continue
        located = _located(named, detail)
        if located:
            return located
        if located is not None:
            raise Contradiction(text.strip(), _codes(named))
    return []


def _located(named: list[_Found], detail: str) -> list[_Found] | None:
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
        name: number
        for name, number in known.departments.items()
        if detail in (name, without_article(name))
    }
    if not departments:
        return None
    return [one for one in named if one.known.department_code in departments.values()]


def _without_article(_text: str, key: str, near: Near | None) -> list[_Found]:
    """ "Havre", "Mans"."""
    return [_Found(code) for code in gazetteer().by_bare_name.get(squeezed(key), ())]


@lru_cache(maxsize=1)
def _main_words() -> dict[str, tuple[_Found, ...]]:
    """What the names of communes come to without the words that link: "Chalon Saône"."""
    found: dict[str, list[_Found]] = {}
    for one in _all():
        words = [word for word in (one.former or one.known).key.split() if word not in _LINKING]
        if len(words) > 1:
            found.setdefault("".join(words), []).append(replace(one, plain=False))
    return {key: tuple(some) for key, some in found.items()}


def _by_main_words(_text: str, key: str, near: Near | None) -> list[_Found]:
    words = [word for word in key.split() if word not in _LINKING]
    return list(_main_words().get("".join(words), ())) if len(words) > 1 else []


def _all() -> Iterator[_Found]:
    known = gazetteer()
    for code in known.communes:
        yield _Found(code)
    for some in known.former.values():
        yield from (_Found(one.today, one, plain=False) for one in some if one.name)


@lru_cache(maxsize=1)
def _keys() -> list[str]:
    known = gazetteer()
    return list(dict.fromkeys([*known.by_name, *known.by_bare_name, *known.by_former_name]))


def _slips_allowed(key: str) -> int:
    letters = len(squeezed(key))
    return 0 if letters < 6 else 1 if letters < 10 else 2


def _distance(key: str, other: str) -> int:
    return int(OSA.distance(squeezed(key), squeezed(other)))


def _with_a_slip(_text: str, key: str, near: Near | None) -> list[_Found]:
    """The one commune whose name is a letter or two away, when no other is nearly as near."""
    name, most = squeezed(key), _slips_allowed(key)
    if not most or any(char.isdigit() for char in name):
        return []
    close = process.extract(name, _keys(), scorer=OSA.distance, score_cutoff=most + 1, limit=8)
    if not close or close[0][1] > most:
        return []
    known, nearest = gazetteer(), close[0][1]
    found: dict[str, _Found] = {}
    nearest_codes = set()
    for spelt, distance, _at in close:
        if distance > nearest + 1:
            continue
        some = [_Found(code) for code in (*known.by_name.get(spelt, ()), *known.by_bare_name.get(spelt, ()))]
        some += [_Found(one.today, one) for one in known.by_former_name.get(spelt, ())]
        for one in some:
            found.setdefault(one.insee, one)
            if distance == nearest:
                nearest_codes.add(one.insee)
    return [replace(one, plain=False) for one in _surely(found, nearest_codes, name, near)]


def _surely(found: dict[str, "_Found"], nearest: set[str], name: str, near: Near | None) -> list["_Found"]:
    """The one that is meant by a name with a slip, when the others are no match for it."""
    here = [code for code in nearest if near and code in near.territory]
    if len(here) == 1:
        return [found[here[0]]]
    if len(nearest) != 1:
        return []
    (code,) = nearest
    others = [one.known.population for key, one in found.items() if key != code]
    sure = len(name) >= _LONG and _slips_allowed(name) > 1
    if others and not sure and found[code].known.population < 10 * max(others):
        return []
    return [found[code]]


def _with_a_part(text: str, key: str, near: Near | None) -> list[_Found]:
    """A town and a part of it, in either order: "Strasbourg Neudorf", "quartier Neudorf, Strasbourg"."""
    words = key.split()
    if _NOT_ONE_PLACE.intersection(words):
        raise UnknownPlace(text.strip(), like(key, near=near))
    for length in range(len(words) - 1, 0, -1):
        for name, rest in ((words[:length], words[length:]), (words[-length:], words[:-length])):
            named = _exactly(" ".join(name), near)
            one = next((one for one in named if _stands_out(one, named, near)), None)
            if one is None or len(squeezed(" ".join(name))) < 4:
                continue
            others = [other for other in _named_within(rest) if _is_another(other, one, near)]
            if others:
                raise SeveralPlaces(text.strip(), _codes([one, *others]))
            if abroad(" ".join(rest)):
                raise SeveralPlaces(text.strip(), [one.insee])
            return [replace(one, plain=False)]
    return []


def _stands_out(one: _Found, named: list[_Found], near: Near | None) -> bool:
    """Whether among namesakes this is the one that is meant with a part of it."""
    if near and one.insee in near.territory:
        return sum(other.insee in near.territory for other in named) == 1
    return len(named) == 1 and one.known.population >= WELL_KNOWN


def _named_within(words: list[str]) -> Iterator[_Found]:
    known = gazetteer()
    for first in range(len(words)):
        for last in range(len(words), first, -1):
            for code in known.by_name.get("".join(words[first:last]), ()):
                yield _Found(code)


def _is_another(other: _Found, one: _Found, near: Near | None) -> bool:
    """Whether a name beside a town is a commune of its surroundings, rather than a part that is called like one."""
    if other.insee == one.insee or len(other.known.key) < 4:
        return False
    return other.known.department_code == one.known.department_code or bool(
        near and other.insee in near.territory
    )


# --- Choosing ------------------------------------------------------------------------------------------


def _one(written: str, found: Sequence[_Found], near: Near | None) -> _Found:
    """The only one, or the only one in the territory of the town. Raises SeveralPlaces."""
    by_code: dict[str, _Found] = {}
    for one in found:
        by_code.setdefault(one.insee, one)
    if len(by_code) == 1:
        return next(iter(by_code.values()))
    here = [one for code, one in by_code.items() if near and code in near.territory]
    if len(here) == 1:
        return here[0]
    raise SeveralPlaces(written, _codes(found))


def _codes(found: Iterable[_Found]) -> tuple[str, ...]:
    return gazetteer().largest_first(one.insee for one in found)


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
