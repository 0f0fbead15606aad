"""What citizens are told about their offers."""

from collections.abc import Callable

from django.conf import settings
from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.saying import titled
from notifications.reasons import Words, subject_id
from notifications.wording.texts import BuiltIn, Reader, Text
from offers import links
from offers.models import Offer, OfferState

RECEIPT = BuiltIn(
    name="offer_receipt",
    events=("offer_receipt",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Votre proposition est enregistrée (%(reference)s)"),
    body=gettext_lazy(
        "Bonjour,\n\nMerci. Votre proposition «\u00a0%(title)s\u00a0» est enregistrée sous la référence "
        "%(reference)s.\n\nNous cherchons un besoin qui lui correspond. Quand nous en trouvons un, nous vous "
        "posons la question. Vous pourrez toujours dire non.\n\nVotre adresse et votre téléphone restent "
        "cachés jusqu’à ce que vous ayez dit oui.\n\n%(city)s"
    ),
    required=("title", "reference", "city"),
)


def receipt(offer: Offer) -> Text:
    """The receipt that the law asks for: date, reference, service, contact."""
    return RECEIPT.filled(
        {"title": titled(offer), "reference": offer.reference, "city": _signature(offer)},
        action_label=_("Voir ma proposition"),
        action_url=reverse("offers:detail", args=[offer.city.slug, offer.reference]),
    )


STILL_THERE = BuiltIn(
    name="offer_reminder",
    events=("offer_reminder",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Votre proposition tient-elle toujours\u202f? (%(reference)s)"),
    body=gettext_lazy(
        "Bonjour,\n\nVous avez proposé «\u00a0%(title)s\u00a0». Est-ce toujours possible\u202f?\n\nSans réponse "
        "de votre part, "
        "nous la mettrons de côté. Vous pourrez la reprendre quand vous voudrez.\n\n%(city)s"
    ),
    required=("title",),
)


def still_there(offer: Offer) -> Text:
    """The monthly question that keeps offers fresh."""
    return STILL_THERE.filled(
        {"title": titled(offer), "reference": offer.reference, "city": _signature(offer)},
        action_label=_("Répondre en un geste"),
        action_url=links.still_there_path(offer),
    )


def to_confirm(offer: Offer) -> Text:
    """To whoever sent it and has not come back with the code; read out by the desk where there is a number."""
    return Text(
        title=_("Il reste à confirmer votre proposition (%(reference)s)") % {"reference": offer.reference},
        body=_(
            "Bonjour,\n\nQuelqu’un, sans doute vous, a proposé «\u00a0%(title)s\u00a0» pour %(city)s. "
            "Est-ce bien vous\u202f? Sans votre réponse, nous ne la montrons à personne.\n\n"
            "Si ce n’est pas vous, dites-le sur la même page.\n\n%(signature)s"
        )
        % {"title": titled(offer), "city": offer.city.name, "signature": _signature(offer)},
        action_label=_("Répondre en un geste"),
        action_url=links.still_there_path(offer),
    )


def visit_again(offer: Offer) -> Text:
    """To the desk: what was seen at the visit has changed."""
    return Text(
        title=_("Un logement est à visiter de nouveau (%(reference)s)") % {"reference": offer.reference},
        body=_(
            "Bonjour,\n\nL’adresse, la forme ou le partage du logement «\u00a0%(title)s\u00a0» (%(reference)s) a "
            "changé depuis "
            "la visite. Une nouvelle visite est nécessaire avant de le proposer."
        )
        % {"title": titled(offer), "reference": offer.reference},
        action_label=_("Voir la proposition"),
        action_url=reverse("offers:detail", args=[offer.city.slug, offer.reference]),
    )


def _signature(offer: Offer) -> str:
    lines = [offer.city.name, offer.city.phone, offer.city.email or settings.LEGAL["contact"]]
    return "\n".join(str(line) for line in lines if line)


def _still_asked() -> Exists:
    return Exists(Offer.objects.filter(pk=subject_id(), state=OfferState.ACTIVE, reminded_at__isnull=False))


def _still_to_confirm() -> Exists:
    return Exists(Offer.objects.filter(pk=subject_id(), state=OfferState.UNCONFIRMED))


def _still_to_visit() -> Exists:
    return Exists(Offer.objects.filter(pk=subject_id(), vetted_at__isnull=True))


# While the messages of an event have their reason.
REASONS: dict[str, Callable[[], Exists]] = {
    "offer_reminder": _still_asked,
    "offer_to_confirm": _still_to_confirm,
    "offer_visit_again": _still_to_visit,
}
GONE: Words = {
    "offer_reminder": gettext_lazy("la proposition est confirmée, ou n’est plus ouverte"),
    "offer_to_confirm": gettext_lazy("la proposition est confirmée, ou n’est plus ouverte"),
    "offer_visit_again": gettext_lazy("la visite est faite"),
}
