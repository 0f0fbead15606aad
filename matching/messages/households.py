"""To whoever posted a need that the town takes for another of the same household."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.saying import titled
from notifications.wording.texts import BuiltIn, Reader, Text

JOINED = BuiltIn(
    name="need_joined",
    events=("need_joined",),
    reader=Reader.POSTER,
    title=gettext_lazy("Ce foyer est déjà suivi\u202f: %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nUne autre association a demandé un toit pour le même foyer, aux mêmes dates. La ville garde "
        "une seule demande, pour ne pas solliciter deux fois les mêmes personnes. Votre demande %(reference)s est "
        "donc fermée\u202f; la recherche continue.\n\nCe n’est pas le même foyer, ou vous l’accompagnez "
        "aussi\u202f? Appelez "
        "la ville\u202f: %(city)s %(phone)s."
    ),
    required=("reference",),
)


def joined(need: Any) -> Text:
    """To whoever posted it: the town already looks for a home for this household."""
    return JOINED.filled(
        {
            "need": titled(need),
            "reference": need.reference,
            "city": need.city.name,
            "phone": need.city.phone,
        },
        action_label=_("Voir ma demande"),
        action_url=reverse("needs:detail", args=[need.city.slug, need.reference]),
    )


OPEN_AGAIN = BuiltIn(
    name="need_open_again",
    events=("need_open_again",),
    reader=Reader.POSTER,
    title=gettext_lazy("De nouveau ouverte\u202f: %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nVotre demande %(reference)s avait été prise pour celle d’un autre foyer. Elle est de nouveau "
        "ouverte, et la ville cherche."
    ),
    required=("reference",),
)


def open_again(need: Any) -> Text:
    """To whoever posted it: it had been taken for another household."""
    return OPEN_AGAIN.filled(
        {"need": titled(need), "reference": need.reference},
        action_label=_("Voir ma demande"),
        action_url=reverse("needs:detail", args=[need.city.slug, need.reference]),
    )


TEXTS = (JOINED, OPEN_AGAIN)
