"""Whom SMS reaches, and what its short addresses open."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Consent
from notifications import channel_registry
from notifications.channels.sms import links
from notifications.channels.sms.checks import gateway_is_complete
from notifications.channels.sms.models import Stop
from tests.factories.accounts import ConsentFactory, UserFactory
from tests.notifications.channels.sms.conftest import MOBILE

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)


def preferred(**fields):
    return channel_registry.preferred(UserFactory(**{"email": None, "phone": MOBILE, **fields}))


def test_without_a_gateway_everything_is_as_before(db):
    assert preferred() == "call"


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({}, "sms"),
        ({"email": "marie@exemple.fr"}, "email"),
        ({"phone": "+33353010017"}, "call"),
        ({"phone": "+262692123456"}, "sms"),
    ],
    ids=["a mobile", "an address too", "a landline", "overseas"],
)
def test_an_sms_comes_after_mail_and_before_a_call(gateway, db, fields, channel):
    assert preferred(**fields) == channel


def test_whoever_said_stop_is_called(gateway, host):
    stop = Stop.objects.create(number=MOBILE, at=NOW)
    assert channel_registry.preferred(host) == "call"

    stop.lifted_at = NOW + timedelta(days=1)
    stop.save(update_fields=["lifted_at"])
    assert channel_registry.preferred(host) == "sms"


def test_whoever_takes_their_agreement_back_is_called(gateway, host):
    given = ConsentFactory(user=host, purpose=Consent.Purpose.CONTACT, given_at=NOW)
    ConsentFactory(user=host, purpose=Consent.Purpose.SHARING, given_at=NOW, withdrawn_at=NOW)
    assert channel_registry.preferred(host) == "sms"

    given.withdrawn_at = NOW
    given.save(update_fields=["withdrawn_at"])
    assert channel_registry.preferred(host) == "call"

    ConsentFactory(user=host, purpose=Consent.Purpose.CONTACT, wording_version="2", given_at=NOW)
    assert channel_registry.preferred(host) == "sms"


# --- Short addresses -----------------------------------------------------------------------------------


@pytest.fixture
def short(text_to, settings):
    settings.SITE_URL = ""
    return lambda **fields: links.short_address(text_to(**fields))


def test_a_short_address_leads_to_the_page(client, short):
    address = short()

    assert len(address) < 25  # of the hundred that an SMS can spare, with the site's name
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, "/strasbourg/propositions/P-3467-CDFG/")
    assert "no-store" in response["Cache-Control"]
    assert client.post(address).status_code == 405


def test_an_address_of_a_message_that_opens_nothing_is_none(client, short, text_to):
    assert short(action_url="") == ""
    message = text_to()
    address = links.short_address(message)
    message.action_url = ""
    message.save(update_fields=["action_url"])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address[:-2] + "/",
        lambda address: address.replace("-", ""),
        lambda address: address.replace("/s/", "/s/1"),
        lambda address: "/s/-/",
        lambda address: "/s/x/",
        lambda address: address.swapcase().replace("/S/", "/s/"),
        lambda address: "/s/é-" + address.split("-")[1],
    ],
)
def test_an_address_that_was_cut_or_altered_opens_nothing(client, short, change):
    assert client.get(change(short())).status_code == 404


# --- Settings ------------------------------------------------------------------------------------------

OVH = {
    "SMS_GATEWAY": "ovh",
    "SMS_OVH_APPLICATION_KEY": "a",
    "SMS_OVH_APPLICATION_SECRET": "b",
    "SMS_OVH_CONSUMER_KEY": "c",
    "SMS_OVH_SERVICE": "sms-ab1234-1",
}


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({"SMS_GATEWAY": ""}, []),
        ({}, []),
        (OVH, []),
        ({"SMS_GATEWAY": "pigeon"}, ["sms.E001"]),
        ({"SMS_HTTP_URL": ""}, ["sms.E002"]),
        ({**OVH, "SMS_OVH_CONSUMER_KEY": "", "SMS_OVH_SERVICE": ""}, ["sms.E002", "sms.E002"]),
        ({"SMS_HTTP_HEADERS": "Authorization: x"}, ["sms.E003"]),
        ({"SMS_HTTP_BODY": '["{number}", "{text}"]'}, ["sms.E003"]),
        ({"SMS_HTTP_BODY": '{"to": "{number}"}'}, ["sms.E004"]),
        ({"SMS_MAX_SEGMENTS": 1}, ["sms.E005"]),
        ({"SMS_MAX_SEGMENTS": 11}, ["sms.E005"]),
        ({"SMS_PER_MINUTE": -1}, ["sms.E011"]),
        ({"SMS_WEBHOOK_METHOD": "PUT"}, ["sms.E006"]),
        ({"SMS_WEBHOOK_SECRET": "court"}, ["sms.E007"]),
        ({"SMS_WEBHOOK_SIGNATURE": "X-Signature"}, ["sms.E008"]),
        ({"SMS_HTTP_FORMAT": "xml"}, ["sms.E009"]),
        ({"SMS_HTTP_HEADERS": '{"X-Key": "clé"}'}, ["sms.E010"]),
    ],
)
def test_what_a_gateway_lacks_is_said_at_the_start(gateway, settings, said, errors):
    for name, value in said.items():
        setattr(settings, name, value)

    assert [error.id for error in gateway_is_complete()] == errors
