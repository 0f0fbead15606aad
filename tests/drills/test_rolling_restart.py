"""A web server, three workers, a pooler in transaction mode before the database: one process after the other is
replaced while other systems go on posting, and nothing that was answered is lost.

What two versions side by side have in common, the tables, tests/test_two_steps.py holds; here a process gives way to
its successor, under load, without a moment in which nobody answers.
"""

import os
import shutil
import signal
import subprocess
import threading
import urllib.request
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from django.utils import timezone

from accounts.models import Role
from config import embedded, together
from config.bootstrap import WHERE_POOLERS_ARE
from needs.models import Need
from notifications.models import Message, MessageState
from tests import http_server
from tests.conftest import database_url
from tests.drills.conftest import free_port
from tests.factories.accounts import ApiTokenFactory, CityRoleFactory, MembershipFactory, OrganisationFactory
from webhooks import services as webhooks
from webhooks.events import Happening
from webhooks.models import Delivery, DeliveryState

WORKERS = ("worker", "message-worker", "webhook-worker")
PATIENCE = 120
SECRET = "acc_another_system"
RNA = "W671234567"


@pytest.fixture
def pooler(transactional_db, tmp_path):
    """A real PgBouncer in transaction mode, with fewer connections than there are who ask; its address."""
    program = shutil.which("pgbouncer", path=WHERE_POOLERS_ARE)
    if program is None:
        pytest.fail("No PgBouncer found: run `make test` once, or install it, then again.")
    to, port = urlsplit(database_url()), free_port()
    name = to.path.lstrip("/")
    password = f" password={to.password}" if to.password else ""
    settings = f"""
[databases]
{name} = host={to.hostname} port={to.port} dbname={name} user={to.username}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
"""
    (tmp_path / "pgbouncer.ini").write_text(settings)
    as_whom = ["--user", "nobody"] if os.geteuid() == 0 else []
    with (tmp_path / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(
            [program, *as_whom, tmp_path / "pgbouncer.ini"],
            stdout=log,
            stderr=log,
            preexec_fn=embedded.die_with_parent,
        )
    yield f"postgresql://{to.username}@127.0.0.1:{port}/{name}"
    process.kill()
    process.wait()


class Poster:
    """Another system that posts needs, one after the other, to whichever web server answers, as a proxy would."""

    def __init__(self, ports):
        self.ports = ports
        # By key what was answered; those that neither server took in time.
        self.answered, self.lost = {}, []
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with httpx.Client(timeout=20, headers={"Authorization": f"Bearer {SECRET}"}) as client:
            number = 0
            while not self.ends.wait(0.5):
                number += 1
                self.post(client, f"case-{number}", first=number % 2)

    def post(self, client, key, *, first):
        today = timezone.localdate()
        body = {
            "city": "strasbourg", "kind": "housing", "title": "Une mère et un enfant", "commune": "67482",
            "reach_km": 10, "organisation": RNA, "adult_women": 1, "children_3_to_11": 1,
            "first_day": (today + timedelta(days=10)).isoformat(), "last_day": (today + timedelta(days=20)).isoformat(),
        }  # fmt: skip
        for port in (self.ports[first], self.ports[1 - first]):
            try:
                answer = client.post(
                    f"http://127.0.0.1:{port}/api/v1/needs/", json=body, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                continue  # it is being replaced: the other is asked
            self.answered[key] = (
                answer.json()["reference"] if answer.status_code in (200, 201) else answer.text
            )
            return
        self.lost.append(key)


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def ends(process):
    """It gives back what it has in hand, and goes."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_nothing_is_lost_while_one_after_the_other_is_replaced(
    server, pooler, city, settings, smtp_server, eventually
):
    settings.PRIVATE_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    association = OrganisationFactory(city=city, rna=RNA, verified=True)
    ApiTokenFactory(user=MembershipFactory(organisation=association).user, secret=SECRET)
    first = together.free_port(18_100)
    ports = (first, together.free_port(first + 1))

    def web(port):
        return server("web", BIND=f"127.0.0.1:{port}", DATABASE_POOL_URL=pooler, WEB_WORKERS="1")

    def worker(name):
        # As few as can be: the machine has to start eight of these.
        alone = f"{name.upper().replace('-', '_')}_PROCESSES"
        mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(smtp_server.port)}
        return server(name, PRIVATE_NETWORKS_ALLOWED="127.0.0.1/32", **mail, **{alone: "1"})

    with http_server.listening() as receiver:
        receiver.answer = (204, {}, "")
        webhooks.add(
            city=city,
            url=receiver.url,
            happenings=[Happening.NEED_OPENED],
            by=CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
            now=timezone.now(),
        )
        former_site = web(ports[0])
        workers = {name: worker(name) for name in WORKERS}
        eventually(lambda: answers(ports[0]), seconds=PATIENCE)
        poster = Poster(ports)
        poster.thread.start()
        try:
            eventually(lambda: len(poster.answered) > 3, seconds=PATIENCE)
            web(ports[1])
            eventually(lambda: answers(ports[1]), seconds=PATIENCE)
            ends(former_site)
            for name, former in workers.items():
                ends(former)
                worker(name)
        finally:
            poster.ends.set()
            poster.thread.join()

        assert poster.lost == [], "in each moment one of the two answers"
        references = set(poster.answered.values())
        assert references == set(Need.objects.filter(city=city).values_list("reference", flat=True))
        assert len(references) == len(poster.answered) > 10
        # What the former workers had begun, and what was posted while none was there.
        eventually(lambda: not without_suggestion(references), seconds=PATIENCE)
        eventually(
            lambda: not Delivery.objects.filter(state=DeliveryState.WAITING).exists(), seconds=PATIENCE
        )
        needs = Need.objects.filter(reference__in=references)
        receipts = Message.objects.filter(
            event="need_receipt", subject_key__in=[f"need:{pk}" for pk in needs.values_list("pk", flat=True)]
        )
        eventually(
            lambda: not receipts.filter(state__in=(MessageState.QUEUED, MessageState.SENDING)).exists(),
            seconds=PATIENCE,
        )
        told = Counter(request.json["data"]["need"] for request in receiver.requests)
    # Each worker has ended what it had in hand: nothing is sent twice, and of nothing is it unknown whether it was.
    assert told == Counter(references)
    assert Counter(receipts.values_list("state", flat=True)) == {MessageState.SENT: len(references)}
    mails = Counter(
        reference
        for mail in smtp_server.messages
        for reference in references
        if reference in str(mail["Subject"]) + str(mail.get_body())
    )
    assert mails == Counter(references)


def without_suggestion(references):
    found = Need.objects.filter(reference__in=references, matches__isnull=True)
    return set(found.values_list("reference", flat=True))
