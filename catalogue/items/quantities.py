"""How many of a thing a text says: "10 draps", "lot de 6 verres"."""

import re

from catalogue.items.words import Grammar

MOST = 999
_PACK = re.compile(
    r"\b(?:lots?|packs?|paquets?|sets?|series?|boites?|cartons?|ensembles?|sachets?|jeux?|box|boxes|packets?)"
    r" (?:de|of) (\d{1,3})\b|\bpar (\d{1,3})\b|(?:مجموعه|علبه|طقم) من (\d{1,3})\b"
)
# Numbers that say something else: how large, how heavy, of what kind, for whom.
_OTHERWISE = re.compile(
    r"\b\d+(?:[.,]\d+)? ?(?:x|\*|/|-) ?\d+(?: ?cm)?"
    r"|\b\d+(?:[.,]\d+)? ?(?:cm|mm|m|metres?|kgs?|kilos?|g|l|litres?|w|v|go|gb|to"
    r"|ans?|mois|years?|months?|pouces?|inch(?:es)?"
    r"|feux|feu|tiroirs?|portes?|places?|personnes?|pers|couverts|vitesses?|euros?|%|°|€|سنه|سنوات|شهر|اشهر|سم|كيلو)(?!\w)"
    r"|\b(?:pour|for|groupe|taille|tailles|pointure|size|t|n|no|numero|مقاس|xp|galaxy|iphone|ipad) ?\d+"
    r"|\b\d+(?:er|e|eme)\b"
)
_COUNTED = re.compile(
    r"\b(\d{1,3}) (?:pieces?|paires?|boites?|paquets?|lots?|sacs?|rouleaux|unites?|exemplaires?|قطع|قطعه)\b"
)
_NUMBER = re.compile(r"(?<![\w.,])(\d{1,4})(?![\w.,]*\d)")


def said_quantity(text: str, place: int, grammar: Grammar) -> tuple[int | None, int]:
    """How many, and pieces of each. `text` is folded and blank where sizes stand; at `place` the thing is named."""
    text = re.sub(r"\b[^\W\d]+\b", lambda word: _figure(word[0], grammar), text)
    pack = 1
    if match := _PACK.search(text):
        pack = int(next(number for number in match.groups() if number)) or 1
        text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    if match := _COUNTED.search(text):
        return int(match[1]) or None, pack
    text = _OTHERWISE.sub(lambda match: " " * len(match[0]), text)
    numbers = [match for match in _NUMBER.finditer(text) if match.start() < place or pack > 1]
    if len(numbers) != 1 or not 0 < int(numbers[0][1]) <= MOST:
        return None, pack
    return int(numbers[0][1]), pack


def _figure(word: str, grammar: Grammar) -> str:
    """A number in words as figures of the same length, so that places stay."""
    figures = grammar.numbers.get(word)
    return figures.rjust(len(word)) if figures else word
