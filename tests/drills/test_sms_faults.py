"""The SMS gateway or a worker fails: every number has exactly its messages, counted at the gateway.

The workers are processes, as in a town; the scheduler's minute is a call of the sweep.
"""

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.utils import timezone

from config import together
from notifications import tasks
from notifications.models import Message, MessageState, Outage
from tests import http_server
from tests.drills.test_rolling_restart import answers
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory
from tests.http_server import HANG_UP, SAY_NOTHING

S = MessageState
PATIENCE = 60


@pytest.fixture
def gateway(monkeypatch):
    """The workers' gateway, which takes what it is given until a drill says otherwise."""
    with http_server.listening() as server:
        server.answer = take
        said = {
            "SMS_GATEWAY": "http",
            "SMS_HTTP_URL": f"{server.url}/sms",
            "SMS_HTTP_REFERENCE": "id",
        }
        for name, value in said.items():
            monkeypatch.setenv(name, value)
        yield server
        server.release.set()


def take(request):
    return 201, {}, f'{{"id": "G-{request.json["reference"]}"}}'


@pytest.fixture
def numbers(transactional_db):
    """So many people with a mobile, each with a message that is due: their numbers."""
    city, now = CityFactory(awake=True), timezone.now()

    def make(count):
        people = [UserFactory(email=None, phone=f"+336123456{number:02}") for number in range(count)]
        for person in people:
            MessageFactory(channel="sms", recipient=person, city=city, due_at=now, created_at=now)
        return [person.phone.as_e164 for person in people]

    return make


def taken(gateway):
    """To whom the gateway was asked to send, as often as it was."""
    return Counter(request.json["to"] for request in gateway.requests)


def a_minute_passes():
    now = timezone.now()
    Message.objects.filter(state=S.QUEUED, due_at__gt=now).update(due_at=now)
    Outage.objects.filter(ended_at__isnull=True).update(next_try_at=now)
    tasks.sweep.delay()


def all_is_settled():
    return not Message.objects.filter(state__in=[S.QUEUED, S.SENDING]).exists()


@pytest.mark.parametrize("status", [500, 429, 503])
def test_it_refuses_and_is_back(worker_process, gateway, numbers, eventually, status):
    gateway.answer = (status, {"Retry-After": "1"}, "")
    everybody = numbers(8)
    worker_process()
    tasks.deliver.delay()
    eventually(Outage.objects.exists, seconds=PATIENCE)
    for _ in range(10):
        tasks.sweep.delay()
    time.sleep(2)
    assert len(gateway.requests) == 1, "nobody hammers a gateway that is out of order"

    gateway.requests.clear()
    gateway.answer = take
    a_minute_passes()

    eventually(all_is_settled, seconds=PATIENCE)
    assert taken(gateway) == dict.fromkeys(everybody, 1)
    assert Message.objects.filter(state=S.SENT).exclude(provider_ref="").count() == 8


@pytest.mark.parametrize("answer", [HANG_UP, SAY_NOTHING])
def test_it_takes_messages_and_says_nothing(worker_process, gateway, numbers, eventually, answer):
    """Eight wait, and one is in doubt: not eight. It is not sent again."""
    gateway.answer = answer
    everybody = numbers(8)
    worker_process()
    tasks.deliver.delay()
    eventually(Outage.objects.exists, seconds=PATIENCE)

    gateway.answer = take
    gateway.release.set()
    a_minute_passes()

    eventually(all_is_settled, seconds=PATIENCE)
    a_minute_passes()
    time.sleep(1)
    assert taken(gateway) == dict.fromkeys(everybody, 1)
    assert sorted(Message.objects.values_list("state", flat=True)) == [S.SENT] * 7 + [S.UNCERTAIN]


def test_a_worker_dies_between_handing_over_and_noting(worker_process, gateway, numbers, eventually):
    gateway.answer = SAY_NOTHING
    everybody = numbers(5)
    process = worker_process()
    tasks.deliver.delay()
    eventually(lambda: gateway.requests, seconds=PATIENCE)
    process.send_signal(signal.SIGKILL)
    process.wait()
    gateway.answer = take

    worker_process()
    a_minute_passes()

    # The database may hold the dead worker's connection for a moment. A sweep at a time: the sending waits behind them.
    eventually(lambda: all_is_settled() or a_minute_passes() or time.sleep(3), seconds=PATIENCE)
    time.sleep(1)
    assert taken(gateway) == dict.fromkeys(everybody, 1)
    assert Message.objects.filter(state=S.UNCERTAIN).count() == 1


def test_the_same_receipts_come_several_times_at_once(server, worker_process, gateway, numbers, eventually):
    """What is said of a message twice, by the gateway's impatience, is learned once: nobody is written to again."""
    secret, port = "un-mot-secret-de-la-passerelle", together.free_port(18_300)
    server(
        "web",
        BIND=f"127.0.0.1:{port}",
        SMS_WEBHOOK_SECRET=secret,
        SMS_GATEWAY="http",
        SMS_HTTP_URL=gateway.url,
    )
    people = numbers(4)
    worker_process()
    tasks.deliver.delay()
    eventually(lambda: all_is_settled() and answers(port), seconds=PATIENCE)
    messages = list(Message.objects.filter(channel="sms").order_by("pk"))
    said = {
        message.pk: {"id": message.provider_ref, "status": "failed" if number % 2 else "delivered"}
        for number, message in enumerate(messages)
    }
    with httpx.Client(timeout=PATIENCE) as client, ThreadPoolExecutor(8) as many:
        receipts = [receipt for receipt in said.values() for _ in range(5)]
        url = f"http://127.0.0.1:{port}/sms/accuses/{secret}/"
        codes = Counter(
            answer.status_code for answer in many.map(lambda one: client.post(url, json=one), receipts)
        )
    assert codes == {200: len(receipts)}
    states = Counter(Message.objects.filter(pk__in=said).values_list("state", flat=True))
    assert states == {S.DELIVERED: 2, S.FAILED: 2}
    a_minute_passes()
    eventually(all_is_settled, seconds=PATIENCE)
    assert taken(gateway) == Counter(people)
    others = Message.objects.exclude(pk__in=said)
    assert max(Counter(others.values_list("recipient", "channel")).values(), default=1) == 1
