"""Figures for Prometheus: they are true, they name nobody, and the board asks for none that there is not."""

import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import metrics, tasks
from config.queues import QUEUES
from tests.conftest import ROOT
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need, due_offer
from tests.factories.notifications import MessageFactory
from tests.test_settings import TOWN

WORD = "a-word-of-twenty-characters"


@pytest.fixture
def figures(client, db, settings):
    """Ask for them: `figures()["accorde_scans_due"][("need",)]`."""
    settings.METRICS_TOKEN = WORD

    def ask():
        answer = client.get("/metrics", headers={"authorization": f"Bearer {WORD}"})
        assert answer.status_code == 200
        found = {}
        for family in text_string_to_metric_families(answer.content.decode()):
            for sample in family.samples:
                found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
        return found

    return ask


@pytest.mark.parametrize(
    ("word", "given"), [("", "Bearer "), ("", ""), (WORD, ""), (WORD, f"Bearer {WORD}s")]
)
def test_nobody_reads_them_without_the_word(client, settings, word, given):
    settings.METRICS_TOKEN = word
    answer = client.get("/metrics", headers={"authorization": given} if given else {})
    assert answer.status_code == 404
    assert b"accorde_part_up" not in answer.content


def test_what_waits_is_counted_with_how_long(figures):
    now, city = timezone.now(), CityFactory()
    due_need(city=city, now=now - timedelta(seconds=90))
    due_offer(city=city, now=now, scan_due_at=None)
    MessageFactory(city=city, due_at=now - timedelta(seconds=40))
    MessageFactory(city=city, to_call=True, state="failed", due_at=now)
    MessageFactory(city=city, state="sent", due_at=now, sent_at=now)
    found = figures()
    assert found["accorde_scans_due"] == {("need",): 1, ("offer",): 0}
    assert 90 <= found["accorde_scan_oldest_seconds"][("need",)] < 120
    assert found["accorde_messages"] == {("email", "queued"): 1, ("call", "failed"): 1}
    assert 40 <= found["accorde_message_oldest_waiting_seconds"][("email",)] < 70


def test_who_is_heard_from_is_told(figures):
    tasks.note(["messages"], waited=3.5)
    found = figures()
    assert found["accorde_part_up"][("queue_messages",)] == 1
    assert found["accorde_part_up"][("queue_long",)] == 0
    assert found["accorde_queue_age_seconds"] == {("messages",): 3.5}
    assert found["accorde_heartbeat_age_seconds"][("messages",)] < 15


def test_answers_are_counted_by_status_and_time(figures, client):
    def counts():
        found = figures()
        return (
            found["accorde_requests_total"].get(("GET", "404"), 0),
            found["accorde_answer_seconds_count"].get(("page",), 0),
            found["accorde_answer_seconds_count"].get(("api",), 0),
        )

    figures()  # from the second time on it is among what it counts
    before = counts()
    client.get("/nulle-part/")
    client.get("/api/v1/nothing/")
    after = counts()
    assert after[0] - before[0] == 2
    assert after[1] - before[1] == 2, "the page, and the figures asked for before"
    assert after[2] - before[2] == 1


def test_every_query_of_the_board_names_a_figure_that_there_is(figures):
    tasks.note([*QUEUES, "scheduler"])
    MessageFactory()
    figures()
    known = set(figures())
    board = json.loads((ROOT / "deploy" / "grafana.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked = {name for query in queries for name in re.findall(r"accorde_\w+", query)}
    assert asked <= known
    figures_of_ours = {
        re.sub(r"_(bucket|count|sum)$", "", name) for name in known if not name.endswith("_created")
    }
    assert figures_of_ours == {name.removesuffix("_bucket") for name in asked}, "and each figure is on it"


def test_no_figure_names_a_person_a_town_or_an_address(figures):
    MessageFactory(recipient__name="Ruth", recipient__email="ruth@example.fr", city__slug="nancy")
    said = str(figures())
    for word in ("Ruth", "ruth@example.fr", "nancy"):
        assert word not in said


COUNTS = """
import django; django.setup()
from django.test import RequestFactory
from config import metrics
metrics.note_answer(RequestFactory().get("/"), status=200, seconds=0.1)
print(metrics.page().decode())
"""


def test_whoever_comes_after_a_process_goes_on_with_its_counts(tmp_path):
    """Web servers start their processes anew: none loses a count, nor leaves a file. Nothing else answers here."""
    environment = {**TOWN, "ACCORDE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", COUNTS]
    for count in ("1.0", "2.0"):
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert f'accorde_requests_total{{method="GET",status="200"}} {count}' in ended.stdout
        assert 'accorde_part_up{part="database"} 0.0' in ended.stdout
    assert len(list((tmp_path / "metrics").glob("counter_*.db"))) == 1


def test_a_site_that_finds_no_place_counts_alone_and_answers(tmp_path, monkeypatch, settings):
    (tmp_path / "file").touch()
    monkeypatch.setattr(metrics, "FOLDER", tmp_path / "file" / "metrics")
    settings.METRICS_ARE_SHARED = True
    alone = metrics.Counted()
    assert not alone.is_one_of_several
    alone.requests.labels("GET", 200).inc()
    assert alone.of_all_processes() is alone.registry


def test_no_two_living_processes_write_into_one_file(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "FOLDER", tmp_path)
    assert [metrics._place(), metrics._place()] == ["0", "1"]
