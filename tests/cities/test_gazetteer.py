"""The file of communes, and its loading."""

import csv
import gzip
import hashlib
import io
from collections import defaultdict
from math import cos, hypot, radians
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command

from cities.models import City, Commune
from cities.services import GAZETTEER, load_gazetteer, read_gazetteer

from .conftest import commune

# Territory: (south, north, west, east), in degrees.
BOXES = {
    "971": (15.8, 16.6, -61.9, -60.9),
    "972": (14.3, 15.0, -61.3, -60.7),
    "973": (2.0, 6.0, -54.7, -51.5),
    "974": (-21.5, -20.8, 55.1, 55.9),
    "975": (46.7, 47.2, -56.5, -56.0),
    "976": (-13.1, -12.5, 44.9, 45.4),
    "977": (17.8, 18.0, -63.0, -62.7),
    "978": (18.0, 18.2, -63.2, -62.9),
    "984": (-67.0, -11.0, 39.0, 141.0),
    "986": (-14.5, -13.1, -178.3, -176.0),
    "987": (-28.0, -7.8, -155.0, -134.4),
    "988": (-23.0, -19.4, 163.4, 168.3),
    "989": (10.2, 10.4, -109.3, -109.1),
}
METROPOLE = (41.3, 51.1, -5.2, 9.6)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with gzip.open(GAZETTEER, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_all_communes_are_there(rows: list[dict[str, str]]) -> None:
    assert len(rows) == 34_969
    assert len({row["insee"] for row in rows}) == 34_969
    assert sum(row["is_overseas"] == "1" for row in rows) == 223
    assert 66_000_000 < sum(int(row["population"]) for row in rows) < 71_000_000
    assert len({row["department_code"] for row in rows}) == 96 + len(BOXES)
    assert all(row["name"] and row["department_name"] and row["region_name"] for row in rows)
    # Uninhabited places alone have no postcode.
    assert {row["department_code"] for row in rows if not row["postcodes"]} == {"984"}


def test_the_file_is_the_one_described() -> None:
    readme = Path(GAZETTEER).with_name("README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(GAZETTEER.read_bytes()).hexdigest() in readme
    assert GAZETTEER.stat().st_size < 1_500_000


def test_every_point_lies_in_its_territory(rows: list[dict[str, str]]) -> None:
    outside = []
    for row in rows:
        south, north, west, east = BOXES.get(row["department_code"], METROPOLE)
        latitude, longitude = float(row["latitude"]), float(row["longitude"])
        if not (south <= latitude <= north and west <= longitude <= east):
            outside.append((row["insee"], row["name"], latitude, longitude))
    assert outside == []


def test_no_point_strays_from_its_departement(rows: list[dict[str, str]]) -> None:
    departments: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for row in rows:
        if row["department_code"] not in BOXES:
            departments[row["department_code"]].append(
                (row["insee"], float(row["latitude"]), float(row["longitude"]))
            )
    strays = []
    for points in departments.values():
        middle = median(p[1] for p in points), median(p[2] for p in points)
        for insee, latitude, longitude in points:
            east = (longitude - middle[1]) * cos(radians(middle[0]))
            kilometres = 111.2 * hypot(latitude - middle[0], east)
            if kilometres > 115:
                strays.append((insee, round(kilometres)))
    assert strays == []


def test_guadeloupe_is_north_and_west(rows: list[dict[str, str]]) -> None:
    guadeloupe = [row for row in rows if row["department_code"] == "971"]
    assert len(guadeloupe) == 32
    assert all(float(row["latitude"]) > 0 > float(row["longitude"]) for row in guadeloupe)


@pytest.mark.django_db
def test_loading_twice_changes_nothing() -> None:
    first = load_gazetteer()
    assert (first.total, first.added, first.changed, first.left_alone) == (34_969, 34_969, 0, 0)
    second = load_gazetteer()
    assert (second.total, second.added, second.changed, second.left_alone) == (34_969, 0, 0, 0)
    assert Commune.objects.get(pk="75056").postcodes[0] == "75001"


@pytest.mark.django_db
def test_loading_corrects_adds_and_never_deletes() -> None:
    known = commune(name="Grenobel", population=1)
    known.save(force_insert=True)
    gone = commune(insee="38999", name="Commune disparue")
    gone.save(force_insert=True)
    City.objects.create(slug="grenoble", name="Grenoble", locative="À Grenoble", seat=known)

    output = io.StringIO()
    call_command("load_gazetteer", stdout=output)

    assert "34969 communes en" in output.getvalue()
    assert "34968 ajoutées, 1 changées" in output.getvalue()
    assert "1 communes ne sont plus dans le fichier" in output.getvalue()
    known.refresh_from_db()
    assert (known.name, known.population) == ("Grenoble", 156_140)
    assert City.objects.get().seat == known
    assert Commune.objects.filter(pk="38999").exists()


@pytest.mark.django_db
def test_a_broken_file_changes_nothing(tmp_path: Path) -> None:
    known = commune()
    known.save(force_insert=True)
    header = gzip.decompress(GAZETTEER.read_bytes()).decode().partition("\n")[0] + "\n"
    source = tmp_path / "communes.csv.gz"
    source.write_bytes(gzip.compress(f"{header}01001,Ici,01400,abc,01,Ain,X,0,,,46.0,5.0,x\n".encode()))
    with pytest.raises(ValueError, match="abc"):
        load_gazetteer(source=source)
    assert list(Commune.objects.all()) == [known]


def test_rows_carry_what_the_search_reads() -> None:
    row = next(row for row in read_gazetteer(GAZETTEER) if row[0] == "93066")
    assert row[-2:] == ("saint denis", " saint denis 93200 93210 93380")
