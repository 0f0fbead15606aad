"""Telephone numbers as people write them, and as spreadsheet programs leave them.

French numbers of all regions are one plan: 0692… is Réunion's wherever it is written. A number of a person is a
landline or a mobile: short and special numbers are nobody's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import PhoneNumberType, number_type

from catalogue.contacts.signs import bare, plain_digits, says_nothing

LONGEST_WRITTEN = 200
MOST_NUMBERS = 6
LONGEST_NOTE = 100
_MOST_LEFT_OVER, _LENGTH_OF_ONE = 4, 9  # digits
FRANCE = 33
# Of the parts of France whose numbers begin with 0 like all others: prefix → country code.
_OVERSEAS = {
    "262": 262, "263": 262, "269": 262, "639": 262, "692": 262, "693": 262,
    "590": 590, "690": 590, "691": 590, "594": 594, "694": 594, "596": 596, "696": 596, "697": 596,
    "508": 508, "708": 508,
}  # fmt: skip
# Country codes that people write without "+" here.
_WITHOUT_PLUS = ("33", "262", "590", "594", "596", "508")
# The numbers of these regions are short and have no 0 before them: they are understood in their own towns.
_REGIONS = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF",
    "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
_OWN_PLAN = frozenset({"PF", "NC", "WF"})
# Shown as they are dialled from anywhere in France.
_DIALLED_WITH_ZERO = frozenset({33, 262, 590, 594, 596})

_SPECIAL = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
)

_SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_DECIMAL = re.compile(r"(\+?\d{6,})[.,]0+")
# "O6 12", "06 12 OO 10": the letter where the digit is meant.
_LETTER_O = re.compile(r"(?<![^\W\d_])[oO]+(?=[\d\s.\-]*\d)(?![^\W\d_oO])|(?<=\d)[oO]+(?![^\W\d_oO])")
# As text programs set them: the hyphen that does not break, the minus, dots in the middle.
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒−﹣－", "-") | dict.fromkeys("·•∙⋅", "."))
_ZERO_OF_FRANCE = re.compile(r"\(\s*0\s*\)")
_HOUR = re.compile(r"\b\d{1,2} ?(?:[hH]|heures?)(?: ?\d{2})?\b|\b\d{1,2}:\d{2}\b")
_RUN = re.compile(r"(?:\+|\b|\()[\d(][\d\s().\-–—_/\\,;|:+]*\d|\d")
_ALONE = re.compile(r"0[1-9][0-9]{8}")
_GROUP = re.compile(r"\+?\d+")
_STRONG = re.compile(r"[/\\;,|:]|\s[-–—]\s")
_FAX = re.compile(r"\b(?:fax|t[ée]l[ée]copie\w*)\W*$", re.IGNORECASE)
_EXTENSION = re.compile(
    r"\b(?:poste|ext\.?|extension|apt|appt|digicode|code)\s*:?\s*\d{1,6}\b", re.IGNORECASE
)
# Words that say no more than the number does.
_LABEL = re.compile(
    r"\b(?:t[ée]l(?:[ée]ph?\.?|[ée]phones?)?(?: portable| mobile| fixe)?|t[ée]l|phone|portables?|port|mobiles?|mob|gsm|"
    r"fixes?|num[ée]ros?|num|n[°ºo]|no|ligne)\b\.?|[n№][°º]|№",
    re.IGNORECASE,
)
# Between two numbers, and between two remarks.
_BETWEEN = re.compile(r"^\W*(?:ou|et|puis|or|and)\b|\b(?:ou|et|puis|or|and)\W*$", re.IGNORECASE)
_PARTS = re.compile(r"[;|()\[\]]|\s[-–—/]\s")
_AROUND = " \t.,;:/\\|-–—_()[]{}<>'\"’‘“”«»=*#&"


@dataclass(frozen=True, slots=True)
class Phones:
    """What somebody wrote: the number that is used, the others, and words beside them. `said`: "" where it is plain."""

    number: PhoneNumber
    others: tuple[PhoneNumber, ...] = ()
    note: str = ""
    said: str = ""

    @property
    def rest(self) -> str:
        """What is no part of the number that is used, for a note: "aussi 03 53 01 00 01 ; le soir"."""
        also = [_("aussi %(number)s") % {"number": shown(one)} for one in self.others]
        return " ; ".join([*also, *([self.note] if self.note else [])])


def read_phones(text: str, *, region: str = "FR", of_person: bool = True) -> Phones | None:
    """All that is written where a number is expected; None where a word says that there is none.

    `region` is that of the town ("FR", "RE", "NC"). An association may have a special number, a person may not. Raises
    ValidationError with a sentence that does not repeat the number: codes "incomplete", "special", "lost" (digits),
    "foreign" (without its sign).
    """
    if _ALONE.fullmatch(text) and (one := _number(text, _Plan(region, of_person))) is not None:
        # As most people write it: with nothing around it, there is nothing to take apart.
        return Phones(one, said="" if _is_plain(text, one) else _said(one, [], ""))
    written = _plainly(text[:LONGEST_WRITTEN])
    if says_nothing(written):
        return None
    written = _from_spreadsheet(written)
    numbers: list[PhoneNumber] = []
    left: list[str] = []
    problems: list[ValidationError] = []
    for words, digits in _pieces(written):
        left.append(words)
        if not digits:
            continue
        if _FAX.search(words):
            left.append(digits)
            continue
        found, over, problem = _numbers_in(digits, _Plan(region, of_person))
        numbers += found
        left.append(over)
        if problem is not None:
            problems.append(problem)
    if not numbers:
        raise problems[0] if problems else _incomplete()
    note = _note(left)
    used, *others = list(dict.fromkeys(numbers))[:MOST_NUMBERS]
    is_plain = not others and not note and _is_plain(text, used)
    said = "" if is_plain else _said(used, others, note)
    return Phones(used, tuple(others), note, said)


def read_phone(text: str, *, region: str = "FR", of_person: bool = True) -> PhoneNumber | None:
    """The one number of a box for one number. Raises ValidationError as `read_phones`, and where there are two."""
    found = read_phones(text, region=region, of_person=of_person)
    if found is None:
        return None
    if found.others:
        raise ValidationError(_("Écrivez un seul numéro ici."), code="several")
    return found.number


def known_number(phone: Any, *, region: str = "FR") -> PhoneNumber | None:
    """Of a number or of what is written, by which somebody is looked for: the number, None where it is none."""
    if isinstance(phone, PhoneNumber):
        return phone if phone.is_valid() else None
    try:
        found = read_phones(str(phone), region=region) if phone else None
    except ValidationError:
        return None
    return found.number if found else None


def region_of(insee: str) -> str:
    """The region whose numbers a town writes, by the INSEE code of its seat: "FR", "RE", "NC"."""
    return _REGIONS.get(insee[:3], "FR")


def shown(phone: PhoneNumber) -> str:
    """As it is dialled from France: "06 12 34 56 78", "0692 00 00 01"; a foreign one with its country."""
    if phone.country_code in _DIALLED_WITH_ZERO:
        return str(phone.as_national)
    return str(phone.as_international)


# --- Around the number ---------------------------------------------------------------------------------


def _plainly(text: str) -> str:
    plain = (
        plain_digits(bare(text))
        .replace("＋", "+")
        .translate(_HYPHENS)
        .removeprefix("'")
        .removeprefix("tel:")
        .removeprefix("callto:")
    )
    return _LETTER_O.sub(lambda match: "0" * len(match[0]), plain)


def _from_spreadsheet(written: str) -> str:
    """A number that a spreadsheet program took for a quantity."""
    if match := _SCIENTIFIC.fullmatch(written):
        first, further, power = match[1], match[2] or "", int(match[3])
        if len(further) < power:
            raise ValidationError(
                _(
                    "Un tableur a abrégé ce numéro\u202f: des chiffres sont perdus. Mettez la colonne au format texte "
                    "et retapez-le."
                ),
                code="lost",
            )
        return first + further[:power]
    if match := _DECIMAL.fullmatch(written):
        return match[1]
    return written


def _pieces(written: str) -> Iterator[tuple[str, str]]:
    """The words, and the digits that follow them: hours and extensions are words."""
    words = [
        (match.start(), match.end()) for match in (*_HOUR.finditer(written), *_EXTENSION.finditer(written))
    ]
    masked = list(written)
    for start, end in words:
        masked[start:end] = "\0" * (end - start)
    text, at = "".join(masked), 0
    for match in _RUN.finditer(text):
        if not any(char.isdigit() for char in match[0]):
            continue
        yield written[at : match.start()], match[0]
        at = match.end()
    yield written[at:], ""


def _note(left: list[str]) -> str:
    words = " ".join(_BETWEEN.sub(" ", piece) for piece in left)
    parts = [" ".join(_LABEL.sub(" ", part).split()) for part in _PARTS.split(words)]
    kept = [part.replace(" ,", ",").strip(_AROUND) for part in parts]
    return ", ".join(part for part in kept if sum(char.isalnum() for char in part) > 1)[:LONGEST_NOTE]


def _is_plain(text: str, used: PhoneNumber) -> bool:
    """Whether it is written as people write a number here: nothing that had to be understood."""
    digits = "".join(char for char in plain_digits(text) if char.isdigit() or char == "+")
    return digits in (used.as_e164, "00" + used.as_e164[1:]) or (
        digits.startswith("0") and digits == "".join(char for char in shown(used) if char.isdigit())
    )


def _said(used: PhoneNumber, others: list[PhoneNumber], note: str) -> str:
    rest = Phones(used, tuple(others), note).rest
    return f"{shown(used)} ({rest})" if rest else shown(used)


# --- The number itself ---------------------------------------------------------------------------------


class _Plan(NamedTuple):
    """Whose numbers are read: those of a region, and of whom."""

    region: str
    of_person: bool


def _numbers_in(run: str, plan: _Plan) -> tuple[list[PhoneNumber], str, ValidationError | None]:
    """The numbers of a run of digits and signs, what is left over of it, and what is wrong with it."""
    run = _ZERO_OF_FRANCE.sub(" ", run) if "+" in run or run.lstrip("( ").startswith("00") else run
    groups = [(match[0], bool(_STRONG.search(run[: match.start()][-3:]))) for match in _GROUP.finditer(run)]
    parted = _parted(groups, plan)
    if parted is not None:
        return parted, "", None
    # A number, and then something that is none: "03 53 01 00 13 ; 14".
    for at in range(len(groups) - 1, 0, -1):
        rest = [group for group, _mark in groups[at:]]
        length, is_marked = sum(map(len, rest)), groups[at][1]
        is_another = length >= _LENGTH_OF_ONE and (is_marked or rest[0].startswith(("0", "+")))
        if (is_marked and length <= _MOST_LEFT_OVER) or is_another:
            first = _parted(groups[:at], plan)
            if first is not None:
                return first, " ".join(rest), None
    whole = "".join(group for group, _mark in groups)
    if len(whole) <= _MOST_LEFT_OVER and not _is_short(whole):
        return [], whole, None
    return [], run, _problem(whole, plan)


def _parted(groups: list[tuple[str, bool]], plan: _Plan) -> list[PhoneNumber] | None:
    """The groups of digits as whole numbers, as few as may be; None where some are left over."""
    whole = _number("".join(group for group, _mark in groups), plan)
    if whole is not None:
        return [whole]
    for at in range(1, len(groups)):
        following, is_marked = groups[at]
        if not (is_marked or following.startswith(("0", "+"))):
            continue
        first = _number("".join(group for group, _mark in groups[:at]), plan)
        rest = _parted(groups[at:], plan) if first is not None else None
        if first is not None and rest is not None:
            return [first, *rest]
    return None


def _number(digits: str, plan: _Plan) -> PhoneNumber | None:
    """The number of a person that these digits are."""
    found = next((one for one in _readings(digits, plan) if one is not None), None)
    if found is not None and plan.of_person and number_type(found) in _SPECIAL:
        return None
    return found


def _readings(digits: str, plan: _Plan) -> Iterator[PhoneNumber | None]:
    """What the digits may be, the likeliest first."""
    if "+" in digits[1:]:
        return
    if digits.startswith("+"):
        yield _international(digits[1:])
        return
    if digits.startswith("00"):
        yield _international(digits[2:])
        return
    if plan.region in _OWN_PLAN:
        yield _valid(digits, plan.region)
    national = digits if digits.startswith("0") else f"0{digits}"
    if len(national) == len("0612345678"):
        if code := _OVERSEAS.get(national[1:4]):
            yield _international(
                f"{code}{national[4:] if code == 508 and national[1:4] == '508' else national[1:]}"
            )
            return
        yield _valid(national, "FR")
        yield _valid(national, plan.region)
    if digits.startswith(_WITHOUT_PLUS) and len(digits) > len("612345678"):
        yield _international(digits)


def _international(digits: str) -> PhoneNumber | None:
    # "+33 0692…" and "+33 692…" are Réunion's, whose country code is another.
    if digits.startswith(str(FRANCE)):
        national = digits[2:].lstrip("0")
        if len(national) == len("612345678") and (code := _OVERSEAS.get(national[:3])):
            return _valid(
                f"+{code}{national[3:] if code == 508 and national[:3] == '508' else national}", None
            )
    return _valid(f"+{digits}", None)


def _valid(written: str, region: str | None) -> PhoneNumber | None:
    try:
        number = PhoneNumber.from_string(written, region=region)
    except phonenumbers.NumberParseException:
        return None
    return number if number.is_valid() else None


# --- Why not -------------------------------------------------------------------------------------------


def _is_short(digits: str) -> bool:
    return bool(re.fullmatch(r"1[578]|11[2-9]|19[167]|10\d\d|3\d{3}|116\d{3}|118\d{3}", digits))


def _problem(digits: str, plan: _Plan) -> ValidationError:
    bare_digits = digits.lstrip("+")
    special = next((one for one in _readings(digits, plan) if one is not None), None)
    if _is_short(bare_digits) or special is not None or re.fullmatch(r"0?8\d{8}", bare_digits):
        return ValidationError(
            _("Ce numéro court ou spécial n’est pas celui d’une personne. Donnez un fixe ou un mobile."),
            code="special",
        )
    if not digits.startswith(("0", "+")) and len(digits) > len("612345678") and _valid(f"+{digits}", None):
        return ValidationError(
            _("Ce numéro semble étranger\u202f: écrivez-le avec + et l’indicatif du pays, par exemple +49."),
            code="foreign",
        )
    return _incomplete()


def _incomplete() -> ValidationError:
    return ValidationError(_("Ce numéro de téléphone n’est pas complet."), code="incomplete")
