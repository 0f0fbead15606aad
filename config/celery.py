"""The Celery application and its schedule. Delivery is at least once; rows, not messages, hold the truth."""

import gc
import os
from typing import Any

import django
from celery import Celery, signals
from celery.schedules import crontab
from django.apps import apps
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from config import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A scan makes some hundred thousand small objects and keeps none: looking for cycles among them every 700 new ones
# took a quarter of its time (make bench).
gc.set_threshold(50_000, 20, 20)

app = Celery("accorde")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def log_as_the_site_does(**_: Any) -> None:
    """Celery's own set-up, which would write lines of its own kind, is left out: Django's is there."""
    if not apps.ready:
        django.setup()
    checks.refuse_incomplete()


@signals.celeryd_init.connect
def begin_in_a_session(**_: Any) -> None:
    work_in_a_session(connection)
    connection.close()  # the processes that the worker starts have their own


def work_in_a_session(database: BaseDatabaseWrapper) -> None:
    """A worker whose locks a pooler would lend to others does not begin."""
    if errors := checks.no_session(database):
        raise SystemExit(str(errors[0].msg))


# Sweepers find what a lost wake-up left behind; each is cheap when there is nothing to do.
app.conf.beat_schedule = {
    "matching-sweep": {"task": "matching.tasks.scan_due", "schedule": 60.0},
    "matching-time": {"task": "matching.tasks.advance_time", "schedule": 60.0},
    "messages-sweep": {"task": "notifications.tasks.sweep", "schedule": 60.0},
    "messages-lone-members": {
        "task": "notifications.tasks.tell_of_lone_members",
        "schedule": crontab(minute=50),
    },
    "messages-mailbox": {"task": "notifications.inbox.tasks.read_mailbox", "schedule": 60.0},
    "followups-sweep": {"task": "followups.tasks.sweep", "schedule": 300.0},
    "offers-freshness": {"task": "offers.tasks.keep_fresh", "schedule": crontab(hour=8, minute=10)},
    "offers-drafts": {"task": "offers.tasks.forget_drafts", "schedule": crontab(minute=25)},
    "homes-visits": {"task": "homes.tasks.look_after_visits", "schedule": crontab(minute=35)},
    "between-old": {"task": "between.tasks.look_after", "schedule": crontab(hour=3, minute=25)},
    "shelters-sweep": {"task": "shelters.tasks.look_after", "schedule": 300.0},
    "oncall-tomorrow": {"task": "oncall.tasks.tell_of_tomorrow", "schedule": crontab(hour=8, minute=40)},
    "letters-sweep": {"task": "outreach.tasks.queue_letters", "schedule": 60.0},
    "letters-unconfirmed": {"task": "outreach.tasks.forget_unconfirmed", "schedule": crontab(minute=50)},
    "appeals-sweep": {"task": "outreach.appeals.tasks.ask", "schedule": 60.0},
    "statements": {"task": "statements.tasks.look_after", "schedule": crontab(minute=5)},
    "directory-referrals": {"task": "directory.tasks.follow_referrals", "schedule": 300.0},
    "directory-old": {"task": "directory.tasks.ask_to_check", "schedule": crontab(hour=9, minute=15)},
    "voice-old": {"task": "voice.tasks.forget_texts", "schedule": crontab(hour=3, minute=55)},
    "lists-sweep": {"task": "lists.tasks.sweep", "schedule": 300.0},
    "whatif-sweep": {"task": "whatif.tasks.sweep", "schedule": 300.0},
    "town-associations": {"task": "town.tasks.tell_of_waiting_associations", "schedule": 300.0},
    "sessions-past": {"task": "accounts.tasks.forget_past_sessions", "schedule": crontab(hour=4, minute=20)},
    "privacy-retention": {
        "task": "privacy.tasks.forget_what_was_kept",
        "schedule": crontab(hour=3, minute=40),
    },
    "privacy-erasures": {"task": "privacy.tasks.erase_due", "schedule": 600.0},
    "webhooks-sweep": {"task": "webhooks.tasks.sweep", "schedule": 60.0},
    "needs-expiry": {"task": "needs.tasks.expire_past", "schedule": crontab(minute=20)},
}
# Whether each is heard from.
app.steps["consumer"].add("config.heartbeats:Knocks")
