"""What people are told about a match: mails, and the engine's reasons as sentences.

Contacts stand in the two messages of a confirmation, and nowhere else.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalogue.labels import household_names, language_names, listed, quantity_words
from catalogue.slots import parse_slot
from catalogue.times import day_range, slot_words
from catalogue.vocabulary import Category, Kind
from matching import links
from matching.models import ConditionQuestion, Match
from notifications.services import Text

NEXT_DOOR_KM = 0.1
FRANCE = 33  # as a telephone's country code
Composer = Callable[[Match, User], Text]


# --- Mails ---------------------------------------------------------------------------------------------


def question(match: Match, person: User) -> Text:
    """Ask the citizen: what, when, where to the commune, until when; yes or no in two taps."""
    assert match.answer_by is not None  # match_proposed_has_a_deadline
    deadline = match.answer_by.astimezone(ZoneInfo(match.city.timezone))
    return Text(
        title=_("Pouvez-vous aider ? %(what)s") % {"what": asked(match)},
        body=_(
            "Bonjour,\n\nVous avez proposé « %(offer)s ». Un besoin lui correspond :\n\n%(what)s\n%(when)s\n"
            "%(place)s.\n\nDites oui ou non avant %(deadline)s. Vous êtes libre de "
            "dire non.\n\nVotre adresse et votre téléphone restent cachés tant que l’association n’a pas confirmé."
        )
        % {
            "offer": match.offer.title,
            "what": asked(match),
            "when": day_range(match.first_day, match.last_day),
            "place": _place(match),
            "deadline": date_format(deadline, "l j F, H:i"),
        },
        action_label=_("Répondre oui ou non"),
        action_url=links.answer_path(match, person),
    )


def please_confirm(match: Match, person: User) -> Text:
    """The citizen said yes: the association confirms."""
    return Text(
        title=_("Quelqu’un a dit oui : %(need)s") % {"need": match.need.title},
        body=_(
            "Bonjour,\n\nUne personne peut répondre à votre besoin « %(need)s » (%(reference)s) :\n\n%(offer)s, "
            "%(when)s, %(distance)s.\n\nConfirmez, et vous recevez ses coordonnées tout de suite."
        )
        % {
            "need": match.need.title,
            "reference": match.need.reference,
            "offer": match.offer.get_category_display(),
            "when": day_range(match.first_day, match.last_day),
            "distance": _distance(match),
        },
        action_label=_("Confirmer ou refuser"),
        action_url=links.answer_path(match, person),
    )


def citizens_contact(match: Match, person: User) -> Text:
    """To the association: whom to call, and where."""
    owner = match.offer.owner
    return Text(
        title=_("C’est confirmé : %(need)s") % {"need": match.need.title},
        body=_(
            "Bonjour,\n\nLa mise en relation est confirmée pour « %(need)s » (%(reference)s), %(when)s.\n\n"
            "Voici à qui vous adresser :\n%(contact)s\n\nAppelez vite : une première réponse rapide rassure tout "
            "le monde."
        )
        % {
            "need": match.need.title,
            "reference": match.need.reference,
            "when": day_range(match.first_day, match.last_day),
            "contact": contact_lines(
                owner.name, owner.phone, owner.email, match.offer.address, match.offer.commune
            ),
        },
        action_label=_("Voir la mise en relation"),
        action_url=links.answer_path(match, person),
    )


def associations_contact(match: Match, person: User) -> Text:
    """To the citizen: who will call."""
    organisation = match.need.organisation
    if organisation is not None:
        contact = contact_lines(organisation.name, organisation.phone, organisation.email)
    else:
        asker = match.need.person
        assert asker is not None  # need_has_a_poster
        contact = contact_lines(asker.name, asker.phone, asker.email)
    return Text(
        title=_("C’est confirmé. Merci"),
        body=_(
            "Bonjour,\n\nVotre proposition « %(offer)s » trouve sa place, %(when)s. Merci.\n\n"
            "Voici qui va vous appeler :\n%(contact)s\n\nUne question, un souci ? La ville reste à votre écoute : "
            "%(city)s %(phone)s."
        )
        % {
            "offer": match.offer.title,
            "when": day_range(match.first_day, match.last_day),
            "contact": contact,
            "city": match.city.name,
            "phone": match.city.phone,
        },
        action_label=_("Voir la mise en relation"),
        action_url=links.answer_path(match, person),
    )


def declined(match: Match, person: User) -> Text:
    return _to_desk(match, _("Réponse : non. %(need)s") % {"need": match.need.title})


def lapsed(match: Match, person: User) -> Text:
    return _to_desk(match, _("Pas de réponse à temps. %(need)s") % {"need": match.need.title})


def broken_off(match: Match, person: User) -> Text:
    return _to_desk(match, _("Interrompu. %(need)s") % {"need": match.need.title})


def not_taken_up(match: Match, person: User) -> Text:
    """The association found it does not suit: the citizen is thanked, the desk looks on."""
    if person != match.offer.owner:
        return _to_desk(
            match, _("L’association n’a pas retenu la proposition. %(need)s") % {"need": match.need.title}
        )
    return Text(
        title=_("Pas cette fois, et merci"),
        body=_(
            "Bonjour,\n\nVous aviez dit oui pour « %(offer)s ». Finalement, ce n’est pas nécessaire cette fois. "
            "Merci d’avoir répondu.\n\nVotre proposition reste ouverte pour d’autres besoins."
        )
        % {"offer": match.offer.title},
    )


def cancelled(match: Match, person: User) -> Text:
    """To everybody concerned: it does not take place; nobody is blamed."""
    about = match.offer.title if person == match.offer.owner else match.need.title
    return Text(
        title=_("Annulé : %(about)s") % {"about": about},
        body=_(
            "Bonjour,\n\nLa mise en relation pour « %(about)s », %(when)s, n’aura pas lieu.\n\n"
            "Il n’y a rien à faire de votre côté. La ville cherche une autre solution si besoin."
        )
        % {"about": about, "when": day_range(match.first_day, match.last_day)},
    )


def new_suggestions(need: Any, count: int) -> Text:
    """To the desk: a need for tonight has suggestions."""
    return Text(
        title=_("Ce soir : %(need)s") % {"need": need.title},
        body=ngettext(
            "Bonjour,\n\n%(count)s piste est trouvée pour ce soir : « %(need)s », %(commune)s.",
            "Bonjour,\n\n%(count)s pistes sont trouvées pour ce soir : « %(need)s », %(commune)s.",
            count,
        )
        % {"count": count, "need": need.title, "commune": need.commune.name},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[need.city.slug, need.reference]),
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


def _to_desk(match: Match, title: str) -> Text:
    return Text(
        title=title,
        body=_("Bonjour,\n\n%(need)s (%(reference)s), %(commune)s. Le dossier est de nouveau à traiter.")
        % {
            "need": match.need.title,
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
    if not phone:
        return ""
    return str(phone.as_national if phone.country_code == FRANCE else phone.as_international)


# --- Sentences -----------------------------------------------------------------------------------------


def asked(match: Match) -> str:
    """What is asked, with no more than a citizen may read: the household's size, or the quantity."""
    need = match.need
    if need.kind == Kind.HOUSING:
        return ngettext("Un toit pour %(n)s personne", "Un toit pour %(n)s personnes", need.people) % {
            "n": need.people
        }
    return f"{Category(need.category).label} · {quantity_words(need.kind, match.quantity)}"


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


def kilometres(distance: float) -> str:
    """ "3,2 km", "12 km"; "moins de 100 m" for next door."""
    if distance < NEXT_DOOR_KM:
        return _("moins de 100 m")
    places = 1 if distance < 10 else 0
    return _("%(n)s km") % {
        "n": number_format(round(distance, places), places)
    }  # which cuts, and does not round


def reason_sentence(code: str, params: Mapping[str, Any]) -> str:
    """One of the engine's reasons in the reader's language."""
    return _SENTENCES[code](params)


def near_miss_sentence(rule: str, params: Mapping[str, Any]) -> str:
    """The one condition unmet, with its gap."""
    return _NEAR_MISSES[rule](params)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _days(count: int) -> str:
    return ngettext("%(n)s jour", "%(n)s jours", count) % {"n": count}


def _some_days(p: Mapping[str, Any]) -> str:
    return _("libre %(run)s sur %(asked)s, %(range)s") % {
        "run": p["run_days"],
        "asked": _days(p["days_asked"]),
        "range": day_range(_day(p["first_day"]), _day(p["last_day"])),
    }


def _all_days(p: Mapping[str, Any]) -> str:
    if p["days_asked"] == 1:
        return _("libre ce jour-là")
    covered = _("couvre les %(days)s") % {"days": _days(p["days_asked"])}
    return _("%(covered)s, sans date de fin") % {"covered": covered} if p["open_ended"] else covered


def _places(p: Mapping[str, Any]) -> str:
    return ngettext("%(places)s pour %(n)s personne", "%(places)s pour %(n)s personnes", p["asked"]) % {
        "places": quantity_words(Kind.HOUSING, p["remaining"]),
        "n": p["asked"],
    }


def _quantity(p: Mapping[str, Any]) -> str:
    if p["quantity"] == p["asked"]:
        return _("toute la quantité : %(units)s") % {"units": quantity_words(p["kind"], p["quantity"])}
    return _("une partie : %(given)s sur %(asked)s") % {
        "given": p["quantity"],
        "asked": quantity_words(p["kind"], p["asked"]),
    }


def _confirmed_ago(p: Mapping[str, Any]) -> str:
    if p["days"] == 0:
        return _("confirmée aujourd’hui")
    return _("confirmée il y a %(days)s") % {"days": _days(p["days"])}


def _asked_times(p: Mapping[str, Any]) -> str:
    return ngettext(
        "déjà sollicité %(n)s fois ce mois-ci", "déjà sollicité %(n)s fois ce mois-ci", p["times"]
    ) % {"n": p["times"]}


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("à %(km)s") % {"km": kilometres(p["distance_km"])},
    "same_place": lambda p: _("dans la même commune"),
    "remote": lambda p: _("possible à distance"),
    "all_days": _all_days,
    "some_days": _some_days,
    "places_exact": _places,
    "places_to_spare": _places,
    "whole_quantity": _quantity,
    "part_quantity": _quantity,
    "shared_languages": lambda p: _("parle %(languages)s") % {"languages": language_names(p["languages"])},
    "languages_unknown": lambda p: _("langues non précisées"),
    "no_shared_language": lambda p: _("pas de langue commune"),
    "confirmation_unknown": lambda p: _("jamais reconfirmée"),
    "confirmed": _confirmed_ago,
    "asked": _asked_times,
    "not_asked": lambda p: _("jamais sollicité ce mois-ci"),
    "linked_city": lambda p: _("dans une ville voisine liée"),
    "accepts": lambda p: _("accueille : %(words)s") % {"words": household_names(p["words"])},
    "accepts_everyone": lambda p: _("accueille tous les foyers"),
    "step_free": lambda p: _("de plain-pied ou avec ascenseur"),
    "pets_accepted": lambda p: _("accepte les animaux"),
    "shared_home": lambda p: _("logement partagé avec l’hôte"),
    "form": lambda p: str(Category(p["form"]).label),
    "languages": lambda p: (
        _("toutes les langues demandées : %(languages)s") % {"languages": language_names(p["languages"])}
    ),
    "slots": lambda p: _("des créneaux en commun"),
}

_NEAR_MISSES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("%(km)s trop loin") % {"km": kilometres(p["gap_km"])},
    "dates": lambda p: (
        ngettext("%(n)s jour de moins qu’il ne faut", "%(n)s jours de moins qu’il ne faut", p["gap_days"])
        % {"n": p["gap_days"]}
    ),
    "capacity": lambda p: _("il manque %(units)s") % {"units": quantity_words(p["kind"], p["gap"])},
    "step_free": lambda p: _("pas de plain-pied"),
    "pets": lambda p: _("n’accepte pas les animaux"),
    "shared_home": lambda p: _("logement partagé, que le foyer ne souhaite pas"),
    "household": lambda p: _("n’accueille pas : %(words)s") % {"words": household_names(p["needed"])},
    "languages": lambda p: (
        _("langue manquante : %(languages)s") % {"languages": language_names(p["missing"])}
    ),
    "slots": lambda p: _("pas de créneau en commun"),
}


# --- Can a condition give? -----------------------------------------------------------------------------


def condition_question(question: ConditionQuestion, person: User) -> Text:
    """To whoever posted the need: what is nearly possible, and what would have to change."""
    return Text(
        title=_("Une condition peut-elle changer\u202f? %(need)s") % {"need": question.need.title},
        body=_(
            "Bonjour,\n\nPour votre besoin «\u00a0%(need)s\u00a0» (%(reference)s), une proposition est presque "
            "possible.\n\n%(gap)s %(ask)s\n\nVous êtes libre de dire non. Si vous dites oui, votre besoin change "
            "tout de suite, et la ville regarde la suite."
        )
        % {
            "need": question.need.title,
            "reference": question.need.reference,
            "gap": condition_gap(question),
            "ask": condition_ask(question),
        },
        action_label=_("Répondre oui ou non"),
        action_url=links.condition_path(question, person),
    )


def condition_answered(question: ConditionQuestion, person: User) -> Text:
    """To the desk: what was said. Its new suggestions come by themselves."""
    need = question.need
    gives = question.answer == ConditionQuestion.Answer.GIVES
    titles = (_("Réponse\u202f: oui, %(change)s. %(need)s"), _("Réponse\u202f: la condition reste. %(need)s"))
    change = change_words(question.rule, question.params)
    return Text(
        title=titles[0 if gives else 1] % {"change": change, "need": need.title},
        body=(
            _(
                "Bonjour,\n\n«\u00a0%(need)s\u00a0» (%(reference)s), %(commune)s\u202f: oui, %(change)s. Le besoin "
                "est changé, les nouvelles pistes arrivent dans le dossier."
            )
            if gives
            else _(
                "Bonjour,\n\n«\u00a0%(need)s\u00a0» (%(reference)s), %(commune)s\u202f: la condition reste. La "
                "question «\u00a0%(change)s\u00a0» n’est plus posée tant que le besoin ne change pas."
            )
        )
        % {
            "need": need.title,
            "reference": need.reference,
            "commune": need.commune.name,
            "change": change,
        },
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("matching:case", args=[need.city.slug, need.reference]),
    )


def condition_gap(question: ConditionQuestion) -> str:
    """What is nearly possible, and what keeps it from being so: no more of the offer than its conditions."""
    return _GAPS[question.rule](_WHAT[question.need.kind](), question.params)


def condition_ask(question: ConditionQuestion) -> str:
    """The question itself, to be answered with yes or no."""
    return _ASKS[question.rule](question.params)


def condition_change(question: ConditionQuestion) -> str:
    """What a yes makes of the need."""
    return _NEW_CONDITIONS[question.rule](question.params)


def change_words(rule: str, params: Mapping[str, Any]) -> str:
    """A change in few words, for the desk: "avec 24 km"."""
    return _CHANGES[rule](params)


def exact_km(distance: float) -> str:
    """ "23,6 km", "24 km": rounded up to what a limit of whole kilometres is compared with."""
    up = math.ceil(round(distance * 10, 3)) / 10
    return _("%(n)s km") % {"n": number_format(up, 0 if up == int(up) else 1)}


def _hours(p: Mapping[str, Any]) -> str:
    return listed(slot_words(parse_slot(text)) for text in p["offered"])


_WHAT: dict[str, Callable[[], str]] = {
    Kind.HOUSING: lambda: _("Un logement"),
    Kind.GOODS: lambda: _("Une proposition"),
    Kind.SKILL: lambda: _("Une personne"),
}

_GAPS: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "distance": lambda what, p: (
        _("%(what)s est à %(distance)s\u202f; vous aviez dit %(asked)s.")
        % {"what": what, "distance": exact_km(p["distance_km"]), "asked": exact_km(p["reach_km"])}
    ),
    "dates": lambda what, p: (
        _("%(what)s est libre %(run)s d’affilée, %(range)s\u202f; il vous en faut %(asked)s.")
        % {
            "what": what,
            "run": _days(p["run_days"]),
            "range": day_range(_day(p["first_day"]), _day(p["last_day"])),
            "asked": p["least_days"],
        }
    ),
    "capacity": lambda what, p: (
        _("%(what)s couvre une partie\u202f: %(given)s sur %(asked)s.")
        % {"what": what, "given": p["quantity"], "asked": quantity_words(p["kind"], p["asked"])}
    ),
    "step_free": lambda what, p: _("%(what)s convient, mais sans plain-pied ni ascenseur.") % {"what": what},
    "pets": lambda what, p: _("%(what)s convient, mais n’accepte pas les animaux.") % {"what": what},
    "shared_home": lambda what, p: (
        _("%(what)s convient, mais se partage avec la personne qui y vit.") % {"what": what}
    ),
    "languages": lambda what, p: (
        _("%(what)s parle les autres langues demandées, mais pas celle-ci\u202f: %(languages)s.")
        % {"what": what, "languages": language_names(p["missing"])}
    ),
    "slots": lambda what, p: (
        _("%(what)s est libre à d’autres heures que les vôtres\u202f: %(hours)s.")
        % {"what": what, "hours": _hours(p)}
    ),
}

_ASKS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("Est-ce que %(km)s peuvent aller\u202f?") % {"km": exact_km(p["to_km"])},
    "dates": lambda p: (
        ngettext(
            "Est-ce que %(n)s jour peut aller\u202f?",
            "Est-ce que %(n)s jours peuvent aller\u202f?",
            p["run_days"],
        )
        % {"n": p["run_days"]}
    ),
    "capacity": lambda p: _("Est-ce qu’une partie peut déjà aider\u202f?"),
    "step_free": lambda p: _("Est-ce que des marches peuvent aller\u202f?"),
    "pets": lambda p: _("Est-ce que cela peut aller sans l’animal\u202f?"),
    "shared_home": lambda p: _("Est-ce qu’un logement partagé peut aller\u202f?"),
    "languages": lambda p: (
        _("Est-ce que cela peut aller sans %(languages)s\u202f?")
        % {"languages": language_names(p["missing"])}
    ),
    "slots": lambda p: _("Est-ce que d’autres heures peuvent aller\u202f?"),
}

_NEW_CONDITIONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("votre besoin va jusqu’à %(km)s") % {"km": exact_km(p["to_km"])},
    "dates": lambda p: _("votre besoin accepte dès %(days)s d’affilée") % {"days": _days(p["run_days"])},
    "capacity": lambda p: _("votre besoin accepte d’être couvert en partie"),
    "step_free": lambda p: _("votre besoin ne demande plus de plain-pied ni d’ascenseur"),
    "pets": lambda p: _("votre besoin ne compte plus d’animal"),
    "shared_home": lambda p: _("votre besoin accepte un logement partagé"),
    "languages": lambda p: (
        _("votre besoin ne demande plus\u202f: %(languages)s") % {"languages": language_names(p["missing"])}
    ),
    "slots": lambda p: _("votre besoin ne demande plus d’heures précises"),
}

_CHANGES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("avec %(km)s") % {"km": exact_km(p["to_km"])},
    "dates": lambda p: _("avec %(days)s") % {"days": _days(p["run_days"])},
    "capacity": lambda p: _("avec une partie"),
    "step_free": lambda p: _("sans plain-pied"),
    "pets": lambda p: _("sans animal"),
    "shared_home": lambda p: _("avec un logement partagé"),
    "languages": lambda p: _("sans %(languages)s") % {"languages": language_names(p["missing"])},
    "slots": lambda p: _("à d’autres heures"),
}
