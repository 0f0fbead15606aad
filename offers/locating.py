"""The point of an offer's address, where the town has the State's geocoder (`outside.geocoder`).

Asked before anything is written, since a form waits for it; whoever gives no point gets the commune's centre.
"""

from collections.abc import Mapping
from typing import Any

from cities.models import Commune
from cities.places.districts import codes_with_districts
from cities.points import FARTHEST_KM, distance_km
from offers.models import Offer
from outside import geocoder


def located(fields: Mapping[str, Any], *, before: Offer | None = None) -> dict[str, Any]:
    """These fields of an offer, with the point of their address where it is known; of `before`, when they change it.

    A changed address that nobody knows is the commune's centre again: the point before was another address's.
    """
    said = dict(fields)
    if not geocoder.is_on() or "latitude" in said:
        return said
    was = ("", None) if before is None else (before.address, before.commune_id)
    address = said.get("address", was[0])
    commune = said.get("commune") or (before.commune if before else None)
    if commune is None or (address, commune.pk) == was or not (address or was[0]):
        return said
    point = _point(address, commune) if address else None
    if point is None and before is None:
        return said
    said["latitude"], said["longitude"] = point or (commune.latitude, commune.longitude)
    return said


def _point(address: str, commune: Commune) -> tuple[float, float] | None:
    point = geocoder.point_of(address, town=commune.name, codes=codes_with_districts(commune.insee))
    if point is None or distance_km(*point, commune.latitude, commune.longitude) > FARTHEST_KM:
        return None
    return point
