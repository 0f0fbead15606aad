"""A coordinator's browser: one press, and what arrives is shown. Only the push service itself is not there."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from notifications.channels.push import keys, words
from notifications.channels.push.models import Device
from tests.factories.accounts import CityRoleFactory
from tests.factories.notifications import MessageFactory
from tests.notifications.channels.push.conftest import Browser

pytestmark = pytest.mark.django_db(transaction=True)

# A browser would call its maker's service here.
AGREES = """
  const { endpoint, ...keys } = GIVEN;
  const agreed = { endpoint, unsubscribe: async () => true, toJSON: () => ({ endpoint, keys }) };
  PushManager.prototype.getSubscription = async () => (sessionStorage.agreed ? agreed : null);
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new TypeError();
    sessionStorage.agreed = "yes";
    return agreed;
  };
"""


def test_one_press_and_what_arrives_is_shown(
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    settings: Any,
    eventually: Callable[..., Any],
) -> None:
    settings.PUSH_PRIVATE_KEY = keys.new_private_key()
    coordinator = CityRoleFactory().user
    page = new_page(permissions=["notifications"])
    sign_in(page, coordinator)
    given = Browser("https://93.184.216.34/push/one").given
    page.add_init_script(AGREES.replace("GIVEN", json.dumps(given)))
    page.goto("/compte/messages/")
    page.get_by_role("button", name="Me prévenir sur cet appareil").click()
    expect(page.get_by_text("Cet appareil vous préviendra.")).to_be_visible()
    device = Device.objects.get()
    assert (device.person, device.endpoint) == (coordinator, given["endpoint"])

    message = MessageFactory(recipient=coordinator, channel="push", impersonal="Un toit pour 3 personnes")
    devtools = page.context.new_cdp_session(page)
    workers: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: workers.extend(found["registrationId"] for found in told["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    assert eventually(lambda: page.evaluate("1") and workers)
    origin = page.evaluate("location.origin")
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": workers[0], "data": words.payload(message)},
    )
    shown = """async () => {
      const registration = await navigator.serviceWorker.getRegistration("/compte/messages/");
      return (await registration.getNotifications()).map(({ title, data, silent }) => [title, data.url, silent]);
    }"""
    assert eventually(lambda: page.evaluate(shown)) == [
        ["Un toit pour 3 personnes", message.action_url, True]
    ]

    expect(page.get_by_text("Cet appareil", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Me prévenir sur cet appareil")).to_be_hidden()
    page.get_by_role("button", name="Retirer").click()
    expect(page.get_by_text("Cet appareil ne vous préviendra plus.")).to_be_visible()
    assert not Device.objects.exists()
