"""What was compared of a pair, side by side, and which side its reader may read in full."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.labels import category_label, euros, language_names, listed, quantity_words
from catalogue.saying import what
from catalogue.vocabulary import Category, Kind
from matching.lifecycle import Role
from matching.models import Match
from matching.reasons.sentences import kilometres, reason_sentence
from matching.serializers import HIDDEN_FROM_ASSOCIATIONS, TOLD_TO_CITIZENS
from needs.models import Need
from needs.words import given_words, public_title_of, when_words
from offers.models import Offer

# First strong isolate: a title keeps its own direction and moves nothing of the sentence around it.
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Reader:
    """Which of the two sides its reader may read in full: the desk both, anybody else their own."""

    reads_need: bool
    reads_offer: bool
    is_desk: bool

    @classmethod
    def of(cls, roles: frozenset[Role]) -> "Reader":
        desk = Role.COORDINATOR in roles
        return cls(desk or Role.ASSOCIATION in roles, desk or Role.CITIZEN in roles, desk)

    def may_read(self, code: str) -> bool:
        """Whether a reason of the engine may be told."""
        return (self.reads_need or code in TOLD_TO_CITIZENS) and (
            self.reads_offer or code not in HIDDEN_FROM_ASSOCIATIONS
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of what was compared; `need` or `offer` is empty where that side says nothing of it."""

    label: str
    need: str
    offer: str


def public_words(match: Match) -> str:
    return public_title_of(match.need, quantity=match.quantity)


def compared(match: Match, reader: Reader) -> list[Compared]:
    need, offer = match.need, match.offer
    is_home = need.kind == Kind.HOUSING
    asked_title = isolated(need.title) if reader.reads_need else public_words(match)
    offered_title = isolated(offer.title) if reader.reads_offer else what(offer, with_words=False)
    lines = [Compared(_("Quoi"), asked_title, offered_title)]
    if reader.reads_need or not is_home:
        lines.append(Compared(_("Catégorie"), _categories(need), category_label(offer.category)))
    if need.kind == Kind.GOODS:
        asked_item = what(need, with_words=reader.reads_need)
        lines.append(Compared(_("Objet"), asked_item, what(offer, with_words=reader.reads_offer)))
    lines += [
        Compared(
            _("Jours"),
            when_words(need, need.first_day, need.last_day),
            _("possible pour les deux\u202f: %(days)s")
            % {"days": when_words(need, match.first_day, match.last_day)},
        ),
        Compared(_("Combien"), _asked(match, reader), _offered(match, reader)),
        Compared(_("Où"), _need_place(match, reader), _offer_place(match, reader)),
    ]
    if reader.reads_need:
        lines.append(Compared(_("Langues parlées"), _languages(need.languages), _languages(offer.languages)))
        if is_home:
            lines.append(Compared(_("Conditions"), _required(need), _given(match)))
    return lines


def _categories(need: Need) -> str:
    if need.kind != Kind.HOUSING:
        return category_label(need.category)
    return listed(category_label(form) for form in need.forms) or _("toutes les formes de logement")


def _asked(match: Match, reader: Reader) -> str:
    need = match.need
    if need.kind == Kind.HOUSING:
        return ngettext("%(n)s personne", "%(n)s personnes", need.people) % {"n": need.people}
    return given_words(need, need.quantity if reader.reads_need else match.quantity)


def _offered(match: Match, reader: Reader) -> str:
    offer = match.offer
    if reader.reads_offer:
        return quantity_words(offer.kind, offer.capacity)
    if offer.kind == Kind.HOUSING:
        return _("assez de places pour tous")
    return given_words(match.need, match.quantity)


def _need_place(match: Match, reader: Reader) -> str:
    commune = match.need.commune.name
    return _reach(commune, match.need.reach_km) if reader.reads_need else commune


def _offer_place(match: Match, reader: Reader) -> str:
    if reader.reads_offer:
        return _reach(match.offer.commune.name, match.offer.reach_km)
    return _("à %(km)s") % {"km": kilometres(match.distance_km)}


def _reach(commune: str, reach_km: float) -> str:
    """ "Eybens, jusqu’à 10 km"."""
    if not reach_km:
        return commune
    return _("%(commune)s, jusqu’à %(km)s") % {"commune": commune, "km": kilometres(reach_km)}


def _languages(codes: list[str]) -> str:
    return language_names(codes) or _("non précisées")


def _required(need: Need) -> str:
    required = [
        _("plain-pied nécessaire") if need.step_free_needed else "",
        _("avec un animal") if need.pets else "",
        _("sans fumée") if need.smoke_free_needed else "",
        _("loyer jusqu’à %(rent)s par mois") % {"rent": euros(need.rent_up_to)} if need.rent_up_to else "",
        _("logement partagé accepté") if need.shared_home_ok else _("pas de logement partagé"),
    ]
    return listed(word for word in required if word)


def _shared(offer: Offer) -> str:
    if offer.category == Category.COLLECTIVE_PLACE:
        return _("lieu partagé avec d’autres personnes")
    return _("logement partagé avec l’hôte") if offer.shared_home else _("logement non partagé")


def _given(match: Match) -> str:
    offer = match.offer
    given = [
        _("de plain-pied ou avec ascenseur") if offer.step_free else _("pas de plain-pied"),
        _("accepte les animaux") if offer.pets_accepted else _("n’accepte pas les animaux"),
        _("on y fume") if offer.smoking else _("personne n’y fume"),
        _shared(offer),
        reason_sentence("notice", {"days": offer.notice_days}) if offer.notice_days else "",
        reason_sentence("stay", {"days": offer.longest_stay_days}) if offer.longest_stay_days else "",
        reason_sentence("rent", {"rent": offer.rent}) if offer.rent else "",
    ]
    return listed(word for word in given if word)


def isolated(text: str) -> str:
    return f"{ISOLATE}{text}{END_OF_ISOLATE}"
