"""How many segments a text is: an SMS is paid and cut by the segment.

3GPP TS 23.038: 7 bits a sign in the default alphabet, where those of the extension table take two, else UCS-2. One
segment holds 160 of the former or 70 of the latter; of several, each gives up some room to say which it is: 153, 67.
"""

import re
import unicodedata
from collections.abc import Iterable

from catalogue.contacts import with_numbers

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
GSM, UCS2 = "GSM 03.38", "UCS-2"
# Of a segment alone, and of one among others.
_ROOM = {GSM: (160, 153), UCS2: (70, 67)}

# French typography, and what else people paste, in signs of the default alphabet.
_TWINS = str.maketrans(
    {
        **dict.fromkeys("’‘‚‛′´`ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−•·", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\t", " "),
        "…": "...",
        "œ": "oe",
        "Œ": "OE",
    }
)  # fmt: skip
# In quotation marks the space is typography too: « Chambre » is "Chambre".
_QUOTED = re.compile(r"«[\s\u00a0\u202f]*|[\s\u00a0\u202f]*»")
# Marks of direction and the like: invisible, and each takes the room of a letter.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Persian and Dari spell with the first of them, and emoji are put together with the second.
_JOINERS = re.compile("[\u200c\u200d]")


def alphabet_of(text: str) -> str:
    """GSM when every sign is in its table, else UCS2."""
    return GSM if set(text) <= _BASIC | _EXTENSION else UCS2


def segments(text: str) -> int:
    """In how many segments a text is sent; 0 when there is nothing to send.

    What takes two places (an extension sign, an emoji) is never cut in two: it begins the next segment.
    """
    alphabet = alphabet_of(text)
    alone, among_others = _ROOM[alphabet]
    places = list(_places(text, alphabet))
    if sum(places) <= alone:
        return 1 if text else 0
    count, left = 0, 0
    for place in places:
        if place > left:
            count, left = count + 1, among_others
        left -= place
    return count


def for_sms(text: str) -> str:
    """The same text in as few segments as its script allows.

    French keeps to the 7-bit alphabet: its signs become their twins there, and accents that the table lacks (ê, ç, À)
    are dropped. A text that has other letters stays as it is, but for what is invisible.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    plain = _JOINERS.sub("", _QUOTED.sub('"', text).translate(_TWINS))
    plain = "".join(map(_without_accent, plain))
    if alphabet_of(plain) == GSM:
        return plain
    # A number's groups would change places in a text written from right to left.
    return with_numbers(text, lambda number: re.sub(r"[^+\d]", "", number))


def _places(text: str, alphabet: str) -> Iterable[int]:
    if alphabet == GSM:
        return (2 if sign in _EXTENSION else 1 for sign in text)
    return (2 if ord(sign) > 0xFFFF else 1 for sign in text)


def _without_accent(sign: str) -> str:
    if sign in _BASIC or sign in _EXTENSION:
        return sign
    bare = unicodedata.normalize("NFD", sign)[0]
    return bare if bare in _BASIC else sign
