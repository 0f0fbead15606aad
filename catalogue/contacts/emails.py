"""E-mail addresses as people write them. Two spellings of one address are one person's."""

import re
from dataclasses import dataclass

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from rapidfuzz.distance import OSA

from catalogue.contacts.signs import bare, says_nothing
from catalogue.labels import listed

LONGEST_WRITTEN = 500
LONGEST = 254
_ASCII_PREFIX = "xn--"
# Between two addresses, or around one.
_BETWEEN = re.compile(
    r"[,;/|<>()\[\]\"«»\t\n]+|\s+(?:ou|et|or|and)\s+|(?<=\.[a-zA-Z]{2})\s+|(?<=\.[a-zA-Z]{3})\s+"
)
_AT_IN_WORDS = re.compile(
    r"\s*[(\[{]\s*(?:at|arobase|arobas|chez|à|@)\s*[)\]}]\s*|\s+(?:arobase|arobas|AT)\s+", re.IGNORECASE
)
_DOT_IN_WORDS = re.compile(
    r"\s*[(\[{]\s*(?:dot|point|\.)\s*[)\]}]\s*|(?<=\w)\s+point\s+(?=\w)", re.IGNORECASE
)
_SPACED = re.compile(r"\s*([@])\s*")
# "marie,dupont@exemple.fr", "marie@exemple,fr": a comma where a dot is meant, not between two addresses.
_TORN_BY_COMMA = re.compile(
    r"(?<![\w@.])[\w.+-]+,[\w.+-]+@"
    r"|@[\w-]+,[a-z]{2,6}(?![\w@.])|@[\w.-]+,(?:fr|com|net|org|eu|de|be|ch|uk|ua|ru)(?![\w@.])",
    re.IGNORECASE,
)
_AROUND = ".,;:'’‘`\"“”<>()[]{}*"
_MAILTO = re.compile(r"^mail ?to:\s*", re.IGNORECASE)
_LABEL = re.compile(r"^(?:e-?mails?|mails?|courriels?|adresse(?: e-?mail| mail)?)\s*:\s*", re.IGNORECASE)

# Where nearly all addresses here are: a domain that is nearly one of these is most often a slip.
USUAL_DOMAINS = (
    "gmail.com", "orange.fr", "free.fr", "wanadoo.fr", "hotmail.fr", "hotmail.com", "yahoo.fr", "yahoo.com",
    "laposte.net", "sfr.fr", "outlook.fr", "outlook.com", "live.fr", "live.com", "icloud.com", "bbox.fr", "neuf.fr",
    "aol.com", "numericable.fr", "club-internet.fr", "protonmail.com", "proton.me", "gmx.fr", "gmx.de", "me.com",
    "msn.com", "estvideo.fr", "evc.net", "noos.fr", "cegetel.net", "voila.fr", "googlemail.com", "ymail.com",
    "mail.com", "mail.ru", "posteo.net", "web.de", "t-online.de", "ukr.net", "gmail.fr",
)  # fmt: skip
# No slips of those.
_OTHERS = frozenset("gmx.at gmx.ch gmx.com gmx.net gmx.es mail.fr email.com live.de live.be live.it".split())  # noqa: SIM905
_TOO_SHORT = 7  # letters of a domain: any other is a letter away


@dataclass(frozen=True, slots=True)
class Emails:
    """The address that is used, and the others of the cell. `slip`: what its domain was probably meant to be."""

    address: str
    others: tuple[str, ...] = ()
    slip: str = ""
    said: str = ""


def read_emails(text: str) -> Emails | None:
    """All that is written where an address is expected; None where a word says that there is none.

    Raises ValidationError with a sentence that does not repeat the address.
    """
    written = bare(text[:LONGEST_WRITTEN])
    if says_nothing(written):
        return None
    found = list(dict.fromkeys(_addresses(written)))
    if torn := _TORN_BY_COMMA.search(written):
        raise _with_comma(torn)
    if not found:
        raise _not_valid(written)
    used, *others = found
    said = used if others or used != normalised_email(written) else ""
    if others:
        said = _("%(used)s (aussi %(others)s)") % {"used": used, "others": listed(others)}
    return Emails(used, tuple(others), slip_of(used), said)


def normalised_email(address: str) -> str:
    """One spelling of an address: small letters, the domain as its owner reads it ("école.fr", not "xn--cole-9oa.fr").

    What is no address is only made small.
    """
    plain = bare(address).lower()
    name, at, domain = plain.rpartition("@")
    if not at:
        return plain
    return f"{name}@{_readable(domain.rstrip('.'))}"


def slip_of(address: str) -> str:
    """The usual domain that the address's own nearly is, to be asked about: "gmail.com" for "gmial.com"; else ""."""
    domain = address.rpartition("@")[2]
    if domain in USUAL_DOMAINS or domain in _OTHERS:
        return ""
    for usual in USUAL_DOMAINS:
        is_cut = len(domain) > 3 and domain == usual[:-1]
        if is_cut or (len(usual) > _TOO_SHORT and OSA.distance(domain, usual, score_cutoff=1) == 1):
            return usual
    return ""


def _not_valid(written: str) -> ValidationError:
    """Why nothing there is an address. It may be kept as a log: at most the usual domain is named."""
    name, at, domain = written.strip(_AROUND).lower().rpartition("@")
    usual = slip_of(f"@{domain}") if at else ""
    if usual:
        return ValidationError(
            _("Cette adresse e-mail n’est pas valable. Finit-elle par %(domain)s\u202f?") % {"domain": usual},
            code="ending",
        )
    if at and not name.isascii():
        return ValidationError(
            _("Cette adresse e-mail n’est pas valable\u202f: avant le @, il n’y a pas d’accent."),
            code="accent",
        )
    return ValidationError(_("Cette adresse e-mail n’est pas valable."), code="incomplete")


def _with_comma(torn: re.Match[str]) -> ValidationError:
    """With the domain as it would be, when it is a usual one; nothing else of the address."""
    domain = torn[0][1:].replace(",", ".").lower() if torn[0].startswith("@") else ""
    if domain in USUAL_DOMAINS:
        return ValidationError(
            _("Cette adresse e-mail n’est pas valable. Finit-elle par %(domain)s\u202f?")
            % {"domain": domain},
            code="ending",
        )
    return ValidationError(
        _("Cette adresse e-mail a une virgule à l’intérieur. Est-ce un point\u202f? Corrigez-la."),
        code="comma",
    )


def _addresses(written: str) -> list[str]:
    plain = _LABEL.sub("", _MAILTO.sub("", written.replace("＠", "@").replace("．", ".")))
    plain = _SPACED.sub(r"\1", _DOT_IN_WORDS.sub(".", _AT_IN_WORDS.sub("@", plain)))
    if plain.count("@") == 1 and _is_torn(plain) and (whole := _valid(plain.replace(" ", ""))):
        return [whole]
    # A word right before an address may be a part of it: "marie dupont@x.fr" is nobody's for sure.
    return [one for part in _BETWEEN.split(plain) if "@" in part and (one := _valid(_MAILTO.sub("", part)))]


def _is_torn(plain: str) -> bool:
    """Whether one address was written with spaces around its signs: "marie . dupont@gmail. com"."""
    return " " in plain and bool(re.fullmatch(r"[^\s,;<>()]+(?:(?: ?[._-] | [._-])[^\s,;<>()]+)*", plain))


def _valid(word: str) -> str:
    address = normalised_email(word.strip(_AROUND))
    if len(address) > LONGEST:
        return ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address


def _readable(domain: str) -> str:
    """A domain in its own script; as it is where it is none, or would look like another."""
    labels = domain.split(".")
    if not any(label.startswith(_ASCII_PREFIX) or not label.isascii() for label in labels):
        return domain
    try:
        ascii_form = idna.encode(domain, uts46=True).decode("ascii")
        readable = idna.decode(ascii_form)
        # A mail goes to what Python makes of the domain, which for a few signs (ß) is another's.
        return readable if readable.encode("idna").decode("ascii") == ascii_form else ascii_form
    except (idna.IDNAError, UnicodeError):
        return domain
