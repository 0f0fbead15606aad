"""A webhook's receiver is down for a day, or a worker dies: each event arrives, counted at the receiver.

The workers are processes, as in a town; the hours between two tries are a change of the rows.
"""

import signal
import time
from collections import Counter

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Role
from tests import http_server
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.http_server import SAY_NOTHING
from webhooks import services, tasks
from webhooks.events import Happening
from webhooks.models import Delivery, DeliveryState, Endpoint

S = DeliveryState
PATIENCE = 60
TAKEN, DOWN = (204, {}, ""), (503, {}, "")


@pytest.fixture
def receivers(monkeypatch, settings):
    """Two systems that are told, and the workers may reach."""
    settings.PRIVATE_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    monkeypatch.setenv("PRIVATE_NETWORKS_ALLOWED", "127.0.0.1/32")
    with http_server.listening() as one, http_server.listening() as other:
        one.answer = other.answer = TAKEN
        yield one, other
        one.release.set()


@pytest.fixture
def happens(receivers, transactional_db):
    """So many happenings, each in a transaction of its own: their references."""
    city = CityFactory()
    by = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user
    for server in receivers:
        services.add(city=city, url=server.url, happenings=Happening.values, by=by, now=timezone.now())

    def happen(count, first=0):
        numbers = range(first, first + count)
        references = [f"B-{number:04}" for number in numbers]
        for number, reference in zip(numbers, references, strict=True):
            with transaction.atomic():
                services.record(
                    city_id=city.pk,
                    happening=Happening.NEED_OPENED,
                    subject_id=number,
                    at=timezone.now(),
                    need=reference,
                )
        return references

    return happen


def taken(server, since=0):
    """How often each reference came."""
    return Counter(request.json["data"]["need"] for request in server.requests[since:])


def failed(times):
    """Until the worker has noted what the receiver answered: an hour that passes before then is overwritten."""
    return Endpoint.objects.filter(failures=times).exists()


def hours_pass():
    now = timezone.now()
    Delivery.objects.filter(state=S.WAITING).update(due_at=now)
    Endpoint.objects.filter(failures__gt=0).update(next_try_at=now)
    tasks.sweep.delay()


def all_is_settled():
    return not Delivery.objects.filter(state=S.WAITING).exists()


def test_a_receiver_is_down_and_back(worker_process, receivers, happens, eventually):
    one, other = receivers
    one.answer = DOWN
    worker_process()
    before = happens(12)
    eventually(lambda: len(taken(other)) == 12, seconds=PATIENCE)
    assert taken(other) == dict.fromkeys(before, 1), "who is well waits for nobody"
    eventually(lambda: failed(1), seconds=PATIENCE)
    for _ in range(5):
        tasks.sweep.delay()
    time.sleep(1)
    assert len(one.requests) == 1, "nobody hammers a receiver that is down"
    for count in range(2, 6):
        hours_pass()
        eventually(lambda count=count: failed(count), seconds=PATIENCE)
        assert len(one.requests) == count
    meanwhile = happens(8, first=12)
    refused = len(one.requests)

    one.answer = TAKEN
    hours_pass()

    eventually(all_is_settled, seconds=PATIENCE)
    assert taken(one, since=refused) == dict.fromkeys([*before, *meanwhile], 1)
    assert taken(other) == dict.fromkeys([*before, *meanwhile], 1)
    assert not Endpoint.objects.filter(failures__gt=0).exists()


def test_a_worker_dies_while_the_receiver_is_silent(worker_process, receivers, happens, eventually):
    """It may have been taken, so it comes again under the same key; nothing else does."""
    one, other = receivers
    one.answer = SAY_NOTHING
    process = worker_process()
    references = happens(5)
    eventually(lambda: one.requests, seconds=PATIENCE)
    process.send_signal(signal.SIGKILL)
    process.wait()
    one.answer = TAKEN

    worker_process()
    hours_pass()

    eventually(lambda: all_is_settled() or hours_pass(), seconds=PATIENCE)
    keys = Counter(request.headers["webhook-id"] for request in one.requests)
    assert len(keys) == 5
    assert sorted(keys.values()) == [1, 1, 1, 1, 2]
    assert set(taken(one)) == set(references)
    assert taken(other) == dict.fromkeys(references, 1)
