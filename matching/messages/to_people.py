"""To the citizen of an offer, and to whoever posted a need: what is asked, and what has become of it."""

from dataclasses import replace

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalogue.labels import listed
from catalogue.saying import titled, what
from catalogue.times import weekday_and_hour
from cities.days import local_time
from matching import links, selectors
from matching.messages.phrases import (
    DOES_NOT_TAKE_PLACE,
    arrival_lines,
    asked,
    contact_lines,
    distance,
    does_not_take_place,
    other_days,
    place,
    when,
)
from matching.models import Match
from notifications.wording.texts import BuiltIn, Reader, Text

QUESTION = BuiltIn(
    name="match_question",
    events=("match_question", "match_question_again"),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Pouvez-vous aider\u202f? %(what)s"),
    body=gettext_lazy(
        "Bonjour,\n\nVous avez proposé «\u00a0%(offer)s\u00a0». Un besoin lui correspond\u202f:\n\n%(what)s\n%(when)s\n"
        "%(place)s.\n\nDites oui ou non avant %(deadline)s. Vous êtes libre de "
        "dire non.\n\nVotre adresse et votre téléphone restent cachés tant que l’association n’a pas confirmé."
    ),
    required=("what", "when", "place", "deadline"),
)


def question(match: Match, person: User) -> Text:
    """Ask the citizen: what, when, where to the commune, until when; yes or no in two taps."""
    assert match.answer_by is not None  # match_proposed_has_a_deadline
    deadline = local_time(match.answer_by, match.city)
    return QUESTION.filled(
        {
            "offer": titled(match.offer),
            "what": asked(match),
            "when": when(match),
            "place": place(match),
            "deadline": weekday_and_hour(deadline),
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
    frame = _("Rappel\u202f: %(title)s")
    assert asked.filling is not None
    return replace(asked, title=frame % {"title": asked.title}, filling=replace(asked.filling, frame=frame))


PLEASE_CONFIRM = BuiltIn(
    name="match_accepted",
    events=("match_accepted", "match_accepted_again"),
    reader=Reader.POSTER,
    title=gettext_lazy("Quelqu’un a dit oui\u202f: %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nUne personne peut répondre à votre besoin «\u00a0%(need)s\u00a0» "
        "(%(reference)s)\u202f:\n\n%(offer)s, "
        "%(when)s, %(distance)s.\n\nConfirmez avant %(deadline)s, et vous recevez ses coordonnées tout de suite."
    ),
    required=("need", "offer", "when", "deadline"),
)


def please_confirm(match: Match, person: User) -> Text:
    """The citizen said yes: the association confirms, until when; of a stay in parts, how far the others are."""
    assert match.confirm_by is not None  # match_accepted_has_a_deadline
    others = other_days(match)
    rest = _("Les autres jours\u202f: %(days)s.") % {"days": listed(others)} if others else ""
    return PLEASE_CONFIRM.filled(
        {
            "need": titled(match.need),
            "reference": match.need.reference,
            "offer": capfirst(what(match.offer, with_words=False)),
            "when": when(match),
            "distance": distance(match),
            "deadline": weekday_and_hour(local_time(match.confirm_by, match.city)),
        },
        action_label=_("Confirmer ou refuser"),
        action_url=links.answer_path(match, person),
        also=rest,
    )


STILL_HOLDS = BuiltIn(
    name="match_still_holds",
    events=("match_still_holds",),
    reader=Reader.POSTER,
    title=gettext_lazy("Le foyer vient-il toujours\u202f? %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nUn accueil est prévu %(when)s pour «\u00a0%(need)s\u00a0» (%(reference)s). La personne qui "
        "accueille garde la place.\n\nLe foyer vient-il toujours\u202f? Un seul appui suffit pour répondre. Si quelque "
        "chose a changé, dites-le aussi\u202f: la place servira à d’autres."
    ),
    required=("need", "when"),
)


def does_it_still_hold(match: Match, person: User) -> Text:
    """To the association, some days before a stay that was confirmed long ago."""
    return STILL_HOLDS.filled(
        {"need": titled(match.need), "reference": match.need.reference, "when": when(match)},
        action_label=_("Répondre"),
        action_url=links.answer_path(match, person),
    )


CITIZENS_CONTACT = BuiltIn(
    name="match_confirmed_poster",
    events=("match_confirmed",),
    reader=Reader.POSTER,
    title=gettext_lazy("C’est confirmé\u202f: %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa mise en relation est confirmée pour «\u00a0%(need)s\u00a0» (%(reference)s), %(when)s.\n\n"
        "Voici à qui vous adresser\u202f:\n%(contact)s\n\nAppelez vite\u202f: une première réponse rapide rassure tout "
        "le monde."
    ),
    required=("need", "when", "contact"),
)


def citizens_contact(match: Match, person: User) -> Text:
    """To the association: whom to call, and where; at a place for many, when and by which rules."""
    contact = contact_lines(match.offer.owner, match.offer.address, match.offer.commune)
    return CITIZENS_CONTACT.filled(
        {
            "need": titled(match.need),
            "reference": match.need.reference,
            "when": when(match),
            "contact": "\n".join(part for part in (contact, arrival_lines(match)) if part),
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


ASSOCIATIONS_CONTACT = BuiltIn(
    name="match_confirmed_citizen",
    events=("match_confirmed",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("C’est confirmé. Merci"),
    body=gettext_lazy(
        "Bonjour,\n\nVotre proposition «\u00a0%(offer)s\u00a0» trouve sa place, %(when)s. Merci.\n\n"
        "Voici qui va vous appeler\u202f:\n%(contact)s\n\nUne question, un souci\u202f? La ville reste à votre "
        "écoute\u202f: "
        "%(city)s %(phone)s."
    ),
    required=("offer", "when", "contact"),
)


def associations_contact(match: Match, person: User) -> Text:
    """To the citizen: who will call."""
    asks = selectors.who_calls(match)
    return ASSOCIATIONS_CONTACT.filled(
        {
            "offer": titled(match.offer),
            "when": when(match),
            "contact": contact_lines(asks),
            "city": match.city.name,
            "phone": match.city.phone,
        },
        action_label=_("Voir la mise en relation"),
        action_url=links.answer_path(match, person),
    )


NO_LONGER_ASKED = BuiltIn(
    name="match_no_longer_asked",
    events=("match_declined", "match_lapsed"),
    reader=Reader.CITIZEN,
    title=gettext_lazy("La question est close, merci"),
    body=gettext_lazy(
        "Bonjour,\n\nNous vous avions demandé de l’aide pour «\u00a0%(offer)s\u00a0». La réponse n’est plus "
        "attendue\u202f: la "
        "ville cherche une autre solution.\n\nIl n’y a rien à faire de votre côté. Votre proposition reste "
        "ouverte pour d’autres besoins."
    ),
    required=("offer",),
)


def no_longer_asked(match: Match, person: User) -> Text:
    """To the citizen: the question that they had is closed; no answer is no fault."""
    return NO_LONGER_ASKED.filled(
        {"offer": titled(match.offer)},
    )


NOT_CONFIRMED = BuiltIn(
    name="match_not_confirmed",
    events=("match_lapsed",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Pas de confirmation à temps, et merci"),
    body=gettext_lazy(
        "Bonjour,\n\nVous aviez dit oui pour «\u00a0%(offer)s\u00a0». La confirmation n’est pas venue à "
        "temps\u202f: vous êtes "
        "libre. Merci d’avoir répondu.\n\nVotre proposition reste ouverte pour d’autres besoins."
    ),
    required=("offer",),
)


def not_confirmed(match: Match, person: User) -> Text:
    """To the citizen who said yes: nobody confirmed, and their offer is free again."""
    return NOT_CONFIRMED.filled(
        {"offer": titled(match.offer)},
    )


CONFIRMATION_OVER = BuiltIn(
    name="match_confirmation_over",
    events=("match_lapsed",),
    reader=Reader.POSTER,
    title=gettext_lazy("Le délai pour confirmer est passé\u202f: %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nUne personne pouvait répondre à votre besoin «\u00a0%(need)s\u00a0» (%(reference)s). Sans "
        "confirmation "
        "à temps, sa proposition est de nouveau libre. La ville continue de chercher.\n\nUne question, un souci\u202f? "
        "La ville reste à votre écoute\u202f: %(city)s %(phone)s."
    ),
    required=("need",),
)


def confirmation_over(match: Match, person: User) -> Text:
    """To whoever did not confirm in time: where the need stands, and whom to call."""
    return CONFIRMATION_OVER.filled(
        {
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


NOT_TAKEN_UP = BuiltIn(
    name="match_refused",
    events=("match_refused",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Pas cette fois, et merci"),
    body=gettext_lazy(
        "Bonjour,\n\nVous aviez dit oui pour «\u00a0%(offer)s\u00a0». Finalement, ce n’est pas nécessaire cette fois. "
        "Merci d’avoir répondu.\n\nVotre proposition reste ouverte pour d’autres besoins."
    ),
    required=("offer",),
)


def not_taken_up(match: Match, person: User) -> Text:
    """The association found it does not suit: the citizen is thanked."""
    return NOT_TAKEN_UP.filled(
        {"offer": titled(match.offer)},
    )


SOMEBODY_WAS_FIRST = BuiltIn(
    name="match_answered_first",
    events=("match_cancelled",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Quelqu’un d’autre a dit oui, merci"),
    body=gettext_lazy(
        "Bonjour,\n\nNous vous avions demandé de l’aide pour «\u00a0%(offer)s\u00a0», et à quelqu’un d’autre en "
        "même temps. Cette personne a dit oui la première\u202f: c’est trouvé.\n\nIl n’y a rien à faire de votre "
        "côté. Votre proposition reste ouverte pour d’autres besoins."
    ),
    required=("offer",),
)


def cancelled_for_owner(match: Match, person: User) -> Text:
    if selectors.came_second(match):
        return SOMEBODY_WAS_FIRST.filled({"offer": titled(match.offer)})
    return does_not_take_place(match, titled(match.offer))


def cancelled_for_poster(match: Match, person: User) -> Text:
    return does_not_take_place(match, titled(match.need))


ENDS_HERE = BuiltIn(
    name="match_broken_off",
    events=("match_broken_off",),
    reader=Reader.EITHER,
    title=gettext_lazy("Interrompu\u202f: %(about)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa mise en relation pour «\u00a0%(about)s\u00a0», %(when)s, s’arrête ici. La ville est "
        "prévenue et "
        "cherche une autre solution si besoin.\n\nUne question, un souci\u202f? La ville reste à votre écoute\u202f: "
        "%(city)s %(phone)s."
    ),
    required=("about", "when"),
)


def _ends_here(match: Match, about: str) -> Text:
    """It ends early, or never began; nobody is blamed."""
    return ENDS_HERE.filled(
        {
            "about": about,
            "when": when(match),
            "city": match.city.name,
            "phone": match.city.phone,
        },
    )


TEXTS = (
    QUESTION, PLEASE_CONFIRM, STILL_HOLDS, CITIZENS_CONTACT, ASSOCIATIONS_CONTACT, NO_LONGER_ASKED, NOT_CONFIRMED,
    CONFIRMATION_OVER, NOT_TAKEN_UP, ENDS_HERE, DOES_NOT_TAKE_PLACE, SOMEBODY_WAS_FIRST,
)  # fmt: skip
