"""Queries that are written once: each time they find what was asked this time, as it is now."""

from threading import Thread

import pytest
from django.db import connection
from django.db.models import Count, F
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from catalogue.compiled import NUMBERS, TEXT, Compiled, IsOneOf, Later
from tests.factories.accounts import OrganisationFactory
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return CityFactory.create()


@pytest.fixture
def named():
    """Associations of a town by a name, each with its town."""
    rows = Organisation.objects.filter(city=Later("city"), name=Later("name", TEXT)).select_related("city")
    return Compiled(rows.annotate(n=Count("memberships")))


def test_each_time_it_finds_what_was_asked_then(named, city):
    elsewhere = CityFactory.create()
    here = OrganisationFactory.create(city=city, name="Entraide")
    there = OrganisationFactory.create(city=elsewhere, name="Entraide")

    assert named.rows(city=city.pk, name="Entraide") == [here]
    assert named.rows(city=elsewhere.pk, name="Entraide") == [there]
    assert named.rows(city=city.pk, name="Autre") == []
    with pytest.raises(KeyError):
        named.rows(city=city.pk)


def test_no_row_is_kept(named, city):
    assert named.rows(city=city.pk, name="Entraide") == []
    one = OrganisationFactory.create(city=city, name="Entraide")
    assert named.rows(city=city.pk, name="Entraide") == [one]
    Organisation.objects.filter(pk=one.pk).update(name="Accueil")
    assert named.rows(city=city.pk, name="Entraide") == []


def test_it_is_one_query_with_what_is_read_beside_it(named, city):
    OrganisationFactory.create(city=city, name="Entraide")
    with CaptureQueriesContext(connection) as captured:
        (found,) = named.rows(city=city.pk, name="Entraide")
        assert (found.city.name, found.n) == (city.name, 0)
    assert len(captured) == 1


def test_a_value_is_a_value_and_no_sql(named, city):
    quoted = OrganisationFactory.create(city=city, name="L’%s' OR 1=1 --")
    OrganisationFactory.create(city=city, name="Entraide")
    assert named.rows(city=city.pk, name="L’%s' OR 1=1 --") == [quoted]


def test_of_however_many(city):
    made = OrganisationFactory.create_batch(3, city=city)
    rows = Organisation.objects.filter(IsOneOf(F("pk"), Later("keys", NUMBERS))).order_by("pk")
    asked = Compiled(rows.values_list("pk", flat=True))
    assert asked.rows(keys=[one.pk for one in made[1:]]) == [one.pk for one in made[1:]]
    assert asked.rows(keys=[]) == []


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_by_its_own_connection(named, city):
    """Whoever wrote it has lent nobody their connection."""
    one = OrganisationFactory.create(city=city, name="Entraide")
    found = []

    def ask() -> None:
        found.extend(named.rows(city=city.pk, name="Entraide"))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join(20)
    assert found == [one]
