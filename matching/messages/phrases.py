"""What several messages say alike."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.contacts import shown
from catalogue.saying import what
from catalogue.vocabulary import Kind
from matching import arrivals, selectors
from matching.models import Match
from matching.reasons.sentences import NEXT_DOOR_KM, kilometres
from needs.words import asked_of_citizen, given_words, when_words
from notifications.wording.texts import BuiltIn, Reader, Text


def asked(match: Match) -> str:
    """What is asked, with no more than a citizen may read: the household's size, or the quantity."""
    need = match.need
    if need.kind == Kind.HOUSING:
        return in_short(need)
    return f"{capfirst(asked_of_citizen(need))} · {given_words(need, match.quantity)}"


def in_short(need: Any) -> str:
    """What is needed, with nothing that anybody typed: for a screen that others see."""
    if need.kind == Kind.HOUSING:
        return ngettext("Un toit pour %(n)s personne", "Un toit pour %(n)s personnes", need.people) % {
            "n": need.people
        }
    return capfirst(what(need, with_words=False))


def offered(match: Match) -> str:
    """What is offered, with no more than an association may read."""
    return capfirst(what(match.offer, with_words=False))


def other_days(match: Match) -> list[str]:
    """Days of the same need that others are asked for, or give, and how far each is: "du 11 au 20 mars (confirmée)"."""
    if not match.need.lasts:
        return []
    return [f"{when(other)} ({other.get_state_display()})" for other in selectors.beside(match)]


def when(match: Match) -> str:
    return when_words(match.need, match.first_day, match.last_day)


def distance(match: Match) -> str:
    """ "à 3,2 km"; often only communes are known, so that next door means no more than the same one."""
    if match.distance_km < NEXT_DOOR_KM:
        return _("dans la même commune")
    return _("à %(km)s") % {"km": kilometres(match.distance_km)}


def place(match: Match) -> str:
    """Where the need is, for the citizen: "Eybens, à 3,2 km de chez vous", or the commune alone."""
    commune = match.need.commune.name
    if match.distance_km < NEXT_DOOR_KM:
        return commune
    return _("%(commune)s, à %(distance)s de chez vous") % {
        "commune": commune,
        "distance": kilometres(match.distance_km),
    }


def contact_lines(who: Any, address: str = "", commune: Any = "") -> str:
    """A contact, a line each, without what is unknown. Of a number that nobody has proven it is said."""
    phone = _number(who.phone)
    if selectors.is_unproven(who):
        phone = f"{phone} ({_('numéro pas encore vérifié')})"
    place = ", ".join(str(part) for part in (address, commune and commune.name) if part)
    return "\n".join(str(line) for line in (who.name, phone, who.email, place) if line)


def arrival_lines(match: Match) -> str:
    """At what hours one is let in at a place for many, its telephone, its rules; empty elsewhere."""
    found = arrivals.arrival(match)
    if found is None:
        return ""
    told = []
    if found.hours:
        told.append(_("Arrivée\u202f: %(hours)s") % {"hours": found.hours})
    if found.phone:
        told.append(_("Téléphone sur place\u202f: %(phone)s") % {"phone": _number(found.phone)})
    if found.rules:
        told.append(_("Règles du lieu\u202f: %(rules)s") % {"rules": found.rules})
    return "\n".join(told)


def _number(phone: Any) -> str:
    """As it is dialled from here: "03 53 01 00 17", with the country for a foreign one."""
    if isinstance(phone, str) or not phone:
        return phone or ""  # a town writes its own as it likes
    return shown(phone)


DOES_NOT_TAKE_PLACE = BuiltIn(
    name="match_cancelled",
    events=("match_cancelled", "match_refused"),
    reader=Reader.EITHER,
    title=gettext_lazy("Annulé\u202f: %(about)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa mise en relation pour «\u00a0%(about)s\u00a0», %(when)s, n’aura pas lieu.\n\n"
        "Il n’y a rien à faire de votre côté. La ville cherche une autre solution si besoin."
    ),
    required=("about", "when"),
)


def does_not_take_place(match: Match, about: str) -> Text:
    """Nobody is blamed."""
    return DOES_NOT_TAKE_PLACE.filled(
        {"about": about, "when": when(match)},
    )
