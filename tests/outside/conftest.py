"""The State's geocoder and its directory, each a real server on this machine that checks how it is asked."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import caches

from outside import geocoder, registers
from outside.asking import Service
from tests import http_server
from tests.http_server import HttpServer, Request
from tests.offers.conftest import answers, citizen, city, operator, send, today, walk

__all__ = ["answers", "citizen", "city", "operator", "send", "today", "walk"]

JSON = {"Content-Type": "application/json"}
# As the documentation of the geocoder shows one, at a place of Strasbourg.
FEATURE: dict[str, Any] = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [7.745812, 48.583148]},
    "properties": {
        "label": "12 Rue du Dôme 67000 Strasbourg", "score": 0.97, "housenumber": "12", "id": "67482_2700_00012",
        "name": "12 Rue du Dôme", "postcode": "67000", "citycode": "67482", "city": "Strasbourg",
        "context": "67, Bas-Rhin, Grand Est", "type": "housenumber", "importance": 0.7, "street": "Rue du Dôme",
        "_type": "address",
    },
}  # fmt: skip
POINT = (48.583, 7.746)
# As the directory answers of an association; what we do not read is left out.
UNIT: dict[str, Any] = {
    "siren": "732829320",
    "nom_complet": "ASSOCIATION LES PASSERELLES (LP)",
    "nom_raison_sociale": "ASSOCIATION LES PASSERELLES",
    "sigle": "LP",
    "etat_administratif": "A",
    "siege": {
        "siret": "73282932000074", "adresse": "4 RUE DES JUIFS 67000 STRASBOURG", "commune": "67482",
        "etat_administratif": "A", "est_siege": True,
    },
    "matching_etablissements": [],
    "complements": {"est_association": True, "identifiant_association": "W671234567"},
}  # fmt: skip

Answering = Callable[..., None]


def question(request: Request) -> tuple[str, dict[str, str]]:
    """Where it was asked, and what; each word once."""
    parts = urlsplit(request.path)
    said = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in said.values())
    return parts.path, {name: values[0] for name, values in said.items()}


def feature(point: tuple[float, float] | None = None, **properties: Any) -> dict[str, Any]:
    """The place of the documentation, with other properties, or elsewhere: longitude and latitude."""
    found: dict[str, Any] = json.loads(json.dumps(FEATURE))
    found["properties"] |= properties
    if point is not None:
        found["geometry"]["coordinates"] = list(point)
    return found


def unit(**changes: Any) -> dict[str, Any]:
    return {**UNIT, **changes}


@pytest.fixture
def state(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """A server in the place of both, as this process has not known it yet."""
    settings.PRIVATE_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    monkeypatch.setattr(geocoder, "service", Service("geocoder"))
    monkeypatch.setattr(registers, "service", Service("directory"))
    caches["registers"].clear()
    with http_server.listening() as server:
        settings.GEOCODER_URL, settings.REGISTER_URL = f"{server.url}/geocodage", f"{server.url}/annuaire"
        yield server


@pytest.fixture
def knows(state: HttpServer) -> Answering:
    """The geocoder answers so, whoever asks in its form; 400 to others, as it does."""

    def answering(*features: Any) -> None:
        def answer(request: Request) -> Any:
            path, said = question(request)
            is_form = (
                request.method == "GET"
                and path == "/geocodage/search"
                and said.keys() <= {"q", "limit", "autocomplete", "index", "citycode"}
                and 3 <= len(said["q"]) <= 200
                and (said["limit"], said["autocomplete"], said["index"]) == ("1", "0", "address")
            )
            found = {"type": "FeatureCollection", "features": list(features), "query": said["q"]}
            return (200, JSON, json.dumps(found)) if is_form else (400, JSON, '{"code": 400, "message": ""}')

        state.answer = answer

    return answering


@pytest.fixture
def lists(state: HttpServer) -> Answering:
    """The directory answers so, whoever asks in its form."""

    def answering(*units: Any) -> None:
        def answer(request: Request) -> Any:
            path, said = question(request)
            is_form = (
                request.method == "GET"
                and path == "/annuaire/search"
                and said.keys() <= {"q", "page", "per_page"}
                and len(said["q"]) >= 3
                and 1 <= int(said["per_page"]) <= 25
            )
            found = {"results": list(units), "total_results": len(units), "page": 1, "per_page": 5}
            return (200, JSON, json.dumps(found)) if is_form else (400, JSON, '{"erreur": ""}')

        state.answer = answer

    return answering
