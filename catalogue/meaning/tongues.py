"""Languages as people call them: by code, in any language of the product, by the names of this field.

Never a near name of another language: a slip of one letter is read only where no other language is called so.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.localedata import locale_identifiers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process
from rapidfuzz.distance import DamerauLevenshtein

from catalogue.labels import listed
from catalogue.languages import COMMON, NAMES, autonym, language_name, validate_language
from catalogue.meaning.text import CellError, Reading, Unclear, folded, items_of

# What people of this field say, and CLDR does not: name → code, or several that it stands for.
_SAID: Mapping[str, str] = {
    "prs": "dari persan dari|dari afghan|farsi dari|persan afghan|farsi afghan|persan d'afghanistan",
    "fa": "farsi|persan|perse|iranien|farsi iranien|persan iranien|parsi",
    "ps": "pachto|pachtou|pachtoun|pachtoune|pashto|pashtou|pashtu|pashtoun|pashtoune|pushto|pachtô|pathan",
    "az": "azeri|azeri turc|azerbaidjanais|azerbaijanais",
    "kmr": "kurmandji|kurmanji|kurmanci|kurmanjî|kurmandj|kurde kurmandji|kurde kurmanji|kurde (kurmandji)"
    "|kurde du nord"
    "|badini|bahdini|kurdish kurmanji",
    "ckb": "sorani|kurde sorani|kurde central|kurdish sorani|sorani kurdish",
    "ku": "kurde|kurdish|kurdi",
    "mnk": "malinke|malinké|maninka|mandinka|mandinko|mandingo|mandingue|malinka|maninkakan",
    "snk": "soninke|sarakole|soninkanke|sarakhole",
    "ff": "peul|peulh|peuhl|peule|pulaar|poular|poulaar|pular|pulaare|fulfulde|foulfoulde|foulani|fulani|fula|fulah"
    "|toucouleur|haal pulaar|hal pulaar|halpulaar",
    "dyu": "dioula|jula|diula|djoula",
    "bm": "bambara|bamanankan|bamana",
    "wo": "wolof|ouolof|olof",
    "ln": "lingala",
    "kg": "kikongo|kongo",
    "lua": "tshiluba|ciluba|tchiluba",
    "sw": "swahili|kiswahili|souahili",
    "rw": "kinyarwanda|rwandais",
    "rn": "kirundi|burundais",
    "ha": "haoussa|hausa|haussa",
    "ti": "tigrinya|tigrigna|tigrinia|tigriniya|tigrinien|tigrina",
    "am": "amharique|amharic|amharinya",
    "so": "somali|somalien",
    "ar": "arabe|arabe dialectal|arabe courant|arabe (dialectal)|hassanya|hassaniya|hassania",
    "arb": "arabe litteraire|arabe litteral|arabe classique|arabe standard|arabe standard moderne|arabe moderne"
    "|fusha|fousha"
    "|arabe (litteraire)|standard arabic|modern standard arabic|classical arabic|arabe coranique",
    "ary": "darija|darija marocaine|darija marocain|arabe marocain|marocain|arabe darija|arabe (maroc)|moroccan arabic",
    "arq": "arabe algerien|algerien|darija algerienne|darja|derja|arabe (algerie)|algerian arabic",
    "aeb": "arabe tunisien|tunisien|darija tunisienne|arabe (tunisie)|tunisian arabic",
    "arz": "arabe egyptien|arabe (egypte)|egyptian arabic",
    "apc": "arabe syrien|syrien|arabe libanais|libanais|arabe palestinien|palestinien|arabe levantin|arabe du levant"
    "|arabe jordanien|levantin|arabe (syrie)|levantine arabic|syrian arabic|arabe syro-libanais|syro-libanais|chami",
    "acm": "arabe irakien|irakien|arabe (irak)|iraqi arabic|arabe mesopotamien",
    "apd": "arabe soudanais|arabe (soudan)|sudanese arabic",
    "shu": "arabe tchadien|arabe (tchad)|chadian arabic",
    "ayl": "arabe libyen|libyen|arabe (libye)|libyan arabic",
    "afb": "arabe du golfe|gulf arabic",
    "ary arq aeb": "arabe du maghreb|arabe maghrebin|maghrebin|arabe (maghreb)|maghrebi|maghrebi arabic"
    "|darija maghrebine",
    "ber": "berbere|amazigh|tamazight|amazighe",
    "kab": "kabyle|taqbaylit",
    "shi": "chleuh|tachelhit|tachelhite|chelha|chleuh (berbere)|tashelhit",
    "rif": "rifain|tarifit|rifain (berbere)",
    "gsw": "alsacien|elsassisch|suisse allemand|suisse-allemand|alemanique",
    "ta": "tamoul|tamil|tamoule",
    "bn": "bengali|bangla|bengalais|bangladais",
    "ur": "ourdou|urdu|ourdu",
    "pa": "pendjabi|panjabi|punjabi|penjabi",
    "si": "cingalais|singhalais|cinghalais|sinhala",
    "ne": "nepalais|nepali",
    "my": "birman|burmese",
    "km": "khmer|cambodgien",
    "lo": "lao|laotien",
    "fil": "tagalog|tagalogue|philippin|filipino|pilipino",
    "zh": "chinois",
    "cmn": "mandarin|chinois mandarin|chinois (mandarin)|mandarin chinese|chinese mandarin|putonghua",
    "yue": "cantonais|chinois cantonais|chinois (cantonais)|cantonese",
    "sh": "serbo-croate|serbo croate|serbocroate|bcs|bcms|bosniaque-croate-serbe|bosno-serbo-croate"
    "|bosniaque croate serbe"
    "|bosniaque/croate/serbe|serbe-croate|croato-serbe|serbo-croatian|bosnien-croate-serbe",
    "bs": "bosniaque|bosnien",
    "sq": "albanais|kosovar|shqip|albanais (kosovo)",
    "ro": "roumain|moldave",
    "mk": "macedonien",
    "rom": "romani|rromani|romanes|tsigane|tzigane|rrom",
    "be": "bielorusse|belarusse",
    "ce": "tchetchene",
    "pt-BR": "bresilien|portugais du bresil|portugais bresilien|portugais (bresil)",
    "kea": "cap-verdien|cap verdien|creole capverdien|capverdien|kriolu",
    "ht": "creole haitien|haitien|kreyol",
    "fsl": "lsf|langue des signes|langue des signes francaise|langue des signes (lsf)"
    "|langue des signes francaise (lsf)",
    "es": "castillan|espagnol castillan",
    "swb": "shimaore|shi maore|shimaoree|mahorais|maore|mahorais (shimaore)|shimaore (mahorais)|comorien de mayotte",
    "buc": "kibushi|kibouchi|shibushi|bushi|bouchi|malgache de mayotte|kibushi (mayotte)",
    "zdj": "comorien|shikomori|shingazidja|grand-comorien|grand comorien|comorien (ngazidja)",
    "mg": "malgache|malagasy",
    "fvr": "four|fur|langue four",
    "mls": "massalit|masalit|massalite",
    "zag": "zaghawa|zagawa|beria|zaghaoua",
    "haz": "hazaragi|hazara|azaragi|azara",
    "aii": "assyrien|soureth|sureth|neo-arameen|assyro-chaldeen|chaldeen",
    "syl": "sylheti|sylhetti",
    "mos": "moore|more|mossi",
    "sus": "soussou|sosso|soso|susu",
    "bin": "edo|bini",
    "bci": "baoule",
    "dyo": "diola|joola|djola",
    "tmh": "tamasheq|tamacheq|touareg|tamajaq",
    "dje": "zarma|djerma|songhai zarma",
    "mfe": "creole mauricien|morisyen",
    "rcf": "creole reunionnais|reunionnais|kreol renyone",
    "gcf": "creole guadeloupeen|creole martiniquais|creole antillais|guadeloupeen|martiniquais|kreyol gwadloup",
    "gcr": "creole guyanais|creole de guyane",
    "nl": "neerlandais|hollandais|flamand",
}  # fmt: skip
# Names that are not of one language: what they may be.
_SEVERAL: Mapping[str, tuple[str, ...]] = {
    "afghan": ("prs", "ps"), "afghan (dari)": ("prs",), "langue afghane": ("prs", "ps"), "pakistanais": ("ur", "pa"),
    "indien": ("hi", "pa", "ta"), "congolais": ("ln", "kg", "sw"), "soudanais": ("apd", "ar"),
    "sri lankais": ("ta", "si"), "yougoslave": ("sh",), "egyptien": ("arz",), "tchadien": ("shu",),
    "creole": ("ht", "gcf", "rcf", "gcr"), "erythreen": ("ti",),
    "ethiopien": ("am", "om", "ti"), "senegalais": ("wo", "ff"), "guineen": ("ff", "mnk"),
    "malien": ("bm", "snk"), "ivoirien": ("dyu",), "manding": ("mnk", "bm", "dyu"), "kurde irakien": ("ckb", "kmr"),
    # Codes of languages that nobody here speaks, and abbreviations of others that many do.
    "angl": ("en",), "anglo": ("en",), "port": ("pt",), "ital": ("it",), "fran": ("fr",), "franc": ("fr",),
    "viet": ("vi",), "roum": ("ro",), "alban": ("sq",),
    "ang": ("en",), "an": ("en",), "ch": ("zh",), "kr": ("ko",), "rom": ("ro", "rom"), "esp": ("es",), "all": ("de",),
    "mar": ("ary", "mr"), "ser": ("sr",), "cro": ("hr",), "bos": ("bs",), "ua": ("uk",), "cn": ("zh",), "gb": ("en",),
    "por": ("pt",), "mal": ("mnk", "ml"), "alg": ("arq",), "sp": ("es",), "jp": ("ja",), "cz": ("cs",), "gr": ("el",),
}  # fmt: skip
# Arabic of a country, by its tag.
_REGIONS = {
    "ar-MA": "ary", "ar-DZ": "arq", "ar-TN": "aeb", "ar-EG": "arz", "ar-SY": "apc", "ar-LB": "apc", "ar-PS": "apc",
    "ar-JO": "apc", "ar-IQ": "acm", "ar-SD": "apd", "ar-TD": "shu", "ar-LY": "ayl", "ku-IQ": "ckb", "ku-TR": "kmr",
}  # fmt: skip
# Parts of a language for which the product has one name.
_WITHIN = {
    **dict.fromkeys(("fuc", "fuf", "ffm", "fub", "fue", "fuh", "fui", "fuq", "fuv"), "ff"),
    **dict.fromkeys(("man", "emk", "mlq", "mku", "msc", "mwk"), "mnk"), "hbs": "sh", "mey": "ar",
    "swh": "sw", "pnb": "pa",
}  # fmt: skip
_CODE = re.compile(r"[a-z]{2,3}(?:[-_](?:[a-z]{4}|[a-z]{2}|\d{3}))*", re.IGNORECASE)
_BEFORE = re.compile(
    r"^(?:parle l'|(?:bilingue|trilingue|langue maternelle|langue|parle(?: le)?|native|speaks)(?: :)? )(?=\S)"
)
_LEVEL = re.compile(
    r"\s*[(:,-]*\s*\b(?:seulement|uniquement|only|langue maternelle|maternelle|natif|native"
    r"|courant|courante|couramment|bilingue|parle|lu"
    r"|ecrit|fluent"
    r"|lu,? parle,? ecrit|bon niveau|tres bien|bien|niveau [a-c][12]|[abc][12]|c2)\b\s*\)?$"
)
_LITTLE = re.compile(
    r"\b(?:un peu|peu|notions?|debutante?|scolaire|basique|bases?|a little|some|beginner|basic|moyen)\b"
)
# Languages that are also what lists have columns of: an oven, and what is added.
_NO_HEADERS = frozenset({"four", "more"})
_LONG_ENOUGH = 6  # for a slip to be a slip


def read_languages(text: str) -> Reading[tuple[str, ...]]:
    """Languages by code or name with anything between them, each once. CellError, Unclear."""
    found: dict[str, None] = {}
    written = text.strip()
    whole = _exactly(written)
    if whole:
        return Reading(whole, "" if _is_plain(written, whole) else _said(whole))
    plain = True
    for item in items_of(written):
        for reading in _items(item):
            found |= dict.fromkeys(reading)
            plain = plain and _is_plain(item, reading)
    plain = plain and "\n" not in written
    return Reading(tuple(found), "" if plain else _said(tuple(found)))


def names_language(header: str) -> bool:
    """Whether a header is the name of a language ("Arabe"), to be ticked beneath."""
    return header.strip().casefold() not in _NO_HEADERS and bool(_exactly(header.strip()))


def _said(codes: tuple[str, ...]) -> str:
    return listed(language_name(code) for code in codes)


def _is_plain(written: str, codes: tuple[str, ...]) -> bool:
    """Whether it is the code itself, or the very name by which the reader would be told."""
    return len(codes) == 1 and folded(written) in (
        codes[0].casefold(),
        folded(language_name(codes[0])),
        folded(autonym(codes[0])),
    )


def _items(item: str) -> Iterator[tuple[str, ...]]:
    """What one item names: one language, or several without anything between ("français anglais")."""
    if codes := _of_several(item.strip()):
        raise _which(item.strip(), codes, also=_said(codes))
    try:
        yield _one(item)
    except CellError:
        words = re.split(r"[\s-]+", _BEFORE.sub("", folded(item)))
        several = [_exactly(word) or _exactly(word.removeprefix("و")) for word in words]
        # A code beside a name may be what a slip left of a longer name ("ga chinese").
        if len(words) < 2 or not all(several) or len({len(word) < 4 for word in words}) > 1:
            raise
        yield from filter(None, several)


def _one(text: str) -> tuple[str, ...]:
    written = text.strip()
    if found := _exactly(written):
        return found
    name = folded(written)
    if name in _SEVERAL:
        raise _which(written, _SEVERAL[name])
    bare = " ".join(_BEFORE.sub("", _LEVEL.sub("", re.sub(r"[()\[\]]", " ", name))).split()).rstrip(".:")
    if bare in _SEVERAL:
        raise _which(written, _SEVERAL[bare])
    if bare and bare != name and not _LITTLE.search(name) and (found := _exactly(bare)):
        return found
    if _LITTLE.search(name):
        raise Unclear(
            _(
                "«\u00a0%(text)s\u00a0»\u202f: cette personne la parle-t-elle assez\u202f? "
                "Écrivez la langue seule, ou rien."
            )
            % {"text": written},
            written=written,
        )
    if slip := _slip(name, get_language() or "fr"):
        return slip
    raise _unknown(written, name)


def _exactly(written: str) -> tuple[str, ...]:
    """By a name or a code, as it stands."""
    name = folded(written)
    if name in _SEVERAL:
        return ()
    if found := _names(get_language() or "fr").get(name):
        return found
    return _by_code(written.strip())


@lru_cache(maxsize=2048)
def _by_code(written: str) -> tuple[str, ...]:
    if not _CODE.fullmatch(written):
        return ()
    language, *rest = written.replace("_", "-").split("-")
    if len(rest) == 1 and _may_be_two(language, rest[0]):
        return ()
    parts = [one.title() if len(one) == 4 else one.upper() for one in rest]
    code = "-".join([language.lower(), *parts])
    alias = get_global("language_aliases").get(code) or ""
    usual = [_REGIONS.get(code), _WITHIN.get(code), code, alias.replace("_", "-")]
    english = Locale.parse("en")
    if all(part in english.scripts or part in english.territories for part in parts):
        usual.append(language.lower())  # of a country: the language, where it has no name of its own
    for one in filter(None, usual):
        try:
            validate_language(one)
        except ValidationError:
            continue
        return () if one == language and _are_codes((language, *rest)) else (one,)
    return ()


def _are_codes(parts: tuple[str, ...]) -> bool:
    """Whether each of several may be a language of its own, as "sr-hr" is written."""
    if len(set(parts)) < 2 or not all(re.fullmatch("[a-z]{2,3}", part) for part in parts):
        return False
    return all(_by_code(part) for part in parts)


def _of_several(written: str) -> tuple[str, ...]:
    """The languages of "sr-hr", which are two as likely as one of a country; none of what is clear."""
    parts = tuple(written.split("-"))
    if (
        not (_CODE.fullmatch(written) and _are_codes(parts))
        or _exactly(written)
        or _may_be_two(parts[0], parts[-1])
    ):
        return ()
    return tuple(code for part in parts for code in _by_code(part))


def _may_be_two(first: str, second: str) -> bool:
    """Whether "fr-ar" is French and Arabic rather than the French of Argentina: both are spoken here, and it is no tag
    of a country as it is written everywhere, "en-DE".
    """
    two = {first.lower(), second.lower()}
    return len(two) == 2 and two <= set(COMMON) and f"{first}_{second}" not in _locales()


@lru_cache(maxsize=1)
def _locales() -> frozenset[str]:
    return frozenset(locale_identifiers())


@lru_cache(maxsize=16)
def _names(reader: str) -> dict[str, tuple[str, ...]]:
    """Each name of a language → its code; what is said in this field comes first, then the reader's own names."""
    names: dict[str, tuple[str, ...]] = {}
    with override("fr"):
        for code in COMMON:
            names.setdefault(folded(language_name(code)), (code,))
    for codes, said in _SAID.items():
        for name in said.split("|"):
            names.setdefault(folded(name), tuple(codes.split()))
    for display in dict.fromkeys((reader, "fr", *(code for code, _name in settings.LANGUAGES))):
        with override(display):
            for code in dict.fromkeys((*COMMON, *NAMES)):
                names.setdefault(folded(language_name(code)), (code,))
                names.setdefault(folded(autonym(code)), (code,))
    for display in dict.fromkeys((reader, "fr", "en", *(code for code, _name in settings.LANGUAGES))):
        for code, name in _cldr(display).items():
            found = _by_code(code)
            if found and folded(name) not in _SEVERAL:
                names.setdefault(folded(name), found)
    return names


def _cldr(display: str) -> Mapping[str, str]:
    try:
        return Locale.parse(display.split("-")[0]).languages
    except (UnknownLocaleError, ValueError):
        return {}


@lru_cache(maxsize=4096)
def _slip(name: str, reader: str) -> tuple[str, ...]:
    """The one language whose name differs by a letter, when no other's is nearly as near."""
    if len(name) < _LONG_ENOUGH or not name.replace(" ", "").isalpha():
        return ()
    names = _names(reader)
    near = process.extract(name, names.keys(), scorer=DamerauLevenshtein.distance, score_cutoff=2, limit=None)
    first = {names[one] for one, distance, _at in near if distance == 1 and one[0] == name[0]}
    others = {names[one] for one, _distance, _at in near}
    return next(iter(first)) if len(first) == 1 and others == first else ()


def _which(written: str, codes: tuple[str, ...], *, also: str = "") -> Unclear:
    return Unclear(
        _("«\u00a0%(text)s\u00a0»\u202f: quelle langue\u202f? Par exemple %(names)s.")
        % {"text": written, "names": _said(codes)},
        written=written,
        choices=[also, language_name(codes[0])] if also else [language_name(code) for code in codes],
        code="language_near",
    )


def _unknown(written: str, name: str) -> CellError:
    names = _names(get_language() or "fr")
    near = process.extractOne(name[:60], names.keys(), scorer=fuzz.ratio, score_cutoff=75)
    if near is None:
        return CellError(
            _("Nous ne connaissons pas la langue «\u00a0%(text)s\u00a0». Choisissez-la dans la liste.")
            % {"text": written},
            written=written,
            code="language",
        )
    proposed = _said(names[near[0]])
    return Unclear(
        _("Nous ne connaissons pas la langue «\u00a0%(text)s\u00a0». Est-ce «\u00a0%(near)s\u00a0»\u202f?")
        % {"text": written, "near": proposed},
        written=written,
        choices=[proposed],
        code="language_near",
    )
