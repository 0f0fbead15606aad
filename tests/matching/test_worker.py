"""End to end: a commit, the wake-up, a real worker; and every way in which the wake-up or the worker may be lost."""

import signal
import time
from datetime import date, timedelta
from functools import partial

import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from catalogue.vocabulary import Kind, Source
from matching import services, tasks
from matching.models import Hold, Match, MatchState, Scan
from needs import services as needs
from needs.models import Need
from notifications.models import Message
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import OrganisationFactory
from tests.factories.matching import due_need, due_offer, story, suggested_match
from tests.lines import broker_at, by, closed_port
from tests.matching import invariants

SCAN = ("matching.tasks.scan_due", [])


@pytest.fixture
def organisation(city):
    return OrganisationFactory(city=city, verified=True)


def post_need(city, organisation, by, **fields):
    """A mother and two children, posted as the page and the API do."""
    now = timezone.now()
    today = timezone.localdate(now)
    return needs.register(
        city=city,
        organisation=organisation,
        person=None,
        fields={
            "kind": Kind.HOUSING,
            "title": "Une mère et deux enfants",
            "commune": city.seat,
            "reach_km": 10,
            "first_day": today + timedelta(days=3),
            "last_day": today + timedelta(days=20),
            "adult_women": 1,
            "children_3_to_11": 2,
            **fields,
        },
        source=Source.WEB,
        by=by,
        now=now,
        today=today,
    )


def post_offer(city, owner):
    return offers.register(
        city=city,
        owner=owner,
        fields={
            "kind": Kind.HOUSING,
            "category": "shared_room",
            "title": "Deux chambres",
            "commune": city.seat,
            "capacity": 3,
            "shared_home": True,
        },
        windows=[(date(2026, 1, 1), None)],
        source=Source.WEB,
        contact_proven=True,
        by=owner,
        now=timezone.now(),
    )


def suggestions(need):
    return list(Match.objects.filter(need=need, state=MatchState.SUGGESTED).values_list("offer", flat=True))


# --- All is well ---------------------------------------------------------------------------------------


def test_a_committed_need_gets_its_suggestions(worker, city, organisation, coordinator, eventually):
    offer = due_offer(city=city)
    need = post_need(city, organisation, coordinator)
    assert eventually(lambda: suggestions(need)) == [offer.pk]
    assert eventually(
        lambda: Message.objects.filter(recipient=coordinator, event="suggestions_of_the_day").exists()
    )


def test_a_committed_offer_is_suggested_for_what_waits(worker, city, organisation, coordinator, eventually):
    need = post_need(city, organisation, coordinator)
    eventually(lambda: Scan.objects.filter(need=need).exists())
    offer = post_offer(city, coordinator)
    assert eventually(lambda: suggestions(need)) == [offer.pk]


def test_what_is_decided_moves_the_other_suggestions(worker, city, coordinator, eventually):
    it = story(city=city, now=timezone.now())
    other = due_need(city=city, now=timezone.now())
    tasks.scan_due()
    assert suggestions(other) == [it.match.offer_id]
    now = timezone.now()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    eventually(lambda: not suggestions(other))
    services.decline(match_id=it.match.pk, by=it.citizen, now=now)
    assert eventually(lambda: suggestions(other)) == [it.match.offer_id]


def test_a_withdrawn_offer_is_called_off_without_anybody_s_doing(worker, city, coordinator, eventually):
    it = story(city=city, now=timezone.now())
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    offers.withdraw(offer_id=it.match.offer_id, by=it.citizen, now=timezone.now())
    eventually(lambda: it.state == "cancelled")
    assert not Hold.objects.exists()


def test_a_wake_up_names_a_task_and_carries_nothing(
    transactional_db, city, organisation, coordinator, wake_ups
):
    with transaction.atomic():
        post_need(city, organisation, coordinator)
        assert wake_ups() == [], "not before the commit"
    assert SCAN in wake_ups()
    assert all(arguments == [] for _task, arguments in wake_ups())


def test_a_rolled_back_need_wakes_nobody(transactional_db, city, organisation, coordinator, wake_ups):
    with transaction.atomic():
        post_need(city, organisation, coordinator)
        transaction.set_rollback(True)
    assert wake_ups() == []


def test_the_scheduled_task_does_all_that_time_does(db, city, coordinator):
    now = timezone.now()
    late = story(city=city, now=now - timedelta(days=5))
    services.propose(match_id=late.match.pk, by=coordinator, now=now - timedelta(days=4))
    begins = story(city=city, now=now - timedelta(days=10))
    services.propose(match_id=begins.match.pk, by=coordinator, now=now - timedelta(days=10))
    services.accept(match_id=begins.match.pk, by=coordinator, now=now - timedelta(days=9))
    services.confirm(match_id=begins.match.pk, by=coordinator, now=now - timedelta(days=9))
    tasks.advance_time()
    assert (late.state, begins.state) == ("lapsed", "under_way")


# --- Redis is down -------------------------------------------------------------------------------------


@pytest.fixture
def no_broker(transactional_db):
    """For this thread, our own settings with a broker at a closed port."""
    with broker_at(by(closed_port())):
        yield


def test_a_need_is_posted_while_redis_is_down(city, organisation, coordinator, no_broker, wake_ups, caplog):
    offer = due_offer(city=city)
    started = time.monotonic()
    need = post_need(city, organisation, coordinator)
    assert time.monotonic() - started < 3, "the wake-up keeps nobody waiting"
    assert "wake-up not sent" in caplog.text
    assert Need.objects.get(pk=need.pk).scan_due_at is not None
    assert Message.objects.filter(event="need_receipt").exists()
    assert wake_ups() == []
    # The sweeper finds the row.
    tasks.scan_due()
    assert suggestions(need) == [offer.pk]


def test_a_decision_is_taken_while_redis_is_down(city, no_broker):
    started = time.monotonic()
    it = story(city=city, now=timezone.now())
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    assert it.state == "proposed"
    assert time.monotonic() - started < 5
    assert Message.objects.filter(event="match_question", recipient=it.citizen).exists()


# --- The worker is killed ------------------------------------------------------------------------------


def test_a_worker_killed_in_mid_scan_is_made_up_for(worker_process, city, coordinator, eventually):
    """Killed after it has written suggestions and before it commits: nothing is there, then all is, once."""
    for _ in range(3):
        due_offer(city=city, now=timezone.now())
    need = due_need(city=city, now=timezone.now(), urgency="tonight")
    before = sessions()
    process = worker_process("-Q", "matching")
    # The scan's last write is the desk's message: whoever holds its key keeps the scan from ending.
    with transaction.atomic(durable=True):
        blocker = Message.objects.create(
            recipient=coordinator,
            event="need_suggestions",
            subject_key=f"need:{need.pk}",
            city=city,
            channel="email",
            language="fr",
            title="x",
            body="x",
            due_at=timezone.now(),
            created_at=timezone.now(),
        )
        current_app.send_task("matching.tasks.scan_due")
        waiting = partial(count, "SELECT count(*) FROM pg_locks WHERE NOT granted")
        eventually(waiting, seconds=30)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert blocker.pk
        transaction.set_rollback(True)
    eventually(lambda: sessions() <= before)
    assert not Match.objects.exists()
    assert Need.objects.get(pk=need.pk).scan_due_at is not None

    tasks.scan_due()
    tasks.scan_due()
    assert len(suggestions(need)) == 3
    assert Match.objects.count() == 3
    assert Message.objects.filter(event="need_suggestions").count() == 1
    assert not Offer.objects.due_for_scan().exists()
    invariants.check(settled=True)


def sessions():
    """The database's sessions with clients; threads of earlier tests may still hold one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def count(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_a_bad_row_does_not_keep_the_others_from_their_scan(transactional_db, city, caplog):
    """A row that slipped past the forms: named in the log without its values, and passed over."""
    good = suggested_match(city=city, now=timezone.now())
    bad = due_need(city=city, now=timezone.now(), urgency="tonight")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE needs_need SET slots = '{}', languages = '{\"\"}' WHERE id = %s", [bad.pk])
    Need.objects.filter(pk=good.need_id).update(scan_due_at=timezone.now())
    tasks.scan_due()
    assert not Need.objects.due_for_scan().exists()
    assert f"need {bad.pk} is left out" in caplog.text
    assert suggestions(good.need) == [good.offer_id]
