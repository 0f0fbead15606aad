"""To the desk of the offer's town, where another town has the need."""

from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalogue.saying import titled
from catalogue.times import weekday_and_hour
from cities.days import local_time
from matching.messages.phrases import asked, when
from matching.models import Match
from notifications.services import Text


def town_asked(match: Match, agreement: Any) -> Text:
    """To the desk of the offer's town: another town would like to ask one of its citizens."""
    return Text(
        title=_("%(city)s demande votre accord\u202f: %(what)s")
        % {"city": match.city.name, "what": asked(match)},
        body=_(
            "Bonjour,\n\n%(city)s cherche\u202f: %(what)s, %(when)s. «\u00a0%(offer)s\u00a0» (%(reference)s), à "
            "%(commune)s, "
            "conviendrait.\n\nSi vous êtes d’accord, la personne est interrogée. Répondez avant %(deadline)s."
        )
        % {
            "city": match.city.name,
            "what": asked(match),
            "when": when(match),
            "offer": titled(match.offer),
            "reference": match.offer.reference,
            "commune": match.offer.commune.name,
            "deadline": weekday_and_hour(local_time(agreement.answer_by, agreement.city)),
        },
        action_label=_("Voir et répondre"),
        action_url=reverse("matching:linked_towns", args=[agreement.city.slug]),
    )


def agreement_not_needed(match: Match, agreement: Any) -> Text:
    """To the desk of the offer's town: there is nothing left to answer."""
    figures = {
        "city": match.city.name,
        "what": asked(match),
        "offer": titled(match.offer),
        "reference": match.offer.reference,
    }
    return Text(
        title=_("%(city)s ne demande plus votre accord\u202f: %(what)s") % figures,
        body=_(
            "Bonjour,\n\n«\u00a0%(offer)s\u00a0» (%(reference)s) n’est plus à l’étude pour %(city)s. Il n’y a "
            "plus rien à "
            "répondre."
        )
        % figures,
        action_label=_("Voir où cela en est"),
        action_url=reverse("matching:linked_towns", args=[agreement.city.slug]),
    )


def across(match: Match) -> Text:
    """To the desk of the offer's town: how a match for another town went."""
    return Text(
        title=_("%(state)s\u202f: %(offer)s")
        % {"state": capfirst(match.get_state_display()), "offer": titled(match.offer)},
        body=_("Bonjour,\n\n«\u00a0%(offer)s\u00a0», pour un besoin de %(city)s, %(when)s\u202f: %(state)s.")
        % {
            "offer": titled(match.offer),
            "city": match.city.name,
            "when": when(match),
            "state": match.get_state_display(),
        },
        action_label=_("Voir et répondre"),
        action_url=reverse("matching:linked_towns", args=[match.offer.city.slug]),
    )
