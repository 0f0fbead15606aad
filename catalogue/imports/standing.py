"""What a list says of a row as a whole: that it no longer holds, or that the person does not agree to be on it."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalogue.meaning import CellError, Reading, Unclear, folded, read_yes_no, says_nothing_but_none
from catalogue.spreadsheets import Column, Parser

_OVER = re.compile(
    r"(?:annul\w+|retir\w+|supprim\w+|desinscri\w+|desist\w+|archiv\w+|clos\w*|clotur\w+|termin\w+"
    r"|finie?|caduc\w*|perime\w*"
    r"|(?:ne )?(?:plus|pas) (?:contacter|appeler|relancer|disponible|dispo|d'actualite|actif|active)"
    r"|inacti\w+|indisponible"
    r"|refus\w*|abandon\w*|deced\w+|pourvue?|relogee?s?|cancell?ed|withdrawn|closed|inactive|deleted|do not contact"
    r"|no longer \w+)\b.{0,60}"
)
_DATE = r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}(?:[ t]\d{2}:\d{2}(?::\d{2})?)?)"
# What may stand beside a yes without taking anything from it; of a consent, when it was given.
_AGREES = re.compile(
    rf"(?:(?:oui|yes|ok|j'accepte|accepte|d'accord|accord|signee?|donnee?|i agree|agreed|{_DATE})(?!\w)"
    r"(?: (?:le|du|on)(?= \d))?[ ,.;:()!-]*)+"
)


def _standing(written: str, _today: date) -> Reading[str]:
    """Whatever it says, but that the row is over."""
    if _OVER.fullmatch(folded(written).strip(" .!,;:-")):
        raise CellError(
            _(
                "la liste dit «\u00a0%(text)s\u00a0»\u202f: rien n’est pris. Effacez ce mot si la ligne vaut encore."
            )
            % {"text": written}
        )
    return Reading("")


def _consent(written: str, _today: date) -> Reading[str]:
    """Whatever it says, but no; what says neither, or a yes with a remark, is asked."""
    try:
        said = read_yes_no(written)
        agrees = _AGREES.fullmatch(folded(written)) or (
            said.value if not said.value or not said.said else None
        )
    except ValidationError:
        agrees = True if _AGREES.fullmatch(folded(written)) else None
    if agrees is None:
        raise Unclear(
            _(
                "«\u00a0%(text)s\u00a0»\u202f: cette personne est-elle d’accord pour que ses données servent\u202f?"
            )
            % {"text": written},
            written=written,
            choices=("non", "oui"),
        )
    if not agrees:
        raise CellError(
            _(
                "cette personne n’est pas d’accord pour que ses données servent («\u00a0%(text)s\u00a0»)\u202f: "
                "rien n’est pris."
            )
            % {"text": written}
        )
    return Reading("")


def _says_nothing_of_consent(written: str) -> bool:
    """Not "aucun", nor "*", which may be a tick."""
    return "*" not in written and says_nothing_but_none(written)


STANDING = Column(
    "standing",
    Parser(_standing),
    ("statut",),
    default="",
    meaning="a row that is over (`annulé`, `retiré`, `ne plus contacter`, `clos`) is refused; no other word is read",
)
CONSENT = Column(
    "consent",
    Parser(_consent, blank=_says_nothing_of_consent),
    ("consentement",),
    default="",
    meaning="whether the person agreed that these data are used: a row that says no is refused, a day is when they "
    "agreed, anything else is asked",
)
