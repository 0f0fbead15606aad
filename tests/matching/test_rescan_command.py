"""`manage.py rescan`: what it says, what it does with and without a worker, and an exit status that tells the truth."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalogue.vocabulary import Kind
from config import embedded
from matching.models import Match, RescanPart
from matching.scanning import rescans, work_locks
from needs.models import Need
from tests.conftest import ROOT, database_url
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.matching.locks import end_session, has_ended, in_the_midst_of_writing, waiting_for_us

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments, **options):
    out = StringIO()
    call_command("rescan", *arguments, stdout=out, **options)
    return re.sub(r"\s+", " ", out.getvalue())


@pytest.fixture
def busy_town(city):
    """Needs that were looked at, and then one offer for each."""
    for kind in Kind:
        due_need(city=city, kind=kind, now=timezone.now())
    drain(timezone.now())
    for kind in Kind:
        due_offer(city=city, kind=kind, now=timezone.now())
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


def test_a_process_that_dies_is_replaced_and_its_part_given_up_at_the_third_time(busy_town, eventually):
    """As when memory runs out on one part: the others are done, and the status says that one is not."""
    goods = Need.objects.get(kind=Kind.GOODS)
    with rescanning() as process, in_the_midst_of_writing(goods):
        for _ in range(rescans.TRIES):
            (session,) = eventually(waiting_for_us, seconds=60)
            (worker,) = children_of(process.pid)
            os.kill(worker, signal.SIGKILL)
            # The database hears of a death when it has an answer to give, and here we keep it waiting.
            end_session(session)
            eventually(partial(has_ended, session))
        _said, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "1 groupe de besoins sur 3 n’a pas pu être comparé" in complaint
    assert set(Match.objects.suggested().values_list("need__kind", flat=True)) == {Kind.HOUSING, Kind.SKILL}


def test_a_part_that_somebody_else_has_in_hand_is_waited_for(busy_town, eventually):
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('matching_rescanpart_id_seq') + 1")
        first_part = cursor.fetchone()[0]
    children = set()
    assert work_locks.try_lock(work_locks.Work.PART, first_part)
    with rescanning() as process:
        # More often than processes that die would be replaced.
        eventually(
            lambda: children.update(children_of(process.pid)) or len(children) > rescans.TRIES + 2, seconds=60
        )
        assert RescanPart.objects.get(finished_at=None).pk == first_part
        work_locks.unlock(work_locks.Work.PART, first_part)
        said, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (0, "")
    assert "Besoins : 3 sur 3" in re.sub(r"\s+", " ", said)


@contextmanager
def rescanning():
    """The command with one process of its own, for as long as this lasts."""
    command = [sys.executable, "manage.py", "rescan", "--all", "--workers", "1"]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "DATABASE_URL": database_url()}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=embedded.die_with_parent,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def children_of(pid):
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
