"""Mail by a provider's own interface: what it is handed, what its answers mean, and what it says afterwards.

Requests, answers and events as Mailjet (dev.mailjet.com, Send API 3.1 and webhooks) and Brevo (developers.brevo.com,
transactional e-mail and webhooks) document them.
"""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from matching import services as matches
from notifications import bounces, delivery, links, reach
from notifications.channels.email.checks import provider_is_complete
from notifications.channels.email.settings import VARIABLES, derived
from notifications.models import Bounce, Message, MessageState, Outage, Preference, PreferenceEdit
from tests import http_server
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story
from tests.factories.notifications import MessageFactory
from tests.http_server import HANG_UP

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
WORD = "un-mot-secret-du-fournisseur"
BREVO_ID = "<202603090900.12345678901@smtp-relay.mailin.fr>"
MAILJET_ID = "13792286917004336"


@pytest.fixture
def provider(settings):
    """A real server in the provider's place: `provider("mailjet")`."""
    with http_server.listening() as server:

        def start(name):
            settings.EMAIL_PROVIDER, settings.EMAIL_WEBHOOK_SECRET = name, WORD
            settings.EMAIL_PROVIDER_KEY, settings.EMAIL_PROVIDER_SECRET = "clé-1".encode().hex(), "secret-1"
            names = ("EMAIL_PROVIDER", "EMAIL_PROVIDER_KEY", "EMAIL_PROVIDER_SECRET", "EMAIL_TIMEOUT")
            said = {known: getattr(settings, known) for known in names}
            for key, value in derived({**VARIABLES, **said, "EMAIL_DATA_TIMEOUT": 1}).items():
                setattr(settings, key, value)
            settings.ANYMAIL = {
                **settings.ANYMAIL,
                "MAILJET_API_URL": f"{server.url}/v3.1/",
                "BREVO_API_URL": f"{server.url}/v3/",
            }
            server.answer = ANSWERS[name]
            return server

        yield start


@pytest.fixture
def host():
    return UserFactory(email="marie@exemple.fr", phone="+33612345678", language="fr")


def deliver():
    delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)


def as_json(status, content):
    return status, {"Content-Type": "application/json"}, json.dumps(content)


def _mailjet(request):
    sent = request.json
    (message,) = sent["Messages"]
    to = {"Email": message["To"][0]["Email"], "MessageUUID": "123", "MessageID": int(MAILJET_ID),
          "MessageHref": f"https://api.mailjet.com/v3/REST/message/{MAILJET_ID}"}  # fmt: skip
    return as_json(
        200, {"Messages": [{"Status": "success", "CustomID": "", "To": [to], "Cc": [], "Bcc": []}]}
    )


ANSWERS = {"mailjet": _mailjet, "brevo": lambda request: as_json(201, {"messageId": BREVO_ID})}
IDS = {"mailjet": MAILJET_ID, "brevo": BREVO_ID}


# --- Handing over --------------------------------------------------------------------------------------


def test_mailjet_is_handed_a_mail_as_it_documents(provider, host):
    server = provider("mailjet")
    message = MessageFactory(recipient=host)
    deliver()
    (request,) = server.requests
    assert request.path == "/v3.1/send"
    key = f"{'clé-1'.encode().hex()}:secret-1"
    assert request.headers["Authorization"] == f"Basic {b64encode(key.encode()).decode()}"
    said = request.json["Globals"]
    assert (said["TrackOpens"], said["TrackClicks"]) == ("disabled", "disabled")
    assert said["Subject"] == message.title
    assert message.body.splitlines()[2] in said["TextPart"]
    assert "<html" in said["HTMLPart"]
    assert "Message-ID" not in said["Headers"], "it gives one of its own"
    assert request.json["Messages"] == [{"To": [{"Email": "marie@exemple.fr"}]}]
    message.refresh_from_db()
    assert (message.state, message.provider_ref) == (MessageState.SENT, MAILJET_ID)


def test_brevo_is_handed_a_mail_as_it_documents(provider, host):
    server = provider("brevo")
    message = MessageFactory(recipient=host)
    deliver()
    (request,) = server.requests
    assert (request.path, request.headers["api-key"]) == ("/v3/smtp/email", "clé-1".encode().hex())
    assert request.json["to"] == [{"email": "marie@exemple.fr"}]
    assert request.json["subject"] == message.title
    message.refresh_from_db()
    assert (message.state, message.provider_ref) == (MessageState.SENT, BREVO_ID)


def _reply_to(sent):
    return sent["Globals"]["ReplyTo"]["Email"] if "Globals" in sent else sent["replyTo"]["email"]


def _files(sent):
    if "Globals" in sent:
        return [(file["Filename"], file["Base64Content"]) for file in sent["Globals"]["Attachments"]]
    return [(file["name"], file["content"]) for file in sent["attachment"]]


@pytest.mark.parametrize("name", ["mailjet", "brevo"])
def test_an_answer_goes_to_the_first_of_two_addresses(provider, settings, host, name):
    settings.MAIL_REPLY_ADDRESS = "reponses@accorde.exemple.fr"
    server = provider(name)
    message = MessageFactory(recipient=host, city=CityFactory(email="accueil@strasbourg.example"))
    deliver()
    (request,) = server.requests
    assert _reply_to(request.json) == links.reply_address(message)
    message.refresh_from_db()
    assert message.state == MessageState.SENT


@pytest.mark.parametrize("name", ["mailjet", "brevo"])
def test_a_date_goes_along_as_a_file(provider, name):
    server = provider(name)
    it = story(now=NOW, offer={"address": "12 rue des Lilas"})
    matches.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    matches.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    matches.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    deliver()
    told = Message.objects.filter(event="match_confirmed", channel="email")
    assert {message.state for message in told} == {MessageState.SENT}
    assert len(server.requests) == len(told)
    for request in server.requests:
        ((file, content),) = _files(request.json)
        assert file == "invitation.ics"
        assert b"METHOD:REQUEST" in b64decode(content)


_FAULT = {
    "ErrorIdentifier": "x",
    "ErrorCode": "mj-0002",
    "StatusCode": 401,
    "ErrorMessage": "API key authentication",
}
_ONE_REFUSED = {"Messages": [{"Status": "error", "Errors": [
    {"ErrorIdentifier": "f987008f", "ErrorCode": "mj-0013", "StatusCode": 400,
     "ErrorMessage": "\"marie@\" is an invalid email address.", "ErrorRelatedTo": ["To[0].Email"]}]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "answer", "state", "error", "stops"),
    [
        ("mailjet", as_json(401, _FAULT), "queued", "http 401", True),
        ("mailjet", as_json(400, _ONE_REFUSED), "failed", "provider refused", False),
        ("mailjet", as_json(200, {}), "uncertain", "no reference", False),
        (
            "brevo",
            as_json(400, {"code": "invalid_parameter", "message": "email"}),
            "failed",
            "http 400",
            False,
        ),
        ("brevo", as_json(402, {"code": "not_enough_credits"}), "queued", "http 402", True),
        ("brevo", as_json(429, {"code": "too_many_requests"}), "queued", "http 429", True),
        ("brevo", (503, {}, ""), "queued", "http 503", True),
        ("brevo", (200, {}, "<html>"), "uncertain", "no reference", False),
        ("brevo", (502, {}, ""), "uncertain", "http 502", True),
        ("brevo", HANG_UP, "uncertain", "answer ConnectionError", True),
    ],
)
def test_what_its_answer_means(provider, host, name, answer, state, error, stops):
    provider(name).answer = answer
    message = MessageFactory(recipient=host)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.last_error) == (state, error)
    assert Outage.objects.exists() is stops


def test_one_that_is_not_there_has_taken_nothing(provider, host, settings):
    provider("brevo")
    settings.ANYMAIL = {**settings.ANYMAIL, "BREVO_API_URL": "http://127.0.0.1:1/v3/"}
    message = MessageFactory(recipient=host)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("queued", "connect ConnectionError")


# --- What it says afterwards ---------------------------------------------------------------------------


def mailjet(event, **more):
    return {
        "event": event, "time": int((NOW + timedelta(minutes=5)).timestamp()), "MessageID": int(MAILJET_ID),
        "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j", "email": "marie@exemple.fr", "mj_campaign_id": 7276,
        "mj_contact_id": 320, "customcampaign": "", "CustomID": "", "Payload": "", **more,
    }  # fmt: skip


def mailjet_bounce(**more):
    return mailjet(
        "bounce", blocked=True, hard_bounce=True, error_related_to="recipient", error="user unknown",
        comment="550 5.1.1 <marie@exemple.fr>: unknown", **more,
    )  # fmt: skip


def brevo(event, **more):
    at = NOW + timedelta(minutes=5)
    return {
        "event": event, "email": "marie@exemple.fr", "id": 26224, "date": "2026-03-09 10:05:00",
        "ts": int(at.timestamp()), "ts_event": int(at.timestamp()), "ts_epoch": int(at.timestamp() * 1000),
        "message-id": BREVO_ID, "subject": "Bonjour", "sending_ip": "185.41.28.109", **more,
    }  # fmt: skip


@pytest.fixture
def sent(provider, host):
    """A mail that the provider took: `sent("brevo")`."""

    def send(name, **fields):
        provider(name)
        return MessageFactory(
            recipient=host,
            state="sent",
            sent_at=NOW,
            provider_ref=IDS[name],
            event="match_question",
            **fields,
        )

    return send


def post(client, *events, word=WORD):
    body = events[0] if len(events) == 1 else list(events)
    return client.post(reverse("email:news", args=[word]), json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(
    ("name", "event", "state"),
    [
        ("mailjet", mailjet("sent", mj_message_id="1", smtp_reply="sent (250 2.0.0 OK)"), "delivered"),
        ("mailjet", mailjet("open", ip="127.0.0.1", geo="FR", agent="Mozilla/5.0"), "opened"),
        ("mailjet", mailjet("click", url="https://accorde.exemple.fr/"), "sent"),
        ("mailjet", mailjet_bounce(), "failed"),
        ("mailjet", mailjet("blocked", error_related_to="mailjet", error="preblocked"), "failed"),
        ("mailjet", mailjet("bounce", blocked=False, hard_bounce=False, error="greylisted"), "sent"),
        ("brevo", brevo("request"), "sent"),
        ("brevo", brevo("delivered"), "delivered"),
        ("brevo", brevo("unique_opened"), "opened"),
        ("brevo", brevo("proxy_open"), "sent"),
        ("brevo", brevo("deferred", reason="421 try later"), "sent"),
        ("brevo", brevo("soft_bounce", reason="452 box full"), "failed"),
        ("brevo", brevo("hard_bounce", reason="550 unknown"), "failed"),
        ("brevo", brevo("blocked", reason="blocked"), "failed"),
        ("brevo", brevo("click", link="https://accorde.exemple.fr/"), "sent"),
    ],
)
def test_what_each_event_says_of_the_mail(client, sent, name, event, state):
    message = sent(name)
    for _twice in range(2):
        assert post(client, event).status_code == 200
        message.refresh_from_db()
        assert message.state == state


def test_several_may_come_together(client, sent):
    message = sent("mailjet")
    assert post(client, mailjet("sent"), mailjet("open"), mailjet("sent")).status_code == 200
    message.refresh_from_db()
    assert message.state == MessageState.OPENED


def test_what_is_opened_as_it_arrives_was_opened_by_a_machine(client, sent):
    message = sent("mailjet")
    post(client, mailjet("open") | {"time": int((NOW + timedelta(seconds=20)).timestamp())})
    message.refresh_from_db()
    assert message.state == MessageState.SENT


@pytest.mark.parametrize(
    ("name", "event", "is_out"),
    [
        ("mailjet", mailjet_bounce(), True),
        ("mailjet", mailjet_bounce() | {"error": "quota exceeded"}, False),
        ("mailjet", mailjet_bounce() | {"hard_bounce": False}, False),
        ("mailjet", mailjet("blocked", error_related_to="mailjet", error="preblocked"), False),
        ("brevo", brevo("hard_bounce", reason="550 unknown"), True),
        ("brevo", brevo("invalid_email"), True),
        ("brevo", brevo("soft_bounce", reason="452 box full"), False),
        ("brevo", brevo("blocked"), False),
    ],
)
def test_an_address_that_does_not_exist_is_out_of_use(client, sent, host, name, event, is_out):
    waits = MessageFactory(recipient=host, due_at=NOW + timedelta(hours=2))
    sent(name)
    for _twice in range(2):
        post(client, event)
    waits.refresh_from_db()
    assert (waits.state == MessageState.SUPPRESSED) is is_out
    assert Bounce.objects.count() == is_out
    assert (reach.reaching(host, "match_question")[0] == "email") is not is_out


def test_an_address_that_the_person_has_no_more_says_nothing_of_theirs(client, sent, host):
    sent("brevo")
    host.email = "marie.d@exemple.fr"
    host.save(update_fields=["email"])
    post(client, brevo("hard_bounce"))
    assert not Bounce.objects.exists()


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("mailjet", mailjet("spam", source="JMRPP")),
        ("mailjet", mailjet("unsub", mj_list_id=1, ip="127.0.0.1")),
        ("brevo", brevo("spam")),
        ("brevo", brevo("unsubscribe")),
    ],
)
def test_who_complains_has_no_more_mail_until_they_say_otherwise(client, sent, host, name, event):
    sent(name)
    for _twice in range(2):
        post(client, event)
    assert Preference.objects.get(person=host).refused_channels == ["email"]
    edit = PreferenceEdit.objects.get()
    assert edit.by == host
    Preference.objects.update(refused_channels=[])
    post(client, event)
    assert Preference.objects.get(person=host).refused_channels == [], "what they chose since counts"


def test_what_it_says_of_others_mails_changes_nothing(client, sent):
    message = sent("brevo")
    assert (
        post(client, brevo("hard_bounce") | {"message-id": "<other@smtp-relay.mailin.fr>"}).status_code == 200
    )
    message.refresh_from_db()
    assert (message.state, Bounce.objects.count()) == ("sent", 0)


class TestWhoeverCallsWithout:
    def test_the_word_finds_nothing(self, client, sent, settings):
        message = sent("brevo")
        assert post(client, brevo("hard_bounce"), word="un-autre-mot").status_code == 404
        settings.EMAIL_WEBHOOK_SECRET = ""
        assert post(client, brevo("hard_bounce"), word="-").status_code == 404
        message.refresh_from_db()
        assert message.state == MessageState.SENT

    def test_a_provider_finds_nothing(self, client, settings):
        settings.EMAIL_WEBHOOK_SECRET = WORD
        assert post(client, brevo("delivered")).status_code == 404

    @pytest.mark.parametrize("name", ["mailjet", "brevo"])
    @pytest.mark.parametrize("body", ["", "{", "3", "[3]", "null", '"sent"', "{}", b"\xff"])
    def test_sense_is_refused_and_breaks_nothing(self, client, sent, name, body):
        sent(name)
        address = reverse("email:news", args=[WORD])
        assert client.post(address, body, content_type="application/json").status_code in (200, 400)
        assert client.get(address).status_code == 405

    def test_measure_is_refused(self, client, sent):
        sent("brevo")
        address = reverse("email:news", args=[WORD])
        assert (
            client.post(address, "x" * (1024 * 1024 + 1), content_type="application/json").status_code == 413
        )


# --- Many at one provider ------------------------------------------------------------------------------


def refused(city, email, at):
    message = MessageFactory(recipient=UserFactory(email=email), city=city, state="failed")
    bounces.note(message=message, error="receipt", by=None, now=at)
    return message.recipient


class TestManyAddressesOfOneProvider:
    def test_that_are_refused_within_an_hour_are_not_at_fault_and_the_desk_is_told_once(self, host):
        city = CityFactory()
        coordinator = CityRoleFactory(city=city).user
        of_them = [refused(city, f"p{n}@exemple.fr", NOW + timedelta(minutes=8 * n)) for n in range(5)]
        assert not Message.objects.filter(event="addresses_refused").exists()
        assert reach.reaching(of_them[0], "match_question")[0] != "email"
        of_them += [refused(city, f"p{n}@exemple.fr", NOW + timedelta(minutes=8 * n)) for n in (5, 6)]
        assert {reach.reaching(person, "match_question")[0] for person in of_them} == {"email"}
        told = Message.objects.get(event="addresses_refused")
        assert told.recipient == coordinator
        assert "exemple" not in told.body

    def test_one_of_another_provider_is(self):
        city = CityFactory()
        for n in range(7):
            refused(city, f"p{n}@exemple.fr", NOW + timedelta(minutes=8 * n))
        other = refused(city, "p@ailleurs.fr", NOW + timedelta(minutes=50))
        assert reach.reaching(other, "match_question")[0] != "email"

    def test_that_are_refused_over_days_are(self):
        city = CityFactory()
        of_them = [refused(city, f"p{n}@exemple.fr", NOW + timedelta(hours=2 * n)) for n in range(8)]
        assert "email" not in {reach.reaching(person, "match_question")[0] for person in of_them}

    def test_are_kept_as_digests_alone(self):
        refused(CityFactory(), "p@exemple.fr", NOW)
        assert "exemple" not in str(Bounce.objects.get().__dict__)


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"EMAIL_PROVIDER": ""}, []),
        ({}, []),
        ({"EMAIL_PROVIDER": "", "EMAIL_HOST": ""}, ["email.E004"]),
        ({"EMAIL_HOST": ""}, []),
        ({"EMAIL_PROVIDER": "", "EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": False}, ["email.W001"]),
        ({"EMAIL_PROVIDER": "", "EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": True}, []),
        ({"EMAIL_PROVIDER": "", "EMAIL_HOST": "127.0.0.1", "EMAIL_USE_TLS": False}, []),
        ({"EMAIL_PROVIDER": "pigeon"}, ["email.E001"]),
        ({"EMAIL_PROVIDER_KEY": "", "EMAIL_PROVIDER_SECRET": ""}, ["email.E002", "email.E002"]),
        ({"EMAIL_PROVIDER": "brevo", "EMAIL_PROVIDER_SECRET": ""}, []),
        ({"EMAIL_WEBHOOK_SECRET": "short"}, ["email.E003"]),
        ({"EMAIL_PER_MINUTE": -1}, ["email.E005"]),
        ({"EMAIL_PROVIDER": "", "EMAIL_PER_MINUTE": -1}, ["email.E005"]),
    ],
)
def test_what_a_provider_lacks_is_said_at_the_start(provider, settings, changed, errors):
    provider("mailjet")
    for name, value in changed.items():
        setattr(settings, name, value)
    assert [error.id for error in provider_is_complete()] == errors
