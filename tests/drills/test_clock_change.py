"""The nights on which the clocks change: an hour comes twice, or not at all, and nothing is early, late or done again.

`make drills CLOCK="2026-10-25 02:59:30"` runs all drills, with their processes, over such a moment.
"""

import logging
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from celery import Celery
from celery.beat import Scheduler

from config.celery import app
from matching import services, sweeps
from matching.models import Decision, Match
from notifications import delivery
from notifications.models import Message
from tests.factories.matching import story
from tests.factories.notifications import MessageFactory

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# The instant of the change: 3:00 becomes 2:00 in October, 2:00 becomes 3:00 in March.
CHANGES = {"October": datetime(2026, 10, 25, 1, tzinfo=UTC), "March": datetime(2026, 3, 29, 1, tzinfo=UTC)}


class Night(Celery):
    """Our settings, in a night that passes as fast as it is told to."""

    moment: datetime

    def now(self):
        return self.moment.astimezone(self.timezone)


class Recorder(Scheduler):
    """Celery's scheduler; notes what it sends instead of sending it."""

    producer = None

    def setup_schedule(self):
        super().setup_schedule()
        self.sent = defaultdict(list)

    def apply_async(self, entry, *_arguments, **_options):
        self.reserve(entry)
        self.sent[entry.name].append(self.app.moment)

    def reserve(self, entry):
        self.schedule[entry.name] = fresh = next(entry)
        return fresh


def sent_in(change, *, before=3 * HOUR, after=9 * HOUR):
    """When each entry of our schedule is sent from some hours before the change to some hours after it."""
    night = Night("night", set_as_current=False)
    night.config_from_object("django.conf:settings", namespace="CELERY")
    night.conf.beat_schedule = app.conf.beat_schedule
    night.moment = change - before
    scheduler = Recorder(night)
    while night.moment < change + after:
        night.moment += timedelta(seconds=min(max(scheduler.tick(), 0.01), 60))
    night.close()
    return scheduler.sent


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_scheduler_neither_stops_nor_hurries(change, caplog):
    caplog.set_level(logging.WARNING, logger="celery.beat")
    sent = sent_in(change)
    assert sent.keys() == app.conf.beat_schedule.keys()
    for name, entry in app.conf.beat_schedule.items():
        moments = sent[name]
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        if isinstance(entry["schedule"], float):
            every = timedelta(seconds=entry["schedule"])
            assert every <= min(gaps), name
            assert max(gaps) < every + timedelta(seconds=1), name
    assert len(sent["offers-freshness"]) == 1, "once a day"
    expiry = sent["needs-expiry"]
    # One of the two hours that bear the same number is left out: what it would have found waits for the next.
    assert len(expiry) == len({moment.replace(minute=0, second=0, microsecond=0) for moment in expiry})
    assert len(expiry) >= 11


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_question_lapses_at_its_hour_and_once(db, change):
    """Its hour comes ten minutes after the change, when the clock on the wall may show it for the second time."""
    asked, due = change - 5 * HOUR, change + 10 * MINUTE
    it = story(now=asked)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=asked)
    Match.objects.filter(pk=it.match.pk).update(remind_at=due - HOUR, answer_by=due)

    def night_passes(begin, end):
        done = {"reminded": 0, "lapsed": 0}
        while begin < end:
            done["reminded"] += sweeps.remind_unanswered(by=None, now=begin)
            done["lapsed"] += sweeps.lapse_unanswered(by=None, now=begin)
            begin += MINUTE
        return done

    assert night_passes(asked + HOUR, due - HOUR) == {"reminded": 0, "lapsed": 0}
    assert night_passes(due - HOUR, due) == {"reminded": 1, "lapsed": 0}
    assert night_passes(due, due + 3 * HOUR) == {"reminded": 0, "lapsed": 1}
    [lapse] = Decision.objects.filter(match=it.match, to_state="lapsed")
    assert lapse.at == due
    assert Message.objects.filter(event="match_question_again").count() == 1


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_message_leaves_at_its_hour_and_once(transactional_db, smtp_server, change):
    due = change + 10 * MINUTE
    MessageFactory(due_at=due, created_at=change - 5 * HOUR)
    taken = []
    moment = change - HOUR
    while moment < change + 2 * HOUR:
        while delivery.deliver_batch(channel="email", by=None, clock=lambda now=moment: now):
            pass
        taken += [moment] * (len(smtp_server.messages) - len(taken))
        moment += 10 * MINUTE
    assert taken == [due]
