"""In which encoding a text makes sense: UTF-8 and UTF-16 by their form, the older ones by the words they make."""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from django.utils.translation import gettext as _

from catalogue.spreadsheets.lines import Question, Unreadable

CHUNK = 1 << 20
LONGEST_LINE = 4 << 20  # bytes; a line that is longer is none of a table

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The encodings of one byte a character that spreadsheets of our towns come in, the likeliest first.
LABELS = {
    "cp1252": "Windows-1252",
    "iso8859-15": "Latin-9",
    "latin-1": "Latin-1",
    "mac-roman": "Mac Roman",
    "cp850": "CP850",
    "cp437": "CP437",
    "cp1256": "Windows-1256",
    "cp1251": "Windows-1251",
}
_OTHER_SCRIPTS = {"cp1256": "ARABIC", "cp1251": "CYRILLIC"}

_WORD = re.compile(rb"[A-Za-z0-9\x80-\xff]*[\x80-\xff][A-Za-z0-9\x80-\xff]*")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]")
_MOST_WORDS = 4000
_COMMON = frozenset("éèêëàâçôîïûùüœæñ")
_RARE = frozenset("áíóúäöÿãõòìß")
_MARKS_OF_TEXT = frozenset("’‘«»“”„–—…•·€°²³\u00a0\u202f")
# A sum of signs must be this much ahead of the next encoding's, where they would read another text.
_CLEARLY = 1.5


@dataclass(slots=True)
class Encoding:
    """`errors` is how what does not fit is decoded; `notice` what to tell whoever sent the file."""

    name: str
    lines: int
    errors: str = "strict"
    notices: list[str] = field(default_factory=list)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are not UTF-8, in a file that else is: a piece from an older program."""
    assert isinstance(error, UnicodeDecodeError)
    piece = error.object[error.start : error.end]
    return piece.decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252 between", _as_windows)


def find_encoding(path: Path, said: str = "") -> Encoding:
    """The encoding in which the whole file makes sense, in one pass and little memory. Raises Unreadable.

    `said` is what a person answered; it counts unless the file says otherwise by its first bytes.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    mark = next((name for mark, name in _MARKS if start.startswith(mark)), "")
    wide = mark if mark in {"utf-16", "utf-32"} else _wide(start)
    body = start.rstrip(b"\0\x1a")
    if not wide and len(_CONTROLS.findall(body)) > len(body) / 10:
        raise Unreadable(_no_text())
    found = _measure(path, wide)
    if wide:
        return Encoding(wide, found.lines, notices=[_("Le fichier est en UTF-16\u202f: il a été lu ainsi.")])
    notices = []
    if found.nul_line:
        notices.append(
            _("Des octets nuls ont été retirés (ligne %(line)s et suivantes).") % {"line": found.nul_line}
        )
    if found.is_utf8:
        return Encoding(mark or "utf-8", found.lines, notices=notices)
    if mark or found.has_utf8_letters:
        if _verdict(found.words)[0] != "cp1252":
            raise Unreadable(
                _(
                    "Ce fichier mélange deux codages de caractères\u202f: la ligne %(line)s n’est pas en UTF-8, "
                    "d’autres le sont. Enregistrez-le à nouveau en UTF-8."
                )
                % {"line": found.first_foreign}
            )
        notices.append(
            _(
                "Ce fichier mélange deux codages de caractères\u202f: à partir de la ligne %(line)s, ce qui n’est pas "
                "en UTF-8 a été lu en Windows-1252."
            )
            % {"line": found.first_foreign}
        )
        return Encoding(mark or "utf-8", found.lines, "windows-1252 between", notices)
    name = said if said in LABELS else _settled(found)
    notices.append(
        _("Le fichier n’est pas en UTF-8\u202f: il a été lu en %(name)s.") % {"name": LABELS[name]}
    )
    return Encoding(name, found.lines, notices=notices)


def _wide(start: bytes) -> str:
    """UTF-16 without its mark: every second byte of plain letters is zero."""
    pairs = len(start) // 2
    if not pairs:
        return ""
    if pairs < 4:
        return ""
    even, odd = start[0 : 2 * pairs : 2].count(0), start[1 : 2 * pairs : 2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return ""


@dataclass(slots=True)
class _Measure:
    lines: int = 0
    is_utf8: bool = True
    has_utf8_letters: bool = False
    first_foreign: int = 0
    nul_line: int = 0
    words: Counter[bytes] = field(default_factory=Counter)


def _measure(path: Path, wide: str) -> _Measure:
    found = _Measure()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    feeds = returns = since = nuls = size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            since = _longest(chunk, since)
            if not wide and b"\0" in chunk:
                body = chunk.rstrip(b"\0\x1a\r\n")
                if b"\0" in body and not found.nul_line:
                    found.nul_line = max(feeds, returns) + body[: body.index(b"\0")].count(b"\n") + 1
                nuls += body.count(b"\0")
                if nuls > max(8, size // 100):
                    raise Unreadable(_no_text())
            if not wide and found.is_utf8:
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError as error:
                    found.is_utf8 = False
                    found.first_foreign = max(feeds, returns) + chunk[: error.start].count(b"\n") + 1
            if not wide and not chunk.isascii():
                found.has_utf8_letters = found.has_utf8_letters or bool(_UTF8_LETTER.search(chunk))
                if len(found.words) < _MOST_WORDS:
                    found.words.update(_foreign_words(chunk))
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
    found.lines = max(feeds, returns)
    if not wide and found.is_utf8:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            found.is_utf8, found.first_foreign = False, found.lines + 1
    return found


def _longest(chunk: bytes, since: int) -> int:
    """How long the last line is by now. Raises Unreadable when it is no line of a table."""
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    if last >= 0:
        return len(chunk) - last
    since += len(chunk)
    if since > LONGEST_LINE:
        raise Unreadable(
            _(
                "Ce fichier n’est pas un tableau\u202f: une seule ligne y fait plus de quatre millions de caractères."
            )
        )
    return since


def _foreign_words(chunk: bytes) -> Iterable[bytes]:
    """The words that are not UTF-8."""
    for word in _WORD.findall(chunk):
        try:
            word.decode("utf-8")
        except UnicodeDecodeError:
            yield word


def _no_text() -> str:
    return _(
        "Ce fichier n’est pas un tableau\u202f: il contient autre chose que du texte. "
        "Enregistrez le tableau en xlsx ou en csv."
    )


def _settled(found: _Measure) -> str:
    name, others = _verdict(found.words)
    if others:
        samples = list(found.words)[:3]
        raise Question(
            _(
                "Le codage des lettres accentuées n’est pas certain. Selon lui, ce fichier dit\u202f: %(readings)s."
            )
            % {
                "readings": "\u202f; ".join(
                    f"{LABELS[one]} «\u00a0{', '.join(word.decode(one, 'replace') for word in samples)}\u00a0»"
                    for one in (name, *others)
                )
            },
            about="encoding",
            options=[(one, LABELS[one]) for one in (name, *others)],
            hint=_("Enregistrez-le en UTF-8, ou dites lequel est le bon\u202f: --encoding %(names)s.")
            % {"names": "|".join((name, *others))},
        )
    return name


def _verdict(words: Counter[bytes]) -> tuple[str, list[str]]:
    """The likeliest encoding, and those that would read another text and are about as likely."""
    some = list(words)
    scores = {
        name: sum(_sense(word, name) for word in some)
        for name in LABELS
        if name not in _OTHER_SCRIPTS or any(_is_of(_OTHER_SCRIPTS[name], word, name) for word in some)
    }
    order = list(LABELS)
    ranked = sorted(scores, key=lambda name: (-scores[name], order.index(name)))
    best = ranked[0]
    if best == "cp1252" and scores[best] >= 0:
        # What everybody has: another is believed only when it reads better.
        return best, []
    doubtful = [
        name
        for name in ranked[1:]
        if scores[name] > scores[best] - _CLEARLY
        and any(_readable(word, name) != _readable(word, best) for word in some)
    ]
    if best == "cp1252" and any("\ufffd" in word.decode(best, "replace") for word in some):
        best = "latin-1"  # the same letters, and no byte that it does not know
    return best, doubtful


def _readable(word: bytes, name: str) -> str:
    return "".join(char for char in word.decode(name, "replace") if char.isprintable() and char != "\ufffd")


@lru_cache(maxsize=1 << 16)
def _sense(word: bytes, name: str) -> float:
    """How much a word looks like one, read in this encoding."""
    text = word.decode(name, "replace")
    letters = [char for char in text if char.isalpha()]
    scripts = {_script(char) for char in letters}
    if scripts <= set(_OTHER_SCRIPTS.values()) and len(scripts) == 1:
        # A word that is Arabic or Cyrillic by chance is short.
        return (
            len(letters) / 2
            if len(letters) > 2 and len(letters) == len(text) and not _odd_case(letters)
            else -2
        )
    if len(scripts) > 1:
        return -3.0
    score = 0.0
    for at, char in enumerate(text):
        if char.isascii():
            continue
        inside = 0 < at < len(text) - 1 and text[at - 1].isalpha() and text[at + 1].isalpha()
        if char.isalpha() and len(letters) == 1 and char not in "àÀ":
            score -= 1  # a letter alone
        elif char.isalpha():
            lower = char.lower()
            score += 1 if lower in _COMMON else 0.2 if lower in _RARE else -1.5
        elif char in _MARKS_OF_TEXT:
            score += -3 if inside and char not in "’‘·\u00a0" else 0.6
        else:
            score -= 3
    if _odd_case(letters):
        score -= 4
    accents = [not char.isascii() for char in letters]
    if any(all(accents[at : at + 3]) for at in range(len(accents) - 2)):
        score -= 4
    return score


def _odd_case(letters: list[str]) -> bool:
    """A capital after a small letter, or small accents among capitals."""
    plain = [char for char in letters if char.isascii()]
    if plain and len(plain) > 1 and all(char.isupper() for char in plain):
        return any(char.islower() for char in letters)
    return _rises(letters) and not _rises(plain)


def _is_of(script: str, word: bytes, name: str) -> bool:
    text = word.decode(name, "replace")
    return len(text) > 2 and all(char.isalpha() and _script(char) == script for char in text)


def _rises(letters: list[str]) -> bool:
    return any(second.isupper() and first.islower() for first, second in pairwise(letters))


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    name = unicodedata.name(char, "")
    return name.split(" ", 1)[0] if name else ""
