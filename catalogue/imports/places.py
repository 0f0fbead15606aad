"""The town of a file and the places of its rows."""

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.imports.taking import RowRefused
from catalogue.spreadsheets import Row, plain
from cities.models import City, Commune
from cities.places import (
    Contradiction,
    Figures,
    Place,
    PlaceError,
    SeveralPlaces,
    UnknownPlace,
    named_by_code,
    near_of,
    read_place,
)
from cities.points import FARTHEST_KM, distance_km, too_far
from cities.selectors import open_cities

MOST_SAID = 30  # different things that are told of a file

# A commune that is certain: its code and its name.
_NAMED_BY_CODE = re.compile(r"(?:\d{5}|2[AB]\d{3}) \D+")

# Words of a header that say what its figures are.
_HEADERS = {
    "insee": Figures.INSEE,
    "postal": Figures.POSTCODE,
    "cp": Figures.POSTCODE,
    "zip": Figures.POSTCODE,
}


def written_place(code: str, postcode: str = "", name: str = "") -> str:
    """What the cells of a row say of its place, as one would write it: a code and a name are checked by one another.

    Of a cell that says both ("67482 Strasbourg", as a question about it was answered) the name alone counts where
    another cell has a code: an answer about one row settles nothing for a row that says more.
    """
    if not code:
        return f"{postcode} {_name_alone(name)}" if postcode else name
    if _NAMED_BY_CODE.fullmatch(code):
        if postcode:
            return f"{postcode} {_name_alone(code)}"
        return f"{code.split()[0]} {_name_alone(name)}" if name else code
    beside = _name_alone(name) if any(char.isdigit() for char in code) else postcode or name
    return f"{code} {beside}".strip()


def _name_alone(text: str) -> str:
    return text.split(" ", 1)[1] if _NAMED_BY_CODE.fullmatch(text) else text


@lru_cache(maxsize=4096)
def may_have_postcode(insee: str, postcode: str) -> bool:
    """Whether a commune may have the postcode: it is one of its own, or none that is known (an organisation's)."""
    try:
        return read_place(postcode, figures=Figures.POSTCODE).insee == insee
    except SeveralPlaces as several:
        return insee in several.choices
    except PlaceError:
        return True


def figures_of(header: str) -> Figures:
    """What figures are in a column that is called so."""
    words = plain(header).split("_")
    return next((figures for word, figures in _HEADERS.items() if word in words), Figures.ASKED)


class Heard:
    """What was understood in a file differently from how it is written, each thing once."""

    def __init__(self) -> None:
        self._lines: Counter[str] = Counter()

    def add(self, said: str) -> None:
        if said:
            self._lines[said] += 1

    def notices(self) -> list[str]:
        """ "compris\u202f: 75011 → Paris (75056), 3 lignes"."""
        told = [
            ngettext("compris\u202f: %(said)s", "compris\u202f: %(said)s, %(n)s lignes", n)
            % {"said": said, "n": n}
            for said, n in self._lines.most_common(MOST_SAID)
        ]
        if (more := len(self._lines) - MOST_SAID) > 0:
            told.append(
                ngettext("… et %(n)s autre chose comprise.", "… et %(n)s autres choses comprises.", more)
                % {"n": more}
            )
        return told


class Places:
    """The town of a file and the communes of its rows, each commune read once."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.heard = Heard()
        self.elsewhere = 0
        self._near = near_of(city.seat_id, city.epci_code)
        self._others = [other for other in open_cities() if other.pk != city.pk]
        self._in_others: Counter[str] = Counter()
        self.commune = lru_cache(maxsize=2048)(self._commune)

    @staticmethod
    def _commune(code: str) -> Commune | None:
        """The commune with this code, looked up once; None when it is not known."""
        return Commune.objects.filter(pk=code).first()

    def fields(self, row: Row) -> dict[str, Any]:
        """Commune and point of a row of this town; the centre of the commune when it gives none."""
        column, place = self._place(row)
        commune = self.commune(place.insee)
        if commune is None:
            message = _("aucune commune n’a le code INSEE «\u00a0%(code)s\u00a0».") % {"code": place.insee}
            raise RowRefused(row.bad(column, message))
        latitude, longitude = row["lat"], row["lon"]
        if (latitude is None) != (longitude is None):
            missing = "lat" if latitude is None else "lon"
            raise RowRefused(row.bad(missing, _("lat et lon vont ensemble\u202f: l’autre cellule est vide.")))
        if latitude is None:
            latitude, longitude = commune.latitude, commune.longitude
        away = float(distance_km(latitude, longitude, commune.latitude, commune.longitude))
        if away > FARTHEST_KM:
            raise RowRefused(row.bad("lat", too_far(away, commune.name)))
        if commune.pk not in self._near.territory:
            self._note_elsewhere(commune)
        self.heard.add(place.said)
        return {"commune": commune, "latitude": latitude, "longitude": longitude}

    def _place(self, row: Row) -> tuple[str, Place]:
        """The place of a row, and the column to complain about."""
        code, postcode, town = row["commune"], row["postcode"], row["city"]
        if town and self._is_of_another(town):
            message = _("cette ligne est pour une autre ville. Importez-la avec --city %(slug)s.") % {
                "slug": town.casefold()
            }
            raise RowRefused(row.bad("city", message))
        if (code or postcode) and self._is_own(town, row.places.get("city", ("", ""))[0]):
            town = ""  # whose the row is, not where
        column = "commune" if code else "postcode" if postcode else "city"
        figures = figures_of(row.places.get("commune", ("", ""))[0]) if code else Figures.POSTCODE
        written = written_place(code, postcode, town)
        if not written:
            raise RowRefused(row.bad("commune", _("cette cellule est vide.")))
        try:
            place = read_place(written, near=self._near, figures=figures)
            if postcode and postcode not in written and not may_have_postcode(place.insee, postcode):
                raise Contradiction(f"{postcode} {written}", (place.insee,))
            return column, place
        except (SeveralPlaces, UnknownPlace) as error:
            settled = [text for text in (code, town) if _NAMED_BY_CODE.fullmatch(text)]
            if isinstance(error, Contradiction):
                if sum(map(bool, (code, postcode, town))) > 1:
                    # Of this line alone: what is answered about one cell holds for all lines that have it.
                    raise RowRefused(row.bad("city" if town else column, str(error))) from None
            elif settled and settled[0].split()[0] in error.choices:
                return column, read_place(settled[0], near=self._near, figures=figures)
            raise RowRefused(row.asked(column, str(error), named_by_code(error.choices))) from None
        except PlaceError as error:
            raise RowRefused(row.bad(column, str(error))) from None

    def _is_own(self, town: str, header: str) -> bool:
        """Whether it says the town's service: by its short address; by its name only in a column of that sense, for
        under "Ville" it is where the row is.
        """
        return town == self.city.slug or (
            plain(header) != "ville" and plain(town) in (plain(self.city.slug), plain(self.city.name))
        )

    def _is_of_another(self, town: str) -> bool:
        return any(town.casefold() == other.slug for other in self._others)

    def _note_elsewhere(self, commune: Commune) -> None:
        self.elsewhere += 1
        for other in self._others:
            if commune.pk == other.seat_id or (other.epci_code and commune.epci_code == other.epci_code):
                self._in_others[other.slug] += 1

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        found = self.heard.notices()
        if self.elsewhere:
            found.append(
                ngettext(
                    "%(n)s ligne est dans une commune hors du territoire de %(city)s.",
                    "%(n)s lignes sont dans des communes hors du territoire de %(city)s.",
                    self.elsewhere,
                )
                % {"n": self.elsewhere, "city": self.city.name}
            )
        names = {other.slug: other.name for other in self._others}
        return found + [
            ngettext(
                "%(n)s ligne est à %(town)s, qui a son propre accueil\u202f: --city %(slug)s.",
                "%(n)s lignes sont à %(town)s, qui a son propre accueil\u202f: --city %(slug)s.",
                n,
            )
            % {"n": n, "town": names[slug], "slug": slug}
            for slug, n in self._in_others.items()
        ]
