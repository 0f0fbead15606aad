"""An address that does not exist: nothing more goes there, the next channel has it, and the desk reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from notifications import bounces, delivery, queued, reach, services
from notifications.models import Bounce, Message, MessageState
from notifications.services import Text
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MOBILE = "+33612345678"


@pytest.fixture
def host():
    return UserFactory(phone=MOBILE, email="marie@exemple.fr")


def deliver(now=NOW):
    delivery.deliver_batch(channel="email", by=None, clock=lambda: now)


def queue(person, subject="match:9"):
    return services.queue(
        recipient=person, event="match_confirmed", subject_key=subject, city=None,
        compose=lambda: Text("Bonjour", "Bonjour"), now=NOW,
    )  # fmt: skip


def bounced(person, now=NOW):
    """A mail to this person was refused."""
    message = MessageFactory(recipient=person, state="failed")
    return bounces.note(message=message, error="rcpt 550", by=None, now=now)


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        ("550 5.1.1 <marie@exemple.fr> unknown", True),
        ("550 unknown", True),
        ("551 not here", True),
        ("553 5.1.3 not an address", True),
        ("556 5.1.10 no mail here", True),
        ("550 5.2.1 closed", True),
        ("550 5.7.1 your server is on a list", False),
        ("550 5.1.8 your own address is wrong", False),
        ("552 5.2.2 box full", False),
        ("552 box full", False),
        ("554 transaction failed", False),
        ("501 syntax", False),
        ("450 4.1.1 not known yet", False),
        ("421 closing", False),
    ],
)
def test_which_answers_say_that_an_address_does_not_exist(scripted_server, host, answer, counts):
    scripted_server(RCPT=answer)
    MessageFactory(recipient=host)
    deliver()
    assert Bounce.objects.filter(person=host).exists() is counts
    assert (queue(host).channel == "email") is not counts


@pytest.mark.parametrize(("has_sms", "channel"), [(True, "sms"), (False, "call")])
def test_what_waits_and_what_comes_go_by_the_next_channel(scripted_server, settings, host, has_sms, channel):
    settings.SMS_GATEWAY = "http" if has_sms else ""
    server = scripted_server(RCPT="550 5.1.1 unknown")
    refused = MessageFactory(recipient=host)
    waits = MessageFactory(recipient=host, due_at=NOW + 5 * MINUTE)
    deliver()
    server.answers.clear()
    deliver(NOW + 10 * MINUTE)

    rows = {row.pk: row for row in Message.objects.all()}
    assert (rows.pop(refused.pk).state, server.content) == (MessageState.FAILED, [])
    old = rows.pop(waits.pk)
    assert (old.state, old.why) == (MessageState.SUPPRESSED, "bounced")
    (new,) = rows.values()
    assert (new.channel, new.state, new.subject_key, new.body) == (
        channel, MessageState.QUEUED, waits.subject_key, waits.body,
    )  # fmt: skip
    assert queue(host).channel == channel


def test_the_address_is_kept_as_a_digest_alone(host):
    bounce = bounced(host)
    assert "marie" not in str(bounce.__dict__)
    assert bounce.address == reach.blind("MARIE@exemple.fr")
    assert bounce.address != reach.blind("mario@exemple.fr")


def test_another_address_lifts_it(host):
    bounced(host)
    host.email = "marie.d@exemple.fr"
    assert reach.reaching(host, "match_confirmed")[0] == "email"
    host.email = "marie@exemple.fr"
    assert reach.reaching(host, "match_confirmed")[0] == "call"


def test_who_has_signed_in_since_with_a_code_that_arrived_has_the_address(host):
    host.last_login = NOW - MINUTE
    bounced(host)
    assert reach.reaching(host, "match_confirmed")[0] == "call"
    host.last_login = NOW + MINUTE
    assert reach.reaching(host, "match_confirmed")[0] == "email"
    bounced(host, NOW + 2 * MINUTE)
    assert reach.reaching(host, "match_confirmed")[0] == "call"


def test_it_is_nobody_elses_address(host):
    bounced(host)
    assert reach.reaching(UserFactory(), "match_confirmed")[0] == "email"


def test_what_refuses_everybody_says_nothing_of_anybody(scripted_server):
    scripted_server(RCPT="550 unknown")
    people = UserFactory.create_batch(6)
    for person in people[:5]:
        MessageFactory(recipient=person)
    deliver()
    assert set(reach.bounced(people)) == {person.pk for person in people[:5]}
    MessageFactory(recipient=people[5], due_at=NOW + 9 * MINUTE)
    deliver(NOW + 9 * MINUTE)
    assert not reach.bounced(people)
    assert {queue(person).channel for person in people} == {"email"}


def test_a_letter_to_many_with_some_dead_addresses_switches_nothing_off():
    for _one in range(7):
        MessageFactory(state="sent", sent_at=NOW)
    dead = [UserFactory() for _one in range(6)]
    for person in dead:
        bounced(person)
    assert len(reach.bounced(dead)) == 6


def test_a_few_now_and_then_are_no_server_s_fault():
    people = [UserFactory(email=f"marie@exemple{number}.fr") for number in range(7)]
    for number, person in enumerate(people):
        bounced(person, NOW + number * 2 * MINUTE)
    assert len(reach.bounced(people)) == 7


def test_one_address_that_is_tried_often_is_one(host):
    for number in range(8):
        bounced(host, NOW + timedelta(seconds=number))
    assert reach.bounced([host]) == {host.pk: {"email"}}


def test_a_channel_without_an_address_has_none_to_lose(host):
    message = MessageFactory(recipient=host, channel="sms", state="failed")
    assert bounces.note(message=message, error="no", by=None, now=NOW) is None
    assert not Bounce.objects.exists()


# --- The desk ------------------------------------------------------------------------------------------

SAYS = "Son adresse e-mail n’existe pas, dit le serveur."


@pytest.mark.parametrize(("is_so", "times"), [(True, 1), (False, 0)])
def test_the_desk_reads_it_where_it_calls_and_where_it_sends_again(client, host, is_so, times):
    city = CityFactory()
    client.force_login(CityRoleFactory(city=city, role="operator").user)
    failed = MessageFactory(recipient=host, city=city, state="failed", event="need_receipt")
    call = MessageFactory(recipient=host, city=city, channel="call")
    MessageFactory(to_call=True, city=city)
    MessageFactory(city=city, state="failed")
    if is_so:
        bounces.note(message=failed, error="rcpt 550", by=None, now=NOW)
    for name, more in (("list", []), ("one", [call.pk]), ("undelivered", [])):
        page = client.get(reverse(f"notifications:call:{name}", args=[city.slug, *more]))
        assert page.text.count(SAYS) == times, name


def test_sent_again_it_goes_by_the_next_channel(host):
    failed = MessageFactory(recipient=host, state="failed")
    bounces.note(message=failed, error="rcpt 550", by=None, now=NOW)
    assert queued.retry_uncertain(message_id=failed.pk, by=UserFactory(), now=NOW).channel == "call"
