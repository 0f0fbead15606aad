"""Being told on a device: who may, where, and how it ends."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from notifications.channels.push import keys
from notifications.channels.push.checks import keys_are_complete
from notifications.channels.push.models import Device
from notifications.channels.push.services import MOST_DEVICES
from notifications.channels.push.words import device_name
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.notifications.channels.push.conftest import Browser

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def coordinator(client):
    person = CityRoleFactory().user
    client.force_login(person)
    return person


def add(client, browser, **changed):
    return client.post(
        reverse("push:add"), {**browser.given, **changed}, headers={"User-Agent": FIREFOX}, follow=True
    )


def choices(client):
    return client.get(reverse("my_messages"))


def test_a_device_is_kept_under_a_name_that_its_owner_knows(client, coordinator, push_service):
    page = add(client, push_service.browser())
    assert "Cet appareil vous préviendra." in page.text
    device = Device.objects.get()
    assert (device.person, device.name) == (coordinator, "Firefox · Android")
    assert "Firefox · Android" in page.text
    assert device.endpoint not in page.text, "whoever has the address may write to it"
    assert device.auth not in page.text


def test_the_same_browser_twice_is_one_device_and_of_whoever_said_so_last(client, coordinator, push_service):
    browser = push_service.browser()
    add(client, browser)
    add(client, browser)
    other = MembershipFactory().user
    client.force_login(other)
    before = timezone.now()
    add(client, browser)
    device = Device.objects.get()
    assert device.person == other
    assert device.created_at >= before, "theirs is a new one"


def test_one_tap_ends_it_and_only_ones_own(client, coordinator, push_service):
    add(client, push_service.browser())
    device = Device.objects.get()
    client.force_login(CityRoleFactory().user)
    client.post(reverse("push:remove", args=[device.pk]))
    assert Device.objects.exists()
    client.force_login(coordinator)
    page = client.post(reverse("push:remove", args=[device.pk]), follow=True)
    assert "Cet appareil ne vous préviendra plus." in page.text
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://192.168.1.1/push",
        "http://93.184.216.34/push",
        "file:///etc/passwd",
        "",
        "https://93.184.216.34/" + "a" * 1000,
    ],
)
def test_an_address_of_our_own_network_is_refused(client, coordinator, push_service, endpoint):
    page = add(client, push_service.browser(), endpoint=endpoint)
    assert "Votre navigateur n’a pas donné d’adresse" in page.text
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [{"p256dh": "AAAA"}, {"p256dh": "é"}, {"auth": "AAAA"}, {"auth": ""}, {"p256dh": "B" + "A" * 86}],
)
def test_keys_by_which_nothing_can_be_encrypted_are_refused(client, coordinator, push_service, changed):
    assert "Votre navigateur n’a pas donné d’adresse" in add(client, push_service.browser(), **changed).text
    assert not Device.objects.exists()


def test_nobody_has_more_than_ten(client, coordinator, push_service):
    for number in range(MOST_DEVICES):
        add(client, push_service.browser(f"{number}"))
    page = add(client, push_service.browser("more"))
    assert "Retirez-en un d’abord." in page.text
    assert Device.objects.count() == MOST_DEVICES
    add(client, push_service.browser("0"))
    assert Device.objects.count() == MOST_DEVICES, "a known one is no more"


def test_citizens_are_not_asked_and_not_taken(client, push_service):
    client.force_login(UserFactory())
    assert "Sur vos appareils" not in choices(client).text
    assert add(client, push_service.browser()).status_code == 403
    assert not Device.objects.exists()


def test_without_a_key_nobody_is_asked(client, coordinator):
    assert "Sur vos appareils" not in choices(client).text
    assert add(client, Browser("https://93.184.216.34/push")).status_code == 403


def test_the_browser_is_given_the_public_half_of_the_key(client, coordinator, has_key):
    page = choices(client).text
    assert f'data-key="{keys.public_key()}"' in page
    assert len(keys.public_key()) == 87


def test_its_script_may_act_for_the_page_of_choices_alone(client, db):
    address = reverse("push:worker")
    assert address.startswith(reverse("my_messages"))
    response = client.get(address)
    assert response["Content-Type"].startswith("text/javascript")
    assert "no-cache" in response["Cache-Control"]
    assert "Service-Worker-Allowed" not in response


class TestTheKey:
    def test_is_made_by_a_command_as_a_line_for_the_settings(self, capsys, settings):
        call_command("push_key")
        name, _, value = capsys.readouterr().out.strip().partition("=")
        assert name == "PUSH_PRIVATE_KEY"
        settings.PUSH_PRIVATE_KEY, settings.SITE_URL = value, "https://accorde.exemple.fr"
        assert keys_are_complete() == []

    @pytest.mark.parametrize("key", ["secret", "é" * 43, "A" * 10])
    def test_that_is_none_is_said_at_the_start(self, settings, key):
        settings.PUSH_PRIVATE_KEY, settings.PUSH_CONTACT = key, "mailto:accorde@ville.fr"
        assert [error.id for error in keys_are_complete()] == ["push.E001"]

    @pytest.mark.parametrize(
        "contact", ["accorde@ville.fr", "http://ville.fr", "https://ville.fr:8443", "mailto:x"]
    )
    def test_needs_a_contact_that_push_services_take(self, settings, has_key, contact):
        settings.PUSH_CONTACT = contact
        assert [error.id for error in keys_are_complete()] == ["push.E002"]

    def test_is_not_needed(self, settings):
        settings.PUSH_PRIVATE_KEY = ""
        assert keys_are_complete() == []


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox · Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
         "Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/18.0 Mobile/15E148 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
         "Chrome · Linux"),
        ("", "Un navigateur"),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_people_know_it(agent, name):
    assert device_name(agent) == name
