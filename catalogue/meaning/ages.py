"""The ages of children, in words: "3 et 7 ans", "18 mois", "2015, 2024"."""

import re
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.items.words import words_of
from catalogue.labels import listed
from catalogue.meaning.text import Reading, Unclear, folded

ADULT_FROM = 18
_BORN = re.compile(r"(?:,? ?\bnee?s? (?:en|le) )?\b(?:\d{1,2}/\d{1,2}/)?(19[2-9]\d|20[0-4]\d)\b")
# As `folded` leaves them.
_YEARS = words_of(
    "an ans a ano anos year years лет год года рік роки років سنه سنوات سنين عام اعوام سال ساله"
)
_MONTHS = words_of(
    "mois m mes meses month months месяц месяца месяцев місяць місяці місяців شهر اشهر شهور ماه ماهه"
)
_UNIT = "|".join(sorted(map(re.escape, _YEARS | _MONTHS), key=len, reverse=True))
# "03" is of a day.
_AGE = rf"(?!0\d)\d{{1,2}}(?!\d)(?: ?(?:{_UNIT})\b)?"
_BETWEEN = r"(?:\s*(?:[,;/+&|•-]|\b(?:et|and|y|puis|и|та|і|й)\b|\bو)\s*|\s)+"
_AGES = re.compile(
    rf"(?:(?:les |des |de |aged |age[es]* |enfants? |children )*(?:: ?|- ?)?)?{_AGE}(?:{_BETWEEN}{_AGE})*(?: old)?"
)
# What may be something else than ages: from one to another; a half; a year and some months; a day; no mark between.
_DOUBT = re.compile(
    rf"\d ?(?:a|-) ?\d|\d,5(?!\d)|\d,\d{{1,2}} ?(?:{_UNIT})\b|\d ?(?:{'|'.join(_YEARS)})\b[ ,]*"
    rf"(?:(?:et|and|y|и|та) )?و?(?:\d|1[01]) ?(?:{'|'.join(_MONTHS)})\b|\d([/.-])\d{{1,2}}\1\d\d(?!\d)"
)


def read_ages(text: str, *, today: date) -> Reading[tuple[int, int, int]]:
    """How many children are under 3, from 3 to 11, from 12 to 17: "3 et 7", "18 mois", "2015, 2024". Unclear."""
    written = text.strip()
    bare = folded(written).strip(" .")
    told = aged(bare, today).strip()
    if told.startswith("(") and told.endswith(")"):
        told = told[1:-1]
    ages = years_of(told, told)
    if _DOUBT.search(bare) or not _AGES.fullmatch(told) or any(age >= ADULT_FROM for age in ages):
        raise Unclear(
            _(
                "«\u00a0%(text)s\u00a0»\u202f: quel âge a chaque enfant\u202f? "
                "Écrivez par exemple «\u00a03, 7\u00a0»."
            )
            % {"text": written},
            written=written,
        )
    bands = (sum(age < 3 for age in ages), sum(3 <= age < 12 for age in ages), sum(age >= 12 for age in ages))
    return Reading(bands, listed(children_words(bands)))


def children_words(bands: tuple[int, int, int]) -> list[str]:
    """ "1 enfant de moins de 3 ans", "2 enfants de 3 à 11 ans": those that there are."""
    return [
        ngettext("%(n)s enfant %(ages)s", "%(n)s enfants %(ages)s", number) % {"n": number, "ages": ages}
        for number, ages in zip(
            bands, (_("de moins de 3 ans"), _("de 3 à 11 ans"), _("de 12 à 17 ans")), strict=True
        )
        if number
    ]


def aged(text: str, today: date) -> str:
    """A folded text with ages on the day `today` in place of years of birth; where a year may be of two age bands it
    stays, to be asked about.
    """
    return _BORN.sub(lambda match: _age_of(match, today), text)


def _age_of(match: re.Match[str], today: date) -> str:
    oldest = today.year - int(match[1])
    bands = {age < 3 for age in (oldest, oldest - 1)} | {2 + (age < 12) for age in (oldest, oldest - 1)}
    bands |= {4 + (age < ADULT_FROM) for age in (oldest, oldest - 1)}
    if oldest < 1 or oldest > 99 or len(bands) > 3:
        return match[0]
    return f"{' ' if match[0][:1] in ', n' else ''}{oldest} ans"


def years_of(ages: str, part: str) -> list[int]:
    """Each age in years; "8 mois" is none. A unit counts for the numbers before it; one at the end of the `part` that
    the ages stand in, for those without.
    """
    found: list[int] = []
    waiting: list[int] = []
    for number, unit in re.findall(rf"(\d{{1,2}}) ?((?:{_UNIT})\b)?", ages):
        waiting.append(int(number))
        if unit:
            found += [one // 12 if unit in _MONTHS else one for one in waiting]
            waiting = []
    months = bool(re.search(r"(?:mois|months?) ?(?:old)? ?\)?$", part))
    return found + [one // 12 if months else one for one in waiting]
