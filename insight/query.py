"""What somebody typed into the search, taken apart: a reference, a number, an address or words. No database."""

import re
import unicodedata
from dataclasses import dataclass

from catalogue.references import ALPHABET, NEED_LETTER, OFFER_LETTER, read_reference
from cities.names import fold

LONGEST = 100
# Two letters stand in every text.
SHORTEST_WORD = 3
# Fewer digits are in every tenth number.
FEWEST_DIGITS = 4
MOST_WORDS = 6

# The digits of a number, in groups or not, with what people put between them: "06 12 34…", "0612-34", "+33 (0)6".
_NUMBER = re.compile(r"\+?[\d\s.\-/()\u2026]+")
# Of a file's number, "2026/117", there are fewer beside one another.
_MANY_DIGITS = re.compile(r"\d(?:[\s.\-()]*\d){5,}")
_START_OF_REFERENCE = re.compile(
    rf"[{OFFER_LETTER}{NEED_LETTER}]-?[{ALPHABET}]{{2,4}}(-?[{ALPHABET}]{{1,4}})?"
)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. `reference`: it begins so. `digits`: a phone number holds them. `address`: an e-mail does.
    `words`: each stands somewhere.
    """

    reference: str = ""
    digits: str = ""
    address: str = ""
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.reference or self.digits or self.address or self.words)

    @property
    def like(self) -> tuple[str, ...]:
        """The words in which a slip can be told from another word; a number is another with each digit."""
        return tuple(word for word in self.words if len(word) > SHORTEST_WORD and not word.isdigit())


def holds_contact(text: str) -> bool:
    """Whether a number or an address may stand in what was typed, or a part of one: then it stands in no address.

    >>> holds_contact("06 12"), holds_contact("lea@"), holds_contact("Léa 0612345678")
    (True, True, True)
    >>> holds_contact("P-4KQ7-2MXN"), holds_contact("couette 140"), holds_contact("dos-2026/117")
    (False, False, False)
    """
    asked = read(text)
    if asked.reference:
        return False
    return bool(asked.digits or asked.address or "@" in text or _MANY_DIGITS.search(_plain_digits(text)))


def read(text: str) -> Query:
    """
    >>> read("p-4kq7 2mxn").reference
    'P-4KQ7-2MXN'
    >>> read("06 12 34…").digits, read("+33612-34").digits, read("٠٦١٢٣٤").digits
    ('61234', '3361234', '61234')
    >>> read("Lea@Exemple").address
    'lea@exemple'
    >>> read("Couette, à la Meinau").words
    ('couette', 'meinau')
    """
    text = _plain_digits(text[:LONGEST].strip())
    if reference := _reference(text):
        return Query(reference=reference)
    if "@" in text:
        address = text.lower()
        return Query(address=address) if len(address) > SHORTEST_WORD and " " not in address else Query()
    return Query(digits=_digits(text), words=_words(text))


def _plain_digits(text: str) -> str:
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in unicodedata.normalize("NFC", text)
    )


def _reference(text: str) -> str:
    if whole := read_reference(text):
        return whole if whole[0] in (OFFER_LETTER, NEED_LETTER) else ""
    begun = text.upper().replace(" ", "-")
    if not any(char.isdigit() or char == "-" for char in begun) or not _START_OF_REFERENCE.fullmatch(begun):
        return ""  # "pommes" is a word, "P-4KQ" and "B3X" are not
    symbols = begun.replace("-", "")
    return f"{symbols[0]}-{symbols[1:5]}" + (f"-{symbols[5:]}" if len(symbols) > 5 else "")


def _digits(text: str) -> str:
    """Without what a number begins with at home or abroad: the rest stands in every way of writing it."""
    if not _NUMBER.fullmatch(text):
        return ""
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    digits = re.sub(r"^0{1,2}", "", digits)
    return digits if len(digits) >= FEWEST_DIGITS else ""


def _words(text: str) -> tuple[str, ...]:
    words = _folded(text).split()
    return tuple(dict.fromkeys(word for word in words if len(word) >= SHORTEST_WORD))[:MOST_WORDS]


def _folded(text: str) -> str:
    """As the database folds what it is compared with; of scripts without accents, the words as they are."""
    if any(char.isalpha() and not unicodedata.name(char, "").startswith("LATIN") for char in text):
        return " ".join(re.findall(r"\w+", text.lower()))
    return fold(text)
