"""The engine's codes as sentences, in each reader's language: reasons, near misses, rules and parts of the score."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Organisation
from catalogue.items import without_kinds
from catalogue.labels import (
    category_label,
    euros,
    goods_label,
    household_names,
    kind_label,
    language_name,
    language_names,
    listed,
    quantity_words,
)
from catalogue.times import day_range
from catalogue.vocabulary import Category, DwellingState, Kind
from matching.models import MatchState
from needs.models import NeedState
from offers.models import OfferState

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
    "dates": gettext_lazy(
        "la part des jours demandés qui est couverte\u202f; des objets, le plus tôt possible"
    ),
    "fit": gettext_lazy("la bonne taille\u202f: ce qui est grand ou rare est gardé pour qui en a besoin"),
    "language": gettext_lazy("une langue en commun"),
    "freshness": gettext_lazy("une proposition confirmée récemment"),
    "courtesy": gettext_lazy("une personne que l’on n’a pas déjà beaucoup sollicitée"),
}
# One sentence for each rule of the engine; a test holds the two together.
RULE_WORDS = {
    "category": gettext_lazy("La catégorie est la même\u202f; pour un logement, sa forme est acceptée."),
    "item": gettext_lazy("L’objet est celui qui est demandé, ou un de ceux qui conviennent."),
    "size": gettext_lazy("La taille est une de celles qui sont demandées, ou convient aussi."),
    "city": gettext_lazy("La ville est la même, ou une ville voisine liée, si la personne a accepté."),
    "distance": gettext_lazy("La distance à vol d’oiseau est possible pour l’un ou pour l’autre."),
    "dates": gettext_lazy("Assez de jours d’affilée sont libres des deux côtés."),
    "notice": gettext_lazy("La personne est prévenue aussi tôt qu’elle le demande."),
    "stay": gettext_lazy("Le séjour n’est pas plus long que ce que l’hôte permet."),
    "capacity": gettext_lazy(
        "La place suffit\u202f: tout le foyer, ou toute la quantité si une partie ne sert à rien."
    ),
    "rent": gettext_lazy("Le loyer n’est pas plus haut que ce que quelqu’un paie."),
    "step_free": gettext_lazy("Le logement est de plain-pied si c’est nécessaire."),
    "pets": gettext_lazy("Les animaux sont acceptés s’il y en a."),
    "smoke_free": gettext_lazy("Personne ne fume dans le logement si c’est nécessaire."),
    "shared_home": gettext_lazy("Un foyer qui ne souhaite pas partager un logement n’en partage pas."),
    "household": gettext_lazy("L’hôte accueille ce type de foyer. Un mineur isolé demande un accord exprès."),
    "languages": gettext_lazy("Pour interpréter ou traduire, toutes les langues demandées sont là."),
    "slots": gettext_lazy("Quand les deux donnent des créneaux, ils ont assez d’heures en commun."),
    "open": gettext_lazy(
        "La proposition et le besoin sont ouverts, le logement est prêt, et personne n’a dit non à cette paire."
    ),
}
# Which reasons tell of which part (engine.explain); the others are conditions met.
PART_REASONS = {
    "proximity": ("distance", "same_place", "remote"),
    "dates": ("all_days", "some_days", "on_a_day"),
    "fit": ("places_exact", "places_to_spare", "whole_quantity", "part_quantity"),
    "language": (
        "shared_languages",
        "understood_languages",
        "languages_unknown",
        "no_shared_language",
        "language_not_needed",
    ),
    "freshness": ("confirmed", "confirmation_unknown"),
    "courtesy": ("asked", "not_asked"),
}
# What a home may have that is rare.
RARE_WORDS = {
    "step_free": gettext_lazy("plain-pied"),
    "pets_accepted": gettext_lazy("animaux acceptés"),
    "lone_minors": gettext_lazy("accueil de mineurs isolés"),
}


def points_changed(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """ "Proximité : de 30 à 40, Dates : de 25 à 15": what is not named stayed."""
    return listed(
        _("%(part)s\u202f: de %(before)s à %(after)s")
        % {
            "part": label,
            "before": number_format(before[part], use_l10n=True),
            "after": number_format(after[part], use_l10n=True),
        }
        for part, label in PART_LABELS.items()
        if before[part] != after[part]
    )


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


def unmet_sentence(rule: str, params: Mapping[str, Any]) -> str:
    """One condition that is not met, with its gap."""
    return _UNMET[rule](params)


def note_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Of a pair that is possible: whether it is in the list, why not, and what comes first."""
    return _NOTES[code](params)


def standing_words(score: float, rank: int, possible: int) -> str:
    """ "71,5 points sur 100, n° 3 sur 12"."""
    return _("%(score)s points sur 100, n° %(rank)s sur %(n)s") % {
        "score": number_format(score, 1),
        "rank": rank,
        "n": possible,
    }


def day_of(value: Any) -> date:
    """A day, as the engine gives it or as JSON keeps it."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def count_of_days(count: int) -> str:
    """ "18 jours"."""
    return ngettext("%(n)s jour", "%(n)s jours", count) % {"n": count}


def _some_days(p: Mapping[str, Any]) -> str:
    some = _("libre %(run)s sur %(asked)s, %(range)s") % {
        "run": p["run_days"],
        "asked": count_of_days(p["days_asked"]),
        "range": day_range(day_of(p["first_day"]), day_of(p["last_day"])),
    }
    # What version 1 wrote down knows nothing of it.
    return _("%(days)s, pas dès le premier jour") % {"days": some} if p.get("begins_late") else some


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


def _units(p: Mapping[str, Any], name: str) -> str:
    return quantity_words(p["kind"], p[name], p.get("rhythm", ""))


def _quantity(p: Mapping[str, Any]) -> str:
    if p["quantity"] == p["asked"]:
        return _("toute la quantité\u202f: %(units)s") % {"units": _units(p, "quantity")}
    is_once = p["kind"] == Kind.SKILL and p.get("rhythm")
    return _("une partie\u202f: %(given)s sur %(asked)s") % {
        "given": _units(p, "quantity") if is_once else p["quantity"],
        "asked": _units(p, "asked"),
    }


def _kept_for_others(p: Mapping[str, Any]) -> str:
    return _("mieux gardé pour qui en a besoin\u202f: %(what)s") % {
        "what": listed(str(RARE_WORDS[code]) for code in p["what"])
    }


def _confirmed_ago(p: Mapping[str, Any]) -> str:
    if p["days"] == 0:
        return _("confirmée aujourd’hui")
    return _("confirmée il y a %(days)s") % {"days": count_of_days(p["days"])}


def _asked_times(p: Mapping[str, Any]) -> str:
    return ngettext(
        "déjà sollicité %(n)s fois ce mois-ci", "déjà sollicité %(n)s fois ce mois-ci", p["times"]
    ) % {"n": p["times"]}


def _in_brackets(words: Iterable[Sequence[str]], spoken: Iterable[Sequence[str]]) -> Iterator[str]:
    """ "dari (persan)": of the first of each of these words, what is offered under another name in brackets."""
    otherwise = {word: other for word, other in spoken}  # noqa: C416 (lists, where JSON kept them)
    for word, _other in words:
        name = language_name(word)
        yield f"{name} ({language_name(otherwise[word])})" if word in otherwise else name


def _all_languages(p: Mapping[str, Any]) -> str:
    """ "toutes les langues demandées : dari (persan), français": what is offered under another name in brackets."""
    names = _in_brackets([(word, word) for word in p["languages"]], p.get("spoken", ()))
    return _("toutes les langues demandées\u202f: %(languages)s") % {"languages": listed(names)}


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("à %(km)s") % {"km": kilometres(p["distance_km"])},
    "same_place": lambda p: _("dans la même commune"),
    "remote": lambda p: _("possible à distance"),
    "all_days": _all_days,
    "some_days": _some_days,
    "on_a_day": lambda p: _("possible %(day)s") % {"day": day_range(day_of(p["day"]), day_of(p["day"]))},
    "places_exact": _places,
    "places_to_spare": _places,
    "whole_quantity": _quantity,
    "part_quantity": _quantity,
    "shared_languages": lambda p: _("parle %(languages)s") % {"languages": language_names(p["languages"])},
    "understood_languages": lambda p: (
        _("parle %(languages)s") % {"languages": listed(_in_brackets(p["spoken"], p["spoken"]))}
    ),
    "languages_unknown": lambda p: _("langues non précisées"),
    "no_shared_language": lambda p: _("pas de langue commune"),
    "language_not_needed": lambda p: _("la langue ne compte pas"),
    "kept_for_others": _kept_for_others,
    "confirmation_unknown": lambda p: _("jamais reconfirmée"),
    "confirmed": _confirmed_ago,
    "asked": _asked_times,
    "not_asked": lambda p: _("jamais sollicité ce mois-ci"),
    "linked_city": lambda p: _("dans une ville voisine liée"),
    "notice": lambda p: _("prévenir %(days)s avant") % {"days": count_of_days(p["days"])},
    "stay": lambda p: _("séjour de %(days)s au plus") % {"days": count_of_days(p["days"])},
    "rent": lambda p: _("loyer %(rent)s par mois") % {"rent": euros(p["rent"])},
    "smoke_free": lambda p: _("personne n’y fume"),
    "accepts": lambda p: _("accueille\u202f: %(words)s") % {"words": household_names(p["words"])},
    "accepts_everyone": lambda p: _("accueille tous les foyers"),
    "step_free": lambda p: _("de plain-pied ou avec ascenseur"),
    "pets_accepted": lambda p: _("accepte les animaux"),
    "shared_home": lambda p: _("logement partagé avec l’hôte"),
    "form": lambda p: str(Category(p["form"]).label),
    "languages": _all_languages,
    "slots": lambda p: _("des créneaux en commun"),
}

MOST_PROMISES = 3  # told one by one


def _days_missing(p: Mapping[str, Any]) -> str:
    """ "2 jours de moins qu’il ne faut", and who has them where that is why."""
    missing = ngettext(
        "%(n)s jour de moins qu’il ne faut", "%(n)s jours de moins qu’il ne faut", p["gap_days"]
    ) % {"n": p["gap_days"]}
    if not p.get("promised"):
        return missing
    promised = _("plus libre, déjà promise à %(whom)s") % {
        "whom": listed(_promise(p["kind"], promise) for promise in p["promised"][:MOST_PROMISES])
    }
    if len(p["promised"]) > MOST_PROMISES:
        promised += "…"
    # Of what is given once and for all nothing is left, on whatever day.
    return promised if p["kind"] == Kind.GOODS else f"{promised} · {missing}"


def _too_soon(p: Mapping[str, Any]) -> str:
    """ "prévenir 7 jours avant, 5 de trop"."""
    return _("prévenir %(days)s avant, %(gap)s de trop") % {
        "days": count_of_days(p["notice_days"]),
        "gap": p["gap_days"],
    }


def _promise(kind: str, promise: Mapping[str, Any]) -> str:
    """ "B-4KQ7-2MXN (du 3 au 20 mars)"."""
    if kind == Kind.GOODS:
        what = quantity_words(kind, promise["quantity"])
    else:
        what = day_range(day_of(promise["first_day"]), day_of(promise["last_day"]))
    return f"{promise['need'] or _('une autre ville')} ({what})"


def _other_category(p: Mapping[str, Any]) -> str:
    if p["kind"] == Kind.GOODS:
        asked = [_asked_goods(p, p["asked"][0])]
    else:
        asked = [category_label(category) for category in p["asked"]] or [kind_label(p["kind"])]
    is_goods = p["offered_kind"] == Kind.GOODS
    return _asked_and_offered(
        asked, _offered_goods(p, p["offered"]) if is_goods else category_label(p["offered"])
    )


def _other_item(p: Mapping[str, Any]) -> str:
    return _asked_and_offered([_asked_goods(p, p["category"])], _offered_goods(p, p["category"]))


def _other_size(p: Mapping[str, Any]) -> str:
    offered = _offered_goods(p, p["category"])
    return _asked_and_offered(
        [_asked_goods(p, p["category"])], offered if p["size"] else listed((offered, _("sans taille")))
    )


def _asked_goods(p: Mapping[str, Any], category: str) -> str:
    return goods_label(category, without_kinds(p["items"]), p["sizes"], p.get("item_words", ""))


def _offered_goods(p: Mapping[str, Any], category: str) -> str:
    items, sizes = ([p[name]] if p[name] else [] for name in ("item", "size"))
    return goods_label(category, items, sizes, p.get("offered_words", ""))


def _asked_and_offered(asked: Iterable[str], offered: str) -> str:
    return _("demandé\u202f: %(asked)s\u202f; proposé\u202f: %(offered)s") % {
        "asked": listed(asked),
        "offered": offered,
    }


def _other_city(p: Mapping[str, Any]) -> str:
    if p["shared"]:
        return _("dans une autre ville, qui n’est pas liée à celle du besoin")
    return _("dans une autre ville, et pas partagée avec les villes liées")


def _not_open(p: Mapping[str, Any]) -> str:
    return _CLOSED[p["cause"]](p)


def _full_day(value: Any) -> str:
    return date_format(day_of(value), "DATE_FORMAT")


# Why a pair is not open: `matching.why_not.judging` says which.
_CLOSED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "offer": lambda p: (
        _("la proposition n’est pas ouverte\u202f: %(state)s depuis le %(day)s")
        % {"state": OfferState(p["state"]).label, "day": _full_day(p["since"])}
    ),
    "works": lambda p: (
        _("le logement n’est pas prêt\u202f: %(state)s") % {"state": DwellingState(p["state"]).label}
    ),
    "need": lambda p: (
        _("le besoin n’est pas ouvert\u202f: %(state)s depuis le %(day)s")
        % {"state": NeedState(p["state"]).label, "day": _full_day(p["since"])}
    ),
    "association": lambda p: (
        _("l’association de ce besoin n’est pas vérifiée\u202f: %(state)s")
        % {"state": Organisation.State(p["state"]).label}
    ),
    "promised": lambda p: (
        _("un logement est déjà promis à ce foyer")
        if p["kind"] == Kind.HOUSING
        else _("tout ce qui est demandé est déjà promis")
    ),
    "in_hand": lambda p: (
        _("déjà en cours\u202f: %(state)s depuis le %(day)s")
        % {"state": MatchState(p["state"]).label, "day": _full_day(p["since"])}
    ),
    "answered": lambda p: (
        _("déjà %(state)s le %(day)s, et rien n’a changé depuis")
        % {"state": MatchState(p["state"]).label, "day": _full_day(p["since"])}
    ),
    "unreadable": lambda p: (
        _("la proposition contient une valeur illisible\u202f: %(field)s") % {"field": p["field"]}
        if p["side"] == "offer"
        else _("le besoin contient une valeur illisible\u202f: %(field)s") % {"field": p["field"]}
    ),
}
# One for each rule of the engine; a test holds the two together.
_UNMET: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "category": _other_category,
    "item": _other_item,
    "size": _other_size,
    "city": _other_city,
    "distance": lambda p: _("%(km)s trop loin") % {"km": kilometres(p["gap_km"])},
    "dates": _days_missing,
    "notice": _too_soon,
    "stay": lambda p: (
        _("séjour de %(days)s au plus, il en faut %(needed)s")
        % {"days": count_of_days(p["stay_days"]), "needed": p["least_days"]}
    ),
    "capacity": lambda p: _("il manque %(units)s") % {"units": _units(p, "gap")},
    "rent": lambda p: (
        _("loyer %(rent)s par mois, %(gap)s de trop") % {"rent": euros(p["rent"]), "gap": euros(p["gap"])}
    ),
    "step_free": lambda p: _("pas de plain-pied"),
    "smoke_free": lambda p: _("on y fume"),
    "pets": lambda p: _("n’accepte pas les animaux"),
    "shared_home": lambda p: _("logement partagé, que le foyer ne souhaite pas"),
    "household": lambda p: _("n’accueille pas\u202f: %(words)s") % {"words": household_names(p["needed"])},
    "languages": lambda p: (
        _("langue manquante\u202f: %(languages)s") % {"languages": language_names(p["missing"])}
    ),
    "slots": lambda p: _("pas de créneau en commun"),
    "open": _not_open,
}

_NOTES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "listed": lambda p: _("Elle est dans la liste des pistes."),
    "beyond_kept": lambda p: (
        _("Elle n’est pas dans la liste\u202f: seules les %(kept)s meilleures y sont gardées.")
        % {"kept": p["kept"]}
    ),
    "need_due": lambda p: _(
        "Elle n’est pas encore dans la liste\u202f: le besoin attend sa prochaine recherche."
    ),
    "offer_due": lambda p: _(
        "Elle n’est pas encore dans la liste\u202f: la proposition attend sa prochaine recherche."
    ),
    "not_found": lambda p: _("Elle n’est pas dans la liste\u202f: la dernière recherche ne l’a pas trouvée."),
    "not_vetted": lambda p: _("À visiter avant de proposer."),
}
NOTES = tuple(_NOTES)
