"""What the State's directory says of a number, RNA or SIRET, where a town turns it on.

https://recherche-entreprises.api.gouv.fr/docs/: GET /search, open, seven requests a second. It knows the associations
that have a SIREN: of one that has an RNA number alone, it says nothing.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches

from outside.asking import NoAnswer, Service

SIRET_DIGITS, SIREN_DIGITS = 14, 9
KEPT_SECONDS = 3_600
# Of a unit: active or closed ("cessée"); of an establishment: active or closed ("fermé").
UNIT_STATES, PLACE_STATES = {"A": True, "C": False}, {"A": True, "F": False}

service = Service("directory of enterprises")


@dataclass(frozen=True, slots=True)
class Registered:
    """Whom a number belongs to. `names`: as the directory writes it first, then its other ways to."""

    siren: str
    names: tuple[str, ...]
    address: str
    is_open: bool


def is_on() -> bool:
    """Whether this installation asks it at all."""
    return bool(settings.REGISTER_URL)


def registered(number: str) -> Registered | None:
    """Of an RNA or SIRET number; None where it is not in there. Kept an hour. Raises NoAnswer, within 1.5 s."""
    kept = caches["registers"]
    if (known := kept.get(number)) is not None:
        return known[0]
    answer = service.ask(f"{settings.REGISTER_URL}/search", {"q": number, "page": "1", "per_page": "5"})
    try:
        found = None if answer is None else _read(answer["results"], number)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        service.failed("not in its form")
        raise NoAnswer("not in its form") from error
    kept.set(number, (found,), KEPT_SECONDS)
    return found


def _read(results: Any, number: str) -> Registered | None:
    """Of the results, which words may have found too, the one that has this very number."""
    for unit in results:
        is_unit_open = UNIT_STATES[unit["etat_administratif"]]
        place, is_open = unit["siege"], is_unit_open
        if len(number) == SIRET_DIGITS:
            if unit["siren"] != number[:SIREN_DIGITS]:
                continue
            place = next((one for one in _places(unit) if one["siret"] == number), None)
            if place is None:
                continue
            is_open = is_unit_open and PLACE_STATES[place["etat_administratif"]]
        elif (unit.get("complements") or {}).get("identifiant_association") != number:
            continue
        ways = (unit["nom_complet"], unit.get("nom_raison_sociale"), unit.get("sigle"))
        names = tuple(str(name) for name in ways if name)
        if not names:
            raise ValueError("without a name")
        return Registered(
            siren=str(unit["siren"]), names=names, address=str(place.get("adresse") or ""), is_open=is_open
        )
    return None


def _places(unit: Any) -> list[Any]:
    """Its seat, and those of its establishments that the number has found."""
    return [unit["siege"], *(unit.get("matching_etablissements") or [])]
