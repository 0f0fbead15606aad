"""What a list says of a row as a whole: that it no longer holds, or that the person does not agree to be on it."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalogue.meaning import CellError, Reading, Unclear, folded, read_yes_no, says_nothing_but_none
from catalogue.spreadsheets import Column, Parser

_WHAT = (
    r"(?:(?:l'|cette |notre |mon |ma )?(?:offre|proposition|annonce|demande|besoin|logement|hebergement) )?"
)
_OVER_WORDS = (
    r"annul\w+|(?:a )?retir\w+|(?:a )?supprim\w+|desinscri\w+|desist\w+|archiv\w+|clos\w*|clotur\w+|termin\w+"
    r"|finie?|caduc\w*|perime\w*|(?:ne |n'est )?(?:plus|pas) (?:contacter|appeler|relancer|disponible|dispo|d'actualite"
    r"|actif|active|valable)|(?:ne )?(?:souhaite|veut|peut) plus(?: accueillir| heberger| aider)?"
    r"|non (?:disponible|dispo|valable)|inacti\w+|indisponible|refus\w*|abandon\w*|deced\w+|pourvue?|donnee?s?"
    r"|attribuee?s?|relogee?s?|en pause|suspendue?|stop|doublons?|cancell?ed|withdrawn|closed|inactive|deleted"
    r"|suspended|duplicate|given away|do not contact|no longer \w+|скасован\w*|закрит\w*|неактуальн\w*|отменен\w*"
    r"|закрыт\w*|anulad[oa]|cancelad[oa]|cerrad[oa]"
)
_OVER_IN_ARABIC = "|".join(map(folded, ("ملغى", "ملغي", "ملغاة")))
# Behind it, since when or by whom; "jusqu'au 3/12", as all else, is asked.
_OVER = re.compile(
    rf"{_WHAT}(?:est |a ete )?(?:{_OVER_WORDS}|{_OVER_IN_ARABIC})"
    r"(?:[ ,:;(-]+(?:(?:le|depuis|since|on|par|by) (?!.*\b(?:jusqu|sauf|mais|provisoire))[^,;?]{1,40}|[\d/. )-]+))?"
)
_HOLDS = {
    folded(word)
    for word in (
        "actif", "active", "valide", "validé", "validée", "confirmé", "confirmée", "ouvert", "ouverte", "en cours",
        "disponible", "dispo", "à jour", "toujours valable", "toujours disponible", "ok", "oui", "nouveau", "nouvelle",
        "open", "available", "confirmed", "valid", "new", "yes", "активно", "актуально", "доступно", "نشط", "متاح",
        "activo", "activa", "abierto", "propriétaire", "locataire",
    )
}  # fmt: skip
_DATE = r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}(?:[ t]\d{2}:\d{2}(?::\d{2})?)?)"
# What may stand beside a yes without taking anything from it; of a consent, when it was given.
_AGREES = re.compile(
    rf"(?:(?:oui|yes|ok|j'accepte|accepte|d'accord|accord|signee?|donnee?|i agree|agreed|{_DATE})(?!\w)"
    r"(?: (?:le|du|on)(?= \d))?[ ,.;:()!-]*)+"
)


def _standing(written: str, _today: date) -> Reading[str]:
    """Refuse what is over; ask of a word that does not say whether the row holds."""
    bare = folded(written).strip(" .!,;:-")
    if bare in _HOLDS:
        return Reading("")
    if _OVER.fullmatch(bare):
        raise CellError(
            _(
                "la liste dit «\u00a0%(text)s\u00a0»\u202f: rien n’est pris. Effacez ce mot si la ligne vaut encore."
            )
            % {"text": written}
        )
    raise Unclear(
        _("«\u00a0%(text)s\u00a0»\u202f: cette ligne vaut-elle encore\u202f?") % {"text": written},
        written=written,
        choices=("actif", "annulé"),
    )


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
    meaning="a row that is over (`annulé`, `retiré`, `ne plus contacter`, `clos`) is refused, one that says that it "
    "holds (`actif`, `confirmé`, `en cours`) is taken, any other is asked once",
)
CONSENT = Column(
    "consent",
    Parser(_consent, blank=_says_nothing_of_consent),
    ("consentement",),
    default="",
    meaning="whether the person agreed that these data are used: a row that says no is refused, a day is when they "
    "agreed, anything else is asked",
)
