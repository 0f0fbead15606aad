"""What the desk is told of its rota, and while what is so."""

from datetime import datetime

from django.db.models import Exists
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.models import City
from notifications.reasons import Words, subject_id
from notifications.services import Text
from oncall.models import Rank, Shift
from oncall.words import span_words


def begins(shift: Shift) -> Text:
    """To whoever is on call from tomorrow."""
    body = (
        _(
            "Bonjour,\n\nVous êtes d’astreinte %(when)s. Les besoins pour ce soir sonneront d’abord chez vous. Un "
            "empêchement\u202f? Demandez un remplacement."
        )
        if shift.rank == Rank.FIRST
        else _(
            "Bonjour,\n\nVous êtes en renfort %(when)s. Un besoin pour ce soir dont personne ne s’occupe sonnera chez "
            "vous. Un empêchement\u202f? Demandez un remplacement."
        )
    )
    title = _("Demain, vous êtes d’astreinte")
    return _text(shift.city, title, body % {"when": _when(shift)}, impersonal=title)


def taken_over(shift: Shift) -> Text:
    """To whoever had the shift until now."""
    return _text(
        shift.city,
        _("Votre astreinte est reprise"),
        _("Bonjour,\n\n%(person)s prend votre astreinte %(when)s.")
        % {"person": shift.person, "when": _when(shift)},
        impersonal=_("Une astreinte change de mains (%(when)s)") % {"when": _when(shift)},
    )


def wanted(shift: Shift) -> Text:
    """To the others of the desk."""
    title = _("Astreinte\u202f: un remplacement\u202f?")
    return _text(
        shift.city,
        title,
        _("Bonjour,\n\n%(person)s cherche quelqu’un pour son astreinte %(when)s.")
        % {"person": shift.person, "when": _when(shift)},
        impersonal=_("%(title)s (%(what)s)") % {"title": title, "what": _when(shift)},
    )


def cancelled(shift: Shift) -> Text:
    """To whoever is on call no more."""
    return _text(
        shift.city,
        _("Votre astreinte est annulée"),
        _("Bonjour,\n\nVous n’êtes plus d’astreinte %(when)s.") % {"when": _when(shift)},
        impersonal=_("Une astreinte est annulée (%(when)s)") % {"when": _when(shift)},
    )


def hole(city: City, starts_at: datetime, ends_at: datetime) -> Text:
    """To the desk, the day before."""
    when = span_words(starts_at, ends_at, city)
    title = _("Demain, personne n’est d’astreinte")
    return _text(
        city,
        title,
        _(
            "Bonjour,\n\nPersonne n’est d’astreinte %(when)s. Un besoin pour ce soir sonnerait chez toute l’équipe. "
            "Qui prend ce créneau\u202f?"
        )
        % {"when": when},
        impersonal=_("%(title)s (%(what)s)") % {"title": title, "what": when},
    )


def _text(city: City, title: str, body: str, *, impersonal: str) -> Text:
    return Text(
        title=title,
        body=body,
        action_label=_("Voir les astreintes"),
        action_url=reverse("oncall:rota", args=[city.slug]),
        impersonal=impersonal,
    )


def _when(shift: Shift) -> str:
    return span_words(shift.starts_at, shift.ends_at, shift.city)


def _stands() -> Exists:
    return Exists(Shift.objects.standing().filter(pk=subject_id(), ends_at__gt=Now()))


def _is_wanted() -> Exists:
    return Exists(
        Shift.objects.standing().filter(pk=subject_id(), ends_at__gt=Now(), wanted_at__isnull=False)
    )


REASONS = {"shift_begins": _stands, "shift_wanted": _is_wanted}
GONE: Words = dict.fromkeys(REASONS, gettext_lazy("l’astreinte a changé de mains, ou est finie"))
