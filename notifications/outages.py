"""A channel that is out of order: nothing is sent by it until one message, tried alone, has been answered for.

One row says so, whatever waits: the queue itself is not touched.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from notifications.models import Outage

log = logging.getLogger(__name__)

# Waits before each try, the last one repeats. To knock at a door costs nothing, and tonight is tonight; where what is
# handed over may be lost, each try may cost a message.
WAITS = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2))
WAITS_WHERE_ONE_MAY_BE_LOST = (
    timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30),
)  # fmt: skip
# A server may ask for more, but not for ever.
LONGEST_WAIT = timedelta(hours=1)


@transaction.atomic
def note(
    *,
    channel: str,
    error: str,
    may_lose: bool,
    by: None,
    now: datetime,
    wait: timedelta = timedelta(0),
) -> Outage:
    """Write down that the channel does not work, now or still. `wait`: how long its server asks to be left alone."""
    asked = min(wait, LONGEST_WAIT)
    outage, is_new = Outage.objects.select_for_update(of=("self",)).get_or_create(
        channel=channel,
        ended_at=None,
        defaults={
            "since": now,
            "error": error,
            "may_lose": may_lose,
            "next_try_at": now + max(asked, _wait(0, may_lose)),
        },
    )
    if not is_new:
        outage.error, outage.may_lose = error, outage.may_lose or may_lose
        pause = max(asked, _wait(outage.tries, outage.may_lose))
        outage.next_try_at = max(outage.next_try_at, now + pause)
        outage.save(update_fields=["error", "may_lose", "next_try_at"])
    log.warning("channel %s out of order since %s: %s", channel, outage.since.isoformat(), error)
    return outage


@transaction.atomic
def take_turn(*, outage_id: int, by: None, now: datetime) -> bool:
    """Whether it is time to try, and this worker's to do it; the next turn is later, whatever becomes of this one."""
    due = Outage.objects.filter(pk=outage_id, ended_at__isnull=True, next_try_at__lte=now)
    outage = due.select_for_update(skip_locked=True).first()
    if outage is None:
        return False
    outage.tries += 1
    outage.next_try_at = now + _wait(outage.tries, outage.may_lose)
    outage.save(update_fields=["tries", "next_try_at"])
    return True


@transaction.atomic
def end(*, channel: str, by: None, now: datetime) -> None:
    """The channel works again."""
    if Outage.objects.filter(channel=channel, ended_at__isnull=True).update(ended_at=now):
        log.warning("channel %s works again", channel)


def _wait(tries: int, may_lose: bool) -> timedelta:
    waits = WAITS_WHERE_ONE_MAY_BE_LOST if may_lose else WAITS
    return waits[min(tries, len(waits) - 1)]
