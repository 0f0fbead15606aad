"""What is counted, as data: each indicator with its words, its rows, and the moment that says to which month they
belong.

docs/indicators.md is written from here (`manage.py field_docs`), and so are the pages. A number of a page that is not
an indicator is a state of today: `insight.today`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Aggregate, Count, Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from cities.models import City
from followups.models import Answer, Outcome
from matching.lifecycle import SERVED, Act
from matching.models import Decision
from needs.models import Need, NeedState
from offers.models import Offer, OfferState

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

COUNT, PEOPLE, NIGHTS, PART, TIME = "count", "people", "nights", "part", "time"
UNITS = {
    COUNT: _("nombre"),
    PEOPLE: _("personnes"),
    NIGHTS: _("nuits-personnes"),
    PART: _("pour cent"),
    TIME: _("durée, médiane et 90ᵉ centile"),
}
# Of a town, whatever the months, the kind and the commune.
Rows = Callable[[City], QuerySet[Any, Any]]


@dataclass(frozen=True, slots=True)
class Indicator:
    """`counts` and `leaves_out` say of which rows, `unit` of what."""

    name: str
    label: "StrPromise"
    unit: str
    counts: "StrPromise"
    leaves_out: "StrPromise"


@dataclass(frozen=True, slots=True)
class Counted(Indicator):
    """A number of rows, or of what `adds` names in them. `moment`: the field that says when; `entry`: what leads to the
    offer or need.
    """

    rows: Rows
    moment: str
    entry: str = ""
    adds: str = ""

    @property
    def value(self) -> Aggregate:
        return Sum(self.adds) if self.adds else Count("*")


@dataclass(frozen=True, slots=True)
class Share(Indicator):
    """One indicator as a part of several together, of which it is one."""

    part: str
    whole: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread(Indicator):
    """A time from one moment of a need to another, columns of `insight.times`; of those alone that have both."""

    start: str
    end: str


def _first_yes(city: City) -> QuerySet[Decision]:
    """For each need the decision by which both sides had first said yes, of what holds or has been."""
    yes = Decision.objects.filter(act=Act.CONFIRM, match__city=city, match__state__in=SERVED)
    before = yes.filter(match__need=OuterRef("match__need"), pk__lt=OuterRef("pk"))
    return yes.filter(~Exists(before))


def _said(*acts: Act) -> Rows:
    return lambda city: Decision.objects.filter(match__city=city, act__in=acts)


INDICATORS: tuple[Indicator, ...] = (
    Counted(
        "offers",
        _("Propositions enregistrées"),
        COUNT,
        _("Chaque proposition, le mois où elle est enregistrée, quel que soit son état d’aujourd’hui."),
        _("Les brouillons, et celles dont la personne n’a jamais confirmé son contact."),
        lambda city: Offer.objects.filter(city=city).exclude(
            state__in=[OfferState.DRAFT, OfferState.UNCONFIRMED]
        ),
        "created_at",
    ),
    Counted(
        "needs",
        _("Besoins postés"),
        COUNT,
        _("Chaque besoin, le mois où il est posté, quel que soit son état d’aujourd’hui."),
        _("Les brouillons."),
        lambda city: Need.objects.filter(city=city).exclude(state=NeedState.DRAFT),
        "created_at",
    ),
    Counted(
        "people_in_need",
        _("Personnes concernées par ces besoins"),
        PEOPLE,
        _("Les personnes de chaque besoin posté ce mois."),
        _("Les brouillons. Une personne de deux besoins compte deux fois\u202f: personne n’est suivi par son nom."),
        lambda city: Need.objects.filter(city=city).exclude(state=NeedState.DRAFT),
        "created_at",
        adds="people",
    ),
    Counted(
        "needs_served",
        _("Besoins qui ont reçu une aide"),
        COUNT,
        _("Chaque besoin une fois, le mois où les deux côtés ont dit oui pour la première fois."),
        _("Ce qui a été annulé ou interrompu, s’il n’y a rien eu d’autre."),
        _first_yes,
        "at",
        "match__need__",
    ),
    Counted(
        "people_helped",
        _("Personnes aidées"),
        PEOPLE,
        _("Les personnes de ces besoins, une fois par besoin."),
        _("Ce qui a été annulé ou interrompu, s’il n’y a rien eu d’autre."),
        _first_yes,
        "at",
        "match__need__",
        "match__need__people",
    ),
    Indicator(
        "nights",
        _("Nuits d’accueil"),
        NIGHTS,
        _("Pour chaque logement confirmé, les personnes accueillies multipliées par les jours passés, dans leur mois."),
        _("Les jours à venir, ce qui a été annulé avant de commencer, les jours après une fin anticipée."),
    ),
    Counted(
        "questions",
        _("Questions posées"),
        COUNT,
        _("Chaque question à la personne qui propose, le jour où l’équipe la pose."),
        _("Les rappels."),
        _said(Act.PROPOSE),
        "at",
        "match__offer__",
    ),
    Counted(
        "yes",
        _("Oui"),
        COUNT,
        _("Chaque oui de la personne qui propose, ou présumé par un réglage de la ville."),
        _("Les oui de l’association."),
        _said(Act.ACCEPT),
        "at",
        "match__offer__",
    ),
    Counted(
        "no",
        _("Non"),
        COUNT,
        _("Chaque non de la personne qui propose."),
        _("Les non de l’association."),
        _said(Act.DECLINE),
        "at",
        "match__offer__",
    ),
    Counted(
        "unanswered",
        _("Sans réponse à temps"),
        COUNT,
        _("Chaque question dont le délai est passé."),
        _("Les oui que l’association n’a pas confirmés à temps."),
        lambda city: Decision.objects.filter(match__city=city, act=Act.LAPSE, from_state="proposed"),
        "at",
        "match__offer__",
    ),
    Share(
        "acceptance",
        _("Acceptation"),
        PART,
        _("Les oui, parmi les oui, les non et les questions sans réponse à temps du même mois."),
        _("Les questions qui attendent, et celles que l’équipe a retirées."),
        "yes",
        ("yes", "no", "unanswered"),
    ),
    Counted(
        "took_place",
        _("Rencontres qui ont eu lieu"),
        COUNT,
        _("Chaque suivi dont la réponse est oui."),
        _("Ce qui n’a pas encore de réponse."),
        lambda city: Outcome.objects.filter(match__city=city, answer=Answer.TOOK_PLACE),
        "at",
        "match__need__",
    ),
    Counted(
        "no_shows",
        _("Personnes pas venues"),
        COUNT,
        _("Chaque suivi dont la réponse est que la personne n’est pas venue."),
        _("Ceux où quelqu’un a changé d’avis, ou n’a pas pu être joint."),
        lambda city: Outcome.objects.filter(match__city=city, answer=Answer.NO_SHOW),
        "at",
        "match__need__",
    ),
    Counted(
        "fell_through",
        _("Rencontres qui n’ont pas eu lieu pour une autre raison"),
        COUNT,
        _("Chaque suivi dont la réponse est que quelqu’un a changé d’avis, ou n’a pas pu être joint."),
        _("Les personnes pas venues."),
        lambda city: Outcome.objects.filter(
            match__city=city, answer__in=[Answer.CHANGED_MIND, Answer.LOST_CONTACT]
        ),
        "at",
        "match__need__",
    ),
    Share(
        "no_show_part",
        _("Part de personnes pas venues"),
        PART,
        _("Les personnes pas venues, parmi tous les suivis qui ont leur réponse le même mois."),
        _("Les suivis sans réponse."),
        "no_shows",
        ("took_place", "no_shows", "fell_through"),
    ),
    Spread(
        "to_suggestion",
        _("Jusqu’à la première piste"),
        TIME,
        _("Du besoin posté à la première piste trouvée."),
        _("Les besoins sans piste."),
        "posted_at",
        "suggested_at",
    ),
    Spread(
        "to_question",
        _("Jusqu’à la première question"),
        TIME,
        _("Du besoin posté à la première question posée."),
        _("Les besoins pour lesquels personne n’a été interrogé."),
        "posted_at",
        "asked_at",
    ),
    Spread(
        "to_answer",
        _("Jusqu’à la première réponse"),
        TIME,
        _("De la première question du besoin au premier oui ou non d’une personne."),
        _("Les oui présumés, les questions sans réponse."),
        "asked_at",
        "answered_at",
    ),
    Spread(
        "to_placement",
        _("Jusqu’à l’accord des deux côtés"),
        TIME,
        _("Du besoin posté au premier accord des deux côtés."),
        _("Les besoins sans accord."),
        "posted_at",
        "placed_at",
    ),
)  # fmt: skip
NAMED = {indicator.name: indicator for indicator in INDICATORS}
COUNTED = tuple(one for one in INDICATORS if isinstance(one, Counted))
SPREADS = tuple(one for one in INDICATORS if isinstance(one, Spread))
SHARES = tuple(one for one in INDICATORS if isinstance(one, Share))
