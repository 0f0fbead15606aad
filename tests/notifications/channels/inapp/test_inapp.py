"""The bell: what the desk and associations are told stands on the site as well, and replaces nothing."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications import delivery, pursuit, services
from notifications.channels.inapp.channel import COMES
from notifications.events import Priority
from notifications.models import Message, MessageState
from notifications.services import Text
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

pytestmark = pytest.mark.usefixtures("reasons_stand")


@pytest.fixture
def city(db):
    return CityFactory(awake=True)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def reader(city, now):
    person = CityRoleFactory(city=city).user
    person.last_login = now
    person.save(update_fields=["last_login"])
    return person


def tell(recipient, city, now, event="match_declined", subject_key="match:7", **options):
    return services.queue(
        recipient=recipient, event=event, subject_key=subject_key, city=city, now=now,
        compose=lambda: Text("Des nouvelles", "Bonjour.", "Voir", "/strasbourg/"), **options,
    )  # fmt: skip


def channels(**of):
    return sorted(Message.objects.filter(**of).values_list("channel", flat=True))


def deliver(now):
    delivery.deliver_batch(channel="inapp", by=None, clock=lambda: now)


def on_site(recipient, city, **fields):
    fields = {"state": "sent", "sent_at": timezone.now(), "created_at": timezone.now(), **fields}
    return MessageFactory(recipient=recipient, city=city, channel="inapp", **fields)


def own(city, *rest):
    return reverse("notifications:inapp:one" if rest else "notifications:inapp:list", args=[city.slug, *rest])


def bell(client, city):
    found = re.search(r'href="[^"]*/messages/".*?</a>', client.get(own(city)).text, re.DOTALL)
    return found and re.sub(r"<[^>]*>|\s", "", found[0].partition(">")[2])


# --- Who has it ----------------------------------------------------------------------------------------


def test_the_desk_has_each_message_on_the_site_as_well(reader, city, now):
    first = tell(reader, city, now)
    assert first.channel == "email"
    assert channels(recipient=reader) == ["email", "inapp"]
    assert tell(reader, city, now) is None
    assert channels(recipient=reader) == ["email", "inapp"]


def test_associations_have_it_too_and_citizens_do_not(city, now):
    member, citizen = MembershipFactory(organisation__city=city).user, UserFactory()
    for person in (member, citizen):
        person.last_login = now
        tell(person, city, now)
    assert channels(recipient=member) == ["email", "inapp"]
    assert channels(recipient=citizen) == ["email"]


@pytest.mark.parametrize(
    ("away", "has"), [(None, False), (COMES + timedelta(seconds=1), False), (COMES, True)]
)
def test_nothing_piles_up_for_who_does_not_come(reader, city, now, away, has):
    reader.last_login = away and now - away
    tell(reader, city, now)
    assert ("inapp" in channels(recipient=reader)) is has


def test_it_is_never_somebodys_first_channel_nor_one_of_the_two_of_an_alert(city, now):
    person = CityRoleFactory(city=city, user__phone_only=True).user
    person.last_login = now
    assert tell(person, city, now).channel == "call"
    rung = CityRoleFactory(city=city).user
    rung.last_login = now
    count = services.alert(
        recipient=rung, event="need_tonight", subject_key="need:1", city=city, now=now,
        compose=lambda: Text("Ce soir", "Bonjour."),
    )  # fmt: skip
    assert count == 1
    assert channels(recipient=rung) == ["email", "inapp"]


def test_it_holds_up_no_question_that_goes_on_by_another_channel(city, now):
    member = MembershipFactory(organisation__city=city, user__phone="+33612345678").user
    member.last_login = now
    asked = tell(member, city, now, event="match_question", priority=Priority.NIGHT)
    deliver(now)
    Message.objects.filter(pk=asked.pk).update(state="sent", sent_at=now, claimed_at=now)
    assert pursuit.pursue(by=None, now=now + timedelta(minutes=9)) == 0
    assert pursuit.pursue(by=None, now=now + timedelta(minutes=11)) == 1
    assert channels(recipient=member) == ["call", "email", "inapp"]


# --- The bell ------------------------------------------------------------------------------------------


def test_it_arrives_at_once_and_reading_it_is_noted_everywhere(client, reader, city, now):
    client.force_login(reader)
    mail = tell(reader, city, now)
    assert bell(client, city) == "Messages"
    deliver(now)
    Message.objects.filter(pk=mail.pk).update(state="sent", sent_at=now)
    assert bell(client, city) == "Messages1àlire"
    page = client.get(own(city, Message.objects.get(channel="inapp").pk)).text
    assert "Bonjour." in page
    assert 'href="/strasbourg/"' in page
    assert bell(client, city) == "Messages"
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.OPENED}


def test_unread_comes_first(client, reader, city, now):
    client.force_login(reader)
    old = on_site(reader, city, created_at=now - timedelta(days=2), title="Ancien")
    new = on_site(reader, city, state="opened", opened_at=now, title="Nouveau")
    rows = client.get(own(city)).context["rows"]
    assert [(row["message"], row["is_unread"]) for row in rows] == [(old, True), (new, False)]


def test_only_ones_own_messages_are_there(client, reader, city):
    other = CityRoleFactory(city=city).user
    theirs = on_site(other, city)
    client.force_login(reader)
    assert client.get(own(city)).context["rows"] == []
    assert client.get(own(city, theirs.pk)).status_code == 404
    mail = MessageFactory(recipient=reader, city=city, state="sent", sent_at=timezone.now())
    assert client.get(own(city, mail.pk)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == MessageState.SENT


def test_a_citizen_has_no_bell(client, city):
    client.force_login(UserFactory())
    assert client.get(own(city)).status_code == 200
    assert bell(client, city) is None


def test_the_list_asks_the_same_however_long_it_is(client, reader, city, django_assert_num_queries):
    client.force_login(reader)
    for _number in range(2):
        on_site(reader, city)
    client.get(own(city))
    with CaptureQueriesContext(connection) as few:
        client.get(own(city))
    for _number in range(9):
        on_site(reader, city)
    with django_assert_num_queries(len(few)):
        assert len(client.get(own(city)).context["rows"]) == 11
