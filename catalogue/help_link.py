"""What "Je peux aider" under a need says to the form of an offer, in its address: written by needs, read by offers.

Anybody can write such an address: whoever reads it checks each word as if somebody had typed it.
"""

from collections.abc import Mapping

from django.utils.http import urlencode

from catalogue.references import NEED_LETTER, is_reference

# The word in the address, by what it says.
WORDS = {
    "kind": "nature",
    "need": "besoin",
    "category": "categorie",
    "item": "objet",
    "size": "taille",
    "commune": "commune",
    "first_day": "du",
    "last_day": "au",
    "capacity": "quantite",
}
LONGEST = 40


def query(**said: object) -> str:
    """The words of an address; what is empty is left out."""
    return urlencode({WORDS[name]: str(value) for name, value in said.items() if value})


def read(words: Mapping[str, str]) -> dict[str, str]:
    """What an address says, unchecked; of what is no reference of a need, nothing."""
    said = {name: words.get(word, "")[:LONGEST] for name, word in WORDS.items()}
    said["need"] = said["need"].upper()
    if not (is_reference(said["need"]) and said["need"].startswith(NEED_LETTER)):
        said["need"] = ""
    return said
