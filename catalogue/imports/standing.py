"""What a list says of a row as a whole: that it no longer holds, or that the person does not agree to be on it."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalogue.meaning import CellError, Reading, folded, read_yes_no
from catalogue.spreadsheets import Column, Parser

_OVER = re.compile(
    r"(?:annul\w+|retir\w+|supprim\w+|desinscri\w+|desist\w+|archiv\w+|clos\w*|clotur\w+|termin\w+"
    r"|finie?|caduc\w*|perime\w*"
    r"|(?:ne )?(?:plus|pas) (?:contacter|appeler|relancer|disponible|dispo|d'actualite|actif|active)"
    r"|inacti\w+|indisponible"
    r"|refus\w*|abandon\w*|deced\w+|pourvue?|relogee?s?|cancell?ed|withdrawn|closed|inactive|deleted|do not contact"
    r"|no longer \w+)\b.{0,60}"
)
_DISAGREES = re.compile(
    r"(?:je )?(?:refuse|n'accepte pas|m'oppose)|.*\b(?:n'accepte pas|refuse|i do not agree|i disagree)\b.*"
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
    """Whatever it says, but no."""
    try:
        agrees = read_yes_no(written).value
    except ValidationError:
        agrees = not _DISAGREES.fullmatch(folded(written))
    if not agrees:
        raise CellError(
            _(
                "cette personne n’est pas d’accord pour que ses données servent («\u00a0%(text)s\u00a0»)\u202f: "
                "rien n’est pris."
            )
            % {"text": written}
        )
    return Reading("")


STANDING = Column(
    "standing",
    Parser(_standing),
    ("statut",),
    default="",
    meaning="a row that is over (`annulé`, `retiré`, `ne plus contacter`, `clos`) is refused; no other word is read",
)
CONSENT = Column(
    "consent",
    Parser(_consent),
    ("consentement",),
    default="",
    meaning="whether the person agreed that these data are used: a row that says no is refused",
)
