"""How names of communes are compared: as people type them, not as they are spelt."""

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
# "Châlons s/ Marne", "St Étienne", "Ste-Colombe": what signs, letters and older forms abbreviate.
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def fold(text: str) -> str:
    """Lower case without accents or punctuation, one space between words, "St" as "Saint".

    >>> fold("  St-Étienne s/ l'Œuf ")
    'saint etienne sur l oeuf'
    """
    plain = text.lower().replace("œ", "oe").replace("æ", "ae").replace("s/", "sur ")
    plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    words = _NOT_A_WORD.sub(" ", plain).split()
    return " ".join(_SHORT_FORMS.get(word, word) for word in words)
