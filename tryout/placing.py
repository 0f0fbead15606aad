"""Where the rows of a list are: the communes that they name, and their own points."""

from dataclasses import replace
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from catalogue.imports import figures_of, written_place
from catalogue.spreadsheets import BadCell, Block
from cities.places import Contradiction, Figures, PlaceError, named_by_code
from cities.points import FARTHEST_KM, distance_km, too_far, too_far_from_all
from engine.arrays import Floats
from tryout.blocks import Judged
from tryout.communes import NOWHERE, Places
from tryout.opened import PLACE_NAME


def points_of(judged: Judged, places: Places) -> tuple[Floats, Floats]:
    """The point of each row: its own, else the centre of its commune."""
    block = judged.block
    figures = figures_of(block.places.get("commune", ("", ""))[0])
    if figures is Figures.ASKED:
        figures = Figures.INSEE  # as the page of this command has always asked for them
    found = [
        places.found(written_place(code, postcode, name), figures if code else Figures.POSTCODE)
        for code, postcode, name in zip(
            block["commune"], block["postcode"], block[PLACE_NAME.name], strict=True
        )
    ]
    unknown = np.fromiter((isinstance(one, PlaceError) for one in found), np.bool_, len(found))
    row = np.fromiter(
        (NOWHERE if isinstance(one, PlaceError) else one for one in found), np.int64, len(found)
    )
    judged.commune = row
    judged.complain(unknown, lambda at: _no_place(block, at, found[at]))
    lat, lon = np.array(block["lat"], np.float64), np.array(block["lon"], np.float64)
    other = np.fromiter(
        (
            bool(code and postcode) and not isinstance(one, PlaceError) and not places.may_have(one, postcode)
            for one, code, postcode in zip(found, block["commune"], block["postcode"], strict=True)
        ),
        np.bool_,
        len(found),
    )
    judged.refuse(
        other,
        "postcode",
        lambda at: (
            _(
                "le code postal «\u00a0%(postcode)s\u00a0» n’est pas celui de %(name)s. Lequel est juste\u202f?"
            )
            % {"postcode": block["postcode"][at], "name": places.name(int(row[at]))}
        ),
    )
    has_lat, has_lon = ~np.isnan(lat), ~np.isnan(lon)
    for column, missing in (("lat", has_lon & ~has_lat), ("lon", has_lat & ~has_lon)):
        judged.refuse(
            missing, column, lambda _at: _("lat et lon vont ensemble\u202f: l’autre cellule est vide.")
        )
    judged.refuse(
        (row == NOWHERE) & ~has_lat,
        "commune",
        lambda _at: _("dites dans quelle commune (nom, code postal ou code INSEE), ou donnez lat et lon."),
    )
    known = np.maximum(row, 0)
    away = distance_km(lat, lon, places.lat[known], places.lon[known])
    judged.refuse(
        (row >= 0) & (away > FARTHEST_KM),
        "lat",
        lambda at: too_far(float(away[at]), places.name(int(row[at]))),
    )
    alone = np.flatnonzero((row == NOWHERE) & has_lat & has_lon)
    lost = np.zeros(len(block), np.bool_)
    lost[alone] = places.are_far(lat[alone], lon[alone])
    judged.refuse(lost, "lat", lambda _at: too_far_from_all())
    return np.where(has_lat, lat, places.lat[known]), np.where(has_lon, lon, places.lon[known])


def _no_place(block: Block, at: int, error: Any) -> BadCell:
    """Where nobody knows where it is; one cell alone that may mean several places is asked about, once for all."""
    says = [name for name in ("commune", "postcode", PLACE_NAME.name) if block[name][at]]
    cell = block.bad_cell(at, says[0], str(error))
    if len(says) > 1 or isinstance(error, Contradiction) or not error.choices:
        return cell
    return replace(cell, name=says[0], asked=cell.value, choices=tuple(named_by_code(error.choices)))
