"""To the citizen of an offer, and to whoever posted a need."""

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from catalogue.labels import listed
from catalogue.saying import titled, what
from cities.days import local_time
from matching import links, selectors
from matching.messages.phrases import (
    asked,
    contact_lines,
    distance,
    does_not_take_place,
    other_days,
    place,
    when,
)
from matching.models import Match
from notifications.services import Text


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
            "when": when(match),
            "place": place(match),
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
            "when": when(match),
            "distance": distance(match),
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
        % {"need": titled(match.need), "reference": match.need.reference, "when": when(match)},
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
            "when": when(match),
            "contact": contact_lines(
                owner.name, owner.phone, owner.email, match.offer.address, match.offer.commune
            ),
        },
        action_label=_("Voir la mise en relation"),
        action_url=links.answer_path(match, person),
    )


def moved(match: Match, person: User) -> Text:
    """To the association: where it takes place has changed since it was confirmed. The place stands on the page."""
    return Text(
        title=_("L’adresse a changé\u202f: %(need)s") % {"need": titled(match.need)},
        body=_(
            "Bonjour,\n\nLa mise en relation pour «\u00a0%(need)s\u00a0» (%(reference)s), %(when)s, tient toujours. "
            "L’adresse a changé\u202f: regardez-la avant d’y aller."
        )
        % {"need": titled(match.need), "reference": match.need.reference, "when": when(match)},
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
            "when": when(match),
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


def broken_off_for_owner(match: Match, person: User) -> Text:
    return _ends_here(match, titled(match.offer))


def broken_off_for_poster(match: Match, person: User) -> Text:
    return _ends_here(match, titled(match.need))


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


def cancelled_for_owner(match: Match, person: User) -> Text:
    return does_not_take_place(match, titled(match.offer))


def cancelled_for_poster(match: Match, person: User) -> Text:
    return does_not_take_place(match, titled(match.need))


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
            "when": when(match),
            "city": match.city.name,
            "phone": match.city.phone,
        },
    )
