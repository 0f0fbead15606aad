"""What a text of a town may hold: plain words and placeholders in braces, "{dates}". Nothing in it is executed.

Pure: the same question is asked when it is written, when it is used and by `check_wordings`.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_BRACE = re.compile(r"[{}]")
_SPACES = re.compile(r"[ \t\r\n]+")
_ALLOWED_CONTROLS = frozenset("\n\t")
_TURNS_ROUND = frozenset("\u202d\u202e")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is refused: a code, the line on which it is (0: none), and the placeholder or number meant."""

    code: str
    line: int = 0
    what: str = ""


def problems(
    text: str, *, known: Collection[str], required: Collection[str] = (), longest: int
) -> list[Problem]:
    """Everything that speaks against a text, in the order of its lines; what has none is filled without error."""
    found: list[Problem] = []
    if not text.strip():
        return [Problem("empty")]
    for number, line in enumerate(text.split("\n"), start=1):
        names = _PLACEHOLDER.findall(line)
        found += [Problem("unknown", number, name) for name in names if name not in known]
        if _BRACE.search(_PLACEHOLDER.sub("", line)):
            found.append(Problem("brace", number))
        if any(_is_invisible(sign) for sign in line):
            found.append(Problem("control", number))
    present = placeholders(text)
    found += [Problem("missing", what=name) for name in required if name not in present]
    if len(text) > longest:
        found.append(Problem("long", what=str(longest)))
    return found


def placeholders(text: str) -> list[str]:
    """Those that a text names, each once, in its order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; what stands in a value is never read as a placeholder. KeyError for one without."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def one_line(text: str) -> str:
    """On one line, with the spaces of French typography left as they are."""
    return _SPACES.sub(" ", text).strip()


def _is_invisible(sign: str) -> bool:
    """Nor one that turns round what follows: dates and numbers would be read from behind."""
    is_control = unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} or sign in _TURNS_ROUND
    return is_control and sign not in _ALLOWED_CONTROLS
