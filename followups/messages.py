"""What people are asked after a match, and what each is told about a report."""

from collections.abc import Callable

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalogue.saying import titled
from followups import links
from followups.models import FOLLOWED_STATES, CheckIn, FollowUp, Incident, IncidentState, Side, What
from needs.words import when_words
from notifications.reasons import Words, subject_id
from notifications.wording.texts import BuiltIn, Reader, Text

QUESTION = BuiltIn(
    name="followup_question",
    events=("followup_question",),
    reader=Reader.EITHER,
    title=gettext_lazy("Cela a-t-il eu lieu ? %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nVous aviez confirmé une mise en relation pour «\u00a0%(need)s\u00a0» (%(reference)s), "
        "%(when)s.\n\n"
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
    """To those who may read it: a report is there. What it says stays on the site."""
    title = (
        _("Danger\u202f: un signalement est à lire (%(reference)s)")
        if incident.what == What.DANGER
        else _("Un signalement est à lire (%(reference)s)")
    )
    return Text(
        title=title % {"reference": incident.offer.reference},
        body=_(
            "Bonjour,\n\nUn signalement concerne la proposition %(reference)s. Elle est suspendue. Vous êtes de ceux "
            "qui peuvent le lire\u202f: chaque lecture est notée."
        )
        % {"reference": incident.offer.reference},
        action_label=_("Lire le signalement"),
        action_url=_page(incident),
    )


def end_to_confirm(incident: Incident) -> Text:
    """To the other readers: one of them would close it, and a second is needed."""
    return Text(
        title=_("Un signalement attend un second avis (%(reference)s)")
        % {"reference": incident.offer.reference},
        body=_(
            "Bonjour,\n\nUne personne propose de clore le signalement sur %(reference)s. Une seconde personne "
            "confirme, ou non."
        )
        % {"reference": incident.offer.reference},
        action_label=_("Lire le signalement"),
        action_url=_page(incident),
    )


def nobody_reads(incident: Incident) -> Text:
    """To the administrators: all who could read it are concerned, or have written it; so somebody is to be named."""
    return Text(
        title=_("Un signalement n’a personne pour le lire"),
        body=_(
            "Bonjour,\n\nUn signalement concerne toutes les personnes qui pourraient le lire, ou vient d’elles. Sur la "
            "page de l’équipe, nommez une autre personne pour lire les signalements."
        ),
        action_label=_("Ouvrir l’équipe"),
        action_url=reverse("town:team", args=[incident.city.slug]),
    )


def one_reads(incident: Incident) -> Text:
    """To the administrators: somebody may read it, and nobody with them decides on its end."""
    return Text(
        title=_("Un signalement n’a qu’une personne pour en décider"),
        body=_(
            "Bonjour,\n\nDeux personnes décident de la fin d’un signalement, et une seule le peut aujourd’hui. Sur la "
            "page de l’équipe, nommez une autre personne pour lire les signalements."
        ),
        action_label=_("Ouvrir l’équipe"),
        action_url=reverse("town:team", args=[incident.city.slug]),
    )


GIVEN_BACK = BuiltIn(
    name="incident_closed_back",
    events=("incident_closed",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Votre proposition n’est plus suspendue (%(reference)s)"),
    body=gettext_lazy(
        "Bonjour,\n\nVotre proposition «\u00a0%(title)s\u00a0» était suspendue. Elle ne l’est plus.\n\nVous pouvez la "
        "reprendre quand vous voulez. Si c’est un logement, la ville le visite de nouveau avant toute demande."
        "\n\n%(city)s"
    ),
    required=("title",),
)
TAKEN_BACK = BuiltIn(
    name="incident_closed_taken",
    events=("incident_closed",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Votre proposition est retirée (%(reference)s)"),
    body=gettext_lazy(
        "Bonjour,\n\nVotre proposition «\u00a0%(title)s\u00a0» était suspendue. La ville l’a retirée\u202f: vous ne "
        "recevrez plus de demande pour elle.\n\nVous voulez en parler\u202f? Appelez-nous.\n\n%(city)s"
    ),
    required=("title",),
)


def offer_given_back(incident: Incident) -> Text:
    """To its owner, who does not learn what was said, nor by whom."""
    return _to_owner(GIVEN_BACK, incident)


def offer_taken_back(incident: Incident) -> Text:
    """The same, where it does not come back."""
    return _to_owner(TAKEN_BACK, incident)


def _to_owner(text: BuiltIn, incident: Incident) -> Text:
    offer = incident.offer
    return text.filled(
        {"title": titled(offer), "reference": offer.reference, "city": _town_of(incident)},
        action_label=_("Voir ma proposition"),
        action_url=reverse("offers:detail", args=[offer.city.slug, offer.reference]),
    )


WAS_READ = BuiltIn(
    name="incident_answered",
    events=("incident_answered",),
    reader=Reader.EITHER,
    # A phone may be read by whoever it is about: the first line does not say what was said.
    title=gettext_lazy("Votre message à la ville a été lu"),
    body=gettext_lazy(
        "Bonjour,\n\nCe que vous avez signalé a été lu, par deux personnes, et la ville a décidé de la suite. Merci de "
        "l’avoir dit.\n\nSi cela continue, dites-le de nouveau, ou appelez. En danger\u202f: le 17, ou le 112.\n\n"
        "%(city)s"
    ),
    required=("city",),
)


def was_read(incident: Incident) -> Text:
    """To whoever has reported it, once it is closed."""
    return WAS_READ.filled({"city": _town_of(incident)})


def _town_of(incident: Incident) -> str:
    return "\n".join(line for line in (incident.city.name, incident.city.phone) if line)


def _page(incident: Incident) -> str:
    return reverse("followups:incident", args=[incident.city.slug, incident.pk])


def _still_asked() -> Exists:
    return Exists(
        FollowUp.objects.filter(pk=subject_id(), answered_at__isnull=True, match__state__in=FOLLOWED_STATES)
    )


def _still_going() -> Exists:
    return Exists(
        CheckIn.objects.filter(pk=subject_id(), answered_at__isnull=True, match__state__in=FOLLOWED_STATES)
    )


def _still_open() -> Exists:
    return Exists(Incident.objects.open().filter(pk=subject_id()))


def _still_ending() -> Exists:
    return Exists(Incident.objects.filter(pk=subject_id(), state=IncidentState.ENDING))


def _is_closed() -> Exists:
    return Exists(Incident.objects.filter(pk=subject_id(), state=IncidentState.CLOSED))


# While the messages of an event have their reason.
REASONS: dict[str, Callable[[], Exists]] = {
    "followup_question": _still_asked,
    "followup_check_in": _still_going,
    "incident_reported": _still_open,
    "incident_danger": _still_open,
    "incident_without_reader": _still_open,
    "incident_to_confirm": _still_ending,
    "incident_closed": _is_closed,
    "incident_answered": _is_closed,
}
GONE: Words = {
    "followup_question": gettext_lazy("la question a déjà sa réponse"),
    "followup_check_in": gettext_lazy("la question a déjà sa réponse"),
    "incident_reported": gettext_lazy("le signalement est clos"),
    "incident_danger": gettext_lazy("le signalement est clos"),
    "incident_without_reader": gettext_lazy("le signalement est clos"),
    "incident_to_confirm": gettext_lazy("le signalement a sa décision"),
    "incident_closed": gettext_lazy("le signalement est de nouveau ouvert"),
    "incident_answered": gettext_lazy("le signalement est de nouveau ouvert"),
}
