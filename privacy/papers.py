"""The papers that a town must have, made of the code: what is kept in which activity, for what, and who is asked what.

The record of processing (GDPR art. 30) has an activity for each part of "Mes données" (`privacy.told`), so that a table
or a field that is new stands in it by itself. A town adds what only it knows: its own retention and its processors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from privacy.dossier import fields_in_words, table_title
from privacy.told import SECTIONS, TOLD, Section, Shown

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Activity:
    """Why it is done, on which ground (GDPR art. 6), of whom, and who is given it."""

    purpose: "StrPromise"
    ground: "StrPromise"
    people: "StrPromise"
    recipients: "StrPromise"


_MISSION = _("mission d’intérêt public (art. 6.1.e)")
_CONSENT = _("accord de la personne (art. 6.1.a), qu’elle retire dans «\u00a0Mon compte\u00a0»")
_DUTY = _("obligation de sécurité et de preuve (art. 6.1.c)")

ACTIVITIES: Mapping[Section, Activity] = {
    Section.ME: Activity(
        _("Reconnaître chacun et lui répondre"), _CONSENT, _("habitants, membres d’associations, agents"),
        _("l’équipe de la ville"),
    ),
    Section.OFFERS: Activity(
        _("Recevoir ce que les habitants proposent"), _CONSENT, _("habitants"),
        _("l’équipe de la ville\u202f; l’association, une fois la mise en relation confirmée"),
    ),
    Section.NEEDS: Activity(
        _("Recevoir ce dont des personnes ont besoin"), _MISSION, _("personnes accueillies, associations"),
        _("l’équipe de la ville\u202f; l’habitant sollicité, sans nom ni texte"),
    ),
    Section.MATCHES: Activity(
        _("Mettre en relation, suivre et protéger"), _MISSION, _("habitants, personnes accueillies"),
        _("les deux côtés\u202f; l’équipe de la ville\u202f; de la ville liée, ce qui la concerne"),
    ),
    Section.MESSAGES: Activity(
        _("Écrire, appeler et entendre les réponses"), _CONSENT, _("toutes les personnes ci-dessus"),
        _("le fournisseur de courriels et de SMS"),
    ),
    Section.WORK: Activity(
        _("Donner à chacun son rôle"), _MISSION, _("agents, membres d’associations"), _("l’administration de la ville")
    ),
    Section.TRACES: Activity(
        _("Garder la preuve de qui a lu ou écrit quoi"), _DUTY, _("toutes les personnes ci-dessus"),
        _("l’administration de la ville\u202f; la personne elle-même"),
    ),
}  # fmt: skip

# What a data protection impact assessment weighs, each with what is built against it (keys of privacy.promises).
RISKS: tuple[tuple["StrPromise", tuple[str, ...]], ...] = (
    (
        _("Une personne est retrouvée par quelqu’un qui lui veut du mal"),
        ("after-two-yes", "thirty-days", "suspended"),
    ),
    (_("Un agent regarde ce qui ne le regarde pas"), ("readings", "traces")),
    (_("On apprend l’origine, la santé ou la situation de quelqu’un"), ("never-asked", "of-use")),
    (_("Qui signale un problème est reconnu"), ("reports",)),
    (_("Des données servent à autre chose que ce qui a été accepté"), ("consent", "sharing", "cookies")),
    (_("Une personne ne sait pas ce qui est gardé sur elle"), ("copy", "copy-by-phone")),
)


def record() -> list[dict[str, Any]]:
    """The record of processing: each activity with the data that it keeps, in words."""
    return [
        {
            "title": SECTIONS[section],
            "activity": activity,
            "tables": [
                (table_title(label), ", ".join(map(capfirst, fields_in_words(label))))
                for label, told in TOLD.items()
                if isinstance(told, Shown) and told.section == section
            ],
        }
        for section, activity in ACTIVITIES.items()
    ]
