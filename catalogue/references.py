"""References that people read aloud on the phone: `P-4KQ7-2MXN`."""

import re
import secrets
import unicodedata

# No vowel, so no word; no 0/O, 1/I/L, 5/S, 2/Z, 8/B, so no doubt on the phone.
ALPHABET = "3467CDFGHJKMNPQRTVWX"
# The letter of an offer (« proposition ») and of a need (« besoin »).
OFFER_LETTER, NEED_LETTER = "P", "B"
_SHAPE = re.compile(rf"[A-Z]-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")


def new_reference(prefix: str) -> str:
    """A fresh reference of eight symbols (20⁸ ≈ 2.6 × 10¹⁰ values); uniqueness is the database's."""
    number, symbols = secrets.randbelow(len(ALPHABET) ** 8), ""
    for _place in range(8):
        number, last = divmod(number, len(ALPHABET))
        symbols += ALPHABET[last]
    return f"{prefix}-{symbols[:4]}-{symbols[4:]}"


def row_number(text: str | None) -> int:
    """A row's number as a form sends it; of anything else 0, which no row has."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else 0


def read_reference(text: str, *, prefix: str = "") -> str | None:
    """The reference that somebody typed: in any case, with any script's digits, with or without dashes and spaces.

    Without its first letter too, where `prefix` says what it must be. None when it is no reference.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    symbols = "".join(str(unicodedata.decimal(char, char)) for char in plain if char.isalnum())
    if len(symbols) == 8:
        symbols = prefix + symbols
    reference = f"{symbols[:1]}-{symbols[1:5]}-{symbols[5:]}"
    return reference if is_reference(reference) else None


def is_reference(text: str) -> bool:
    """Whether `text` has the shape of a reference."""
    return _SHAPE.fullmatch(text) is not None
