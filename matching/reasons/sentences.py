"""The engine's codes as sentences, in each reader's language: reasons, near misses, rules and parts of the score."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.labels import household_names, language_names, quantity_words
from catalogue.times import day_range
from catalogue.vocabulary import Category, Kind

NEXT_DOOR_KM = 0.1
PART_LABELS = {
    "proximity": gettext_lazy("Proximité"),
    "dates": gettext_lazy("Dates"),
    "fit": gettext_lazy("Taille"),
    "language": gettext_lazy("Langue"),
    "freshness": gettext_lazy("Fraîcheur"),
    "courtesy": gettext_lazy("Peu sollicité"),
}
PART_MEANINGS = {
    "proximity": gettext_lazy("plus c’est près, plus il y a de points"),
    "dates": gettext_lazy("la part des jours demandés qui est couverte"),
    "fit": gettext_lazy("une place à la bonne taille : on garde les grandes places pour les grands foyers"),
    "language": gettext_lazy("une langue en commun"),
    "freshness": gettext_lazy("une proposition confirmée récemment"),
    "courtesy": gettext_lazy("une personne que l’on n’a pas déjà beaucoup sollicitée"),
}
# One sentence for each rule of the engine; a test holds the two together.
RULE_WORDS = {
    "category": gettext_lazy("La catégorie est la même ; pour un logement, sa forme est acceptée."),
    "city": gettext_lazy("La ville est la même, ou une ville voisine liée, si la personne a accepté."),
    "distance": gettext_lazy("La distance à vol d’oiseau est possible pour l’un ou pour l’autre."),
    "dates": gettext_lazy("Assez de jours d’affilée sont libres des deux côtés."),
    "capacity": gettext_lazy(
        "La place suffit : tout le foyer, ou toute la quantité si une partie ne sert à rien."
    ),
    "step_free": gettext_lazy("Le logement est de plain-pied si c’est nécessaire."),
    "pets": gettext_lazy("Les animaux sont acceptés s’il y en a."),
    "shared_home": gettext_lazy("Un foyer qui ne souhaite pas partager un logement n’en partage pas."),
    "household": gettext_lazy("L’hôte accueille ce type de foyer. Un mineur isolé demande un accord exprès."),
    "languages": gettext_lazy("Pour interpréter ou traduire, toutes les langues demandées sont là."),
    "slots": gettext_lazy("Quand les deux donnent des créneaux, ils ont une heure en commun."),
    "open": gettext_lazy("La proposition et le besoin sont ouverts, et personne n’a dit non à cette paire."),
}
# Which reasons tell of which part (engine.explain); the others are conditions met.
PART_REASONS = {
    "proximity": ("distance", "same_place", "remote"),
    "dates": ("all_days", "some_days"),
    "fit": ("places_exact", "places_to_spare", "whole_quantity", "part_quantity"),
    "language": ("shared_languages", "languages_unknown", "no_shared_language"),
    "freshness": ("confirmed", "confirmation_unknown"),
    "courtesy": ("asked", "not_asked"),
}


def kilometres(distance: float) -> str:
    """ "3,2 km", "12 km"; "moins de 100 m" for next door."""
    if distance < NEXT_DOOR_KM:
        return _("moins de 100 m")
    places = 1 if distance < 10 else 0
    return _("%(n)s km") % {
        "n": number_format(round(distance, places), places)
    }  # which cuts, and does not round


def exact_km(distance: float) -> str:
    """ "23,6 km", "24 km": rounded up to what a limit of whole kilometres is compared with."""
    up = math.ceil(round(distance * 10, 3)) / 10
    return _("%(n)s km") % {"n": number_format(up, 0 if up == int(up) else 1)}


def reason_sentence(code: str, params: Mapping[str, Any]) -> str:
    """One of the engine's reasons in the reader's language."""
    return _SENTENCES[code](params)


def near_miss_sentence(rule: str, params: Mapping[str, Any]) -> str:
    """The one condition unmet, with its gap."""
    return _NEAR_MISSES[rule](params)


def day_of(value: Any) -> date:
    """A day, as the engine gives it or as JSON keeps it."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def count_of_days(count: int) -> str:
    """ "18 jours"."""
    return ngettext("%(n)s jour", "%(n)s jours", count) % {"n": count}


def _some_days(p: Mapping[str, Any]) -> str:
    return _("libre %(run)s sur %(asked)s, %(range)s") % {
        "run": p["run_days"],
        "asked": count_of_days(p["days_asked"]),
        "range": day_range(day_of(p["first_day"]), day_of(p["last_day"])),
    }


def _all_days(p: Mapping[str, Any]) -> str:
    if p["days_asked"] == 1:
        return _("libre ce jour-là")
    covered = _("couvre les %(days)s") % {"days": count_of_days(p["days_asked"])}
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
    return _("confirmée il y a %(days)s") % {"days": count_of_days(p["days"])}


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
