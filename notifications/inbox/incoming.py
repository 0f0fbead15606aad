"""A mail as it comes in, read: who wrote, to which addresses, what they wrote themselves, and whether a machine did.

Of what was quoted, forwarded or signed nothing is kept. No Django here: bytes in, a value out.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser, BytesParser
from email.policy import EmailPolicy
from email.utils import getaddresses
from functools import partial
from html.parser import HTMLParser
from typing import TypeVar

T = TypeVar("T")

LONGEST_TEXT = 4000
# So much is read of a text and of a header: what is made of them takes longer than they are long.
_LONGEST_READ, _LONGEST_HEADER = 200_000, 8000
_ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To")


@dataclass(frozen=True, slots=True)
class Incoming:
    """`digest` names the mail; `is_cut` says that there was more text than is kept."""

    digest: str
    sender: str
    addresses: tuple[str, ...]
    text: str
    is_cut: bool
    files: int
    is_automatic: bool
    is_returned: bool


class _Policy(EmailPolicy):
    def header_source_parse(self, sourcelines: Iterable[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        return name, value[:_LONGEST_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> str:
        """One that cannot be read says nothing."""
        try:
            return super().header_fetch_parse(name, value)
        except Exception:  # whatever the standard library happens to meet
            return self.header_factory(name, "")


def read(raw: bytes) -> Incoming:
    """Any bytes: what is no mail is one without a text."""
    mail = _parsed(raw)
    written = own_words(_text(mail))
    known = _header(mail, "Message-ID")
    parts: list[EmailMessage] = _or_else(lambda: list(mail.walk()), [])
    return Incoming(
        digest=hashlib.sha256(known.encode() if known else raw).hexdigest(),
        sender=next(iter(_addresses(mail, "From")), "")[:254],
        addresses=tuple(address for name in _ADDRESSED for address in _addresses(mail, name)),
        text=written[:LONGEST_TEXT],
        is_cut=len(written) > LONGEST_TEXT,
        files=min(sum(part.is_attachment() or part.get_content_maintype() in _FILES for part in parts), 999),
        is_automatic=_is_automatic(mail),
        is_returned=_is_returned(mail),
    )


_FILES = ("image", "audio", "video")
# What is kept nowhere: half a character, and what ends a text.
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def _or_else(reading: Callable[[], T], otherwise: T) -> T:
    """What is read of the parts; else, where they are so broken that the standard library raises what it likes."""
    try:
        return reading()
    except Exception:
        return otherwise


def _parsed(raw: bytes) -> EmailMessage:
    """Of a mail whose parts cannot be told apart, its headers above one text."""
    mail = _or_else(lambda: BytesParser(policy=_Policy()).parsebytes(raw), None)
    mail = mail or BytesHeaderParser(policy=_Policy()).parsebytes(raw)
    assert isinstance(mail, EmailMessage)
    return mail


def _header(mail: EmailMessage, name: str) -> str:
    return _UNKEPT.sub("", " ".join(str(mail.get(name, "")).split()))


def _addresses(mail: EmailMessage, name: str) -> list[str]:
    lines = [_UNKEPT.sub("", str(value)) for value in mail.get_all(name, [])]
    return [address for _name, address in getaddresses(lines) if "@" in address]


def _is_automatic(mail: EmailMessage) -> bool:
    """As RFC 3834 has it, and as those say it that do not follow it."""
    submitted = _header(mail, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    if _header(mail, "Precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    return any(name in mail for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From", "List-Id"))


def _is_returned(mail: EmailMessage) -> bool:
    """A server's report that a mail did not arrive, or arrived (RFC 3464)."""
    if mail.get_content_type() == "multipart/report":
        return True
    if _header(mail, "Return-Path") == "<>":
        return True
    return next(iter(_addresses(mail, "From")), "").lower().startswith(("mailer-daemon@", "postmaster@"))


# --- The text ------------------------------------------------------------------------------------------


def _text(mail: EmailMessage) -> str:
    """The plain text; of a mail that has HTML alone, what it says."""
    for kind in ("plain", "html"):
        content = _UNKEPT.sub("", _or_else(partial(_content, mail, kind), "")[:_LONGEST_READ])
        if kind == "html":
            content = _said_in_html(content)
        if content.strip():
            return content
    return ""


def _content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    return _or_else(lambda: str(part.get_content()), "") or _of_unknown_letters(part)


def _of_unknown_letters(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


class _Said(HTMLParser):
    """The words of an HTML mail up to where the quoted mail begins."""

    _BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "hr", "table", "ul", "ol"})
    _UNSAID = frozenset({"style", "script", "head", "title", "blockquote"})
    # Without an end: they do not nest.
    _VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "wbr", "col", "area", "base"})
    # What comes from here on is the mail that is answered: Outlook, its web page, Gmail, Thunderbird, Yahoo.
    _QUOTES = re.compile(
        r"divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|gmail_quote|moz-cite-prefix|yahoo_quoted"
        r"|gmail_signature|moz-signature|OLK_SRC_BODY_SECTION",
    )
    # Outlook for Windows marks it by nothing but a line above.
    _LINE_ABOVE = re.compile(r"border-top:\s*solid #[0-9A-F]{6}", re.IGNORECASE)

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unsaid: list[str] = []
        self._is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("id", "class", "name"))
        style = next((value or "" for name, value in attrs if name == "style"), "")
        if self._QUOTES.search(marks) or self._LINE_ABOVE.search(style):
            self._is_over = True
        if tag in self._BREAKS:
            self.words.append("\n")
        if tag in self._UNSAID and tag not in self._VOID:
            self._unsaid.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unsaid and tag == self._unsaid[-1]:
            self._unsaid.pop()
        if tag in ("p", "div", "tr", "li"):
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._is_over and not self._unsaid:
            self.words.append(re.sub(r"\s+", " ", data))


def _said_in_html(content: str) -> str:
    parser = _Said()
    # An end to what was opened and cut: else the parser looks for it anew from each sign on.
    parser.feed(f"{content}-->")
    parser.close()
    return "".join(parser.words).removesuffix("-->")


# The line above a quoted mail, in the languages of those who write here.
_QUOTES_BEGIN = re.compile(
    r"""^\s*(?:
        [-_]{5,}.*
      | -+\s*(?:original\ message|message\ d['’]origine|message\ original|forwarded\ message|message\ transféré
            |الرسالة\ الأصلية|رسالة\ معاد\ توجيهها).*
      | (?:le|on|am|el|em|il|в|у)\b.{0,300}?
            (?:a\ écrit|wrote|schrieb|escribió|escreveu|написал|пише|написав).{0,200}[:\uff1a]
      | .{0,300}(?:كتب|كتبت|كتابة\ ما\ يلي).{0,200}[:\uff1a،]
    )\s*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
# "De : … / Envoyé : …": the block of headers that Outlook puts there.
_FROM = re.compile(r"^\s*\*?(?:de|from|von|من|от|від)\*?\s*:", re.IGNORECASE)
_SENT = re.compile(
    r"^\s*\*?(?:envoyé|date|sent|gesendet|à|to|objet|subject|تم الإرسال|التاريخ|إلى|الموضوع)\*?\s*:",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^\s*(?:--\s?|envoyé (?:de|depuis|à partir de) .{0,60}|sent from .{0,60}|get outlook for .{0,60}"
    r"|télécharge[rz] outlook pour .{0,60}|obtenir outlook pour .{0,60}|(?:أ|ا)رسلت? من .{0,60}"
    r"|تم الإرسال من .{0,60}|von meinem .{0,40} gesendet)$",
    re.IGNORECASE,
)
# Marks of direction stand before an Arabic ">" or a "كتب".
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def own_words(text: str) -> str:
    """What somebody wrote themselves: without what they quote, below or between their lines, and their signature."""
    lines = [
        _MARKS.sub("", line).strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
    end = next((n for n in range(len(lines)) if _quotes_from(lines, n)), len(lines))
    above = _unquoted(lines[:end])
    # Who answers below writes nothing above.
    return above or _unquoted(lines[end + 1 :])


def _quotes_from(lines: list[str], n: int) -> bool:
    if not lines[n].strip():
        return False
    # Long lines are broken: "Le lun. 9 mars 2026 à 12:00, Strasbourg <…@…>\na écrit :".
    if any(_QUOTES_BEGIN.match(" ".join(lines[n : n + span])) for span in (1, 2, 3)):
        return True
    return bool(_FROM.match(lines[n])) and any(_SENT.match(line) for line in lines[n + 1 : n + 4])


def _unquoted(lines: list[str]) -> str:
    kept: list[str] = []
    for line in lines:
        if _SIGNATURE.match(line):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.strip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
