"""`manage.py rescan`: what it says, what it does with and without a worker, and an exit status that tells the truth."""

import os
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalogue.vocabulary import Kind
from matching import rescans
from matching.models import Match, RescanPart
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need, due_offer

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments, **options):
    out = StringIO()
    call_command("rescan", *arguments, stdout=out, **options)
    return re.sub(r"\s+", " ", out.getvalue())


@pytest.fixture
def busy_town(city):
    for kind in Kind:
        due_offer(city=city, kind=kind, now=timezone.now())
        due_need(city=city, kind=kind, now=timezone.now())
    return city


def test_without_a_worker_it_does_the_work_itself(busy_town):
    said = run("--city", busy_town.slug, "--workers", "2")
    assert "Besoins : 3 sur 3 · pistes écrites : 3, inchangées : 0" in said
    assert "3 paires possibles, en " in said
    assert Match.objects.suggested().count() == 3
    assert "pistes écrites : 0, inchangées : 3" in run("--all", "--workers", "1")


def test_no_worker_answers(busy_town):
    assert "Besoins : 3 sur 3" in run("--all")


def test_a_worker_does_it(worker, busy_town, eventually):
    assert "Demandé" in run("--city", busy_town.slug)
    assert eventually(lambda: not rescans.are_waiting())
    assert "Besoins : 3 sur 3" in run("--city", busy_town.slug, "--wait")


def test_other_towns_are_left_alone(busy_town):
    other = CityFactory()
    need = due_need(city=other, now=timezone.now())
    run("--city", busy_town.slug, "--workers", "1")
    assert not Match.objects.filter(need=need).exists()
    assert set(RescanPart.objects.values_list("city", flat=True)) == {busy_town.pk}


def test_nothing_to_do_is_said(city):
    assert "Besoins : 0 sur 0" in run("--city", city.slug, "--workers", "1")


def test_a_town_that_is_not_there(city):
    with pytest.raises(CommandError, match="Ville inconnue\u202f: nulle-part"):
        run("--city", city.slug, "--city", "nulle-part")


@pytest.mark.parametrize("arguments", [[], ["--all", "--city", "x"], ["--all", "--workers", "0"]])
def test_what_makes_no_sense_is_refused(db, arguments):
    with pytest.raises((CommandError, SystemExit)):
        run(*arguments)


def test_a_part_that_fails_shows_in_the_exit_status(busy_town, full_disk, caplog):
    full_disk()
    with pytest.raises(CommandError, match="3 groupes de besoins sur 3 n’ont pas pu être comparés"):
        run("--all", "--workers", "1")


def test_a_process_that_dies_is_replaced_and_its_part_given_up_at_the_third_time(busy_town, monkeypatch):
    """As when memory runs out on one part: the others are done, and the status says that one is not."""
    of_part = rescans.snapshots.of_part

    def die_on_goods(*arguments, kind, **options):
        if kind == Kind.GOODS:
            os._exit(137)
        return of_part(*arguments, kind=kind, **options)

    monkeypatch.setattr(rescans.snapshots, "of_part", die_on_goods)
    with pytest.raises(CommandError, match="1 groupe de besoins sur 3 n’a pas pu être comparé"):
        run("--all", "--workers", "1")
    assert Match.objects.suggested().count() == 2
