"""Who is accepted, and who looks for a home, in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.items.words import words_of
from catalogue.labels import listed
from catalogue.meaning.ages import ADULT_FROM, aged, children_words, years_of
from catalogue.meaning.numbers import number_words
from catalogue.meaning.text import CellError, Reading, Unclear, folded, items_of
from catalogue.vocabulary import Household

# Everyone but lone minors, whom a host names: an empty list.
_EVERYONE = words_of(
        "tous toutes tout indifferent indifferente all everyone everybody anyone any indifferemment"
    ) | {
    "tout public", "tout le monde", "tous publics", "tous public", "sans preference", "pas de preference",
    "peu importe",
    "toute personne", "toutes personnes", "tous profils", "tout type de public", "n'importe qui", "no preference",
    "tt public", "tt publics", "tout le monde est le bienvenu", "tous les publics", "ouvert a tous",
    "toutes situations",
    "tous types", "aucune preference", "tout profil", "tous et toutes", "toutes et tous", "الجميع",
    "sans distinction",
}  # fmt: skip
_WOMEN, _MEN, _COUPLES, _FAMILIES, _MINORS = (
    Household.WOMEN.value, Household.MEN.value, Household.COUPLES.value, Household.FAMILIES.value,
    Household.LONE_MINORS.value,
)  # fmt: skip
_ACCEPTED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("femme", "femmes", "femme seule", "femmes seules", "dame", "dames", "women", "woman", "single women",
         "femme(s)", "femme(s) seule(s)", "1 femme", "1 femme seule",
         "femmes isolees", "femme isolee", "f", "نساء", "امراه", "une femme", "une femme seule"), (_WOMEN,)
    ),
    **dict.fromkeys(
        ("homme", "hommes", "homme seul", "hommes seuls", "men", "man", "single men", "homme(s)",
         "homme(s) seul(s)", "1 homme", "1 homme seul", "hommes isoles", "homme isole",
         "h", "رجال", "رجل", "un homme", "un homme seul"), (_MEN,)
    ),
    **dict.fromkeys(
        ("couple", "couples", "un couple", "couple(s)", "1 couple", "couple sans enfant", "couples sans enfants",
         "couple sans enfants"),
        (_COUPLES,),
    ),
    **dict.fromkeys(
        ("famille", "familles", "une famille", "famille(s)", "1 famille", "family", "families",
         "famille avec enfants", "familles avec enfants",
         "famille avec enfant", "une famille avec enfants", "couple avec enfants", "couple avec bebe",
         "couple et bebe",
         "couple + bebe", "couple avec un enfant", "couple avec enfant", "couple + enfants", "couples + enfants",
         "couples avec enfants", "عائلات",
         "عائله"), (_FAMILIES,)
    ),
    **dict.fromkeys(
        ("mineur", "mineurs", "mineur isole", "mineurs isoles", "mna", "mineur non accompagne",
        "mineurs non accompagnes",
         "un mineur isole", "lone minors", "lone minor", "unaccompanied minors", "mie", "jeune mineur"), (_MINORS,)
    ),
    **dict.fromkeys(
        ("personne seule", "personnes seules", "1 personne seule", "1 personne", "hommes ou femmes seuls",
         "personne isolee", "personnes isolees", "une personne seule",
         "femme ou homme seul", "single person", "singles", "adultes seuls", "adulte seul"), (_WOMEN, _MEN)
    ),
}  # fmt: skip
# What a word of our list does not say: what comes nearest.
_NEAR: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("femme avec enfant", "femme avec enfants", "femmes avec enfants", "femme seule avec enfants",
     "mere avec enfants",
     "femme seule avec enfant", "femmes seules avec enfants", "mere seule avec enfants", "maman avec enfants",
     "mere et enfant", "mere + enfant", "mere + enfants", "mere/enfant", "meres/enfants", "maman et bebe",
     "maman + bebe",
     "avec enfant", "avec enfants", "femme enceinte", "femmes enceintes", "mere", "maman", "maman solo",
     "mere isolee", "meres isolees", "mere et enfants", "mere avec enfant", "mamans", "meres", "mere celibataire"),
    (_WOMEN, _FAMILIES),
) | dict.fromkeys(
    ("famille monoparentale", "familles monoparentales", "parent isole", "parents isoles", "enfant", "enfants",
     "parent seul", "monoparentale", "single parents", "single parent"), (_FAMILIES,)
)  # fmt: skip
_ONLY = re.compile(
    r"^(?:que des |seulement (?:des )?|uniquement (?:des )?|only )|(?: uniquement| seulement| only)$"
)
_NOT = re.compile(
    r"\b(?:sauf|hors|pas|except|excepte|but|not|no|sans)\b(?! (?:enfant|preference|distinction))"
)


def read_accepted(text: str) -> Reading[tuple[str, ...]]:
    """Whom a host accepts, as values of `Household`; nobody named is everyone but lone minors. Unclear."""
    written = text.strip()
    name = _bare(written)
    if name in _EVERYONE:
        return Reading((), _("tout le monde, sauf un mineur isolé"))
    if _NOT.search(name):
        raise _asked(written, _all_but(name))
    if name in _NEAR:
        raise _asked(written, _NEAR[name])
    known = _ACCEPTED.get(name) or _ACCEPTED.get(_ONLY.sub("", name))
    found: dict[str, None] = dict.fromkeys(known or ())
    items = [] if known else items_of(written)
    plain = not known or len(known) == 1
    for item in items:
        one = _bare(item)
        if one in _values():
            found[_values()[one]] = None
            continue
        meant = _ACCEPTED.get(one) or _ACCEPTED.get(_ONLY.sub("", one))
        if meant is None:
            raise _asked(item, _NEAR.get(one, ()))
        found |= dict.fromkeys(meant)
        plain = plain and len(meant) == 1
    return Reading(tuple(found), "" if plain else accepted_words(tuple(found)))


def names_accepted(header: str) -> bool:
    """Whether a header is one of the answers ("Femmes", "Familles"), to be ticked beneath."""
    return _bare(header) in _ACCEPTED or _bare(header) in _values()


def accepted_words(values: tuple[str, ...]) -> str:
    """ "une femme seule, un couple"."""
    return listed(Household(value).label for value in values).lower()


def _bare(text: str) -> str:
    return folded(text).strip(" .!,;:")


def _values() -> dict[str, str]:
    return {value: value for value in Household.values} | {
        _bare(str(one.label)): one.value for one in Household
    }


def _all_but(name: str) -> tuple[str, ...]:
    """Those that "sauf …" leaves, when it names one; never lone minors, whom a host names."""
    rest = re.split(_NOT, name)[-1].strip(" :()")
    refused = _ACCEPTED.get(re.sub(r"^(?:de |d'|des |les )", "", rest))
    if refused is None:
        return ()
    return tuple(one for one in Household.values if one not in refused and one != _MINORS)


def _asked(written: str, near: tuple[str, ...]) -> Unclear:
    return Unclear(
        _("«\u00a0%(text)s\u00a0»\u202f: qui est accueilli\u202f? Choisissez parmi\u202f: %(known)s.")
        % {"text": written, "known": listed(str(one.label).lower() for one in Household)},
        written=written,
        choices=["|".join(near)] if near else [],
    )


# --- Households ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class People:
    """A household that somebody described."""

    adult_women: int = 0
    adult_men: int = 0
    children_under_3: int = 0
    children_3_to_11: int = 0
    children_12_to_17: int = 0
    couple: bool = False
    lone_minor: bool = False


_COUNT = r"(?P<n>\d{1,2}|[^\W\d_]+)"
_WOMAN = (
    r"(?:(?:jeunes? |single )?femmes?|f|meres?|mamans?|dames?|grand-?meres?|woman|women|(?:single )?mothers?"
    r"|madame|mme)"
)
_MAN = r"(?:(?:jeunes? )?hommes?|h|peres?|papas?|messieurs|monsieur|mr\.?|m\.|grand-?peres?|man|men|fathers?)"
_CHILD = (
    r"(?:enfants?|enf\.?|e|petits?[ -]fils|petites?[ -]filles?|filles?|garcons?|fils|ados?"
    r"|adolescente?s?|jeunes?|child|children|kids?|mineure?s?|bebes?|bbs?|nourrissons?"
    r"|bab(?:y|ies)|nouveau-nes?)"
)
# Several, and nobody says how many; "fils" is one.
_PLURAL = re.compile(r"(?:s|men|children|babies)$|^(?:petits|petites)\b")
_BABY = re.compile(r"bebes?|\bbbs?\b|nourrissons?|bab(?:y|ies)|nouveau-nes?")
_ALONE = r"(?: (?:seule?s?|isolee?s?|alone|solo|celibataires?|majeure?s?|veu(?:f|ve)s?|agee?s?))*"
_ADULT_AGE = r"(?:,? ?\(?(?:de |age[es]* de )?(?P<age>\d\d)(?: ?ans?)\)?)?"
_AGE = r"\d{1,2}(?: ?(?:ans?|mois|years?|months?|m|a)\b)?"
_AGES = (
    rf"(?: ?[(:,]? ?(?:de |age[es]* de |aged )?(?P<ages>{_AGE}(?: ?(?:,|et|/|-|&|and) ?{_AGE})*)"
    r"(?: ?(?:ans?|mois|years?|months?))?(?: old)? ?\)?)?"
)
_LONE = re.compile(
    r"(?:(?P<n>\d{1,2}|une?|deux|trois) )?(?:mineure?s? (?:isolee?s?|non accompagnee?s?|seule?s?)|mna|mie"
    r"|lone minors?|unaccompanied minors?)"
    rf"{_AGES}"
)
_COUPLE = re.compile(
    r"(?:(?:un|1|one|a|le|jeune) ?)*couples?(?: sans enfants?| maries?| retraites?| ages?|,? (?:de )?\d\d ans)*"
)
_MR_AND_MRS = re.compile(r"\bm(?:onsieur|r)?\.? ?(?:et|\+|&) ?m(?:ada)?me\b")
_COUNTS = "une? deux trois quatre cinq six sept huit a an one two three four five son sa le la".split()  # noqa: SIM905
_COUNTED = rf"(?:(?P<n>\d{{1,2}}) ?|(?P<word>{'|'.join(_COUNTS)}) )?"
_ADULTS = re.compile(rf"{_COUNTED}(?P<who>{_WOMAN}|{_MAN}){_ALONE}{_ADULT_AGE}")
_CHILDREN = re.compile(rf"{_COUNTED}(?P<who>{_CHILD}){_AGES}")
_SOMEBODY = rf"(?:{_CHILD}|{_WOMAN}|{_MAN}|adultes?)(?!\w)"
# Between two; not between the ages of one ("de 3 et 7 ans"), nor in brackets. Perhaps nothing but a number begins anew.
_TOGETHER = re.compile(
    r"(?:\s*(?:\+|,|;|&|/|\n)\s*|\s+(?:et|and|avec|with|plus)\s+)(?:(?:ses|leurs?|sa|son) )?"
    rf"(?!\s*\d{{1,2}}(?! ?{_SOMEBODY}))(?![^()]*\))"
    rf"|\s+(?=(?:(?:\d{{1,2}} ?|(?:une?|deux|trois|quatre|cinq) ){_SOMEBODY}))(?![^()]*\))"
    r"|(?<!\d)(?<!\bun)(?<!\bune)\s+(?=(?:bbs?|bebes?)\b)(?![^()]*\))"
)
_FAMILY_OF = re.compile(
    r"(?:famille|foyer|menage)(?: de)? (\d{1,2}) (?:pers\b\.?|personnes?|p\b\.?)(?: composee? de)? ?[:,(]? ?(?=\S)"
)
_NOBODYS_SEX = re.compile(
    r"\b(?:(?P<two>(?:2|deux|les) (?:adultes|parents|ad\b\.?)|parents)"
    r"|(?P<one>(?:1|une?) (?:adulte|parent|personne seule|pers\.? seule)|personne seule|parent (?:seul|isole)))(?!\w)",
    re.IGNORECASE,
)
_BOTH_SEXES = re.compile(
    r"\b(?:2|deux) (?:adultes|ad\.?|parents|pers\.?|personnes) ?\((?:h ?[/+,&] ?f|f ?[/+,&] ?h)\)"
)
_UNNAMED = re.compile(r"\+ ?[1-9]$")  # "maman + 2"
_MINOR = re.compile(r"\bmineure?(s?)\b", re.IGNORECASE)
_FEW = {"un": 1, "une": 1, "a": 1, "an": 1, "son": 1, "sa": 1, "le": 1, "la": 1}


def read_household(text: str, *, today: date | None = None) -> Reading[People]:
    """ "un couple avec 2 enfants (3 et 7 ans)". Children without an age, adults of whom nothing is said: Unclear.

    Years of birth are ages on the day `today`.
    """
    written = text.strip()
    bare = _BOTH_SEXES.sub("1 femme + 1 homme", folded(written).strip(" ."))
    if today is not None:
        bare = aged(bare, today)
    total = None
    if family := _FAMILY_OF.match(bare):
        total, bare = int(family[1]), bare[family.end() :].removesuffix(")")
    bare = re.sub(
        r"^(?:famille|foyer|menage|composition)(?: composee?)?(?: de)? ?:? (?=\d|une?\b|couple)", "", bare
    )
    bare = _MR_AND_MRS.sub("couple", bare)
    counts: dict[str, int] = {}
    couple = lone = False
    for part in filter(None, (one.strip() for one in _TOGETHER.split(bare))):
        if match := _LONE.fullmatch(part):
            lone = True
            if not match["n"] and re.match(r"mineure?s|lone minors|unaccompanied minors", part):
                raise _not_clear(written)
            _add_children(
                counts, _number(match["n"], written), match["ages"] or "", part, written, unknown=15
            )
        elif _COUPLE.fullmatch(part):
            if "couples" in part or any(int(age) < ADULT_FROM for age in re.findall(r"\d\d", part)):
                raise _not_clear(written)
            couple = True
            _add(counts, "adult_women", 1)
            _add(counts, "adult_men", 1)
        elif match := _ADULTS.fullmatch(part):
            woman = re.fullmatch(_WOMAN, match["who"])
            if _how_many_is_unsaid(match) or (match["age"] and int(match["age"]) < ADULT_FROM):
                raise _not_clear(written)
            _add(
                counts, "adult_women" if woman else "adult_men", _number(match["n"] or match["word"], written)
            )
        elif match := _CHILDREN.fullmatch(part):
            if _how_many_is_unsaid(match):
                raise _not_clear(written)
            number = _number(match["n"] or match["word"], written)
            _add_children(counts, number, match["ages"] or "", part, written)
        else:
            raise _not_clear(written)
    if not counts or (lone and ("adult_women" in counts or "adult_men" in counts)):
        raise _not_clear(written)
    if not lone and not ("adult_women" in counts or "adult_men" in counts):
        raise Unclear(
            _(
                "«\u00a0%(text)s\u00a0»\u202f: des enfants sans adulte sont des mineurs isolés. "
                "Écrivez-le, ou dites qui les accompagne."
            )
            % {"text": written},
            written=written,
            choices=[_MINOR.sub(r"mineur\1 isolé\1", written)] if _MINOR.search(written) else (),
        )
    if total is not None and total != sum(counts.values()):
        raise _not_clear(written)
    people = People(**counts, couple=couple, lone_minor=lone)
    return Reading(people, people_words(people))


def people_words(people: People) -> str:
    """ "1 femme, 1 homme, en couple, 2 enfants de 3 à 11 ans"."""
    said = []
    if people.adult_women:
        said.append(ngettext("%(n)s femme", "%(n)s femmes", people.adult_women) % {"n": people.adult_women})
    if people.adult_men:
        said.append(ngettext("%(n)s homme", "%(n)s hommes", people.adult_men) % {"n": people.adult_men})
    if people.couple:
        said.append(_("en couple"))
    bands = (people.children_under_3, people.children_3_to_11, people.children_12_to_17)
    said += children_words(bands)
    if people.lone_minor:
        said.append(_("sans adulte"))
    return listed(said)


def _add(counts: dict[str, int], name: str, number: int) -> None:
    counts[name] = counts.get(name, 0) + number


def _how_many_is_unsaid(match: re.Match[str]) -> bool:
    one_son = match["who"].endswith("fils") and not match["who"].startswith("petits")
    return not (match["n"] or match["word"] or one_son) and bool(_PLURAL.search(match["who"]))


def _number(word: str | None, written: str) -> int:
    if word is None:
        return 1
    number = int(word) if word.isdigit() else _FEW.get(word) or number_words().get(word)
    if not number:
        raise _not_clear(written)
    return number


def _add_children(
    counts: dict[str, int], number: int, ages: str, part: str, written: str, unknown: int | None = None
) -> None:
    years = years_of(ages, part)
    if _BABY.search(part) and not years:
        years = [0] * number
    if not years and (unknown or re.search(r"\bado", part)):
        years = [unknown or 15] * number
    if (len(years) == 1 and number == 1) or len(years) == number:
        for age in years:
            if age > 17:
                raise _not_clear(written)
            name = "children_under_3" if age < 3 else "children_3_to_11" if age < 12 else "children_12_to_17"
            _add(counts, name, 1)
        return
    if not years:
        # As of lists that only count them.
        _add(counts, "children_3_to_11", number)
        return
    raise Unclear(
        _("«\u00a0%(text)s\u00a0»\u202f: quel est l’âge de chaque enfant\u202f?") % {"text": written},
        written=written,
    )


def _not_clear(written: str) -> CellError:
    unknown = _NOBODYS_SEX.search(written)
    alone = unknown is not None and unknown["one"]
    who = ["1 femme", "1 homme"] if alone else ["un couple", "1 femme + 1 homme", "2 femmes", "2 hommes"]
    choices = [written.replace(unknown[0], one) for one in who] if unknown else []
    if _UNNAMED.search(written):
        choices = [f"{written} enfants"]
    return Unclear(
        _("«\u00a0%(text)s\u00a0»\u202f: combien de femmes, d’hommes, d’enfants et de quel âge\u202f?")
        % {"text": written},
        written=written,
        choices=choices,
    )
