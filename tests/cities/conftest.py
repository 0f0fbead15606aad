from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from cities.models import Commune
from cities.services import load_gazetteer


@pytest.fixture(scope="module")
def gazetteer(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """All communes, in one transaction around the tests of a module, which also ask for `db`."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_gazetteer()
        yield
        transaction.set_rollback(True)


def commune(insee: str = "38185", name: str = "Grenoble", **fields: Any) -> Commune:
    """An unsaved commune that breaks no rule."""
    values: dict[str, Any] = {
        "postcodes": ["38000", "38100"],
        "population": 156140,
        "department_code": "38",
        "department_name": "Isère",
        "region_name": "Auvergne-Rhône-Alpes",
        "epci_code": "200040715",
        "epci_name": "Grenoble-Alpes-Métropole",
        "latitude": 45.18663,
        "longitude": 5.73631,
        "name_key": name.lower(),
        "search": f" {name.lower()} 38000 38100",
    }
    return Commune(insee=insee, name=name, **(values | fields))


@pytest.fixture
def grenoble(db: None) -> Commune:
    seat = commune()
    seat.save(force_insert=True)
    return seat
