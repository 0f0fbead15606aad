"""The mail server or a worker fails: every event has exactly its messages, counted in the server and not in the table.

The workers are processes, as in a town; the scheduler's minute is a call of the sweep.
"""

import signal
import time
from collections import Counter
from email import message_from_bytes
from email.policy import default as by_the_book

import pytest
from django.utils import timezone

from matching import services
from notifications import tasks
from notifications.events import Priority
from notifications.models import Message, MessageState, Outage
from tests import mail_server
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, story
from tests.factories.notifications import MessageFactory
from tests.mail_server import SAY_NOTHING

S = MessageState
PATIENCE = 60


@pytest.fixture
def server(monkeypatch):
    """The workers' mail server, which takes all that it is given until a drill says otherwise."""
    with mail_server.listening() as start:
        server = start()
        monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
        monkeypatch.setenv("EMAIL_PORT", str(server.port))
        monkeypatch.setenv("EMAIL_DATA_TIMEOUT", "2")
        yield server
        server.release.set()


@pytest.fixture
def addresses(transactional_db):
    """So many messages of one town, all due: to whom they go."""
    city = CityFactory(awake=True)

    def make(count, **fields):
        now = timezone.now()
        made = [MessageFactory(city=city, due_at=now, created_at=now, **fields) for _ in range(count)]
        return [message.recipient.email for message in made]

    return make


@pytest.fixture
def question(transactional_db):
    """Somebody is asked for a bed tonight; the match, its citizen and its coordinator."""
    it = story(now=timezone.now(), need={"urgency": "tonight"})
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    drain(timezone.now())
    Message.objects.exclude(event="match_question").delete()
    assert Message.objects.get().priority == Priority.NIGHT
    return it


def state_of(address):
    return Message.objects.filter(recipient__email=address).values_list("state", flat=True).get()


def a_minute_passes():
    """What waits a while is due, and the scheduler sweeps."""
    now = timezone.now()
    Message.objects.filter(state=S.QUEUED, due_at__gt=now).update(due_at=now)
    Outage.objects.filter(ended_at__isnull=True).update(next_try_at=now)
    tasks.sweep.delay()


# --- A worker dies between handing over and noting ------------------------------------------------------


def test_what_is_told_at_most_once_is_not_sent_again(worker_process, server, addresses, eventually):
    server.answers["END"] = SAY_NOTHING
    (first,) = addresses(1, priority=Priority.NIGHT)
    others = addresses(5)
    process = worker_process()
    tasks.deliver.delay()
    eventually(lambda: server.content, seconds=PATIENCE)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.answers.clear()

    worker_process()
    tasks.sweep.delay()

    eventually(lambda: set(server.taken) == set(others), seconds=PATIENCE)
    for _ in range(3):
        a_minute_passes()
    eventually(lambda: not Message.objects.filter(state__in=[S.QUEUED, S.SENDING]).exists(), seconds=PATIENCE)
    time.sleep(1)
    assert Counter(server.taken) == dict.fromkeys(others, 1)
    assert len(server.content) == 6, "the one that was handed over, and the others"
    assert state_of(first) == S.UNCERTAIN


def test_what_decides_a_night_is_sent_twice_at_most_and_the_desk_is_told(
    worker_process, server, question, eventually
):
    server.answers["END"] = SAY_NOTHING
    process = worker_process()
    tasks.deliver.delay()
    eventually(lambda: server.content, seconds=PATIENCE)
    process.send_signal(signal.SIGKILL)
    process.wait()
    died_at = time.monotonic()
    server.answers.clear()

    worker_process()
    tasks.sweep.delay()

    desk, citizen = question.coordinator.email, question.citizen.email
    eventually(lambda: Counter(server.taken) == {citizen: 1, desk: 1}, seconds=PATIENCE)
    assert time.monotonic() - died_at < 60, "noticed within a minute, the start of a worker included"
    for _ in range(3):
        a_minute_passes()
    time.sleep(1)
    assert Counter(server.taken) == {citizen: 1, desk: 1}
    mails = [message_from_bytes(content.encode(), policy=by_the_book) for content in server.content]
    first, second = (mail for mail in mails if mail["To"] == citizen)
    assert first["Message-ID"] == second["Message-ID"]
    texts = [mail.get_body(["plain"]).get_content() for mail in (first, second)]
    assert ["Rappel du même message" in text for text in texts] == [False, True]


def test_a_worker_that_lives_is_not_taken_for_dead(worker_process, server, addresses, eventually):
    """Its server takes longer over each message than the sweep between two looks."""
    server.slow_at_end = 1.5
    everybody = addresses(4)
    for _ in range(2):
        worker_process()
    tasks.deliver.delay()
    eventually(lambda: server.content, seconds=PATIENCE)

    def all_taken():
        tasks.sweep.delay()
        time.sleep(0.2)
        return len(server.taken) == 4

    eventually(all_taken, seconds=PATIENCE)
    eventually(lambda: Message.objects.filter(state=S.SENT).count() == 4)
    assert Counter(server.taken) == dict.fromkeys(everybody, 1)


# --- The server -----------------------------------------------------------------------------------------


def test_it_refuses_everybody_and_then_is_back(worker_process, server, addresses, eventually):
    server.answers["CONNECT"] = "554 no service"
    everybody = addresses(20)
    worker_process()
    tasks.deliver.delay()
    eventually(Outage.objects.exists, seconds=PATIENCE)
    for _ in range(10):
        tasks.sweep.delay()
    time.sleep(2)
    assert server.connections <= 2, "nobody hammers a server that is down"
    assert set(Message.objects.values_list("state", "attempts")) == {(S.QUEUED, 0)}

    server.answers.clear()
    a_minute_passes()

    eventually(lambda: len(server.taken) == 20, seconds=PATIENCE)
    eventually(lambda: Message.objects.filter(state=S.SENT).count() == 20)
    assert Counter(server.taken) == dict.fromkeys(everybody, 1)
    assert Outage.objects.get().ended_at is not None


def test_it_is_slow_and_what_is_urgent_overtakes(worker_process, server, addresses, eventually):
    server.slow = 0.2
    digests = addresses(6, priority=Priority.DIGEST)
    worker_process()
    tasks.deliver.delay()
    eventually(lambda: server.taken, seconds=PATIENCE)

    (urgent,) = addresses(1, priority=Priority.NIGHT)
    so_far = len(server.taken)

    eventually(lambda: len(server.taken) == 7, seconds=PATIENCE)
    assert server.taken.index(urgent) <= so_far + 1, "at most the one under way is before it"
    assert Counter(server.taken) == dict.fromkeys([*digests, urgent], 1)


def test_it_says_later_to_one_and_takes_the_others(worker_process, server, addresses, eventually):
    everybody = addresses(5)
    server.refused[everybody[2]] = "451 not now"
    worker_process()
    tasks.deliver.delay()
    eventually(lambda: len(server.taken) == 4, seconds=PATIENCE)
    eventually(lambda: Message.objects.get(recipient__email=everybody[2]).last_error == "rcpt 451")

    server.refused.clear()
    a_minute_passes()

    eventually(lambda: len(server.taken) == 5, seconds=PATIENCE)
    assert Counter(server.taken) == dict.fromkeys(everybody, 1)


def test_it_says_never_to_one_and_takes_the_others(worker_process, server, addresses, eventually):
    everybody = addresses(5)
    server.refused[everybody[2]] = "550 unknown"
    worker_process()
    tasks.deliver.delay()
    eventually(lambda: state_of(everybody[2]) == S.FAILED, seconds=PATIENCE)
    eventually(lambda: len(server.taken) == 4, seconds=PATIENCE)
    server.refused.clear()
    for _ in range(3):
        a_minute_passes()
    time.sleep(1)

    assert Counter(server.taken) == {address: 1 for address in everybody if address != everybody[2]}


def test_it_takes_messages_and_hangs(worker_process, server, addresses, eventually):
    """Eleven wait, and one is lost: not eleven."""
    server.answers["END"] = SAY_NOTHING
    everybody = addresses(11)
    worker_process()
    tasks.deliver.delay()
    eventually(Outage.objects.exists, seconds=PATIENCE)
    for _ in range(10):
        tasks.sweep.delay()
    time.sleep(3)
    assert len(server.content) == 1

    server.answers.clear()
    server.release.set()
    a_minute_passes()

    eventually(lambda: len(server.taken) == 10, seconds=PATIENCE)
    eventually(lambda: not Message.objects.filter(state__in=[S.QUEUED, S.SENDING]).exists())
    (lost,) = Message.objects.filter(state=S.UNCERTAIN).values_list("recipient__email", flat=True)
    assert Counter(server.taken) == {address: 1 for address in everybody if address != lost}
    assert len(server.content) == 11


def test_it_hangs_over_what_decides_a_night(worker_process, server, question, eventually):
    """It is said once more when the server is back; until then somebody of the desk is called, since no mail leaves."""
    server.answers["END"] = SAY_NOTHING
    worker_process()
    tasks.deliver.delay()
    call = eventually(lambda: Message.objects.filter(event="message_in_doubt").first(), seconds=PATIENCE)
    assert (call.recipient, call.channel, call.state) == (question.coordinator, "call", S.QUEUED)

    server.answers.clear()
    server.release.set()
    for _ in range(3):
        a_minute_passes()

    eventually(
        lambda: Message.objects.filter(repeat_of__isnull=False, state=S.SENT).exists(), seconds=PATIENCE
    )
    assert Counter(server.taken) == {question.citizen.email: 1}
    assert len(server.content) == 2


# --- Several workers ------------------------------------------------------------------------------------


def test_three_workers_use_two_connections_and_send_each_message_once(
    worker_process, server, addresses, eventually
):
    server.slow = 0.01
    everybody = addresses(60)
    for _ in range(3):
        worker_process()
    for _ in range(3):
        tasks.deliver.delay()

    eventually(lambda: len(server.taken) >= 60, seconds=PATIENCE)
    eventually(lambda: Message.objects.filter(state=S.SENT).count() == 60)
    assert Counter(server.taken) == dict.fromkeys(everybody, 1)
    assert server.open_at_once <= 2


def test_workers_that_are_killed_again_and_again_lose_nothing_and_double_nothing(
    worker_process, server, addresses, eventually
):
    """Each kill costs one message at most; whoever was not being written to then has exactly one."""
    server.slow = 0.02
    everybody = addresses(80)
    kills = 3
    for number in range(kills):
        process = worker_process()
        tasks.deliver.delay()
        eventually(lambda so_far=number: len(server.content) >= 15 * (so_far + 1), seconds=PATIENCE)
        process.send_signal(signal.SIGKILL)
        process.wait()
        tasks.sweep()
    worker_process()

    def nothing_waits():
        a_minute_passes()
        time.sleep(0.2)
        return not Message.objects.filter(state__in=[S.QUEUED, S.SENDING]).exists()

    eventually(nothing_waits, seconds=PATIENCE)
    uncertain = set(Message.objects.filter(state=S.UNCERTAIN).values_list("recipient__email", flat=True))
    assert len(uncertain) <= kills
    taken = Counter(server.taken)
    assert {address for address in everybody if not taken[address]} <= uncertain
    assert max(taken.values()) == 1
