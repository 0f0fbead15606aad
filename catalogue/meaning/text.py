"""What somebody wrote, made comparable; what was understood; and the two ways of not understanding."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.core.exceptions import ValidationError

from catalogue.items.words import fold, words_of

T = TypeVar("T")


class CellError(ValidationError):
    """What is wrong with what was written, to a person: nothing is understood."""

    def __init__(
        self, message: str, *, written: str = "", choices: Iterable[str] = (), code: str = "unclear"
    ) -> None:
        super().__init__(message, code=code)
        # The part of it that a person is to explain; empty: all of it.
        self.written = written
        # What they may have meant, as it would be written.
        self.choices = tuple(choices)

    def __str__(self) -> str:
        return str(self.message)


class Unclear(CellError):
    """It can mean several things, or something that is not certain: a person is asked, once for all such cells."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What something means. `said` is it in words, where it is not plainly what was written."""

    value: T
    said: str = ""


# What stands in a cell of which nobody knows anything.
_NOTHING = words_of(
        "nc n/c n.c n.c. nr n/r na n/a n.a n.a. nd n/d n.d. ras r.a.s r.a.s. s/o null none nil nan "
        "nsp #n/a inconnu inconnue vide rien unknown empty unspecified blank"
    ) | {
    "non communique", "non communiquee", "non renseigne", "non renseignee", "non precise", "non precisee",
    "non connu", "non defini", "non applicable", "non concerne", "sans objet", "ne sait pas", "sans reponse",
    "pas de reponse", "a completer", "a renseigner", "not specified", "not known", "not available", "not applicable",
    "no answer", "n'a pas repondu", *map(fold, ("غير معروف", "غير محدد", "لا شيء", "لا يوجد")),
}  # fmt: skip
# Words by which people say that there is none; in some columns that is an answer.
NONE = frozenset({"aucun", "aucune", "neant", "sans"})
_SIGNS = re.compile(r"[-–—_/\\.…*~\s]+")
_DOUBTS = re.compile(r"[?؟\s]+")
_END = " .!;,:"


def folded(text: str) -> str:
    """Lower case, no accents, plain digits and spaces; nothing that cannot be seen.

    >>> folded("1ᵉʳ  Décembre\\u00a0٢٠٢٦")
    "1er decembre 2026"
    """
    return " ".join(fold(text).split())


def says_nothing(text: str) -> bool:
    """ "-", "NC", "non renseigné": nobody knows. "?", too."""
    return _is_sign(text) or folded(text).strip(_END) in _NOTHING | NONE or bool(_DOUBTS.fullmatch(text))


def says_nothing_of_texts(text: str) -> bool:
    """Where any word may be the answer: only signs, and "NC"."""
    return _is_sign(text) or folded(text).strip(_END) in {
        "nc",
        "n.c",
        "n/a",
        "n/c",
        "non renseigne",
        "non communique",
    }


def says_nothing_but_none(text: str) -> bool:
    """Where "aucun" would be an answer of its own, and a doubt is one too."""
    return _is_sign(text) or folded(text).strip(_END) in _NOTHING


def _is_sign(text: str) -> bool:
    return bool(_SIGNS.fullmatch(text))


# Signs that say no, stop, less or perhaps of what stands beside them: ☒ ☓ ⛔ ✋ ✕–✘ ❌ ❎ ❓ ❔ ➖ 🚫 👎 🛑 🙅 🔴 🟥…
SIGNS_OF_DOUBT = (
    "\u2612\u2613\u26d4\u270b\u2715-\u2718\u274c\u274e\u2753\u2754\u2796\U0001f44e\U0001f4f5\U0001f534\U0001f51e"
    "\U0001f645\U0001f6ab\U0001f6ad\U0001f6af\U0001f6b1\U0001f6b3\U0001f6b7\U0001f6d1\U0001f7e5"
)
# Pictures, with what makes them coloured or joined; and a cell that a program has marked as text.
_PICTURES = re.compile(
    rf"(?:(?![{SIGNS_OF_DOUBT}])[\U0001f000-\U0001faff\u2600-\u2712\u2719-\u27bf\ufe0f\u20e3\u200d])+"
)
_MARKED = re.compile(r"^['’](?=\d)")


def undecorated(text: str) -> str:
    """Without pictures and the mark of a text, where something is left. What says no stays, for a person to read."""
    return _MARKED.sub("", _PICTURES.sub(" ", text).strip()).strip(" !") or text


# --- Lists -----------------------------------------------------------------------------------------------

_BULLETS = "•·▪‣●◦*"
# Between the items of a list; a hyphen only with spaces, for names have their own.
_BETWEEN = re.compile(
    rf"\s*(?:[|;\n\r,/+&{_BULLETS}،؛]|\s[-–—]\s|(?<=\s)(?:et|and|ou|or|puis|ainsi que)(?=\s))\s*",
    re.IGNORECASE,
)
_LINE_START = re.compile(r"(?m)^\s*(?:[-–—•·▪‣●◦*]|\d+[.)])\s+")


def items_of(text: str) -> list[str]:
    """The items of a list, whatever stands between them: "fr/en", "français et anglais", a bullet on each line.

    What stands in brackets stays together.
    """
    text = _LINE_START.sub("", text)
    found, start, depth = [], 0, 0
    depths = []
    for char in text:
        depth += char in "(["
        depths.append(depth)
        depth -= char in ")]" and depth > 0
    for mark in _BETWEEN.finditer(text):
        if mark.start() < start or (mark.end() > mark.start() and depths[min(mark.start(), len(text) - 1)]):
            continue
        found.append(text[start : mark.start()])
        start = mark.end()
    found.append(text[start:])
    return [item for one in found if (item := one.strip().strip(_BULLETS).strip())]


def sure_items(text: str) -> list[str]:
    """Items between the marks that mean nothing else: "|", ";" and a new line."""
    return [item.strip() for item in re.split(r"[|;\n\r]", text) if item.strip()]
