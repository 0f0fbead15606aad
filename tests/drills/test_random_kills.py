"""Workers and the broker are killed, the mail server and the SMS gateway break, at random and under load; then all is
counted.

Some seconds in the suite; `make drills SECONDS=600` breaks things for ten minutes. What was drawn stands in
the failure: `ACCORDE_DRILL_SEED` draws it again.
"""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as by_the_book

import pytest
from django.utils import timezone

from accounts.selectors import coordinators_of
from catalogue.vocabulary import Urgency
from config.celery import app
from needs.models import Need
from notifications.events import Priority
from notifications.models import Message, MessageState, Outage
from notifications.services import DELIVER_TASK
from notifications.wake_up import wake_on_commit
from tests import http_server, mail_server
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need
from tests.factories.notifications import MessageFactory
from tests.lines import broker_at

SECONDS = float(os.environ.get("ACCORDE_DRILL_SECONDS", "8"))
SEED = int(os.environ.get("ACCORDE_DRILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
SWEEP_TASK = "notifications.tasks.sweep"
WORKERS = 2
# A worker that was just started, the lock of one that was just killed, and a server's patience are over by then.
STUCK_SECONDS = 90
# How the mail server breaks: what it answers to which verb.
BREAKDOWNS = (
    {"CONNECT": "421 too busy"},
    {"CONNECT": mail_server.HANG_UP},
    {"RCPT": "451 not now"},
    {"DATA": mail_server.HANG_UP},
    {"END": mail_server.HANG_UP},
    {"END": mail_server.SAY_NOTHING},
    {"DATA": "452 no room"},
)
# And the gateway, to every request.
GATEWAY_BREAKDOWNS = ((500, {}, ""), (429, {"Retry-After": "1"}, ""), http_server.HANG_UP)
SAID_AGAIN = "Rappel du même message"
ONCE, TWICE_AT_MOST = "offer_receipt", "need_tonight"
WAITING = (MessageState.QUEUED, MessageState.SENDING)


@dataclass
class Town:
    """What is breakable, what was drawn, and to whom what was said."""

    server: mail_server.ScriptedServer
    gateway: http_server.HttpServer
    broker: object
    start_worker: object
    need: Need
    draw: random.Random
    workers: list = field(default_factory=list)
    is_broker_up: bool = True
    # What may have cost a message: a worker that died or a server that took one and said nothing.
    losses: int = 0
    story: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    # Of the SMS: the message to each number, and the numbers to which the gateway was given one and did not refuse it.
    texts: dict[str, Message] = field(default_factory=dict)
    texted: list[str] = field(default_factory=list)
    gateway_answers: http_server.Answer = ""

    def load(self):
        """Some messages more, of both promises, each to somebody of its own."""
        now = timezone.now()
        for _ in range(self.draw.randint(3, 12)):
            event = self.draw.choice((ONCE, ONCE, TWICE_AT_MOST))
            about = {"subject_key": f"need:{self.need.pk}", "priority": Priority.NIGHT}
            message = MessageFactory(
                city=self.need.city, event=event, due_at=now, created_at=now,
                **(about if event == TWICE_AT_MOST else {}),
            )  # fmt: skip
            self.said[message.recipient.email] = event
        for _ in range(self.draw.randint(0, 2)):
            number = f"+33612{len(self.texts):06}"
            self.texts[number] = MessageFactory(
                city=self.need.city, channel="sms", event=ONCE, due_at=now, created_at=now,
                recipient=UserFactory(email=None, phone=number),
            )  # fmt: skip
        wake_on_commit(DELIVER_TASK)

    def take_text(self, request):
        answer = self.gateway_answers
        if not answer or answer == http_server.HANG_UP:
            self.texted.append(request.json["to"])
        return answer or (201, {}, '{"id": "G-1"}')

    def break_something(self):
        what = self.draw.choice(
            (self.kill_worker, self.kill_broker, self.break_server, self.break_server, self.break_gateway)
        )
        self.story.append(what.__name__)
        what()

    def kill_worker(self):
        worker = self.workers.pop(self.draw.randrange(len(self.workers)))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        self.losses += 1
        self.workers.append(self.start_worker())

    def kill_broker(self):
        if self.is_broker_up:
            self.broker.kill()
        else:
            self.broker.start()
        self.is_broker_up = not self.is_broker_up

    def break_server(self):
        self.server.release.set()  # whoever was left without an answer sees its line cut
        self.server.release.clear()
        self.server.answers.clear()
        if self.draw.random() < 0.6:
            breakdown = self.draw.choice(BREAKDOWNS)
            self.server.answers.update(breakdown)
            self.losses += 1
            self.story[-1] += f" {breakdown}"

    def break_gateway(self):
        self.gateway_answers = self.draw.choice(("", *GATEWAY_BREAKDOWNS))
        self.losses += self.gateway_answers == http_server.HANG_UP
        self.story[-1] += f" {self.gateway_answers}"

    def mend(self):
        if not self.is_broker_up:
            self.kill_broker()
        self.gateway_answers = ""
        self.server.answers.clear()
        self.server.release.set()

    def a_minute_passes(self):
        now = timezone.now()
        Message.objects.filter(state=MessageState.QUEUED, due_at__gt=now).update(due_at=now)
        Outage.objects.filter(ended_at__isnull=True).update(next_try_at=now)
        if self.is_broker_up:
            with app.connection_for_write(url=self.broker.url) as connection:
                app.send_task(SWEEP_TASK, connection=connection)  # as the scheduler does

    def received(self):
        """The mails that the server was given whole, by recipient: taken or not, they may have arrived."""
        mails = [
            message_from_bytes(content.encode(), policy=by_the_book) for content in list(self.server.content)
        ]
        by_recipient = {}
        for mail in mails:
            by_recipient.setdefault(mail["To"], []).append(mail)
        return by_recipient


@pytest.fixture
def town(worker_process, broker, monkeypatch):
    with mail_server.listening() as start, http_server.listening() as gateway, broker_at(broker.url):
        server = start()
        monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
        monkeypatch.setenv("EMAIL_PORT", str(server.port))
        monkeypatch.setenv("EMAIL_DATA_TIMEOUT", "2")
        monkeypatch.setenv("REDIS_URL", broker.url)
        monkeypatch.setenv("SMS_GATEWAY", "http")
        monkeypatch.setenv("SMS_HTTP_URL", gateway.url)
        city = CityFactory(sms_monthly_limit=1_000_000)
        CityRoleFactory(city=city)
        need = due_need(city=city, now=timezone.now(), urgency=Urgency.TONIGHT, scan_due_at=None)
        town = Town(
            server, gateway, broker, lambda: worker_process("-Q", "messages"), need, random.Random(SEED)
        )
        gateway.answer = town.take_text
        town.workers = [town.start_worker() for _ in range(WORKERS)]
        yield town
        server.release.set()


def test_whatever_breaks_every_event_has_its_messages(town, eventually):
    town.load()
    eventually(lambda: town.server.content, seconds=60)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        town.load()
        town.break_something()
        town.a_minute_passes()
        time.sleep(town.draw.uniform(0.2, 1.5))
    town.mend()

    drawn = f"seed {SEED}: {town.story}"
    wait_until_nothing_waits(town, drawn)
    received = town.received()
    in_doubt = Message.objects.filter(state=MessageState.UNCERTAIN)
    uncertain = Counter(in_doubt.values_list("recipient__email", flat=True))
    twice_uncertain = {address for address, rows in uncertain.items() if rows == 2}
    wrong = []
    for address, event in town.said.items():
        mails = received.get(address, [])
        if event == ONCE:
            # Lost or not, nobody knows: then the desk has it before its eyes, and it is not sent again.
            if len(mails) > 1 or (not mails and address not in uncertain):
                wrong.append(f"{event}: {len(mails)} received, {states_of(address)}")
        elif not mails and address in twice_uncertain:
            pass  # both times a worker died before it handed anything over: the desk was told the first time
        elif not 1 <= len(mails) <= 2 or len({mail["Message-ID"] for mail in mails}) != 1:
            wrong.append(f"{event}: {len(mails)} received, {states_of(address)}")
        elif [SAID_AGAIN in text_of(mail) for mail in mails] not in ([False], [True], [False, True]):
            wrong.append(f"{event}: twice, and the second does not say so")
    texted = Counter(town.texted)
    for number, message in town.texts.items():
        message.refresh_from_db()
        if texted[number] > 1 or (not texted[number] and message.state != MessageState.UNCERTAIN):
            wrong.append(f"sms: {texted[number]} given, {message.state} {message.last_error}")
    assert set(texted) <= set(town.texts)
    assert not wrong, f"{wrong}\n{drawn}"
    doubtful = in_doubt.filter(event=TWICE_AT_MOST, repeat_of=None)
    told = Counter(Message.objects.filter(event="message_in_doubt").values_list("subject_key", flat=True))
    assert told == {f"message:{message.pk}": 1 for message in doubtful}, drawn
    assert uncertain.total() <= town.losses * WORKERS, drawn
    desk = {person.email for person in coordinators_of(town.need.city)}
    assert set(received) <= set(town.said) | desk, "nobody is written to of whom nothing was said"


def wait_until_nothing_waits(town, drawn):
    """However long that takes on a busy machine, as long as some message comes to its end."""
    messages = Message.objects.filter(channel__in=["email", "sms"])
    waiting = messages.filter(state__in=WAITING)
    last, since = 0, time.monotonic()
    while waiting.exists():
        town.a_minute_passes()
        time.sleep(0.3)
        ended = messages.exclude(state__in=WAITING).count()
        if ended > last:
            last, since = ended, time.monotonic()
        assert time.monotonic() - since < STUCK_SECONDS, (
            f"{waiting.count()} wait, {Counter(waiting.values_list('state', 'last_error'))}; "
            f"out of order: {list(Outage.objects.filter(ended_at=None).values())}\n{drawn}"
        )


def text_of(mail):
    return mail.get_body(["plain"]).get_content()


def states_of(address):
    return list(
        Message.objects.filter(recipient__email=address).order_by("pk").values_list("state", "last_error")
    )
