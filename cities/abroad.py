"""Places that people write and that are not in France: countries, and towns just beyond the border."""

import re
from functools import lru_cache

from babel import Locale

from cities.names import fold

# Parts of France that have a country code of their own.
_FRENCH = frozenset({"FR", "GP", "MQ", "GF", "RE", "PM", "YT", "BL", "MF", "TF", "WF", "PF", "NC", "CP"})
# Signs of countries before a postcode: "D-77694 Kehl", "CH 1201".
_SIGN = re.compile(r"(?:D|DE|B|BE|CH|L|LU|I|IT|E|ES|GB|UK|NL|MC|AT|PT)[\s-]+\d{4,5}\b", re.IGNORECASE)
# Both the postcode of La Poste and the code of the INSEE for a country begin so.
_MONACO = re.compile(r"980\d\d")
_INSEE_ABROAD = re.compile(r"99[1-5]\d\d")
MONACO = "Monaco"
_TOWNS = (
    "Kehl|Offenburg|Lahr|Rastatt|Karlsruhe|Baden-Baden|Freiburg|Freiburg im Breisgau|Fribourg-en-Brisgau|Breisach|"
    "Lörrach|Weil am Rhein|Saarbrücken|Sarrebruck|Basel|Bâle|Genève|Geneva|Genf|Lausanne|Neuchâtel|Zürich|Zurich|"
    "Bruxelles|Brussels|Liège|Charleroi|Namur|Tournai|Courtrai|Arlon|Luxembourg-Ville|Esch-sur-Alzette|Turin|Torino|"
    "Vintimille|Ventimiglia|Gênes|Genova|Milan|Milano|Rome|Roma|Irun|Saint-Sébastien|San Sebastián|Donostia|"
    "Barcelone|Barcelona|Gérone|Girona|Figueres|Madrid|Monte-Carlo|Londres|London|Berlin|Andorre-la-Vieille"
)
_LANGUAGES = ("fr", "en", "de", "es", "it")


def abroad(text: str) -> str:
    """The country or the town abroad that the text names, as it is to be said; "" when it names none."""
    written = text.strip(" ,;()")
    if _MONACO.fullmatch(written) or fold(written) == "99138":
        return MONACO
    if _INSEE_ABROAD.fullmatch(written) or _SIGN.match(written):
        return written
    known = _named()
    # The whole, or what stands last: "Kehl (Allemagne)", "77694 Kehl". Not "Soudan (Loire-Atlantique)".
    for part in (written, *[part for part in re.split(r"[,;()]", written) if fold(part)][-1:]):
        name = " ".join(word for word in fold(part).split() if not word.isdigit())
        if found := known.get(name):
            return found
    return ""


@lru_cache(maxsize=1)
def _named() -> dict[str, str]:
    named = {fold(town): town for town in _TOWNS.split("|")}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            # Figures stand for continents.
            if code.isalpha() and code not in _FRENCH:
                named.setdefault(fold(name), name)
    return named
