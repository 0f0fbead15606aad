"""What those who post a need are told about it."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.saying import titled
from needs.models import Need
from notifications.wording.texts import BuiltIn, Reader, Text

RECEIPT = BuiltIn(
    name="need_receipt",
    events=("need_receipt",),
    reader=Reader.POSTER,
    title=gettext_lazy("Votre besoin est enregistré (%(reference)s)"),
    body=gettext_lazy(
        "Bonjour,\n\nVotre besoin «\u00a0%(title)s\u00a0» est enregistré sous la référence %(reference)s.\n\n"
        "Nous cherchons tout de suite. Vous serez prévenu dès qu’une personne aura dit oui.\n\n%(contact)s"
    ),
    required=("title", "reference", "contact"),
)


def receipt(need: Need) -> Text:
    """The receipt that the law asks for: date, reference, service, contact."""
    return RECEIPT.filled(
        {"title": titled(need), "reference": need.reference, "contact": need.city.contact},
        action_label=_("Suivre ce besoin"),
        action_url=reverse("needs:detail", args=[need.city.slug, need.reference]),
    )
