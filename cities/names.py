"""How names of communes are compared: as people type them, not as they are spelt."""

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
# "Châlons s/ Marne", "St Étienne", "Ste-Colombe": what signs, letters and older forms abbreviate.
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_UNDER, _ON = re.compile(r"\bs/s\b"), re.compile(r"\bs/")
INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def fold(text: str) -> str:
    """Lower case without accents or punctuation, plain digits, one space between words, "St" as "Saint".

    >>> fold("  St-Étienne s/ l'Œuf ")
    'saint etienne sur l oeuf'
    """
    plain = INVISIBLE.sub("", text).lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss")
    plain = _ON.sub("sur ", _UNDER.sub("sous ", plain))
    if not plain.isascii():
        plain = "".join(
            str(unicodedata.decimal(char)) if char.isdecimal() else char
            for char in unicodedata.normalize("NFKD", plain)
            if not unicodedata.combining(char)
        )
    words = _NOT_A_WORD.sub(" ", plain).split()
    return " ".join(_SHORT_FORMS.get(word, word) for word in words)


# "Le Havre" has its article in it, which French bends with "à".
_BENT = (("Le ", "Au "), ("Les ", "Aux "))


def locative_of(name: str) -> str:
    """A town's name as a sentence begins with it.

    >>> [locative_of(name) for name in ("Grenoble", "Le Havre", "Les Ulis", "La Rochelle", "L’Isle-Adam")]
    ['À Grenoble', 'Au Havre', 'Aux Ulis', 'À La Rochelle', 'À L’Isle-Adam']
    """
    for article, bent in _BENT:
        if name.startswith(article):
            return bent + name.removeprefix(article)
    return f"À {name}"
