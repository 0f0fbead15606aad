"""What people are asked after a match, and what the desk is told about a report."""

from collections.abc import Callable

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalogue.saying import titled
from followups import links
from followups.models import FOLLOWED_STATES, FollowUp, Incident
from needs.words import when_words
from notifications.reasons import Words, subject_id
from notifications.wording.texts import BuiltIn, Reader, Text

QUESTION = BuiltIn(
    name="followup_question",
    events=("followup_question",),
    reader=Reader.EITHER,
    title=gettext_lazy("Cela a-t-il eu lieu ? %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nVous aviez confirmé une mise en relation pour « %(need)s » (%(reference)s), %(when)s.\n\n"
        "Cela a-t-il eu lieu ? Un seul appui suffit pour répondre. Si quelque chose n’a pas marché, dites-le : "
        "nous chercherons une autre solution.\n\n%(city)s"
    ),
    required=("need", "when"),
)


def question(followup: FollowUp, person: User) -> Text:
    """Did it take place? One tap answers."""
    match = followup.match
    return QUESTION.filled(
        {
            "need": titled(match.need),
            "reference": match.need.reference,
            "when": when_words(match.need, match.first_day, match.last_day),
            "city": "\n".join(line for line in (match.city.name, match.city.phone) if line),
        },
        action_label=_("Répondre"),
        action_url=links.answer_path(followup, person),
    )


def incident_reported(incident: Incident) -> Text:
    """To the other coordinators: a report is there. What it says stays on the site."""
    return Text(
        title=_("Un signalement est à traiter (%(reference)s)") % {"reference": incident.offer.reference},
        body=_(
            "Bonjour,\n\nUn signalement concerne la proposition %(reference)s. Elle est suspendue jusqu’à votre "
            "décision."
        )
        % {"reference": incident.offer.reference},
        action_label=_("Lire le signalement"),
        action_url=reverse("followups:incidents", args=[incident.city.slug]),
    )


def _still_asked() -> Exists:
    return Exists(
        FollowUp.objects.filter(pk=subject_id(), answered_at__isnull=True, match__state__in=FOLLOWED_STATES)
    )


def _still_open() -> Exists:
    return Exists(Incident.objects.filter(pk=subject_id(), closed_at__isnull=True))


# While the messages of an event have their reason.
REASONS: dict[str, Callable[[], Exists]] = {
    "followup_question": _still_asked,
    "incident_reported": _still_open,
}
GONE: Words = {
    "followup_question": gettext_lazy("la question a déjà sa réponse"),
    "incident_reported": gettext_lazy("le signalement est clos"),
}
