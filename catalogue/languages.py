"""Languages by BCP 47 code, each under its own name, so that whoever speaks it finds it."""

from functools import lru_cache
from itertools import chain

from babel import Locale, UnknownLocaleError
from babel.core import get_locale_identifier, parse_locale
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, get_supported_language_variant, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from engine.vocabulary import PARTS_OF_LANGUAGES, SAME_LANGUAGES

# The languages met most at the desks of welcome cities; any other BCP 47 code that CLDR names is accepted too.
COMMON = (
    "fr", "en", "ar", "uk", "ru", "prs", "ps", "fa", "ti", "am", "so", "sq", "ka", "hy", "tr", "ku", "ur", "bn",
    "es", "pt", "it", "de", "ro", "sr", "bg", "pl", "ff", "bm", "ln", "sw", "wo", "snk", "mnk", "kab", "ber",
    "zh", "vi", "ta", "ne", "my", "ml", "swb", "buc", "zdj", "fsl",
)  # fmt: skip
MOST_LANGUAGES = 12  # of one list
# CLDR lacks these, or names them in a way that their speakers do not.
NAMES = {
    "prs": ("دری", _("dari")),
    "pes": ("فارسی ایران", _("persan d’Iran")),
    "ber": ("ⵜⴰⵎⴰⵣⵉⵖⵜ", _("berbère")),
    "snk": ("Soninkanxanne", _("soninké")),
    "mnk": ("Mandinka", _("mandingue")),
    "fsl": ("LSF", _("langue des signes française")),
    "kmr": ("Kurmancî", _("kurmandji")),
    "haz": ("آزرگی", _("hazaragi")),
    "bci": ("Wawle", _("baoulé")),
    "rcf": ("Kréol rényoné", _("créole réunionnais")),
    "gcf": ("Kréyòl", _("créole de Guadeloupe et de Martinique")),
    "gcr": ("Kriyòl gwiyannen", _("créole guyanais")),
    "gsw": ("Alemannisch", _("alsacien et suisse allemand")),
    "arb": ("العربية الفصحى", _("arabe littéraire")),
    "apc": ("عربي شامي", _("arabe levantin")),
    "acm": ("عربي عراقي", _("arabe irakien")),
    "apd": ("عربي سوداني", _("arabe soudanais")),
    "ayl": ("عربي ليبي", _("arabe libyen")),
    "afb": ("عربي خليجي", _("arabe du Golfe")),
    "swb": ("Shimaore", _("shimaoré")),
    "buc": ("Kibushi", _("kibushi")),
    "zdj": ("Shingazidja", _("comorien de la Grande Comore")),
    # Not the number, which Django's own words have too.
    "fvr": ("Bèle fòòr", pgettext_lazy("langue", "four")),
    "mls": ("Masarak", _("massalit")),
    "zag": ("Beria", _("zaghawa")),
    "aii": ("ܣܘܪܝܬ", _("assyrien")),
    "syl": ("ছিলটি", _("sylheti")),
}
_PARTS = frozenset({*chain.from_iterable(PARTS_OF_LANGUAGES.values()), *SAME_LANGUAGES})


@lru_cache(maxsize=2048)
def _cldr_name(code: str, display: str) -> str | None:
    try:
        return Locale.parse(display, sep="-").languages.get(
            get_locale_identifier(parse_locale(code, sep="-"))
        )
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=2048)
def autonym(code: str) -> str:
    """The language's name in itself ("tigrinya" → "ትግርኛ"); its French name, then its code, when unknown."""
    if code in NAMES:
        return NAMES[code][0]
    try:
        name = Locale.parse(code, sep="-").get_display_name(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        name = None
    return name or _cldr_name(code, "fr") or code


def language_name(code: str) -> str:
    """The language's name in the reader's language."""
    if code in NAMES:
        return str(NAMES[code][1])
    return _cldr_name(code, get_language() or "fr") or _cldr_name(code, "fr") or code


def spoken_by_us(code: str) -> str:
    """The language of the product that whoever speaks this one reads: "fa-af" for "prs"; empty when there is none."""
    try:
        return get_supported_language_variant(code.lower())
    except LookupError:
        return ""


def validate_language(code: str) -> None:
    """Accept a code that we name, one that CLDR names in French, or one that the engine knows as a part of another."""
    if code not in COMMON and code not in NAMES and code not in _PARTS and _cldr_name(code, "fr") is None:
        raise ValidationError(
            _("«\u00a0%(code)s\u00a0» n’est pas un code de langue connu (par exemple fr, en, ar, prs, ti)."),
            code="language",
            params={"code": code},
        )


def language_choices() -> list[tuple[str, str]]:
    """Common languages as (code, "name in the reader's language · autonym")."""
    choices = []
    for code in COMMON:
        name, own = language_name(code), autonym(code)
        choices.append((code, name if name.casefold() == own.casefold() else f"{name} · {own}"))
    return choices
