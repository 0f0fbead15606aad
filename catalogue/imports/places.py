"""The town of a file and the places of its rows."""

from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.imports.taking import RowRefused
from catalogue.spreadsheets import (
    Row,
)
from cities.models import City, Commune
from cities.points import FARTHEST_KM, distance_km, too_far
from cities.selectors import CommuneNotFound, commune_by_insee, communes_of


class Places:
    """The town of a file and the communes of its rows, each commune read once."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.elsewhere = 0
        self._territory = set(communes_of(city).values_list("pk", flat=True))
        self._read = lru_cache(maxsize=2048)(self._commune)

    @staticmethod
    def _commune(code: str) -> Commune | str:
        try:
            return commune_by_insee(code)
        except CommuneNotFound:
            near = Commune.objects.filter(postcodes__contains=[code]).order_by("-population").first()
            if near is None:
                return _("aucune commune n’a le code INSEE «\u00a0%(code)s\u00a0».") % {"code": code}
            return _(
                "«\u00a0%(code)s\u00a0» est un code postal. Le code INSEE est attendu\u202f: "
                "celui de %(name)s est %(insee)s."
            ) % {"code": code, "name": near.name, "insee": near.pk}

    def fields(self, row: Row) -> dict[str, Any]:
        """Commune and point of a row of this town; the centre of the commune when it gives none."""
        slug = row["city"]
        if slug and slug.casefold() != self.city.slug:
            message = _("cette ligne est pour une autre ville. Importez-la avec --city %(slug)s.") % {
                "slug": slug.casefold()
            }
            raise RowRefused(row.bad("city", message))
        commune = self._read(row["commune"])
        if isinstance(commune, str):
            raise RowRefused(row.bad("commune", commune))
        latitude, longitude = row["lat"], row["lon"]
        if (latitude is None) != (longitude is None):
            missing = "lat" if latitude is None else "lon"
            raise RowRefused(row.bad(missing, _("lat et lon vont ensemble\u202f: l’autre cellule est vide.")))
        if latitude is None:
            latitude, longitude = commune.latitude, commune.longitude
        away = float(distance_km(latitude, longitude, commune.latitude, commune.longitude))
        if away > FARTHEST_KM:
            raise RowRefused(row.bad("lat", too_far(away, commune.name)))
        if commune.pk not in self._territory:
            self.elsewhere += 1
        return {"commune": commune, "latitude": latitude, "longitude": longitude}

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        if not self.elsewhere:
            return []
        return [
            ngettext(
                "%(n)s ligne est dans une commune hors du territoire de %(city)s.",
                "%(n)s lignes sont dans des communes hors du territoire de %(city)s.",
                self.elsewhere,
            )
            % {"n": self.elsewhere, "city": self.city.name}
        ]
