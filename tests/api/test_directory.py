"""The directory over the API: what everybody reads on its pages, by place, need and language."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation
from directory import services
from directory.models import Service
from directory.themes import THEMATICS, Theme
from tests.api.conftest import Program
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory


@pytest.fixture
def add(city, coordinator):
    """A service of the town's directory."""

    def add(**said: Any) -> Service:
        fields = {
            "name": "Permanence",
            "run_by": "CCAS",
            "about": "Une juriste répond.",
            "thematics": [THEMATICS[Theme.RIGHTS][0]],
            "languages": ["fr"],
            "commune": city.seat,
        }
        return services.add(city=city, fields=fields | said, by=coordinator.user, now=timezone.now())

    return add


def names(program: Program, query: str = "") -> list[str]:
    return [one["name"] for one in program.get(f"directory/{query}").json()["results"]]


def test_a_service_tells_of_itself_and_of_no_person(add, citizen):
    service = add(phone="+33388000000", slots=["mon 09:00-12:00"])
    told = citizen.get(f"directory/{service.pk}/").json()
    assert (told["name"], told["run_by"], told["needs"]) == ("Permanence", "CCAS", ["rights"])
    assert (told["phone"], told["slots"], told["commune"]) == ("+33388000000", ["mon 09:00-12:00"], "67482")
    assert not {"checked_by", "organisation", "source"} & set(told)


def test_by_town_place_need_and_language(add, citizen):
    add()
    add(name="Repas", thematics=[THEMATICS[Theme.FOOD][0]], languages=["fa"])
    assert names(citizen) == ["Repas", "Permanence"]
    assert names(citizen, "?need=rights") == ["Permanence"]
    # Dari is understood where Persian is spoken.
    assert names(citizen, "?language=prs") == ["Repas"]
    assert names(citizen, "?language=fr&need=food") == []
    assert names(citizen, "?city=strasbourg&commune=67482&language=fr") == ["Permanence"]


@pytest.mark.parametrize(
    "query", ["need=poney", "language=klingon", "commune=00000", "city=nowhere", "besoin=food"]
)
def test_what_is_no_filter_or_no_value_of_one_is_refused(add, citizen, query):
    add()
    answer = citizen.get(f"directory/?{query}")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {query.split("=")[0]}


def test_what_nobody_reads_on_the_pages_is_not_here(add, city, citizen, coordinator, organisation):
    closed = add()
    services.close(service_id=closed.pk, by=coordinator.user, now=timezone.now())
    waiting = add(organisation=organisation, run_by="")
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.SUSPENDED)
    shut = CityFactory(is_open=False)
    by = CityRoleFactory(city=shut).user
    fields = {
        "name": "A",
        "run_by": "B",
        "about": "C",
        "thematics": ["sante--acces-aux-soins"],
        "commune": shut.seat,
    }
    elsewhere = services.add(city=shut, fields=fields, by=by, now=timezone.now())
    assert names(citizen) == []
    for one in (closed, waiting, elsewhere):
        assert citizen.get(f"directory/{one.pk}/").status_code == 404


def test_pages_follow_each_other_by_cursor(add, citizen):
    for number in range(3):
        add(name=f"Service {number}")
    first = citizen.get("directory/", limit=2).json()
    assert [one["name"] for one in first["results"]] == ["Service 2", "Service 1"]
    following = citizen.client.get(first["next"]).json()
    assert [one["name"] for one in following["results"]] == ["Service 0"]
    assert following["next"] is None


def test_twenty_cost_no_more_queries_than_two(add, citizen):
    names(citizen)  # the key notes its first use of the hour
    counted = []
    for more in (2, 18):
        for number in range(more):
            add(name=f"Service {number}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            citizen.get("directory/")
        counted.append(len(queries))
    assert counted[0] == counted[1]
