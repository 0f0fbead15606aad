"""Lists in words: what became of each line, and what a list and somebody here say differently."""

from datetime import date

from django.utils.translation import gettext as _

from catalogue import change_words
from catalogue.changes import What
from catalogue.imports import Outcome
from catalogue.models import Entry
from cities.models import Commune


def dispute(outcome: Outcome, model: type[Entry], *, today: date) -> str:
    """ "ligne 3 : Capacité : 3 → 4. Rien n’a été changé." """
    said = " ; ".join(differences(model, outcome.differs, today=today))
    return _("ligne %(line)s\u202f: ici → dans la liste\u202f: %(said)s. Rien n’a été changé.") % {
        "line": outcome.line,
        "said": said,
    }


def differences(model: type[Entry], what: What, *, today: date) -> list[str]:
    """A line for each field: as it stood or stands, and as the list says it."""
    codes = {code for code in what.get("commune", ()) if code}
    communes = {one.pk: one.name for one in Commune.objects.filter(pk__in=codes)} if codes else {}
    return change_words.lines(model, what, today=today, communes=communes)
