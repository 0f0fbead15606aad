"""Where an address lies, from the State's geocoder (data.geopf.fr, Base adresse nationale), where a town turns it on.

https://geoservices.ign.fr/documentation/services/services-geoplateforme/geocodage: GET /search, GeoJSON.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings

from outside.asking import NoAnswer, Service

# Below it the geocoder guesses.
LEAST_SCORE = 0.5
# "municipality" is the town hall: no better than the commune's centre, which we know.
PRECISE = frozenset({"housenumber", "street", "locality"})
# Of a degree, about a hundred metres: enough for kilometres, and no door is told by it.
DECIMALS = 3
LONGEST_QUESTION = 200

service = Service("geocoder")


def is_on() -> bool:
    """Whether this installation asks it at all."""
    return bool(settings.GEOCODER_URL)


def point_of(address: str, *, town: str, codes: Collection[str]) -> tuple[float, float] | None:
    """Latitude and longitude, rounded, of an address in the commune of this name; None where nobody knows, or is asked.

    `codes`: those of the commune and of its arrondissements, of which it names one. It takes 1.5 s at most.
    """
    question = {
        "q": f"{address.strip()} {town}"[:LONGEST_QUESTION],
        "limit": "1",
        "autocomplete": "0",
        "index": "address",
    }
    if len(codes) == 1:
        question["citycode"] = next(iter(codes))
    try:
        answer = service.ask(f"{settings.GEOCODER_URL}/search", question)
    except NoAnswer:
        return None
    if answer is None:
        return None
    try:
        return _read(answer, codes)
    except (KeyError, IndexError, TypeError, ValueError):
        service.failed("not GeoJSON")
        return None


def _read(answer: Any, codes: Collection[str]) -> tuple[float, float] | None:
    if answer["type"] != "FeatureCollection":
        raise ValueError("not a FeatureCollection")
    if not answer["features"]:
        return None
    best = answer["features"][0]
    said, shape = best["properties"], best["geometry"]
    if said["citycode"] not in codes or said["type"] not in PRECISE or not LEAST_SCORE <= said["score"] <= 1:
        return None
    longitude, latitude = shape["coordinates"]
    if shape["type"] != "Point" or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("not a point on earth")
    return round(float(latitude), DECIMALS), round(float(longitude), DECIMALS)
