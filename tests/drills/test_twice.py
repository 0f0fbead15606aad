"""Two schedulers, by mistake or for safety, and workers side by side: everything is done, and nothing is done twice."""

from collections import Counter
from datetime import timedelta

import pytest
from celery.beat import PersistentScheduler
from django.utils import timezone

from config import embedded
from config.celery import app
from config.queues import QUEUES
from followups.models import FollowUp
from matching import services, sweeps
from matching.models import Decision, Match, Scan
from needs.models import Need
from notifications.models import Message
from offers.models import Offer
from tests.factories.matching import due_need, due_offer, story
from tests.factories.needs import NeedFactory
from tests.factories.notifications import MessageFactory

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OF_EACH = 3


def long_due(folder):
    """A schedule whose every entry is due, as a scheduler finds it that stood still for a while."""
    (folder / "schedule").mkdir(parents=True)
    schedule = PersistentScheduler(app, schedule_filename=str(folder / "schedule" / "beat"), lazy=True)
    schedule.setup_schedule()
    for entry in schedule.schedule.values():
        entry.last_run_at -= 2 * DAY
    schedule.close()
    return str(folder)


def asked(now):
    it = story(now=now)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    return it


def begun(now):
    """A stay that began two weeks ago."""
    then = now - 24 * DAY
    it = story(now=then)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=then)
    services.accept(match_id=it.match.pk, by=it.citizen, now=then)
    services.confirm(match_id=it.match.pk, by=it.coordinator, now=then)
    return it


def test_two_schedulers_do_nothing_twice(server, smtp_server, city, tmp_path):
    now = timezone.now()
    ended = [begun(now) for _ in range(OF_EACH)]
    while sweeps.start_due(by=None, now=now):
        pass
    beginning = [begun(now) for _ in range(OF_EACH)]
    late, waiting = ([asked(now) for _ in range(OF_EACH)] for _ in range(2))
    Match.objects.filter(pk__in=pks(late)).update(answer_by=now - HOUR)
    Match.objects.filter(pk__in=pks(waiting)).update(remind_at=now - HOUR, answer_by=now + DAY)
    stale = [due_offer(city=city, now=now - 31 * DAY, scan_due_at=None) for _ in range(OF_EACH)]
    past = NeedFactory.create_batch(OF_EACH, city=city, first_day=now - 9 * DAY, last_day=now - 2 * DAY)
    new = [due_need(city=city, now=now) for _ in range(OF_EACH)]
    MessageFactory.create_batch(OF_EACH, city=city)

    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(smtp_server.port)}
    schedulers = [long_due(tmp_path / name) for name in ("first", "second")]
    for folder in schedulers:
        server("scheduler", ACCORDE_DATA=folder)
    server("worker", **mail)
    server("message-worker", **mail)

    mails = Message.objects.filter(channel="email")

    def left():
        """What is still to be done."""
        return {
            "lapse": Match.objects.filter(pk__in=pks(late), state="proposed").count(),
            "start": Match.objects.filter(pk__in=pks(beginning)).exclude(state="under_way").count(),
            "remind": OF_EACH - Message.objects.filter(event="match_question_again").count(),
            "follow up": OF_EACH
            - FollowUp.objects.filter(match__in=pks(ended), asked_at__isnull=False).count(),
            "ask owners": OF_EACH - Message.objects.filter(event="offer_reminder").count(),
            "expire": Need.objects.filter(pk__in=[need.pk for need in past]).exclude(state="expired").count(),
            "scan": Need.objects.exclude(scan_due_at=None).count(),
            "send": mails.due("email", timezone.now()).count() + mails.filter(state="sending").count(),
            "tasks": tasks_left(),
        }

    if not embedded.wait_until(lambda: not any(left().values()), 60):
        pytest.fail(f"left to do: {left()}")
    for sweep in ("matching-time", "messages-sweep", "followups-sweep", "offers-freshness"):
        logs = [path.read_text() for path in tmp_path.glob("*-scheduler.log")]
        assert [f"due task {sweep}" in log for log in logs] == [True, True]

    for matches, end in ((late, "lapsed"), (beginning, "under_way")):
        moves = Decision.objects.filter(match__in=pks(matches), to_state=end)
        assert Counter(moves.values_list("match", flat=True)) == dict.fromkeys(pks(matches), 1)
    for questions in (FollowUp.objects.filter(match__in=pks(matches)) for matches in (ended, beginning)):
        assert set(Counter(questions.values_list("match", flat=True)).values()) <= {1}
    assert Message.objects.filter(event="match_question_again").count() == OF_EACH
    assert Message.objects.filter(event="offer_reminder").count() == OF_EACH
    assert (
        Offer.objects.filter(pk__in=[offer.pk for offer in stale], reminded_at__isnull=False).count()
        == OF_EACH
    )
    for need in past:
        assert need.changes.filter(to_state="expired").count() == 1
    assert Scan.objects.filter(need__in=new).count() == OF_EACH
    ids = Counter(str(message["Message-ID"]) for message in smtp_server.messages)
    assert set(ids.values()) == {1}
    assert len(ids) == mails.filter(state="sent").count()


def pks(stories):
    return [it.match.pk for it in stories]


def tasks_left():
    """How many tasks wait or are under way."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        valkey, prefix = channel.client, channel.global_keyprefix  # kombu adds it to its own commands alone
        waiting = sum(valkey.llen(f"{prefix}{queue}") for queue in QUEUES if queue != "long")
        return waiting + valkey.hlen(f"{prefix}{channel.unacked_key}")
