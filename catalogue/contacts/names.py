"""Names of people: as they wish to be called, without the signs that come along when they are copied."""

import re
import unicodedata

from catalogue.contacts.signs import bare, says_nothing

_STRAIGHT = re.compile(r"(?<=\w)['`´ʼ](?=\w)")
_AROUND = " ,;:|/\\-–—_*•\"“”«»„'‘’`"
_WORD = re.compile(r"[^\W\d_]+")


def read_name(text: str) -> str:
    """A name as it is to be shown: spaces and quotes put right, nothing moved, "" for a word that says nothing.

    >>> read_name("« Mme\u00a0DUPONT  Marie »")
    'Mme DUPONT Marie'
    """
    name = unicodedata.normalize("NFC", bare(text))
    name = _STRAIGHT.sub("’", name.strip(_AROUND))
    return "" if says_nothing(name) and not _could_be_one(name) else name


def _could_be_one(name: str) -> bool:
    """People are called No or Na: only what is no word says nothing."""
    return bool(_WORD.fullmatch(name)) and name[:1].isupper() and not name.isupper() and len(name) <= 3
