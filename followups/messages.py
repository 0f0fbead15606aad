"""What people are asked after a match, and what the desk is told about a report."""

from collections.abc import Callable

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalogue.saying import titled
from followups import links
from followups.models import FOLLOWED_STATES, CheckIn, FollowUp, Incident, Side
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


CHECK_IN = BuiltIn(
    name="followup_check_in",
    events=("followup_check_in",),
    reader=Reader.EITHER,
    title=gettext_lazy("Comment cela se passe-t-il\u202f? %(about)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa mise en relation pour «\u00a0%(about)s\u00a0», %(when)s, est en cours. Comment cela se "
        "passe-t-il\u202f? Un seul appui suffit pour répondre.\n\nVotre réponse n’est lue que par l’équipe de la "
        "ville.\n\n%(city)s"
    ),
    required=("about", "when"),
)


def how_is_it_going(check_in: CheckIn, person: User) -> Text:
    """Asked of one side; a host reads of the need no more than its figures."""
    match = check_in.match
    return CHECK_IN.filled(
        {
            "about": titled(match.offer if check_in.side == Side.HOST else match.need),
            "when": when_words(match.need, match.first_day, match.last_day),
            "city": "\n".join(line for line in (match.city.name, match.city.phone) if line),
        },
        action_label=_("Répondre"),
        action_url=links.check_in_path(check_in, person),
    )


def wishes_to_talk(check_in: CheckIn) -> Text:
    """To the coordinators: somebody wants to talk, or says that it is over. What they wrote stays on the site."""
    need = check_in.match.need
    return Text(
        title=_("Des nouvelles à lire\u202f: %(need)s") % {"need": titled(need)},
        body=_(
            "Bonjour,\n\nPour «\u00a0%(need)s\u00a0» (%(reference)s), une réponse\u202f: «\u00a0%(answer)s\u00a0»."
        )
        % {"need": titled(need), "reference": need.reference, "answer": check_in.get_answer_display()},
        action_label=_("Lire les nouvelles"),
        action_url=reverse("followups:to_chase", args=[check_in.match.city.slug]),
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


def _still_going() -> Exists:
    return Exists(
        CheckIn.objects.filter(pk=subject_id(), answered_at__isnull=True, match__state__in=FOLLOWED_STATES)
    )


def _still_open() -> Exists:
    return Exists(Incident.objects.filter(pk=subject_id(), closed_at__isnull=True))


# While the messages of an event have their reason.
REASONS: dict[str, Callable[[], Exists]] = {
    "followup_question": _still_asked,
    "followup_check_in": _still_going,
    "incident_reported": _still_open,
}
GONE: Words = {
    "followup_question": gettext_lazy("la question a déjà sa réponse"),
    "followup_check_in": gettext_lazy("la question a déjà sa réponse"),
    "incident_reported": gettext_lazy("le signalement est clos"),
}
