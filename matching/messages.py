"""What people are told about a match.

Contacts stand in the two messages of a confirmation, and nowhere else.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalogue.labels import listed
from catalogue.saying import titled, what
from catalogue.vocabulary import Kind
from cities.days import local_time
from matching import links, selectors
from matching.models import Match, MatchState
from matching.reasons.sentences import NEXT_DOOR_KM, kilometres
from needs.models import NeedState
from needs.words import given_words, when_words
from notifications.services import Text

FRANCE = 33  # as a telephone's country code
MOST_NAMED = 5  # needs in one message
Composer = Callable[[Match, User], Text]
DeskComposer = Callable[[Match], Text]


def question(match: Match, person: User) -> Text:
    """Ask the citizen: what, when, where to the commune, until when; yes or no in two taps."""
    assert match.answer_by is not None  # match_proposed_has_a_deadline
    deadline = local_time(match.answer_by, match.city)
    return Text(
        title=_("Pouvez-vous aider ? %(what)s") % {"what": asked(match)},
        body=_(
            "Bonjour,\n\nVous avez proposé « %(offer)s ». Un besoin lui correspond :\n\n%(what)s\n%(when)s\n"
            "%(place)s.\n\nDites oui ou non avant %(deadline)s. Vous êtes libre de "
            "dire non.\n\nVotre adresse et votre téléphone restent cachés tant que l’association n’a pas confirmé."
        )
        % {
            "offer": titled(match.offer),
            "what": asked(match),
            "when": _when(match),
            "place": _place(match),
            "deadline": date_format(deadline, "l j F, H:i"),
        },
        action_label=_("Répondre oui ou non"),
        action_url=links.answer_path(match, person),
    )


def question_again(match: Match, person: User) -> Text:
    return _again(question(match, person))


def please_confirm_again(match: Match, person: User) -> Text:
    return _again(please_confirm(match, person))


def _again(asked: Text) -> Text:
    """The same question, once more while it can be answered."""
    return replace(asked, title=_("Rappel : %(title)s") % {"title": asked.title})


def please_confirm(match: Match, person: User) -> Text:
    """The citizen said yes: the association confirms, until when; of a stay in parts, how far the others are."""
    assert match.confirm_by is not None  # match_accepted_has_a_deadline
    others = other_days(match)
    rest = _("Les autres jours\u202f: %(days)s.") % {"days": listed(others)} if others else ""
    return Text(
        title=_("Quelqu’un a dit oui : %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nUne personne peut répondre à votre besoin « %(need)s » (%(reference)s) :\n\n%(offer)s, "
            "%(when)s, %(distance)s.\n\nConfirmez avant %(deadline)s, et vous recevez ses coordonnées tout de suite."
        )
        % {
            "need": titled(match.need),
            "reference": match.need.reference,
            "offer": capfirst(what(match.offer, with_words=False)),
            "when": _when(match),
            "distance": _distance(match),
            "deadline": date_format(local_time(match.confirm_by, match.city), "l j F, H:i"),
        }
        + (f"\n\n{rest}" if rest else ""),
        action_label=_("Confirmer ou refuser"),
        action_url=links.answer_path(match, person),
    )


def does_it_still_hold(match: Match, person: User) -> Text:
    """To the association, some days before a stay that was confirmed long ago."""
    return Text(
        title=_("Le foyer vient-il toujours ? %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nUn accueil est prévu %(when)s pour « %(need)s » (%(reference)s). La personne qui "
            "accueille garde la place.\n\nLe foyer vient-il toujours ? Un seul appui suffit pour répondre. Si quelque "
            "chose a changé, dites-le aussi : la place servira à d’autres."
        )
        % {"need": titled(match.need), "reference": match.need.reference, "when": _when(match)},
        action_label=_("Répondre"),
        action_url=links.answer_path(match, person),
    )


def citizens_contact(match: Match, person: User) -> Text:
    """To the association: whom to call, and where."""
    owner = match.offer.owner
    return Text(
        title=_("C’est confirmé : %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nLa mise en relation est confirmée pour « %(need)s » (%(reference)s), %(when)s.\n\n"
            "Voici à qui vous adresser :\n%(contact)s\n\nAppelez vite : une première réponse rapide rassure tout "
            "le monde."
        )
        % {
            "need": titled(match.need),
            "reference": match.need.reference,
            "when": _when(match),
            "contact": contact_lines(
                owner.name, owner.phone, owner.email, match.offer.address, match.offer.commune
            ),
        },
        action_label=_("Voir la mise en relation"),
        action_url=links.answer_path(match, person),
    )


def associations_contact(match: Match, person: User) -> Text:
    """To the citizen: who will call."""
    asks = selectors.who_calls(match)
    return Text(
        title=_("C’est confirmé. Merci"),
        body=_(
            "Bonjour,\n\nVotre proposition « %(offer)s » trouve sa place, %(when)s. Merci.\n\n"
            "Voici qui va vous appeler :\n%(contact)s\n\nUne question, un souci ? La ville reste à votre écoute : "
            "%(city)s %(phone)s."
        )
        % {
            "offer": titled(match.offer),
            "when": _when(match),
            "contact": contact_lines(asks.name, asks.phone, asks.email),
            "city": match.city.name,
            "phone": match.city.phone,
        },
        action_label=_("Voir la mise en relation"),
        action_url=links.answer_path(match, person),
    )


def no_longer_asked(match: Match, person: User) -> Text:
    """To the citizen: the question that they had is closed; no answer is no fault."""
    return Text(
        title=_("La question est close, merci"),
        body=_(
            "Bonjour,\n\nNous vous avions demandé de l’aide pour « %(offer)s ». La réponse n’est plus attendue : la "
            "ville cherche une autre solution.\n\nIl n’y a rien à faire de votre côté. Votre proposition reste "
            "ouverte pour d’autres besoins."
        )
        % {"offer": titled(match.offer)},
    )


def declined(match: Match, person: User) -> Text:
    return _to_desk(match, _("Réponse : non. %(need)s") % {"need": titled(match.need)})


def lapsed(match: Match, person: User) -> Text:
    return _to_desk(match, _("Pas de réponse à temps. %(need)s") % {"need": titled(match.need)})


def not_confirmed(match: Match, person: User) -> Text:
    """To the citizen who said yes: nobody confirmed, and their offer is free again."""
    return Text(
        title=_("Pas de confirmation à temps, et merci"),
        body=_(
            "Bonjour,\n\nVous aviez dit oui pour « %(offer)s ». La confirmation n’est pas venue à temps : vous êtes "
            "libre. Merci d’avoir répondu.\n\nVotre proposition reste ouverte pour d’autres besoins."
        )
        % {"offer": titled(match.offer)},
    )


def confirmation_over(match: Match, person: User) -> Text:
    """To whoever did not confirm in time: where the need stands, and whom to call."""
    return Text(
        title=_("Le délai pour confirmer est passé : %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nUne personne pouvait répondre à votre besoin « %(need)s » (%(reference)s). Sans confirmation "
            "à temps, sa proposition est de nouveau libre. La ville continue de chercher.\n\nUne question, un souci ? "
            "La ville reste à votre écoute : %(city)s %(phone)s."
        )
        % {
            "need": titled(match.need),
            "reference": match.need.reference,
            "city": match.city.name,
            "phone": match.city.phone,
        },
    )


def broken_off(match: Match, person: User) -> Text:
    return _to_desk(match, _("Interrompu. %(need)s") % {"need": titled(match.need)})


def broken_off_for_owner(match: Match, person: User) -> Text:
    return _ends_here(match, titled(match.offer))


def broken_off_for_poster(match: Match, person: User) -> Text:
    return _ends_here(match, titled(match.need))


def refused(match: Match, person: User) -> Text:
    return _to_desk(
        match, _("L’association n’a pas retenu la proposition. %(need)s") % {"need": titled(match.need)}
    )


def not_taken_up(match: Match, person: User) -> Text:
    """The association found it does not suit: the citizen is thanked."""
    return Text(
        title=_("Pas cette fois, et merci"),
        body=_(
            "Bonjour,\n\nVous aviez dit oui pour « %(offer)s ». Finalement, ce n’est pas nécessaire cette fois. "
            "Merci d’avoir répondu.\n\nVotre proposition reste ouverte pour d’autres besoins."
        )
        % {"offer": titled(match.offer)},
    )


def cancelled(match: Match, person: User) -> Text:
    """To the desk: the case is theirs again, unless whoever posted the need has taken it back."""
    if match.need.state == NeedState.WITHDRAWN:
        return _does_not_take_place(match, titled(match.need))
    return _to_desk(match, _("Annulé : %(about)s") % {"about": titled(match.need)})


def cancelled_for_owner(match: Match, person: User) -> Text:
    return _does_not_take_place(match, titled(match.offer))


def cancelled_for_poster(match: Match, person: User) -> Text:
    return _does_not_take_place(match, titled(match.need))


def _does_not_take_place(match: Match, about: str) -> Text:
    """Nobody is blamed."""
    return Text(
        title=_("Annulé : %(about)s") % {"about": about},
        body=_(
            "Bonjour,\n\nLa mise en relation pour « %(about)s », %(when)s, n’aura pas lieu.\n\n"
            "Il n’y a rien à faire de votre côté. La ville cherche une autre solution si besoin."
        )
        % {"about": about, "when": _when(match)},
    )


def for_tonight(need: Any, count: int) -> Text:
    """To the desk: a need for tonight, with what was found, if anything."""
    body = (
        ngettext(
            "Bonjour,\n\n%(count)s piste est trouvée pour ce soir : « %(need)s », %(commune)s.",
            "Bonjour,\n\n%(count)s pistes sont trouvées pour ce soir : « %(need)s », %(commune)s.",
            count,
        )
        if count
        else _(
            "Bonjour,\n\nUn besoin est arrivé pour ce soir : « %(need)s », %(commune)s. Aucune proposition ne convient "
            "pour l’instant.\n\nDites-nous que vous vous en occupez : les rappels s’arrêtent alors."
        )
    )
    return Text(
        title=_("Ce soir : %(need)s") % {"need": titled(need)},
        body=body % {"count": count, "need": titled(need), "commune": need.commune.name},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[need.city.slug, need.reference]),
    )


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
        action_url=reverse("matching:case", args=[need.city.slug, need.reference]),
    )


def tonight_waits(city: Any, needs: Sequence[Any]) -> Text:
    """To the desk: needs for tonight that nobody looks after."""
    lines = [f"« {titled(need)} », {need.commune.name}" for need in needs[:MOST_NAMED]]
    if more := len(needs) - len(lines):
        lines.append(ngettext("et %(count)s autre", "et %(count)s autres", more) % {"count": more})
    return Text(
        title=ngettext(
            "Ce soir : %(count)s besoin attend quelqu’un",
            "Ce soir : %(count)s besoins attendent quelqu’un",
            len(needs),
        )
        % {"count": len(needs)},
        body=_(
            "Bonjour,\n\nPersonne ne s’en occupe encore :\n%(needs)s\n\nOuvrez le dossier et dites « Je m’en "
            "occupe » : les rappels s’arrêtent alors."
        )
        % {"needs": "\n".join(lines)},
        action_label=_("Ouvrir le dossier") if len(needs) == 1 else _("Ouvrir la liste à traiter"),
        action_url=(
            reverse("matching:case", args=[city.slug, needs[0].reference])
            if len(needs) == 1
            else reverse("matching:queue", args=[city.slug])
        ),
    )


def town_asked(match: Match, agreement: Any) -> Text:
    """To the desk of the offer's town: another town would like to ask one of its citizens."""
    return Text(
        title=_("%(city)s demande votre accord : %(what)s") % {"city": match.city.name, "what": asked(match)},
        body=_(
            "Bonjour,\n\n%(city)s cherche : %(what)s, %(when)s. « %(offer)s » (%(reference)s), à %(commune)s, "
            "conviendrait.\n\nSi vous êtes d’accord, la personne est interrogée. Répondez avant %(deadline)s."
        )
        % {
            "city": match.city.name,
            "what": asked(match),
            "when": _when(match),
            "offer": titled(match.offer),
            "reference": match.offer.reference,
            "commune": match.offer.commune.name,
            "deadline": date_format(local_time(agreement.answer_by, agreement.city), "l j F, H:i"),
        },
        action_label=_("Voir et répondre"),
        action_url=reverse("matching:linked_towns", args=[agreement.city.slug]),
    )


def town_declined(match: Match, agreement: Any) -> Text:
    """To the desk of the need: the other town does not agree."""
    return _of_town(match, _("%(city)s ne peut pas aider cette fois : %(need)s"), agreement)


def town_silent(match: Match, agreement: Any) -> Text:
    """To the desk of the need: the other town did not answer in time."""
    return _of_town(match, _("Pas de réponse de %(city)s : %(need)s"), agreement)


def agreement_moot(match: Match, agreement: Any) -> Text:
    """To the desk of the need: the suggestion for which the other town was asked is gone."""
    return _of_town(match, _("N’est plus possible avec %(city)s : %(need)s"), agreement)


def agreement_not_needed(match: Match, agreement: Any) -> Text:
    """To the desk of the offer's town: there is nothing left to answer."""
    figures = {
        "city": match.city.name,
        "what": asked(match),
        "offer": titled(match.offer),
        "reference": match.offer.reference,
    }
    return Text(
        title=_("%(city)s ne demande plus votre accord : %(what)s") % figures,
        body=_(
            "Bonjour,\n\n« %(offer)s » (%(reference)s) n’est plus à l’étude pour %(city)s. Il n’y a plus rien à "
            "répondre."
        )
        % figures,
        action_label=_("Voir où cela en est"),
        action_url=reverse("matching:linked_towns", args=[agreement.city.slug]),
    )


def _of_town(match: Match, title: str, agreement: Any) -> Text:
    return _to_desk(match, title % {"city": agreement.city.name, "need": titled(match.need)})


def across(match: Match) -> Text:
    """To the desk of the offer's town: how a match for another town went."""
    return Text(
        title=_("%(state)s : %(offer)s")
        % {"state": capfirst(match.get_state_display()), "offer": titled(match.offer)},
        body=_("Bonjour,\n\n« %(offer)s », pour un besoin de %(city)s, %(when)s : %(state)s.")
        % {
            "offer": titled(match.offer),
            "city": match.city.name,
            "when": _when(match),
            "state": match.get_state_display(),
        },
        action_label=_("Voir et répondre"),
        action_url=reverse("matching:linked_towns", args=[match.offer.city.slug]),
    )


def joined(need: Any) -> Text:
    """To whoever posted it: the town already looks for a home for this household."""
    return Text(
        title=_("Ce foyer est déjà suivi : %(need)s") % {"need": titled(need)},
        body=_(
            "Bonjour,\n\nUne autre association a demandé un toit pour le même foyer, aux mêmes dates. La ville garde "
            "une seule demande, pour ne pas solliciter deux fois les mêmes personnes. Votre demande %(reference)s est "
            "donc fermée ; la recherche continue.\n\nCe n’est pas le même foyer, ou vous l’accompagnez aussi ? Appelez "
            "la ville : %(city)s %(phone)s."
        )
        % {"reference": need.reference, "city": need.city.name, "phone": need.city.phone},
        action_label=_("Voir ma demande"),
        action_url=reverse("needs:detail", args=[need.city.slug, need.reference]),
    )


def open_again(need: Any) -> Text:
    """To whoever posted it: it had been taken for another household."""
    return Text(
        title=_("De nouveau ouverte : %(need)s") % {"need": titled(need)},
        body=_(
            "Bonjour,\n\nVotre demande %(reference)s avait été prise pour celle d’un autre foyer. Elle est de nouveau "
            "ouverte, et la ville cherche."
        )
        % {"reference": need.reference},
        action_label=_("Voir ma demande"),
        action_url=reverse("needs:detail", args=[need.city.slug, need.reference]),
    )


def suggestions_of_the_day(city: Any) -> Text:
    """To the desk, once a day at most: there is something to look at."""
    return Text(
        title=_("De nouvelles pistes à examiner"),
        body=_(
            "Bonjour,\n\nDes pistes ont été trouvées aujourd’hui. Elles vous attendent, les plus urgentes d’abord."
        ),
        action_label=_("Ouvrir la liste à traiter"),
        action_url=reverse("matching:queue", args=[city.slug]),
    )


def home_changed(match: Match) -> Text:
    """To the desk: what was seen at the visit is no longer so, and people count on it."""
    return Text(
        title=_("Un logement a changé : %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nL’adresse, la forme ou le partage du logement « %(offer)s » a changé depuis la visite. Il est "
            "prévu pour « %(need)s » (%(reference)s). Voyez si cela tient toujours, et visitez de nouveau."
        )
        % {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[match.city.slug, match.need.reference]),
    )


def held_back(match: Match) -> Text:
    """To the desk: an incident suspends what people count on; whoever lives there needs another roof tonight."""
    figures = {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference}
    if match.state == MatchState.UNDER_WAY:
        title = (
            _("À reloger ce soir : %(need)s") if match.need.kind == Kind.HOUSING else _("Suspendu : %(need)s")
        )
        body = _(
            "Bonjour,\n\nUn signalement concerne « %(offer)s », en cours pour « %(need)s » (%(reference)s). Prenez "
            "contact tout de suite, et cherchez une autre solution pour ce soir."
        )
    else:
        title = _("Suspendu : %(need)s")
        body = _(
            "Bonjour,\n\nUn signalement concerne « %(offer)s », prévu pour « %(need)s » (%(reference)s). Rien ne "
            "commence tant que le signalement n’est pas clos."
        )
    return Text(
        title=title % figures,
        body=body % figures,
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[match.city.slug, match.need.reference]),
    )


def left_to_town(match: Match) -> Text:
    """To the desk: whoever posted the need acts no more, and somebody has said yes to it."""
    figures = {"offer": titled(match.offer), "need": titled(match.need), "reference": match.need.reference}
    if match.state == MatchState.ACCEPTED:
        assert match.confirm_by is not None  # match_accepted_has_a_deadline
        figures["deadline"] = date_format(local_time(match.confirm_by, match.city), "l j F, H:i")
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
        action_url=reverse("matching:case", args=[match.city.slug, match.need.reference]),
    )


def nobody_says(match: Match) -> Text:
    """To the desk: a stay begins, and its association has not said that guests still come."""
    return Text(
        title=_("Sans nouvelles de l’association : %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\n« %(offer)s » attend « %(need)s » (%(reference)s), %(when)s. L’association n’a pas dit si le "
            "foyer vient toujours. Appelez la personne qui accueille, et l’association si elle agit encore."
        )
        % {
            "offer": titled(match.offer),
            "need": titled(match.need),
            "reference": match.need.reference,
            "when": _when(match),
        },
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[match.city.slug, match.need.reference]),
    )


def to_review(match: Match) -> Text:
    """To the desk: what is under way is no longer what one of the sides says it can be."""
    return Text(
        title=_("À revoir : %(need)s") % {"need": match.need.title},
        body=_(
            "Bonjour,\n\n« %(offer)s » est en cours pour « %(need)s » (%(reference)s). La proposition ou le besoin a "
            "changé, et l’un ne va plus avec l’autre. Voyez avec chacun ce qui tient."
        )
        % {"offer": match.offer.title, "need": match.need.title, "reference": match.need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[match.city.slug, match.need.reference]),
    )


def _ends_here(match: Match, about: str) -> Text:
    """It ends early, or never began; nobody is blamed."""
    return Text(
        title=_("Interrompu : %(about)s") % {"about": about},
        body=_(
            "Bonjour,\n\nLa mise en relation pour « %(about)s », %(when)s, s’arrête ici. La ville est prévenue et "
            "cherche une autre solution si besoin.\n\nUne question, un souci ? La ville reste à votre écoute : "
            "%(city)s %(phone)s."
        )
        % {
            "about": about,
            "when": _when(match),
            "city": match.city.name,
            "phone": match.city.phone,
        },
    )


def _to_desk(match: Match, title: str) -> Text:
    return Text(
        title=title,
        body=_("Bonjour,\n\n%(need)s (%(reference)s), %(commune)s. Le dossier est de nouveau à traiter.")
        % {
            "need": titled(match.need),
            "reference": match.need.reference,
            "commune": match.need.commune.name,
        },
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[match.city.slug, match.need.reference]),
    )


def contact_lines(name: str, phone: Any, email: str | None, address: str = "", commune: Any = "") -> str:
    """A contact, a line each, without what is unknown."""
    place = ", ".join(str(part) for part in (address, commune and commune.name) if part)
    return "\n".join(str(line) for line in (name, _number(phone), email, place) if line)


def _number(phone: Any) -> str:
    """As it is dialled from here: "03 53 01 00 17", with the country for a foreign one."""
    if isinstance(phone, str) or not phone:
        return phone or ""  # a town writes its own as it likes
    return str(phone.as_national if phone.country_code == FRANCE else phone.as_international)


def asked(match: Match) -> str:
    """What is asked, with no more than a citizen may read: the household's size, or the quantity."""
    need = match.need
    if need.kind == Kind.HOUSING:
        return ngettext("Un toit pour %(n)s personne", "Un toit pour %(n)s personnes", need.people) % {
            "n": need.people
        }
    return f"{capfirst(what(need, with_words=False))} · {given_words(need, match.quantity)}"


def other_days(match: Match) -> list[str]:
    """Days of the same need that others are asked for, or give, and how far each is: "du 11 au 20 mars (confirmée)"."""
    if not match.need.lasts:
        return []
    return [f"{_when(other)} ({other.get_state_display()})" for other in selectors.beside(match)]


def _when(match: Match) -> str:
    return when_words(match.need, match.first_day, match.last_day)


def _distance(match: Match) -> str:
    """ "à 3,2 km"; often only communes are known, so that next door means no more than the same one."""
    if match.distance_km < NEXT_DOOR_KM:
        return _("dans la même commune")
    return _("à %(km)s") % {"km": kilometres(match.distance_km)}


def _place(match: Match) -> str:
    """Where the need is, for the citizen: "Eybens, à 3,2 km de chez vous", or the commune alone."""
    commune = match.need.commune.name
    if match.distance_km < NEXT_DOOR_KM:
        return commune
    return _("%(commune)s, à %(distance)s de chez vous") % {
        "commune": commune,
        "distance": kilometres(match.distance_km),
    }
