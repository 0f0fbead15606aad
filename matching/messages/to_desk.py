"""To the desk of the need's town."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalogue.saying import titled
from catalogue.times import hour_words, weekday_and_day, weekday_and_hour
from catalogue.vocabulary import Kind
from cities.days import local_time
from matching.messages.phrases import does_not_take_place, in_short, when
from matching.models import Match, MatchState
from needs.models import NeedState
from notifications.services import Text

MOST_NAMED = 5  # needs in one message


def declined(match: Match, person: User) -> Text:
    return _looked_at_again(match, _("Réponse\u202f: non. %(need)s") % {"need": titled(match.need)})


def lapsed(match: Match, person: User) -> Text:
    return _looked_at_again(match, _("Pas de réponse à temps. %(need)s") % {"need": titled(match.need)})


def never_asked(match: Match, person: User) -> Text:
    """To the desk: the question waited for its turn until an answer was of no use any more."""
    return _looked_at_again(
        match, _("La question n’a pas pu être posée à temps. %(need)s") % {"need": titled(match.need)}
    )


def waits_its_turn(match: Match, person: User) -> Text:
    """To the desk, while there is time to ask somebody else."""
    return Text(
        title=_("La question attend encore. %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nLa question pour «\u00a0%(need)s\u00a0» (%(reference)s) n’est pas encore posée\u202f: "
            "cette personne a "
            "déjà une question, ou assez de messages pour cette semaine. Si elle attend encore, il restera trop peu de "
            "temps pour répondre.\n\nDemandez à quelqu’un d’autre, ou appelez cette personne."
        )
        % {"need": titled(match.need), "reference": match.need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def refused(match: Match, person: User) -> Text:
    return _looked_at_again(
        match, _("L’association n’a pas retenu la proposition. %(need)s") % {"need": titled(match.need)}
    )


def cancelled(match: Match, person: User) -> Text:
    """To the desk: the case is theirs again, unless whoever posted the need has taken it back."""
    if match.need.state == NeedState.WITHDRAWN:
        return does_not_take_place(match, titled(match.need))
    return _looked_at_again(match, _("Annulé\u202f: %(about)s") % {"about": titled(match.need)})


def broken_off(match: Match, person: User) -> Text:
    return _looked_at_again(match, _("Interrompu. %(need)s") % {"need": titled(match.need)})


def does_not_go_on(match: Match, person: User) -> Text:
    return _looked_at_again(match, _("Pas de prolongation. %(need)s") % {"need": titled(match.need)})


def ends_sooner(match: Match, person: User) -> Text:
    return _looked_at_again(match, _("Fin avancée. %(need)s") % {"need": titled(match.need)})


def in_part(match: Match, person: User) -> Text:
    return _looked_at_again(match, _("Remis en partie. %(need)s") % {"need": titled(match.need)})


def for_tonight(need: Any, count: int) -> Text:
    """To the desk: a need for tonight, with what was found, if anything."""
    body = (
        ngettext(
            "Bonjour,\n\n%(count)s piste est trouvée pour ce soir\u202f: «\u00a0%(need)s\u00a0», %(commune)s.",
            "Bonjour,\n\n%(count)s pistes sont trouvées pour ce soir\u202f: «\u00a0%(need)s\u00a0», %(commune)s.",
            count,
        )
        if count
        else _(
            "Bonjour,\n\nUn besoin est arrivé pour ce soir\u202f: «\u00a0%(need)s\u00a0», %(commune)s. Aucune "
            "proposition ne convient "
            "pour l’instant.\n\nDites-nous que vous vous en occupez\u202f: les rappels s’arrêtent alors."
        )
    )
    return Text(
        title=_("Ce soir\u202f: %(need)s") % {"need": titled(need)},
        body=body % {"count": count, "need": titled(need), "commune": need.commune.name},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[need.city.slug, need.reference]),
        impersonal=_tonight_impersonal(need),
    )


def tonight_waits(city: Any, needs: Sequence[Any]) -> Text:
    """To the desk: needs for tonight that nobody looks after."""
    lines = [f"« {titled(need)} », {need.commune.name}" for need in needs[:MOST_NAMED]]
    if more := len(needs) - len(lines):
        lines.append(ngettext("et %(count)s autre", "et %(count)s autres", more) % {"count": more})
    title = ngettext(
        "Ce soir\u202f: %(count)s besoin attend quelqu’un",
        "Ce soir\u202f: %(count)s besoins attendent quelqu’un",
        len(needs),
    ) % {"count": len(needs)}
    return Text(
        title=title,
        body=_(
            "Bonjour,\n\nPersonne ne s’en occupe encore\u202f:\n%(needs)s\n\nOuvrez le dossier et dites «\u00a0Je m’en "
            "occupe\u00a0»\u202f: les rappels s’arrêtent alors."
        )
        % {"needs": "\n".join(lines)},
        action_label=_("Ouvrir le dossier") if len(needs) == 1 else _("Ouvrir la liste à traiter"),
        action_url=(
            reverse("desk:case", args=[city.slug, needs[0].reference])
            if len(needs) == 1
            else reverse("desk:queue", args=[city.slug])
        ),
        impersonal=_tonight_impersonal(needs[0]) if len(needs) == 1 else title,
    )


def _tonight_impersonal(need: Any) -> str:
    since = local_time(need.created_at, need.city)
    return _("Ce soir\u202f: %(what)s, depuis %(hour)s") % {
        "what": in_short(need),
        "hour": hour_words(since.hour * 60 + since.minute),
    }


def need_answered(need: Any, offer: Any) -> Text:
    """To the desk: somebody pressed "Je peux aider" under a need, and this is what they offer."""
    return Text(
        title=_("Quelqu’un peut aider\u202f: %(need)s") % {"need": titled(need)},
        body=_(
            "Bonjour,\n\nLa proposition «\u00a0%(offer)s\u00a0» (%(offer_reference)s) répond au besoin "
            "«\u00a0%(need)s\u00a0» (%(reference)s). Voyez si elle convient."
        )
        % {
            "offer": titled(offer),
            "offer_reference": offer.reference,
            "need": titled(need),
            "reference": need.reference,
        },
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[need.city.slug, need.reference]),
    )


def handed_over(need: Any, by: User) -> Text:
    """To a colleague who looks after a case from now on."""
    return Text(
        title=_("Un dossier pour vous\u202f: %(need)s") % {"need": titled(need)},
        body=_(
            "Bonjour,\n\n%(name)s vous confie le dossier «\u00a0%(need)s\u00a0» (%(reference)s). Si vous ne pouvez pas "
            "vous en occuper, rendez-le\u202f: il attend alors de nouveau quelqu’un."
        )
        % {"name": by.name, "need": titled(need), "reference": need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[need.city.slug, need.reference]),
    )


def suggestions_of_the_day(city: Any) -> Text:
    """To the desk, twice a day at most: there is something to look at."""
    return Text(
        title=_("De nouvelles pistes à examiner"),
        body=_("Bonjour,\n\nDes pistes ont été trouvées. Elles vous attendent, les plus urgentes d’abord."),
        action_label=_("Ouvrir la liste à traiter"),
        action_url=reverse("desk:queue", args=[city.slug]),
    )


def town_declined(match: Match, agreement: Any) -> Text:
    """To the desk of the need: the other town does not agree."""
    return _of_town(match, _("%(city)s ne peut pas aider cette fois\u202f: %(need)s"), agreement)


def town_silent(match: Match, agreement: Any) -> Text:
    """To the desk of the need: the other town did not answer in time."""
    return _of_town(match, _("Pas de réponse de %(city)s\u202f: %(need)s"), agreement)


def agreement_moot(match: Match, agreement: Any) -> Text:
    """To the desk of the need: the suggestion for which the other town was asked is gone."""
    return _of_town(match, _("N’est plus possible avec %(city)s\u202f: %(need)s"), agreement)


def _of_town(match: Match, title: str, agreement: Any) -> Text:
    return _looked_at_again(match, title % {"city": agreement.city.name, "need": titled(match.need)})


def home_changed(match: Match) -> Text:
    """To the desk: what was seen at the visit is no longer so, and people count on it."""
    return Text(
        title=_("Un logement a changé\u202f: %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nL’adresse, la forme ou le partage du logement «\u00a0%(offer)s\u00a0» a changé depuis "
            "la visite. Il est "
            "prévu pour «\u00a0%(need)s\u00a0» (%(reference)s). Voyez si cela tient toujours, et visitez de nouveau."
        )
        % {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def visit_over(match: Match) -> Text:
    """To the desk: the visit of a home has run out, or was taken back, and people count on it."""
    return Text(
        title=_("Visite à refaire : %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nLa visite du logement « %(offer)s » ne vaut plus. Il est prévu pour "
            "« %(need)s » (%(reference)s), et cela reste promis. Visitez-le de nouveau avant le début, ou "
            "voyez si cela tient toujours."
        )
        % {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def held_back(match: Match) -> Text:
    """To the desk: an incident suspends what people count on; whoever lives there needs another roof tonight,
    whoever is about to move in another one by their day.
    """
    figures = {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference}
    if match.state == MatchState.UNDER_WAY:
        title = (
            _("À reloger ce soir\u202f: %(need)s")
            if match.need.kind == Kind.HOUSING
            else _("Suspendu\u202f: %(need)s")
        )
        body = _(
            "Bonjour,\n\nUn signalement concerne «\u00a0%(offer)s\u00a0», en cours pour «\u00a0%(need)s\u00a0» "
            "(%(reference)s). Prenez "
            "contact tout de suite, et cherchez une autre solution pour ce soir."
        )
    elif match.rehouse_from is not None:
        title = _("À reloger\u202f: %(need)s")
        body = _(
            "Bonjour,\n\nUn signalement concerne «\u00a0%(offer)s\u00a0», prévu pour «\u00a0%(need)s\u00a0» "
            "(%(reference)s) à partir du %(day)s. Cela ne commence pas\u202f: cherchez un autre logement dès "
            "maintenant."
        )
        figures["day"] = weekday_and_day(match.first_day)
    else:
        title = _("Suspendu\u202f: %(need)s")
        body = _(
            "Bonjour,\n\nUn signalement concerne «\u00a0%(offer)s\u00a0», prévu pour «\u00a0%(need)s\u00a0» "
            "(%(reference)s). Rien ne "
            "commence tant que le signalement n’est pas clos."
        )
    return Text(
        title=title % figures,
        body=body % figures,
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def to_rehouse(match: Match) -> Text:
    """To whoever is on call: the same, where it is for tonight. What others read along names nobody."""
    impersonal = _("À reloger ce soir\u202f: %(what)s") % {"what": in_short(match.need)}
    return replace(held_back(match), impersonal=impersonal)


def two_homes(match: Match) -> Text:
    """To the desk: the report on a home is closed, and by now another one is asked, or there, for the same people."""
    figures = {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference}
    return Text(
        title=_("Deux logements\u202f: %(need)s") % figures,
        body=_(
            "Bonjour,\n\nLe signalement sur «\u00a0%(offer)s\u00a0» est clos. Entre-temps, un autre logement est "
            "demandé ou prévu pour «\u00a0%(need)s\u00a0» (%(reference)s). Voyez avec les personnes lequel elles "
            "gardent, et mettez fin à l’autre\u202f: le premier ne compte pas, et ne commence pas, jusque-là."
        )
        % figures,
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def left_to_town(match: Match) -> Text:
    """To the desk: whoever posted the need acts no more, and somebody has said yes to it."""
    figures = {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference}
    if match.state == MatchState.ACCEPTED:
        assert match.confirm_by is not None  # match_accepted_has_a_deadline
        figures["deadline"] = weekday_and_hour(local_time(match.confirm_by, match.city))
        body = _(
            "Bonjour,\n\nUne personne a dit oui pour «\u00a0%(need)s\u00a0» (%(reference)s)\u202f: "
            "«\u00a0%(offer)s\u00a0». L’association ou la personne qui a posté ce besoin n’agit plus. Confirmez à sa "
            "place avant %(deadline)s, ou dites que vous ne retenez pas."
        )
    else:
        body = _(
            "Bonjour,\n\n«\u00a0%(offer)s\u00a0» est promis pour «\u00a0%(need)s\u00a0» (%(reference)s). "
            "L’association ou la personne qui a posté ce besoin n’agit plus\u202f: c’est à vous de suivre, avec l’hôte "
            "et les personnes concernées."
        )
    return Text(
        title=_("À vous de suivre\u202f: %(need)s") % figures,
        body=body % figures,
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def nobody_says(match: Match) -> Text:
    """To the desk: a stay begins, and its association has not said that guests still come."""
    return Text(
        title=_("Sans nouvelles de l’association\u202f: %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\n«\u00a0%(offer)s\u00a0» attend «\u00a0%(need)s\u00a0» (%(reference)s), %(when)s. "
            "L’association n’a pas dit si le "
            "foyer vient toujours. Appelez la personne qui accueille, et l’association si elle agit encore."
        )
        % {
            "offer": titled(match.offer),
            "need": titled(match.need),
            "reference": match.need.reference,
            "when": when(match),
        },
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def to_review(match: Match) -> Text:
    """To the desk: what is under way is no longer what one of the sides says it can be."""
    return Text(
        title=_("À revoir\u202f: %(need)s") % {"need": match.need.title},
        body=_(
            "Bonjour,\n\n«\u00a0%(offer)s\u00a0» est en cours pour «\u00a0%(need)s\u00a0» (%(reference)s). La "
            "proposition ou le besoin a "
            "changé, et l’un ne va plus avec l’autre. Voyez avec chacun ce qui tient."
        )
        % {"offer": match.offer.title, "need": match.need.title, "reference": match.need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )


def _looked_at_again(match: Match, title: str) -> Text:
    """The case is theirs again."""
    return Text(
        title=title,
        body=_("Bonjour,\n\n%(need)s (%(reference)s), %(commune)s. Le dossier est de nouveau à traiter.")
        % {
            "need": titled(match.need),
            "reference": match.need.reference,
            "commune": match.need.commune.name,
        },
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[match.city.slug, match.need.reference]),
    )
