"""What a text must look like in its language, beyond its words: signs, spaces and scripts that make a reader stumble.

The rules are those of CONTRIBUTING.md and docs/languages.md. Each yields words for `translations --check`.
"""

import re
from collections.abc import Callable, Iterator

# What is no text of the language: what is filled in, addresses, tags, entities, and the sign before a word of an item
# that is never certain (catalogue/items/table.py). It stands as one sign.
_FOREIGN = re.compile(
    r"%\(\w+\)[-+#0-9.]*[a-zA-Z]|%[sd%]|\{\w*[^{}\s]*\}|https?://\S+|<[^<>]+>|&#?\w+;|(?:^|(?<=\|))\?"
)
_ISOLATED = re.compile("\u2066[^\u2069]*\u2069")
_ARABIC = "\u0600-\u06ff"
_CYRILLIC = "\u0400-\u04ff"

Rule = tuple[str, Callable[[str], bool]]


def _finds(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.search(text) is not None


def _unequal(first: str, second: str) -> Callable[[str], bool]:
    return lambda text: text.count(first) != text.count(second)


def _number_can_turn_round(text: str) -> bool:
    return re.search(r"\d \d", _ISOLATED.sub("", text)) is not None


_NO_FRENCH_SPACE: Rule = ("a French space before a sign", _finds(r"\s[?!;:](?:\s|$)|\u202f"))
_RIGHT_TO_LEFT: tuple[Rule, ...] = (
    ("a Latin comma, semicolon or question mark", _finds(rf"[{_ARABIC}»)\s][,;?]")),
    ("a number with spaces that is drawn backwards", _number_can_turn_round),
)
_ONE_SCRIPT: Rule = (
    "Latin and Cyrillic letters in one word",
    _finds(rf"[{_CYRILLIC}][A-Za-z]|[A-Za-z][{_CYRILLIC}]"),
)
_RULES: dict[str, tuple[Rule, ...]] = {
    "fr": (
        ("no narrow space before a sign", _finds(r"[^\u202f\s?!.…][?!;:](?=\s|$)|[ \u00a0][?!;:](?=\s|$)")),
        ("no hard space inside quotation marks", _finds(r"«[^\u00a0]|[^\u00a0]»")),
        ("a straight apostrophe", _finds(r"[A-Za-zÀ-ÿ]'[A-Za-zÀ-ÿ§]")),
    ),
    "ar": (*_RIGHT_TO_LEFT, _NO_FRENCH_SPACE),
    "fa_AF": (*_RIGHT_TO_LEFT, _NO_FRENCH_SPACE, ("an Arabic letter for a Persian one", _finds("[يك]"))),
    "en": (_NO_FRENCH_SPACE,),
    "es": (
        _NO_FRENCH_SPACE,
        ("a question without its first mark", _unequal("?", "¿")),
        ("a call without its first mark", _unequal("!", "¡")),
    ),
    "ru": (_NO_FRENCH_SPACE, _ONE_SCRIPT),
    "uk": (_NO_FRENCH_SPACE, _ONE_SCRIPT, ("a letter that Ukrainian has not", _finds("[ыэъёЫЭЪЁ]"))),
}
# Which two of a text's forms may never be the same, in the order of the .po file: Arabic has a word for two of a thing.
_TELLS_APART = {"ar": ((2, 0), (2, 1), (2, 3), (2, 4), (2, 5)), "ru": ((0, 1),)}


def faults(language: str, texts: list[str]) -> Iterator[str]:
    """What is wrong with the forms of one text; `language` as its folder in locale/ is named."""
    for name, is_wrong in _RULES.get(language, ()):
        if any(is_wrong(_FOREIGN.sub("§", text)) for text in texts):
            yield name
    pairs = _TELLS_APART.get(language, ()) if len(texts) > 1 else ()
    if any(texts[one] == texts[other] and _says_a_word(texts[one]) for one, other in pairs):
        yield "two numbers that the language tells apart have one form"


def _says_a_word(text: str) -> bool:
    """More than the number and signs or units around it."""
    return re.search(r"[^\W\d_]{4}|[\u0600-\u06ff]{3}", _FOREIGN.sub("", text)) is not None
