"""The engine in words and in its own values: the public page and each explanation read this.

A rule, a part or a field that has no words here fails a test. What sentences alone say of a formula stands beside what
the engine makes of it (`examples`).
"""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.utils.formats import number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import engine
from catalogue.labels import category_label, household_names, kind_label, listed
from catalogue.vocabulary import Category, Kind, Urgency
from cities.models import City
from engine.arrays import MICRO
from engine.foresight import AGAIN, FLOOR, HALF_LIFE_DAYS
from engine.foresight.prices import FUTURES, SEED
from engine.hours import HALF_MINUTES
from engine.pairs import KEEPS_DAYS
from engine.relay import MOVE
from engine.rules import ESSENTIAL
from engine.uncovered import LEAST_NIGHTS
from engine.vocabulary import (
    ACCEPTS,
    ASKED_DAYS,
    DEFAULT_WEIGHTS,
    HALF_AS_NEAR_KM,
    KINDS,
    LANGUAGE_CATEGORIES,
    THRIFT,
    UNKNOWN_CONFIRMATION_DAYS,
    URGENT_WITHIN_DAYS,
)
from matching import weighting
from matching.algorithm import examples
from matching.reasons.sentences import PART_LABELS, PART_MEANINGS, RULE_WORDS

DECIMALS = round(math.log10(MICRO))
# The kinds about which each rule says something; of the others it always holds.
RULE_KINDS: Mapping[str, tuple[str, ...]] = {
    "category": KINDS,
    "item": (Kind.GOODS,),
    "size": (Kind.GOODS,),
    "city": KINDS,
    "distance": KINDS,
    "dates": KINDS,
    "notice": KINDS,
    "stay": (Kind.HOUSING,),
    "capacity": KINDS,
    "rent": (Kind.HOUSING,),
    "step_free": (Kind.HOUSING,),
    "pets": (Kind.HOUSING,),
    "smoke_free": (Kind.HOUSING,),
    "shared_home": (Kind.HOUSING,),
    "household": (Kind.HOUSING,),
    "languages": (Kind.SKILL,),
    "slots": (Kind.SKILL,),
    "open": KINDS,
}
# What a plan makes as large as it can, summed over its lines; and what is taken off for each move of a household.
OBJECTIVE = "people × share × (priority + score / 100)"
MOVE_COST = f"{MOVE} × people"
# The law that gives the right to an explanation, and the way to insist on it.
LAW = ("CRPA L. 311-3-1", "CRPA L. 342-1")
CADA = "https://www.cada.fr"

DATA_WORDS = {
    "id": gettext_lazy("le numéro d’enregistrement"),
    "kind": gettext_lazy("la nature (logement, objets ou temps)"),
    "category": gettext_lazy("la catégorie"),
    "city": gettext_lazy("la ville"),
    "lat": gettext_lazy("le lieu"),
    "lon": gettext_lazy("le lieu"),
    "reach_km": gettext_lazy("la distance acceptée"),
    "languages": gettext_lazy("les langues parlées"),
    "languages_from": gettext_lazy("les langues à interpréter ou à traduire"),
    "languages_to": gettext_lazy("les langues à interpréter ou à traduire"),
    "slots": gettext_lazy("les créneaux de la semaine"),
    "is_open": gettext_lazy("si la proposition ou le besoin est ouvert"),
    # offers
    "available": gettext_lazy("les jours disponibles"),
    "capacity": gettext_lazy("les places, la quantité ou les heures offertes"),
    "confirmed_on": gettext_lazy("le jour de la dernière confirmation"),
    "asked_last_30_days": gettext_lazy("le nombre de demandes déjà reçues ce mois-ci"),
    "registered_at": gettext_lazy("le moment de l’enregistrement"),
    "holds": gettext_lazy("ce qui est déjà réservé"),
    "shared_with_linked": gettext_lazy("l’accord pour les villes voisines liées"),
    "shared_home": gettext_lazy("si le logement est partagé avec l’hôte"),
    "accepts": gettext_lazy("les foyers que l’hôte accueille"),
    "step_free": gettext_lazy("le plain-pied"),
    "pets_accepted": gettext_lazy("les animaux"),
    "smoke_free": gettext_lazy("si l’on fume dans le logement"),
    "notice_days": gettext_lazy("combien de temps avant il faut prévenir"),
    "longest_stay_days": gettext_lazy("le plus long séjour possible"),
    "rent": gettext_lazy("le loyer"),
    "dwelling_state": gettext_lazy("si le logement demande des travaux"),
    "remote": gettext_lazy("si c’est possible à distance"),
    "item": gettext_lazy("l’objet"),
    "size": gettext_lazy("la taille"),
    "series": gettext_lazy("la taille"),
    "best_before": gettext_lazy("le jour jusqu’auquel la nourriture se garde"),
    # needs
    "items": gettext_lazy("l’objet"),
    "sizes": gettext_lazy("la taille"),
    "rhythm": gettext_lazy("si c’est une fois ou chaque semaine"),
    "first_day": gettext_lazy("les jours demandés"),
    "last_day": gettext_lazy("les jours demandés"),
    "min_days": gettext_lazy("le plus court séjour utile"),
    "quantity": gettext_lazy("la quantité demandée en tout"),
    "given": gettext_lazy("ce qui est déjà promis au besoin"),
    "part_useful": gettext_lazy("si une partie est déjà utile"),
    "people": gettext_lazy("le nombre de personnes"),
    "urgency": gettext_lazy("l’urgence"),
    "adult_women": gettext_lazy("la composition du foyer"),
    "adult_men": gettext_lazy("la composition du foyer"),
    "children": gettext_lazy("la composition du foyer"),
    "couple": gettext_lazy("la composition du foyer"),
    "lone_minor": gettext_lazy("la composition du foyer"),
    "step_free_needed": gettext_lazy("le plain-pied"),
    "pets": gettext_lazy("les animaux"),
    "smoke_free_needed": gettext_lazy("s’il faut que personne ne fume"),
    "rent_up_to": gettext_lazy("le loyer que quelqu’un paie"),
    "shared_home_ok": gettext_lazy("si un logement partagé est accepté"),
    "forms": gettext_lazy("les formes de logement acceptées"),
    "remote_ok": gettext_lazy("si c’est possible à distance"),
}


def rules() -> list[dict[str, Any]]:
    """The hard rules in the engine's order: words, what exactly is judged, for which kinds, may it alone be missed."""
    exact = _exact_rules()
    return [
        {
            "code": code,
            "words": str(RULE_WORDS[code]),
            "exact": exact[code],
            "kinds": RULE_KINDS[code],
            "concerns": _kinds(RULE_KINDS[code]),
            "near_miss": code not in ESSENTIAL,
        }
        for code in engine.RULES
    ]


def _kinds(kinds: tuple[str, ...]) -> str:
    """ "Logement"; empty for all three."""
    return "" if kinds == KINDS else get_text_list([kind_label(kind) for kind in kinds], _("et"))


def parts(weights: Mapping[str, float]) -> list[dict[str, Any]]:
    """The six parts in the engine's order: label, meaning, how the value is worked out, and these points."""
    formulas = part_formulas()
    return [
        {
            "code": part,
            "label": str(PART_LABELS[part]),
            "meaning": str(PART_MEANINGS[part]),
            "formula": formulas[part],
            "points": weights[part],
        }
        for part in engine.PARTS
    ]


def part_formulas() -> dict[str, str]:
    """How the value of each part, from 0 to 1, is worked out."""
    return {
        "proximity": _(
            "%(km)s divisé par %(km)s plus la distance en kilomètres. Au moins un demi quand c’est possible à distance."
        )
        % {"km": number_format(HALF_AS_NEAR_KM, use_l10n=True)},
        "dates": _(
            "Logement et heures chaque semaine\u202f: les jours d’affilée possibles, divisés par les jours "
            "demandés\u202f; la moitié quand c’est pour ce soir ou cette semaine et que le premier jour à couvrir "
            "n’en est pas. Objets\u202f: les jours qui restent à partir du jour possible, divisés par les jours "
            "demandés."
        ),
        "fit": _(
            "Logement\u202f: la racine carrée des personnes du foyer divisées par les places libres le jour où il en "
            "reste le moins\u202f; fois %(thrift)s pour le plain-pied, pour les animaux et pour les mineurs isolés, "
            "quand le logement les accepte sans qu’on le demande\u202f; avec un loyer, fois 1 moins le loyer divisé "
            "par deux fois le loyer possible. Objets et temps\u202f: ce qui reste à donner, divisé par ce qui "
            "manque, au plus 1\u202f; des objets, trois quarts de cela quand c’est un autre qui convient, la moitié "
            "quand on ne sait pas bien lequel."
        )
        % {"thrift": number_format(THRIFT, use_l10n=True)},
        "language": _(
            "Objets\u202f: 1. Sinon, 1 avec une langue en commun, un demi quand l’une contient l’autre, 0 sans, ou "
            "quand l’un des deux n’en a indiqué aucune. Qui interprète ou traduit une langue la parle."
        ),
        "freshness": _(
            "1 moins les jours passés depuis la dernière confirmation, divisés par %(days)s. 0 au-delà, ou sans "
            "confirmation."
        )
        % {"days": UNKNOWN_CONFIRMATION_DAYS},
        "courtesy": _(
            "1 divisé par 1 plus le nombre de demandes reçues depuis %(days)s jours. Objets\u202f: ce nombre est "
            "divisé par le nombre d’objets offerts."
        )
        % {"days": ASKED_DAYS},
    }


def _exact_rules() -> dict[str, str]:
    """What each rule judges, exactly; empty where the rule's own sentence says it all."""
    return {
        "category": _("Un besoin de logement sans forme choisie les accepte toutes."),
        "item": _(
            "Un objet qui n’est pas dans la liste ne va avec aucun autre. «\u00a0Tout objet de la catégorie\u00a0» va "
            "avec chacun de la liste."
        ),
        "size": _(
            "Des tailles diverses conviennent, et une taille plus grande là où elle sert\u202f: la suivante pour les "
            "enfants, toutes pour les couettes. Une proposition sans taille ne va pas à qui en demande une."
        )
        + " "
        + _(
            "Un vêtement d’adulte pour femme ne va pas à qui le demande pour homme, ni l’inverse\u202f; ce qui ne le "
            "dit pas va aux deux."
        ),
        "city": "",
        "distance": _(
            "Elle est mesurée sur une sphère de %(radius)s km de rayon, et comparée à la plus grande des deux "
            "distances acceptées\u202f; pour un logement, à celle du besoin. Ce que les deux côtés acceptent à "
            "distance n’en dépend pas."
        )
        % {"radius": number_format(engine.EARTH_RADIUS_KM, use_l10n=True)},
        "dates": _(
            "C’est la plus longue suite de jours demandés, encore à couvrir, où la proposition est libre avec assez "
            "de place chaque jour\u202f; la première de ces suites si plusieurs sont aussi longues. Le besoin dit "
            "combien de jours il faut au moins\u202f: sinon neuf dixièmes des jours à couvrir pour un logement, "
            "%(nights)s au plus, et un seul pour le reste, mais jamais plus que les jours à couvrir. Un objet ou un "
            "rendez-vous demande un seul jour, le plus proche. La nourriture se donne tant qu’elle se garde encore "
            "%(keeps)s jours, ou jusqu’au dernier jour demandé. Les jours passés ne comptent pas."
        )
        % {"nights": LEAST_NIGHTS, "keeps": KEEPS_DAYS},
        "notice": _(
            "Les jours trop proches pour prévenir à temps ne comptent pas. S’il en reste trop peu d’affilée, l’écart "
            "est le préavis demandé, moins le plus long qui aurait convenu."
        ),
        "stay": _(
            "La suite de jours, après le préavis, est coupée à la durée permise, dès son premier jour."
        ),
        "capacity": _("On compte ici toute la place, même celle qui est réservée à d’autres moments."),
        "rent": _("Un besoin qui ne parle pas de loyer n’en paie aucun."),
        "step_free": "",
        "pets": "",
        "smoke_free": _("Un logement entier ou vide dont rien n’est dit est sans fumée."),
        "shared_home": "",
        "household": _(
            "L’accord porte sur\u202f: %(words)s. Un hôte qui n’a rien précisé accueille tous les foyers, sauf un "
            "mineur isolé, ou des enfants sans adulte. Avec des enfants, c’est l’accord pour les familles qui "
            "compte, et pour chaque adulte si l’hôte a précisé femmes ou hommes\u202f; sinon, pour les couples et "
            "pour chaque adulte à côté\u202f; sinon, pour chaque personne."
        )
        % {"words": household_names(ACCEPTS)},
        "languages": _(
            "Catégories\u202f: %(categories)s. Une langue en vaut une autre qui la contient ou qu’elle contient\u202f: "
            "le persan et le dari, l’arabe et le kurde avec les leurs."
        )
        % {
            "categories": listed(
                category_label(category) for category in Category.values if category in LANGUAGE_CATEGORIES
            )
        },
        "slots": _(
            "Les heures communes se comptent par demi-heure\u202f: il en faut autant que le besoin en demande, ou une "
            "si une partie est utile. Un rendez-vous les demande le même jour."
        ),
        "open": _(
            "Un logement où il y a des travaux à faire n’est pas prêt. "
            "Une paire écartée ou refusée revient quand la proposition ou le besoin change."
        ),
    }


def order() -> list[str]:
    """How two offers are told apart, the first difference deciding."""
    return [
        _(
            "pour un logement ou des heures dont on a besoin ce soir, la proposition qui commence le premier jour à "
            "couvrir"
        ),
        _(
            "la plus grande valeur\u202f: la part de la demande qu’elle peut couvrir, quantité et jours, × (priorité + "
            "note ÷ 100)"
        ),
        _("à valeur égale, la distance la plus courte"),
        _("à distance égale, la proposition enregistrée la première"),
        _("enfin, le plus petit numéro"),
    ]


def priorities() -> list[dict[str, Any]]:
    """What an urgency counts, the most urgent first, and from how many days before it is the calendar's."""
    return [
        {
            "code": urgency,
            "label": str(Urgency(urgency).label),
            "priority": priority,
            "within_days": URGENT_WITHIN_DAYS.get(urgency),
        }
        for urgency, priority in engine.PRIORITIES.items()
    ]


def data_used() -> dict[str, list[str]]:
    """Everything that the engine reads of an offer and of a need, in words, from its own records."""
    return {
        "offer": _said_once(engine.Offer),
        "need": _said_once(engine.Need),
    }


def _said_once(record: type[Any]) -> list[str]:
    return list(dict.fromkeys(str(DATA_WORDS[field.name]) for field in fields(record)))


def notice(city: City) -> dict[str, Any]:
    """All of it for one town, as the page shows it and as `algorithme.json` says it."""
    latest = weighting.history(city).first()
    worked = examples.of_parts(city.weights)
    return {
        "version": engine.VERSION,
        "kept": engine.KEEP,
        "near_misses_kept": engine.NEAR,
        "near_misses_km": engine.NEAR_KM,
        "decimals": DECIMALS,
        "rules": rules(),
        "parts": [part | {"examples": worked[part["code"]]} for part in parts(city.weights)],
        "since": latest.at if latest else None,
        "opinion": latest.opinion if latest else "",
        "is_default": weighting.points_of(city.weights) == weighting.points_of(DEFAULT_WEIGHTS),
        "order": order(),
        "objective": OBJECTIVE,
        "move_cost": MOVE_COST,
        "objective_example": examples.of_plan(city.weights),
        "weighing": {
            "again": AGAIN,
            "half_life_days": HALF_LIFE_DAYS,
            "looks_ahead_days": city.looks_ahead_days,
            "futures": FUTURES,
            "seed": SEED,
            "least_share": FLOOR,
        },
        "priorities": priorities(),
        "data": data_used(),
        "constants": {
            "earth_radius_km": engine.EARTH_RADIUS_KM,
            "half_as_near_km": HALF_AS_NEAR_KM,
            "thrift": THRIFT,
            "unknown_confirmation_days": UNKNOWN_CONFIRMATION_DAYS,
            "asked_days": ASKED_DAYS,
            "hours_counted_in_minutes": HALF_MINUTES,
            "longest_least_nights": LEAST_NIGHTS,
            "food_keeps_days": KEEPS_DAYS,
        },
    }
