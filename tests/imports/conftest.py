"""Two towns, an association, and files to import."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Organisation
from cities.models import City, Commune
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.cities import CityFactory

# Days to come, and not too far away.
YEAR = timezone.localdate().year + 1
OFFER = {
    "id": "1",
    "kind": "housing",
    "category": "shared_room",
    "commune": "67482",
    "available": f"{YEAR}-03-01..{YEAR}-05-31|{YEAR}-07-01..",
    "capacity": "2",
    "contact_name": "Ana",
    "contact_email": "ana@exemple.fr",
    "contact_phone": "",
}
NEED = {
    "id": "1",
    "kind": "housing",
    "commune": "67482",
    "first_day": f"{YEAR}-03-01",
    "last_day": f"{YEAR}-05-31",
    "adult_women": "1",
    "urgency": "this_week",
}


@pytest.fixture
def city(gazetteer: None) -> City:
    return CityFactory(
        slug="strasbourg", name="Strasbourg", seat=Commune.objects.get(pk="67482"), epci_code="246700488"
    )


@pytest.fixture
def organisation(city: City) -> Organisation:
    organisation = OrganisationFactory(city=city, name="Les Passerelles", rna="W671234567", verified=True)
    MembershipFactory(organisation=organisation, role="manager")
    return organisation


Rows = Sequence[Mapping[str, Any]]


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """A csv of these rows; the columns are those of the first, then those that others add."""

    def write(rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8", name: str = "file.csv") -> Path:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / name
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return write


@pytest.fixture
def write_xlsx(tmp_path: Path) -> Callable[..., Path]:
    """A workbook of these rows, each value a real cell."""

    def write(rows: Rows, *, name: str = "file.xlsx") -> Path:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(columns)
        for row in rows:
            sheet.append([row.get(column) for column in columns])
        path = tmp_path / name
        book.save(path)
        book.close()
        return path

    return write


@dataclass
class Said:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def bad(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def run() -> Callable[..., Said]:
    """Run an import for Strasbourg as the terminal would."""

    def call(command: str, path: Path, **options: Any) -> Said:
        out, err = io.StringIO(), io.StringIO()
        status = 0
        try:
            call_command(
                command, str(path), **{"city": "strasbourg", **options}, stdout=out, stderr=err, no_color=True
            )
        except SystemExit as end:
            status = int(end.code or 0)
        except CommandError as error:
            # What manage.py prints and how it ends.
            status = error.returncode
            err.write(f"{error}\n")
        return Said(status, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def import_offers(run: Callable[..., Said], city: City) -> Callable[..., Said]:
    return lambda path, **options: run("import_offers", path, **options)


@pytest.fixture
def import_needs(run: Callable[..., Said], organisation: Organisation) -> Callable[..., Said]:
    return lambda path, **options: run("import_needs", path, **{"organisation": "W671234567", **options})
