"""Numbers as people write them: with units, in words, with either manner of thousands. What is not sure is asked."""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from catalogue.items.words import words_of
from catalogue.meaning.text import CellError, Reading, Unclear, folded, says_nothing

# What a number may be of, as it is written beside it: how many of the field's own units one of these is.
PERSONS: Mapping[str, float] = dict.fromkeys(
    words_of(
        "place places pl pls pers personne personnes p people person persons guest guests pax couchage "
        "couchages adulte adultes adult adults femme femmes women woman homme "
        "hommes men man enfant enfants child children bebe bebes fille filles garcon garcons ado ados "
        "شخص اشخاص"
    ),
    1,
)
ITEMS: Mapping[str, float] = dict.fromkeys(
    words_of(
        "piece pieces objet objets unite unites article articles exemplaire exemplaires ex pc pcs item items"
    ),
    1,
)
_WEEK = r"(?: ?(?:/|par|a la|per|a|each) ?(?:semaine|sem|hebdo|week|wk)| hebdo(?:madaires?)?)?"
HOURS: Mapping[str, float] = dict.fromkeys(words_of("h heure heures hr hrs hour hours ساعه ساعات"), 1)
KM: Mapping[str, float] = dict.fromkeys(
    words_of("km kms kilometre kilometres kilometer kilometers كم"), 1
) | dict.fromkeys(["m", "metre", "metres"], 0.001)
DAYS: Mapping[str, float] = (
    dict.fromkeys(
        words_of("j jr jrs jour jours day days nuit nuits night nights يوم ايام"),
        1,
    )
    | dict.fromkeys(words_of("semaine semaines sem week weeks اسبوع اسابيع"), 7)
    | dict.fromkeys(["mois", "month", "months", "شهر", "اشهر"], 30)
    | dict.fromkeys(words_of("an ans annee annees year years سنه"), 365)
)
EUROS: Mapping[str, float] = dict.fromkeys(["€", "euro", "euros", "eur"], 1)

_OF_FIELDS: Mapping[str, Mapping[str, float]] = {
    "capacity": {**PERSONS, **ITEMS, **HOURS},
    "quantity": {**PERSONS, **ITEMS, **HOURS},
    "rent": EUROS,
    "rent_up_to": EUROS,
    "longest_stay_days": DAYS,
    "notice_days": DAYS,
    "min_days": DAYS,
    "reach_km": KM,
}

_ANY = 1e9
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
# A spreadsheet's own way of showing what is long.
_POWER = re.compile(r"[+-]?\d(?:[.,]\d+)?e\+\d{1,2}")
_FIGURES = r"\d[\d.,' ]*"
_SPACES = re.compile(r"(?<=\d)[ '](?=\d{3}(?!\d))")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_MANY_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}|[1-9]\d{0,2}(?:,\d{3}){2,}")
_BOTH = re.compile(r"([1-9]\d{0,2}(?:\.\d{3})+),(\d+)|([1-9]\d{0,2}(?:,\d{3})+)\.(\d+)")
_ROMAN = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xii": 12}
_AT_MOST = re.compile(
    r"^(?:jusqu'a|max(?:imum|i)?\.?|au maximum|au plus|up to|at most) ?:? ?|,? ?\(?(?:max(?:imum|i)?|au maximum"
    r"|au plus)\.?\)?$"
)
_FOR = re.compile(
    r"^(?:(?:studio|[tf]\d)(?: ?bis)?,? )?(?:pour|for) (?=\S)"
    r"|^(?:studio|[tf]\d)(?: ?bis)?,? (?=\d+ ?(?:pers|place|couchage))"
)
# Of persons: "famille de 4", "5 (famille)", "1 femme seule".
_FAMILY = re.compile(
    r"^(?:(?:une )?famille|foyer|menage)(?: de)? (?=\d)| ?\((?:une )?(?:famille|couple avec enfants?)\)$"
)
_ONE_KIND = re.compile(r"^(1|une?) (?:femme|homme|dame|monsieur|etudiante?)(?: seule?)?$")
_WHOLE_HOURS = re.compile(r"^(\d{1,2}) ?h ?00$")
_MAY_BE_A_TIME = 10  # "18h00" is rather a time of the day
# In brackets, what takes nothing from the number beside it.
_AND_IN_WORDS = re.compile(r"^(\d+) ?\(([^\W\d_][^()\d]*)\)$|^([^\W\d_][^()\d]*?) ?\((\d+)\)$")
_ONE_ALONE = re.compile(r"^(?:1|une?) (?:seule? personne|personne seule|seule?)$|^personne seule$")
_COUPLE = re.compile(r"(?:\d{1,2} |un |une )?(?:couples?|lits? doubles?)")
# A rent is by the month.
_OF_OTHER_TIME = re.compile(
    r"\b(?:semaines?|sem|hebdo|jours?|nuits?|nuitees?|ans?|annees?|weeks?|days?|nights?|years?)\b"
)
_PARTS_IN_BRACKETS = re.compile(r"([^()]+?) ?\(([^()]+)\)")
_PEOPLE = words_of(
    "adulte adultes ad ads enfant enfants enf enfs femme femmes homme hommes ado ados adolescent adolescents adult "
    "adults "
    "child children kid kids woman women man men"
)
_REMARK = re.compile(r" ?\(((?:dont|soit|y compris|inclus|including|incl|maximum|max|maxi)\b[^()]*)\)$")
_NO_RENT = words_of("gratuit gratuite gratuitement gracieux gracieusement prete free lent offert zero") | {
    "a titre gracieux", "a titre gratuit", "titre gratuit", "hebergement gratuit", "logement gratuit",
    "titre gracieux", "sans loyer", "aucun loyer", "pas de loyer", "aucun", "neant", "rien",
    "mis a disposition", "0 (gratuit)", "gratuit (0)", "free of charge", "no rent", "مجانا", "مجاني",
}  # fmt: skip
NO_LIMIT = words_of("illimite illimitee indetermine indeterminee toujours unlimited") | {
    "pas de limite", "sans limite", "aucune limite", "sans limite de duree", "duree indeterminee", "no limit",
    "autant que necessaire", "aussi longtemps que necessaire", "tant que necessaire",
}  # fmt: skip
_BY_MONTH = re.compile(r" ?(?:/|par|per|a|le|by)? ?(?:mois|mensuels?|month|mo)$")
_ALL_IN = re.compile(
    r",? ?\(?(?:cc|c\.c\.?|charges comprises|toutes charges comprises|tcc|all inclusive)\)?$"
)


def says_no_limit(text: str) -> bool:
    """Where an empty cell is no limit: "illimité", and what says nothing."""
    return says_nothing(text) or folded(text).strip(" .!") in NO_LIMIT


def units_of(name: str) -> Mapping[str, float]:
    """What the number of a field may be of, where people write it beside the number; persons where nothing is said."""
    return _OF_FIELDS.get(name, PERSONS)


def read_whole(
    text: str, *, least: float, most: float, units: Mapping[str, float] | None = None
) -> Reading[int]:
    """A whole number within these bounds. CellError, Unclear."""
    found = _read(text, least, most, units, whole=True)
    value = found.value
    if not float(value).is_integer() or not least <= value <= most:
        raise CellError(
            _("un nombre entier de %(least)s à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».")
            % {"least": least, "most": most, "text": text},
            code="bounds",
        )
    return Reading(int(value), found.said)


def read_decimal(
    text: str, *, least: float, most: float, units: Mapping[str, float] | None = None
) -> Reading[float]:
    """A number within these bounds. CellError, Unclear."""
    found = _read(text, least, most, units, whole=False)
    if not least <= found.value <= most:
        raise CellError(
            _("un nombre de %(least)g à %(most)g est attendu, pas «\u00a0%(text)s\u00a0».")
            % {"least": least, "most": most, "text": text},
            code="bounds",
        )
    return found


def read_number(value: Any, units: Mapping[str, float] | None = None, *, whole: bool) -> Any:
    """The number that was typed; what is none, or is no text, as it came: who asked for it refuses it. Unclear."""
    if not isinstance(value, str) or not value.strip():
        return value
    try:
        return _read(value, -_ANY, _ANY, units, whole=whole).value
    except Unclear:
        raise
    except CellError:
        return value


def _read(
    text: str, least: float, most: float, units: Mapping[str, float] | None, *, whole: bool
) -> Reading[float]:
    written = text.strip()
    if _PLAIN.fullmatch(written) and not _THOUSANDS.fullmatch(written) and written.isascii():
        return Reading(float(written))
    bare = folded(written).replace("−", "-").replace("٬", "'").replace("٫", ".").replace("⁄", "/")
    if (value := _figures(bare, least, most, written, whole=whole)) is not None:
        # A decimal comma is plain; a mark of thousands, or a power, is worth saying.
        return Reading(
            value, "" if re.fullmatch(r"-?\d+(?:[.,]\d+)?", bare) and value < 1000 else said(value)
        )
    value = _worded(bare, least, most, written, units or {}, whole=whole)
    return Reading(value, said(value))


def said(value: float) -> str:
    """A number as figures, without thousands marks: "1200", "2,5"."""
    return f"{value:.10g}".replace(".", ",")


def _figures(bare: str, least: float, most: float, written: str, *, whole: bool) -> float | None:
    """A number in figures alone; None when it is not one."""
    if _POWER.fullmatch(bare):
        value = float(bare.replace(",", "."))
        return value if math.isfinite(value) else None
    number = _SPACES.sub("", bare)
    if both := _BOTH.fullmatch(number):
        ones, rest = (both[1], both[2]) if both[1] else (both[3], both[4])
        return float(f"{re.sub('[.,]', '', ones)}.{rest}")
    if _MANY_THOUSANDS.fullmatch(number):
        return float(re.sub("[.,]", "", number))
    if mark := _THOUSANDS.fullmatch(number):
        readings = [float(number.replace(mark[1], ".")), float(number.replace(mark[1], ""))]
        fitting = [one for one in readings if least <= one <= most and (one.is_integer() or not whole)]
        if len(fitting) == 1 and (not whole or (written.strip("0123456789., ") and fitting[0] >= 1000)):
            return fitting[0]  # a unit beside it, or the only one that is possible here
        if not fitting:
            return readings[0]  # what the bounds say is said
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: est-ce %(one)s ou %(other)s\u202f?")
            % {"text": written, "one": said(readings[1]), "other": said(readings[0])},
            written=written,
            choices=[f"{one:g}" for one in reversed(readings) if one in fitting],
        )
    number = number.replace(",", ".")
    return float(number) if _PLAIN.fullmatch(number) else None


def _worded(
    bare: str, least: float, most: float, written: str, units: Mapping[str, float], *, whole: bool
) -> float:
    if EUROS.items() <= units.items():
        if bare.strip(" .!") in _NO_RENT:
            return 0
        bare = re.sub(r"^€ ?", "", _BY_MONTH.sub("", _ALL_IN.sub("", bare)))
    bare = bare.strip(" !")
    if (told := _AND_IN_WORDS.fullmatch(bare)) and (
        number_words().get((told[2] or told[3]).replace("-", " ")) == int(told[1] or told[4])
    ):
        return int(told[1] or told[4])  # "deux (2)": the same twice
    if PERSONS.items() <= units.items():
        if _ONE_ALONE.fullmatch(bare) or _ONE_KIND.fullmatch(bare):
            return 1
        if total := _said_with_its_parts(bare, units):
            return total
        bare = _FAMILY.sub("", bare)
    rest = _FOR.sub("", _REMARK.sub("", re.sub(r"^\(([^()]+)\)$", r"\1", bare)))
    rest = _AT_MOST.sub("", rest).strip(" .:")
    if HOURS.items() <= units.items():
        by_week = re.sub(_WEEK + "$", "", rest)
        if by_week == rest and (hour := _WHOLE_HOURS.fullmatch(rest)) and int(hour[1]) >= _MAY_BE_A_TIME:
            return _asked(f"{hour[1]} h", written, units)
        rest = _WHOLE_HOURS.sub(r"\1", by_week)
    match = re.fullmatch(
        rf"(-?{_FIGURES}(?<! )|[^\W\d_]+(?:[ -][^\W\d_]+){{0,3}}?)(?: ?([^\W\d_]+|€)\.?)?", rest
    )
    if match:
        value = _figures(match[1], least, most, written, whole=whole)
        if value is None:
            value = number_words().get(match[1].replace("-", " "))
        if value is not None:
            if not match[2]:
                return value
            if match[2] in units:
                return value * units[match[2]]
    if value := number_words().get(rest.replace("-", " ")):
        return value
    return _asked(bare, written, units)


def _asked(bare: str, written: str, units: Mapping[str, float]) -> float:
    """Raise: with the numbers that it may be, when there is one in it at all."""
    numbers = [int(one) for one in re.findall(r"(?<![\d.,])\d{1,5}(?![\d.,]*\d)", bare)]
    numbers += [
        value for word, value in number_words().items() if value > 1 and re.search(rf"\b{word}\b", bare)
    ]
    about = {**_TENS, **_ROMAN}
    numbers += [value for word, value in about.items() if re.search(rf"\b{word}\b", bare)]
    is_number = bool(numbers)
    if PERSONS.keys() <= set(units) and (found := _people_together(bare, units)) is not None:
        numbers = found
    elif re.fullmatch(r"\d+(?: ?\+ ?\d+)+", bare):
        numbers = [sum(numbers)]
    if EUROS.items() <= units.items() and _OF_OTHER_TIME.search(bare):
        numbers = []
    if set(units.values()) > {1} and set(units) & set(re.findall(r"[^\W\d_]+", bare)):
        numbers = _of_units(bare, units)
    if is_number or numbers:
        raise Unclear(
            _("«\u00a0%(text)s\u00a0» n’est pas un nombre sûr. Lequel faut-il retenir\u202f?")
            % {"text": written},
            written=written,
            choices=[str(one) for one in dict.fromkeys(numbers)],
        )
    if re.search(r"\b(?:quelques|plusieurs|beaucoup|bcp|some|several|many|variable|selon|ca depend)\b", bare):
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: combien au juste\u202f?") % {"text": written}, written=written
        )
    raise CellError(_("«\u00a0%(text)s\u00a0» n’est pas un nombre.") % {"text": written}, code="number")


def _said_with_its_parts(bare: str, units: Mapping[str, float]) -> int:
    """ "4 pers. (2 adultes, 2 enfants)": the number, when its parts in brackets come to it; else 0."""
    told = _PARTS_IN_BRACKETS.fullmatch(bare)
    total = _one_part(told[1], units) if told else 0
    parts = re.split(r" ?(?:\+|,|&|\bet\b|\band\b) ?", told[2]) if told else ()
    return total if total and sum(_one_part(part, units) for part in parts) == total else 0


def _one_part(part: str, units: Mapping[str, float]) -> int:
    match = re.fullmatch(r"(\d{1,2}|[^\W\d_]+) ?([^\W\d_]+)\.?", part.strip())
    if match is None or (match[2] not in _PEOPLE and match[2] not in units):
        return 0
    return int(match[1]) if match[1].isdigit() else number_words().get(match[1], 0)


def _people_together(bare: str, units: Mapping[str, float]) -> list[int] | None:
    """What "1 couple + 1" comes to; nothing where a couple stands beside what is not counted; None of no such sum."""
    parts = re.split(r" ?(?:\+|,|\bet\b|\band\b) ?", bare)
    counted = [re.fullmatch(r"(?:(\d{1,2}) ?|une? )?([^\W\d_]+(?: doubles?)?)?", part) for part in parts]
    found = 0
    for part, one in zip(parts, counted, strict=True):
        if _COUPLE.fullmatch(part):
            found += 2 * int(re.sub(r"\D", "", part) or 1)
        elif one and part and (one[2] is None or (one[2] in units and part != one[2])):
            found += int(one[1] or 1)
        else:
            return [] if re.search(r"\bcouples?\b", bare) else None
    return [found] if len(parts) > 1 or _COUPLE.fullmatch(bare) else None


def _of_units(bare: str, units: Mapping[str, float]) -> list[int]:
    """Each number times the unit after it or after the next: "1 à 3 mois" is 30 or 90; nothing where one has none."""
    values = {word: value for word, value in number_words().items() if value > 1} | _TENS
    known = "|".join(sorted(map(re.escape, values), key=len, reverse=True))
    found: list[int] = []
    unit = 0.0
    for token in reversed(re.findall(rf"\b(?:{known})\b|\d+(?:[.,]\d+)?|[^\W\d_]+", bare.replace("-", " "))):
        if token in units:
            unit = units[token]
            continue
        value = float(values.get(token) or (token.replace(",", ".") if token[0].isdigit() else 0))
        if value and not (unit and (value * unit).is_integer()):
            return []
        if value:
            found.insert(0, int(value * unit))
    return found


# --- Numbers in words ------------------------------------------------------------------------------------

_TENS = {
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "dozen": 12,
}  # fmt: skip
_FRENCH = [
    "zero", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix sept", "dix huit", "dix neuf",
]  # fmt: skip
_ENGLISH = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_ENGLISH_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ARABIC = ["صفر", "واحد", "اثنان", "ثلاثه", "اربعه", "خمسه", "سته", "سبعه", "ثمانيه", "تسعه", "عشره"]


@lru_cache(maxsize=1)
def number_words() -> dict[str, int]:
    """0 to 100 in French and English, 0 to 10 in Arabic, as `folded` leaves them, spaces for hyphens."""
    words = {word: number for number, word in enumerate(_FRENCH)}
    words |= {"une": 1, "cent": 100, "mille": 1000, "hundred": 100, "a hundred": 100}
    for ten, name in ((20, "vingt"), (30, "trente"), (40, "quarante"), (50, "cinquante"), (60, "soixante")):
        words |= {name: ten, f"{name} et un": ten + 1, f"{name} et une": ten + 1}
        words |= {f"{name} {_FRENCH[ones]}": ten + ones for ones in range(2, 10)}
    for ones in range(10, 20):
        words[f"soixante {_FRENCH[ones]}"] = 60 + ones
        words[f"quatre vingt {_FRENCH[ones]}"] = 80 + ones
    words |= {"soixante et onze": 71, "quatre vingts": 80, "quatre vingt": 80}
    words |= {f"quatre vingt {_FRENCH[ones]}": 80 + ones for ones in range(1, 10)}
    for ten, name in ((70, "septante"), (80, "huitante"), (90, "nonante")):
        words |= {name: ten} | {f"{name} {_FRENCH[ones]}": ten + ones for ones in range(2, 10)}
    words |= {word: number for number, word in enumerate(_ENGLISH)}
    for place, name in enumerate(_ENGLISH_TENS):
        ten = 20 + 10 * place
        words |= {name: ten} | {f"{name} {_ENGLISH[ones]}": ten + ones for ones in range(1, 10)}
    words |= {folded(word): number for number, word in enumerate(_ARABIC)}
    return words
