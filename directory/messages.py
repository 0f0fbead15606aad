"""What those who keep services are asked, those who answer for one, and those who asked it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Exists, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from catalogue.times import weekday_and_day, weekday_and_hour
from cities.models import City
from directory import links
from directory.models import CHECKED_FOR, WAITING, AgentCard, Referral, ReferralState, Service
from needs.words import public_title_of
from notifications.reasons import Words, subject_id
from notifications.wording.texts import Text


def to_check(city: City, *, services: int, cards: int) -> Text:
    """To those who keep services, or cards of those who answer, that nobody has looked at for long: how many."""
    said = []
    if services:
        old = ngettext(
            "Un service de l’annuaire n’a pas été vérifié depuis six mois. Relisez-le\u202f: horaires, téléphone, "
            "adresse. S’il est juste, un bouton suffit.",
            "%(n)s services de l’annuaire n’ont pas été vérifiés depuis six mois. Relisez-les\u202f: horaires, "
            "téléphone, adresse. Pour ceux qui sont justes, un bouton suffit.",
            services,
        )
        said.append(old % {"n": services})
    if cards:
        old = ngettext(
            "Une fiche de «\u00a0Qui répond\u202f?\u00a0» n’a pas été vérifiée depuis six mois. Relisez-la\u202f: nom, "
            "langues, téléphone. Si elle est juste, un bouton suffit\u202f; si la personne est partie, retirez-la.",
            "%(n)s fiches de «\u00a0Qui répond\u202f?\u00a0» n’ont pas été vérifiées depuis six mois. "
            "Relisez-les\u202f: noms, langues, téléphones. Pour celles qui sont justes, un bouton suffit\u202f; "
            "retirez celles des personnes qui sont parties.",
            cards,
        )
        said.append(old % {"n": cards})
    return Text(
        title=_("Annuaire\u202f: des services à vérifier")
        if services
        else _("Annuaire\u202f: des fiches à vérifier"),
        body="\n\n".join(said),
        action_label=_("Relire"),
        action_url=reverse("directory:kept" if services else "directory:who", args=[city.slug]),
    )


def asked(referral: Referral, reader: User) -> Text:
    """To those who answer for a service."""
    return _to_service(
        referral,
        reader,
        _("Pouvez-vous recevoir quelqu’un\u202f? (%(reference)s)"),
        _(
            "%(who)s vous demande de recevoir des personnes pour «\u00a0%(service)s\u00a0»\u202f: %(what)s. "
            "Donnez un jour, dites que ce n’est pas possible, ou demandez qu’on vous appelle."
        ),
    )


def asked_again(referral: Referral, reader: User) -> Text:
    """The same, halfway to the end of the wait."""
    return _to_service(
        referral,
        reader,
        _("Rappel\u202f: pouvez-vous recevoir quelqu’un\u202f? (%(reference)s)"),
        _("%(who)s attend votre réponse pour «\u00a0%(service)s\u00a0»\u202f: %(what)s."),
    )


def withdrawn(referral: Referral, _reader: User) -> Text:
    """To those who answer for a service: nobody comes, and there is nothing to answer."""
    return _to_service(
        referral,
        None,
        _("Vous n’attendez plus personne (%(reference)s)"),
        _("%(who)s reprend sa demande pour «\u00a0%(service)s\u00a0»\u202f: %(what)s."),
    )


def answered(referral: Referral) -> Text:
    """To those who asked, once the service has said something, or nothing in time."""
    state = referral.state
    if state == ReferralState.LAPSED and referral.answered_at:
        # It said that it wants to be called, and nobody noted what came of it.
        state = ReferralState.CALL
    said = {
        ReferralState.ACCEPTED: _("%(service)s reçoit les personnes %(day)s."),
        ReferralState.DECLINED: _("%(service)s ne peut pas les recevoir. La raison est sur la page."),
        ReferralState.CALL: _("%(service)s demande qu’on l’appelle. Notez ensuite sa réponse sur la page."),
    }.get(
        ReferralState(state),
        _("%(service)s n’a pas répondu à temps. Demandez ailleurs, ou appelez."),
    )
    title = _("Orientation\u202f: %(state)s (%(reference)s)")
    return Text(
        title=title % {"state": ReferralState(state).label, "reference": referral.need.reference},
        body=said % {"service": referral.service.name, "day": day_said(referral)},
        action_label=_("Voir l’orientation"),
        action_url=reverse("directory:refer", args=[referral.need.city.slug, referral.need.reference]),
    )


def day_said(referral: Referral) -> str:
    """ "mardi 8 décembre à 14 h"; "" without a day."""
    if referral.day is None:
        return ""
    if referral.hour is None:
        return weekday_and_day(referral.day)
    return weekday_and_hour(datetime.combine(referral.day, referral.hour))


def _to_service(referral: Referral, reader: User | None, title: str, body: str) -> Text:
    """With its link for `reader`; without one there is nothing to do."""
    need = referral.need
    who = need.organisation.name if need.organisation else need.city.name
    told = {
        "who": who,
        "service": referral.service.name,
        "what": public_title_of(need, quantity=need.quantity),
    }
    return Text(
        title=title % {"reference": need.reference},
        body=body % told,
        action_label=_("Lire et répondre") if reader else "",
        action_url=links.answer_path(referral, reader) if reader else "",
    )


def _in(*states: ReferralState) -> Callable[[], Exists]:
    return lambda: Exists(Referral.objects.filter(pk=subject_id(), state__in=states))


def _old(path: str, **more: None) -> Callable[[], Q]:
    def old(rows: Any) -> Exists:
        asked = {path: subject_id(), **more, "checked_at__lte": Now() - CHECKED_FOR}
        return Exists(rows.objects.shown().filter(**asked))

    return lambda: old(Service) | old(AgentCard)


REASONS: dict[str, Callable[[], Exists | Q]] = {
    "service_to_check": _old("organisation_id"),
    "directory_to_check": _old("city_id", organisation=None),
    "referral_asked": _in(*WAITING),
    "referral_asked_again": _in(*WAITING),
    "referral_answered": _in(ReferralState.ACCEPTED, ReferralState.DECLINED, ReferralState.CALL),
}
GONE: Words = {
    "service_to_check": gettext_lazy("les services sont vérifiés, ou retirés"),
    "directory_to_check": gettext_lazy("les services sont vérifiés, ou retirés"),
    "referral_asked": gettext_lazy("le service a répondu, ou la demande est reprise"),
    "referral_asked_again": gettext_lazy("le service a répondu, ou la demande est reprise"),
    "referral_answered": gettext_lazy("la demande est reprise"),
}
