"""Lists in words: what became of each line, and what a list and somebody here say differently."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from catalogue import change_words
from catalogue.changes import What
from catalogue.imports import Outcome
from catalogue.models import Entry
from cities.models import Commune
from lists.kinds import label
from lists.models import Fate, Line, ListImport, Step
from lists.models import What as Sort
from needs.models import Need
from offers.models import Offer

TAGS = {
    Fate.NEW: "ok",
    Fate.CHANGED: "accent",
    Fate.KNOWN: "",
    Fate.DISPUTED: "warn",
    Fate.BAD: "stop",
}
STEP_TAGS = {Step.DONE: "ok", Step.FAILED: "stop", Step.READY: "warn", Step.COLUMNS: "warn"}


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


def model_of(one: ListImport) -> type[Entry]:
    """What a row of the list is here."""
    return Offer if one.sender.what == Sort.OFFERS else Need


def rows(one: ListImport, lines: Iterable[Line], *, today: date) -> list[dict[str, Any]]:
    """Each line: its fate, what was understood, what is wrong, and where it went."""
    return [_row(one, line, today) for line in lines]


def _row(one: ListImport, line: Line, today: date) -> dict[str, Any]:
    entry = line.offer or line.need
    return {
        "line": line,
        "fate": _fate(one, line),
        "tag": TAGS[Fate(line.fate)],
        "words": line.said.get("words", []),
        "bad": [
            {
                "column": label(one.sender.what, column) if column else "",
                "letter": letter,
                "value": value,
                "message": message,
            }
            for column, letter, value, message, *_asked in line.said.get("bad", ())
        ],
        "understood": [
            {"column": label(one.sender.what, column), "written": written, "words": words}
            for column, written, words in line.said.get("understood", ())
        ],
        "differs": _sides(model_of(one), line.said.get("differs", {}), today),
        "kept": line.said.get("kept", ""),
        "reference": entry.reference if entry else "",
        "may_settle": line.fate == Fate.DISPUTED and bool(line.said.get("differs")) and one.step == Step.DONE,
    }


def _fate(one: ListImport, line: Line) -> str:
    if line.taken_back:
        return _("reprise")
    is_to_come = one.step in (Step.CHECKING, Step.READY)
    words = {
        Fate.NEW: _("sera importée") if is_to_come else _("importée"),
        Fate.CHANGED: _("sera mise à jour") if is_to_come else _("mise à jour"),
        Fate.KNOWN: _("déjà là"),
        Fate.DISPUTED: _("à départager"),
        Fate.BAD: _("à corriger"),
    }
    return words[Fate(line.fate)]


def _sides(model: type[Entry], what: What, today: date) -> list[dict[str, str]]:
    """Field by field: what it is called, how it stands or stood here, what the list says."""
    codes = {code for code in what.get("commune", ()) if code}
    communes = {found.pk: found.name for found in Commune.objects.filter(pk__in=codes)} if codes else {}
    return [
        {"field": name, "here": here, "listed": listed}
        for name, here, listed in change_words.sides(model, what, today=today, communes=communes)
    ]
