"""The desk's page of rescans: whose it is, what it says in each state, and what it costs."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalogue.vocabulary import Kind
from matching.models import Match, Rescan, RescanPart
from matching.scanning import rescans
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need, due_offer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def path(city):
    return reverse("matching:rescans", args=[city.slug])


@pytest.fixture
def desk(city, coordinator, as_user):
    return as_user(coordinator)


def text(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def town(city):
    for kind in Kind:
        due_offer(city=city, kind=kind, now=timezone.now())
        due_need(city=city, kind=kind, now=timezone.now())


def test_it_is_the_coordinators_alone(city, path, as_user):
    others = [
        UserFactory(),
        MembershipFactory(organisation__city=city).user,
        CityRoleFactory().user,
        CityRoleFactory(city=city, role=Role.OPERATOR).user,
        CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
    ]
    town(city)
    for user in others:
        client = as_user(user)
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    assert Client().get(path).status_code == 302
    assert not Rescan.objects.exists()


def test_from_the_button_to_the_result(city, coordinator, path, desk):
    town(city)
    assert "Aucun recalcul pour l’instant" in text(desk.get(path))
    busy = desk.post(path, follow=True)
    assert "Le recalcul va commencer" in text(busy)
    assert "0 % · 0 besoin sur 3" in text(busy)
    assert 'hx-trigger="every 2s"' in busy.content.decode()
    assert 'http-equiv="refresh"' in busy.content.decode()
    assert '<button class="button button--accent"' not in busy.content.decode()
    assert Rescan.objects.get().by == coordinator

    assert rescans.work_on_one(now=timezone.now())
    running = text(desk.get(path))
    assert "Recalcul en cours" in running
    assert "33 % · 1 besoin sur 3" in running
    while rescans.work_on_one(now=timezone.now()):
        pass
    over = desk.get(path)
    assert "hx-trigger" not in over.content.decode()
    assert "terminé" in text(over)
    assert "3 besoins comparés" in text(over)
    assert "3 pistes nouvelles ou changées · 0 inchangée · 3 paires possibles" in text(over)
    assert f"par {coordinator}" in text(over)
    assert Match.objects.suggested().count() == 3


def test_a_second_click_asks_for_nothing_more(city, path, desk):
    town(city)
    desk.post(path)
    assert "Un recalcul est déjà en cours" in text(desk.post(path, follow=True))
    assert Rescan.objects.count() == 1


def test_nothing_to_do_is_said(path, desk):
    assert "il n’y a rien à recalculer" in text(desk.post(path, follow=True))


def test_a_failure_is_said_in_words(city, path, desk, full_disk, caplog):
    town(city)
    full_disk()
    desk.post(path)
    while rescans.work_on_one(now=timezone.now()):
        pass
    said = text(desk.get(path))
    assert "incomplet" in said
    assert "3 groupes de besoins sur 3 n’ont pas pu être comparés, après trois essais." in said
    assert "Tout recalculer" in said


def test_another_town_s_figures_are_not_ours(city, path, desk):
    """A rescan of the whole country: a coordinator reads the share of their own town."""
    town(city)
    other = CityFactory()
    for _ in range(4):
        due_need(city=other, now=timezone.now())
    rescans.ask(cities=[city, other], by=None, now=timezone.now())
    assert "0 besoin sur 3" in text(desk.get(path))
    RescanPart.objects.filter(city=city).update(finished_at=timezone.now())
    assert "3 besoins comparés" in text(desk.get(path))
    rescans.ask(cities=[other], by=UserFactory(name="Quelqu’un d’ailleurs"), now=timezone.now())
    assert "ailleurs" not in text(desk.get(path))


def test_as_many_queries_for_ten_as_for_one(city, path, desk):
    town(city)

    def count():
        with CaptureQueriesContext(connection) as captured:
            desk.get(path)
        return len(captured)

    def come(times):
        for number in range(times):
            rescans.ask(cities=[city], by=UserFactory(), now=timezone.now() - timedelta(days=number))
            while rescans.work_on_one(now=timezone.now()):
                pass

    come(1)
    desk.get(path)
    few = count()
    come(9)
    assert count() == few <= 10
