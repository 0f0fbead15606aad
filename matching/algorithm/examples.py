"""Worked examples of the score and of a plan, for the public page: invented pairs, judged by the engine itself.

The page tells the formulas in words; what they come to is worked out here at each reading, and told in numbers that
are the engine's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from math import degrees
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import engine
from catalogue.labels import euros
from catalogue.vocabulary import Category, Urgency
from engine.planning import plan
from engine.vocabulary import GOODS, HOUSING, SKILL, Kind

# Any day does: the examples are the same on all.
TODAY = date(2026, 3, 1)
HERE = {"lat": 0.0, "lon": 0.0}
CATEGORIES: Mapping[Kind, Category] = {
    HOUSING: Category.SHARED_ROOM,
    GOODS: Category.BEDDING,
    SKILL: Category.FRENCH_LESSONS,
}
ITEM = "duvet"
FRENCH, ARABIC = {"languages": frozenset({"fr"})}, {"languages": frozenset({"ar"})}


def of_parts(weights: Mapping[str, float]) -> dict[str, list[dict[str, Any]]]:
    """By part of the score: cases in words, the value that the engine gives each, and the points that this makes."""
    told: dict[str, list[dict[str, Any]]] = {part: [] for part in engine.PARTS}
    points_of = engine.Weights(**weights)
    # Each pair in a town of its own, so that it meets no other.
    cases = [
        (part, replace(need, id=town, city=town), replace(offer, id=town, city=town))
        for town, (part, need, offer) in enumerate(_cases())
    ]
    needs, offers = [need for _part, need, _offer in cases], [offer for _part, _need, offer in cases]
    for (part, need, offer), ranking in zip(
        cases, engine.rank(needs, offers, today=TODAY, near=0), strict=True
    ):
        (pairing,) = ranking.pairings
        points = next(one for one in engine.arithmetic(pairing.parts, points_of) if one.part == part)
        told[part].append(
            {
                "words": _words(part, need, offer, pairing),
                "value": _plain(points.value),
                "points": _plain(points.points),
            }
        )
    return told


def of_plan(weights: Mapping[str, float]) -> dict[str, Any]:
    """A line of a plan: what it is worth by the engine, and what this is made of."""
    need = _need(GOODS, quantity=10, part_useful=True, people=4, urgency=Urgency.TONIGHT.value)
    words = engine.Vocabulary()
    made = plan(
        engine.need_columns([need], words),
        engine.offer_columns([_offer(GOODS, capacity=5)], words),
        today=TODAY,
        weights=engine.Weights(**weights),
    )
    (units,), (worth,), (score,) = made.units.tolist(), made.values.tolist(), made.pairs.score.tolist()
    return {
        "people": need.persons,
        "share": _plain(units / need.whole_quantity),
        "priority": need.priority,
        "urgency": str(Urgency(need.urgency).label),
        "score": _plain(score),
        "worth": _plain(worth),
    }


# --- The cases -----------------------------------------------------------------------------------------


def _cases() -> Iterator[tuple[str, engine.Need, engine.Offer]]:
    """The part that a pair is an example of, and the pair."""
    yield "proximity", _need(HOUSING, lat=_north(3), reach_km=10), _offer(HOUSING)
    yield "proximity", _need(SKILL, lat=_north(80), remote_ok=True), _offer(SKILL, remote=True)
    yield "proximity", _need(GOODS), _offer(GOODS)
    six_days = engine.Window(TODAY, TODAY + timedelta(days=5))
    ten_days = {"last_day": TODAY + timedelta(days=9), "min_days": 1}
    yield "dates", _need(HOUSING, **ten_days), _offer(HOUSING, available=(six_days,))
    later = (engine.Window(TODAY + timedelta(days=2)),)
    yield "dates", _need(HOUSING, **ten_days), _offer(HOUSING, available=later)
    yield "dates", _need(GOODS, **ten_days), _offer(GOODS, available=later)
    yield "fit", _need(HOUSING, quantity=2), _offer(HOUSING, capacity=4)
    yield "fit", _need(HOUSING), _offer(HOUSING, step_free=True)
    yield "fit", _need(HOUSING, rent_up_to=400), _offer(HOUSING, rent=200)
    for capacity in (3, 8):
        yield "fit", _need(GOODS, quantity=4, part_useful=True), _offer(GOODS, capacity=capacity)
    for spoken in (FRENCH, {}, ARABIC):
        yield "language", _need(HOUSING, **FRENCH), _offer(HOUSING, **spoken)
    yield "language", _need(GOODS, **FRENCH), _offer(GOODS, **ARABIC)
    for days in (9, 100):
        confirmed = {"confirmed_on": TODAY - timedelta(days=days)}
        yield "freshness", _need(HOUSING), _offer(HOUSING, **confirmed)
    yield "freshness", _need(HOUSING), _offer(HOUSING)
    for times in (0, 1, 3):
        yield "courtesy", _need(HOUSING), _offer(HOUSING, asked_last_30_days=times)
    yield "courtesy", _need(GOODS), _offer(GOODS, asked_last_30_days=3, capacity=6)


def _need(kind: Kind, **fields: Any) -> engine.Need:
    items = {"items": (ITEM,)} if kind == GOODS else {}
    of_kind: dict[str, Any] = {
        **items,
        "category": "" if kind == HOUSING else CATEGORIES[kind].value,
        "city": "",
        **HERE,
    }
    return engine.Need(
        id=1, kind=kind, **{**of_kind, "first_day": TODAY, "last_day": TODAY, "quantity": 1, **fields}
    )


def _offer(kind: Kind, **fields: Any) -> engine.Offer:
    item = {"item": ITEM} if kind == GOODS else {}
    of_kind: dict[str, Any] = {**item, "category": CATEGORIES[kind].value, "city": "", **HERE}
    return engine.Offer(
        id=1, kind=kind, **{**of_kind, "available": (engine.Window(TODAY),), "capacity": 1, **fields}
    )


def _north(km: float) -> float:
    """So far from the others' place, in degrees of latitude."""
    return degrees(km / engine.EARTH_RADIUS_KM)


# --- Their words ---------------------------------------------------------------------------------------


def _words(part: str, need: engine.Need, offer: engine.Offer, pairing: engine.Pairing) -> str:
    match part:
        case "proximity":
            return _proximity(pairing)
        case "dates":
            return _dates(need, pairing)
        case "fit":
            return _fit(need, offer, pairing)
        case "language":
            return _language(need, offer)
        case "freshness":
            return _freshness(offer)
        case "courtesy":
            return _courtesy(need, offer)
    raise KeyError(part)


def _proximity(pairing: engine.Pairing) -> str:
    if pairing.exempt:
        return _("À %(km)s km, mais possible à distance") % {"km": _number(pairing.distance_km)}
    if not pairing.distance_km:
        return _("Au même endroit")
    return _("À %(km)s km") % {"km": _number(pairing.distance_km)}


def _dates(need: engine.Need, pairing: engine.Pairing) -> str:
    if not need.lasts:
        after = (pairing.run_first_day - need.first_day).days
        return ngettext(
            "Objets\u202f: possible %(n)s jour après le premier, sur %(asked)s demandés",
            "Objets\u202f: possible %(n)s jours après le premier, sur %(asked)s demandés",
            after,
        ) % {"n": after, "asked": pairing.days_asked}
    covered = ngettext(
        "%(n)s jour d’affilée possible, sur %(asked)s demandés",
        "%(n)s jours d’affilée possibles, sur %(asked)s demandés",
        pairing.run_days,
    ) % {"n": pairing.run_days, "asked": pairing.days_asked}
    if pairing.run_first_day == need.first_day:
        return covered
    return _("%(covered)s, mais pas ce soir, où le besoin commence") % {"covered": covered}


def _fit(need: engine.Need, offer: engine.Offer, pairing: engine.Pairing) -> str:
    if need.kind != HOUSING:
        return _("Objets\u202f: %(left)s à donner, %(asked)s demandés") % {
            "left": pairing.remaining,
            "asked": need.quantity,
        }
    if offer.step_free:
        return _("Logement à la bonne taille, de plain-pied sans que ce soit demandé")
    if offer.rent:
        return _("Logement à la bonne taille\u202f: loyer %(rent)s par mois, %(most)s possibles") % {
            "rent": euros(offer.rent),
            "most": euros(need.rent_up_to),
        }
    return ngettext(
        "Logement\u202f: %(n)s personne pour %(left)s places libres",
        "Logement\u202f: %(n)s personnes pour %(left)s places libres",
        need.quantity,
    ) % {"n": need.quantity, "left": pairing.remaining}


def _language(need: engine.Need, offer: engine.Offer) -> str:
    if need.kind == GOODS:
        return _("Objets\u202f: la langue ne compte pas")
    if need.languages & offer.languages:
        return _("Une langue en commun")
    if need.languages and offer.languages:
        return _("Aucune langue en commun")
    return _("Aucune langue indiquée d’un côté")


def _freshness(offer: engine.Offer) -> str:
    if offer.confirmed_on is None:
        return _("Jamais confirmée")
    days = (TODAY - offer.confirmed_on).days
    return ngettext("Confirmée il y a %(n)s jour", "Confirmée il y a %(n)s jours", days) % {"n": days}


def _courtesy(need: engine.Need, offer: engine.Offer) -> str:
    if need.kind == GOODS:
        return ngettext(
            "%(n)s demande reçue pour %(stock)s objets offerts",
            "%(n)s demandes reçues pour %(stock)s objets offerts",
            offer.asked_last_30_days or 0,
        ) % {"n": offer.asked_last_30_days or 0, "stock": offer.capacity}
    if not offer.asked_last_30_days:
        return _("Aucune demande reçue")
    return ngettext("%(n)s demande reçue", "%(n)s demandes reçues", offer.asked_last_30_days) % {
        "n": offer.asked_last_30_days
    }


def _number(value: float) -> str:
    return number_format(_plain(value), use_l10n=True)


def _plain(value: float) -> float:
    """As a person writes it: 1 rather than 1.0, nothing of what binary fractions leave."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded
