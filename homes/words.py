"""A visit in words: when it is, and why a home did not suit, as its host reads it."""

from datetime import date
from typing import TYPE_CHECKING

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.times import day_words, hour_words
from cities.days import local_time
from homes.models import Refusal, Visit, VisitState

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# To the host: kindly, and without a judgement on who they are.
TO_HOST: "dict[str, StrPromise]" = {
    Refusal.NO_OWN_ROOM: gettext_lazy("Les personnes accueillies ont besoin d’une chambre à part, qui ferme."),
    Refusal.NOT_SAFE: gettext_lazy("Quelques points du logement sont à reprendre avant d’y accueillir quelqu’un."),
    Refusal.TOO_SMALL: gettext_lazy("La place manque un peu pour accueillir en ce moment."),
    Refusal.NO_EXTRACT: gettext_lazy("Il manque l’extrait de casier judiciaire, que nous regardons sans le garder."),
    Refusal.NO_CHARTER: gettext_lazy("La charte d’accueil n’est pas signée."),
    Refusal.CHANGED_MIND: gettext_lazy("Vous préférez ne plus accueillir pour l’instant, et c’est votre droit."),
    Refusal.OTHER: gettext_lazy("L’équipe de la ville vous en parle volontiers de vive voix."),
}  # fmt: skip

TAGS = {
    VisitState.PLANNED: "accent",
    VisitState.PASSED: "ok",
    VisitState.REFUSED: "stop",
    VisitState.CANCELLED: "planned",
}


def when_words(visit: Visit) -> str:
    """By the clocks of the home's town: "mardi 10 mars à 14 h"."""
    here = local_time(visit.starts_at, visit.offer.city)
    return _("%(weekday)s %(day)s à %(hour)s") % {
        "weekday": WEEKDAYS[here.weekday()],
        "day": day_words(here.date()),
        "hour": hour_words(here.hour * 60 + here.minute),
    }


def until_words(day: date) -> str:
    """A day that is far away, with its year."""
    return day_words(day, today=date.min)
