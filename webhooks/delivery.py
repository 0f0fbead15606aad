"""Moving deliveries to their endpoints, each on its own: one that is down, or slow, holds up no other.

A delivery is sent at least once: nothing is noted before the answer, so a worker that dies in between sends it again,
under the same key. What happened to one subject is sent in its order, by `Delivery.objects.due`.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from notifications import connections
from webhooks import selectors, services, transport
from webhooks.models import Delivery, DeliveryState, Endpoint

log = logging.getLogger(__name__)

# After so long the other endpoints have their turn.
TURN_SECONDS = 10
# Waits of one delivery after its first, second, … failure: more than three days in all. Then it is given up.
BACKOFF = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
# Waits of an endpoint after so many failures in a row, whatever it was sent; the last one repeats.
PAUSES = (
    timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15),
    timedelta(minutes=30), timedelta(hours=1),
)  # fmt: skip
# So many failures in a row are the endpoint's and not a delivery's: what met them is sent as soon as it is back.
AN_OUTAGE = 3


def deliver_to(*, endpoint_id: int, by: None, clock: Callable[[], datetime]) -> bool:
    """Send what is due to one endpoint, one after the other; True when more may be waiting.

    Not atomic on purpose: each answer is noted before the next delivery leaves. Safe to run any number of times at
    once: an endpoint is called by one.
    """
    with connections.one_of(f"webhook {endpoint_id}", 1) as number:
        if number is None:
            return False
        end = time.monotonic() + TURN_SECONDS
        while time.monotonic() < end:
            now = clock()
            delivery = selectors.next_for(endpoint_id, now)
            if delivery is None:
                break
            _note(delivery, transport.send(delivery, now=now), now=clock())
    return selectors.next_for(endpoint_id, clock()) is not None


@transaction.atomic
def _note(delivery: Delivery, outcome: transport.Outcome, *, now: datetime) -> None:
    delivery.attempts += 1
    delivery.tried_at, delivery.outcome, delivery.milliseconds = now, outcome.said[:40], outcome.milliseconds
    if outcome.is_taken:
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, now
    elif delivery.attempts > len(BACKOFF):
        delivery.state = DeliveryState.FAILED
    else:
        delivery.due_at = now + BACKOFF[delivery.attempts - 1]
    # Somebody may have taken the endpoint away meanwhile: what is given up stays so, unless it did arrive.
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=delivery.endpoint_id)
    if endpoint.removed_at and not outcome.is_taken:
        delivery.state = DeliveryState.FAILED
    delivery.save(
        update_fields=["attempts", "tried_at", "outcome", "milliseconds", "state", "delivered_at", "due_at"]
    )
    log.info("delivery %s %s: %s", delivery.pk, delivery.state, delivery.outcome)
    if outcome.is_taken:
        _is_back(endpoint, now=now)
    else:
        _is_out(endpoint, now=now)
    if outcome.is_gone:
        services.stop(endpoint_id=endpoint.pk, by=None, now=now)


def _is_back(endpoint: Endpoint, *, now: datetime) -> None:
    if endpoint.failing_since is None:
        return
    if endpoint.failures >= AN_OUTAGE:
        met = endpoint.deliveries.filter(state=DeliveryState.WAITING, tried_at__gte=endpoint.failing_since)
        met.update(due_at=now)
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=0, failing_since=None, next_try_at=None)


def _is_out(endpoint: Endpoint, *, now: datetime) -> None:
    wait = PAUSES[min(endpoint.failures, len(PAUSES) - 1)]
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=F("failures") + 1, failing_since=Coalesce("failing_since", now), next_try_at=now + wait
    )
