"""What leaves for a device, and what the answers of its push service mean."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import delivery, queued, selectors, services
from notifications.channels.push.models import Device
from notifications.events import Priority
from notifications.inbox.selectors import waiting
from notifications.models import Message, MessageState, Outage
from notifications.services import Text
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.http_server import HANG_UP, SAY_NOTHING

pytestmark = pytest.mark.usefixtures("reasons_stand")


@pytest.fixture
def city(db):
    return CityFactory(name="Strasbourg")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def coordinator(city):
    return CityRoleFactory(city=city, user__language="fr").user


@pytest.fixture
def device(coordinator, push_service, now):
    """Make a device of the coordinator's, and give its browser."""

    def make(name="one", person=coordinator):
        browser = push_service.browser(name)
        Device.objects.create(person=person, name="Firefox", created_at=now, **browser.given)
        return browser

    return make


def tell(recipient, city, now, *, event="match_declined", impersonal="", **options):
    services.queue(
        recipient=recipient, event=event, subject_key="match:7", city=city, now=now, **options,
        compose=lambda: Text("Réponse : non. Pour Ahmad", "Bonjour.", "Voir", "/strasbourg/bureau/", impersonal),
    )  # fmt: skip
    return Message.objects.get(channel="push")


def deliver(now):
    delivery.deliver_batch(channel="push", by=None, clock=lambda: now)


def test_it_stands_beside_the_first_channel_where_somebody_has_a_device(city, coordinator, device, now):
    device()
    tell(coordinator, city, now)
    assert set(Message.objects.values_list("channel", flat=True)) == {"email", "push"}


def test_who_has_no_device_has_none(city, coordinator, device, now):
    device(person=CityRoleFactory(city=city).user)
    with pytest.raises(Message.DoesNotExist):
        tell(coordinator, city, now)


def test_who_works_here_no_more_has_none(city, coordinator, device, now):
    device(person=UserFactory())
    with pytest.raises(Message.DoesNotExist):
        tell(Device.objects.get().person, city, now)


def test_only_the_browser_can_read_it_and_it_says_nothing_of_a_person(
    city, coordinator, device, push_service, now
):
    browser = device()
    message = tell(coordinator, city, now)
    deliver(now)
    [request] = push_service.to(browser)
    assert browser.open(request.body) == {
        "title": "Un nouveau message", "body": "Accorde · Strasbourg", "lang": "fr", "dir": "ltr",
        "url": "/strasbourg/bureau/", "tag": f"message-{message.pk}", "rings": False,
    }  # fmt: skip
    assert (request.headers["Urgency"], request.headers["TTL"]) == ("normal", "86400")
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert Device.objects.get().last_ok_at is not None


def test_tonight_rings_and_says_what_others_may_read(city, coordinator, device, push_service, now):
    browser = device()
    coordinator.language = "ar"
    coordinator.save(update_fields=["language"])
    services.alert(
        recipient=coordinator, event="need_tonight", subject_key="need:1", city=city, now=now,
        compose=lambda: Text("Ce soir : pour Ahmad", "Bonjour.", "Voir", "/strasbourg/", "Un toit pour 3 personnes"),
    )  # fmt: skip
    deliver(now)
    [request] = push_service.to(browser)
    said = browser.open(request.body)
    assert (said["title"], said["dir"], said["rings"]) == ("Un toit pour 3 personnes", "rtl", True)
    assert (request.headers["Urgency"], request.headers["TTL"]) == ("high", "21600")


def test_each_device_has_it(city, coordinator, device, push_service, now):
    browsers = [device("one"), device("two")]
    tell(coordinator, city, now)
    deliver(now)
    assert [len(push_service.to(browser)) for browser in browsers] == [1, 1]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_takes_nothing_more_is_removed(city, coordinator, device, push_service, now, status):
    device("one")
    device("two")
    push_service.answers["one"] = (status, {}, "")
    message = tell(coordinator, city, now)
    deliver(now)
    assert Device.objects.get().endpoint.endswith("two")
    message.refresh_from_db()
    assert message.state == MessageState.SENT


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        ((410, {}, ""), "failed", "http 410"),
        ((403, {}, ""), "failed", "http 403"),
        ((413, {}, ""), "failed", "http 413"),
        ((302, {"Location": "/push/two"}, ""), "failed", "http 302"),
        ((429, {}, ""), "queued", "http 429"),
        ((503, {}, ""), "queued", "http 503"),
        (HANG_UP, "queued", "ConnectionError"),
        (SAY_NOTHING, "queued", "ReadTimeout"),
    ],
)
def test_what_an_answer_means(city, coordinator, device, push_service, settings, now, answer, state, error):
    settings.PUSH_TIMEOUT = 0.2
    device("one")
    push_service.answers["one"] = answer
    message = tell(coordinator, city, now)
    deliver(now)
    message.refresh_from_db()
    assert (message.state, message.last_error) == (state, error)
    assert not Outage.objects.exists(), "one service says nothing of the others"
    assert len(push_service.server.requests) == 1, "and no answer leads elsewhere"


def test_what_is_tried_again_takes_the_place_of_the_first(city, coordinator, device, push_service, now):
    browser = device()
    push_service.answers["one"] = HANG_UP
    tell(coordinator, city, now)
    deliver(now)
    del push_service.answers["one"]
    deliver(now + timedelta(minutes=2))
    first, second = (browser.open(request.body)["tag"] for request in push_service.to(browser))
    assert first == second


def test_an_address_that_has_moved_into_our_network_is_not_called(
    city, coordinator, device, push_service, settings, now
):
    device()
    message = tell(coordinator, city, now)
    settings.PRIVATE_NETWORKS_ALLOWED = []
    deliver(now)
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("failed", "address private")
    assert push_service.server.requests == []


def test_a_message_whose_last_device_was_removed_has_nowhere_to_go(city, coordinator, device, now):
    device()
    message = tell(coordinator, city, now)
    Device.objects.all().delete()
    deliver(now)
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("failed", "no device")


def test_without_a_key_it_waits(city, coordinator, device, settings, now):
    device()
    message = tell(coordinator, city, now)
    settings.PUSH_PRIVATE_KEY = ""
    deliver(now)
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED
    assert Outage.objects.get().channel == "push"


# --- It replaces nothing, and asks nothing of anybody --------------------------------------------------


def test_the_desk_is_not_asked_about_one_that_did_not_arrive(city, coordinator, device, push_service, now):
    device()
    push_service.answers["one"] = (410, {}, "")
    message = tell(coordinator, city, now, event="need_tonight", priority=Priority.NIGHT)
    deliver(now)
    message.refresh_from_db()
    assert message.state == MessageState.FAILED
    assert waiting(city, None).undelivered == 0
    assert not selectors.undelivered(city).exists()


def test_an_interrupted_one_is_not_said_again_by_mail(city, coordinator, device, now):
    from notifications import doubts

    device()
    message = tell(coordinator, city, now, event="need_tonight", priority=Priority.NIGHT)
    Message.objects.filter(pk=message.pk).update(state="sending", claimed_at=now, connection=1)
    doubts.set_interrupted_aside(channel="push", number=1, by=None, now=now)
    assert set(Message.objects.values_list("event", "channel")) == {
        ("need_tonight", "email"), ("need_tonight", "push"),
    }  # fmt: skip


def test_a_choice_about_mail_leaves_it_alone(city, coordinator, device, now):
    device()
    message = tell(coordinator, city, now)
    queued.send_otherwise(person=coordinator, why="not by this channel", by=coordinator, now=now)
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED


def test_the_bell_counts_what_stands_on_the_site_alone(city, coordinator, device, now):
    device()
    coordinator.last_login = now
    message = tell(coordinator, city, now)
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=now)
    assert waiting(city, coordinator).unread == 0
    Message.objects.filter(channel="inapp").update(state="sent", sent_at=now)
    assert waiting(city, coordinator).unread == 1
