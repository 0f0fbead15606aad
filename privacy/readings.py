"""Who read how somebody is reached: when, for which town or association, in which part, and why. Staff by their part
and town, not by name: they read for the town, which answers for it (docs/privacy.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ContactReading, User
from accounts.selectors import organisations_of, part_in
from catalogue.labels import listed

# By the word with which a reading was noted; a test holds that every word that the code uses stands here.
WHY = {
    "address": gettext_lazy("l’adresse de votre proposition"),
    "administration": gettext_lazy("tenir les comptes en ordre"),
    "agreement": gettext_lazy("préparer la convention d’accueil"),
    "call": gettext_lazy("vous appeler"),
    "caller-look-up": gettext_lazy("vous reconnaître au téléphone"),
    "data-copy": gettext_lazy("vous donner une copie de vos données"),
    "desk": gettext_lazy("vous joindre au sujet d’une mise en relation"),
    "message": gettext_lazy("le message qui annonce ce qui est confirmé"),
    "match": gettext_lazy("ce qui est confirmé avec vous"),
    "offer": gettext_lazy("vous joindre au sujet de votre proposition"),
    "referral": gettext_lazy("préparer votre venue dans un service"),
    "shift": gettext_lazy("savoir qui vient aider"),
    "statement": gettext_lazy("vous répondre au sujet de ce que vous avez demandé"),
    "record-look-up": gettext_lazy("vérifier qui a fait quoi"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """`who`: an association by its name, a town's team by its part, whoever is on the other side, or the service."""

    at: datetime
    who: str
    why: str
    reference: str


def of(person: User) -> QuerySet[ContactReading]:
    """The readings of their contact by others, the latest first."""
    return (
        ContactReading.objects.filter(subject=person)
        .exclude(reader=person)
        .select_related("reader", "city")
        .order_by("-read_at", "-pk")
    )


def lines(readings: Iterable[ContactReading]) -> list[Line]:
    """In words."""
    return [
        Line(
            reading.read_at,
            _who(reading),
            str(WHY.get(reading.reason, reading.reason)),
            # Of a call the number of its message, which is nothing to anybody.
            "" if ":" in reading.reference else reading.reference,
        )
        for reading in readings
    ]


def _who(reading: ContactReading) -> str:
    city = reading.city
    if city is None:
        return _("L’équipe technique du service")
    if part := part_in(reading.reader, city):
        return _("%(city)s, %(part)s") % {"city": city.name, "part": part}
    if associations := list(organisations_of(reading.reader, city)):
        return listed(association.name for association in associations)
    if reading.reason == "match":
        return _("La personne de l’autre côté")
    return _("%(city)s, quelqu’un qui n’y travaille plus") % {"city": city.name}
