"""What each gateway is sent, and what each of its answers means for the message."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import ovh
import pytest

from notifications.models import Message, MessageState, Outage
from tests.factories.accounts import UserFactory
from tests.http_server import HANG_UP, SAY_NOTHING
from tests.notifications.channels.sms.conftest import MOBILE, deliver

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
S = MessageState


def become(message):
    message.refresh_from_db()
    return message.state, message.last_error


# --- Any gateway ---------------------------------------------------------------------------------------


def test_a_message_leaves_as_one_request_with_what_the_settings_say(gateway, text_to, settings):
    settings.SMS_HTTP_HEADERS = '{"Authorization": "Bearer clé-1"}'.replace("é", "e")
    settings.SMS_HTTP_BODY = json.dumps(
        {
            "from": "{sender}",
            "messages": [{"to": "{number}", "content": "{text}", "ref": "{reference}"}],
            "flash": False,
        }
    )
    message = text_to()

    assert not deliver(NOW)

    (request,) = gateway.requests
    assert (request.method, request.path) == ("POST", "/v1/messages")
    assert request.headers["Authorization"] == "Bearer cle-1"
    assert request.headers["Content-Type"] == "application/json"
    sent = request.json
    (one,) = sent.pop("messages")
    assert sent == {"from": "38080", "flash": False}
    assert (one["to"], one["ref"]) == (MOBILE, str(message.pk))
    assert one["content"].startswith("Strasbourg : Votre proposition est enregistrée (P-3467-CDFG)\n")
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.provider_ref) == (S.SENT, NOW, "G-1")


def test_a_gateway_may_want_a_form_and_another_method(gateway, text_to, settings):
    settings.SMS_HTTP_METHOD, settings.SMS_HTTP_FORMAT = "PUT", "form"
    settings.SMS_HTTP_BODY = '{"numero": "{number}", "message": "{text}"}'
    text_to(title="100 % & plus")

    deliver(NOW)

    (request,) = gateway.requests
    assert request.method == "PUT"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.form["numero"] == [MOBILE]
    assert request.form["message"][0].startswith("Strasbourg : 100 % & plus\n")


def test_a_gateway_may_want_everything_in_the_address(gateway, text_to, settings):
    settings.SMS_HTTP_METHOD = "GET"
    settings.SMS_HTTP_BODY = '{"numero": "{number}", "message": "{text}"}'
    text_to(title="100 % & plus")

    deliver(NOW)

    (request,) = gateway.requests
    path, _, query = request.path.partition("?")
    assert (request.method, path, request.body) == ("GET", "/v1/messages", b"")
    assert parse_qs(query)["numero"] == [MOBILE]
    assert parse_qs(query)["message"][0].startswith("Strasbourg : 100 % & plus\n")


def test_what_people_wrote_is_no_placeholder_and_breaks_no_request(gateway, text_to):
    text_to(title='{number} "}, {', body="{reference}\\", action_url="")

    deliver(NOW)

    (request,) = gateway.requests
    assert request.json["to"] == MOBILE
    assert request.json["text"].startswith('Strasbourg : {number} "}, {\n{reference}\\\n')


def test_a_gateway_without_a_reference_of_its_own_speaks_of_ours(gateway, text_to, settings):
    settings.SMS_HTTP_REFERENCE = ""
    gateway.answer = (202, {}, "accepted")
    message = text_to()

    deliver(NOW)

    message.refresh_from_db()
    assert (message.state, message.provider_ref) == (S.SENT, str(message.pk))


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        ((500, {}, ""), S.QUEUED, "http 500"),
        ((503, {}, "down"), S.QUEUED, "http 503"),
        ((429, {}, ""), S.QUEUED, "http 429"),
        ((401, {}, ""), S.QUEUED, "http 401"),
        ((402, {}, "no credit"), S.QUEUED, "http 402"),
        ((404, {}, ""), S.QUEUED, "http 404"),
        ((307, {"Location": "/elsewhere"}, ""), S.QUEUED, "http 307"),
        ((400, {}, "no such number"), S.FAILED, "http 400"),
        ((422, {}, "no such number"), S.FAILED, "http 422"),
        ((502, {}, "<html>"), S.UNCERTAIN, "http 502"),
        ((504, {}, "<html>"), S.UNCERTAIN, "http 504"),
        ((200, {}, '{"messages": []}'), S.UNCERTAIN, "no reference"),
        ((200, {}, '{"messages": [{"id": null}]}'), S.UNCERTAIN, "no reference"),
        ((200, {}, "<html>"), S.UNCERTAIN, "no reference"),
        (HANG_UP, S.UNCERTAIN, "answer ConnectionError"),
        (SAY_NOTHING, S.UNCERTAIN, "answer ReadTimeout"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else str(value),
)
def test_each_answer_says_what_became_of_the_message(gateway, text_to, answer, state, error):
    gateway.answer = answer
    message = text_to()

    deliver(NOW)

    assert become(message) == (state, error)
    assert len(gateway.requests) == 1


def test_where_nobody_listens_nothing_has_left(gateway, text_to, settings, nobody_listens):
    settings.SMS_HTTP_URL = nobody_listens
    message, other = text_to(), text_to()

    deliver(NOW)

    assert become(message) == (S.QUEUED, "connect ConnectionError")
    other.refresh_from_db()
    assert (other.state, other.attempts) == (S.QUEUED, 0)


@pytest.mark.parametrize("url", ["", "accorde.exemple.fr/sms", "ftp://127.0.0.1/"])
def test_an_address_that_is_none_sends_nothing(gateway, text_to, settings, url):
    settings.SMS_HTTP_URL = url
    message = text_to()

    deliver(NOW)

    state, error = become(message)
    assert (state, error.split()[0]) == (S.QUEUED, "connect")


def test_a_gateway_whose_certificate_is_not_its_own_is_sent_nothing(gateway, text_to, settings, self_signed):
    settings.SMS_HTTP_URL = self_signed
    message = text_to()

    deliver(NOW)

    assert become(message) == (S.QUEUED, "connect SSLError")


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("600", 10 * MINUTE),
        ("5", 30 * SECOND),
        ("999999", 60 * MINUTE),
        ("Mon, 09 Mar 2026 10:00:00 GMT", 30 * SECOND),
    ],
)
def test_a_gateway_that_counts_requests_is_given_the_time_that_it_asks_for(gateway, text_to, asked, wait):
    gateway.answer = (429, {"Retry-After": asked}, "")
    text_to()

    deliver(NOW)

    assert Outage.objects.get(channel="sms").next_try_at == NOW + wait


@pytest.mark.parametrize(
    ("answer", "requests"), [((503, {}, ""), 1), (HANG_UP, 1), ((400, {}, ""), 3), ((200, {}, "{}"), 3)]
)
def test_a_gateway_that_is_out_of_order_is_not_hammered_and_one_message_holds_up_no_other(
    gateway, text_to, answer, requests
):
    gateway.answer = answer
    for _ in range(3):
        text_to()

    deliver(NOW)

    assert len(gateway.requests) == requests


def test_an_endless_answer_is_read_to_a_bound(gateway, text_to):
    gateway.answer = (200, {}, '{"messages": [{"id": "G-1"}], "more": "' + "x" * 200_000 + '"}')
    message = text_to()

    deliver(NOW)

    assert become(message) == (S.UNCERTAIN, "no reference")


@pytest.mark.parametrize(
    "contact", [{"phone": None}, {"phone": "+33353010017"}, {"phone": MOBILE, "phone_proof": ""}]
)
def test_a_number_that_can_receive_none_or_that_nobody_has_proven_is_not_tried(gateway, text_to, contact):
    message = text_to(recipient=UserFactory(**contact))

    deliver(NOW)

    assert become(message) == (S.FAILED, "no proven mobile number")
    assert gateway.requests == []


def test_without_a_gateway_what_waits_goes_on_waiting(gateway, text_to, settings):
    settings.SMS_GATEWAY = ""
    message = text_to()

    deliver(NOW)

    assert become(message) == (S.QUEUED, "")
    assert Outage.objects.get(channel="sms").error == "no gateway"


def test_a_message_that_cannot_be_written_is_not_handed_over(gateway, text_to, settings):
    settings.SMS_MAX_SEGMENTS = None
    message = text_to()

    deliver(NOW)

    assert become(message) == (S.FAILED, "compose TypeError")
    assert gateway.requests == []
    assert not Outage.objects.exists()


# --- OVHcloud ------------------------------------------------------------------------------------------

KEY, SECRET, CONSUMER = "application-key", "application-secret", "consumer-key"
TAKEN = {"totalCreditsRemoved": 1, "invalidReceivers": [], "ids": [27814656], "validReceivers": [MOBILE]}


@pytest.fixture
def ovh_gateway(server, settings, monkeypatch):
    """OVHcloud as documented: its time for all, a job for whoever signs it as it says; `server.answer` is the job's."""
    monkeypatch.setitem(ovh.client.ENDPOINTS, "here", f"{server.url}/1.0")
    settings.SITE_URL = "https://accorde.exemple.fr"
    settings.SMS_GATEWAY, settings.SMS_TIMEOUT, settings.SMS_SENDER = "ovh", 1, ""
    settings.SMS_OVH_ENDPOINT, settings.SMS_OVH_SERVICE = "here", "sms-ab1234-1"
    settings.SMS_OVH_APPLICATION_KEY, settings.SMS_OVH_APPLICATION_SECRET = KEY, SECRET
    settings.SMS_OVH_CONSUMER_KEY = CONSUMER
    server.job = (200, {}, json.dumps(TAKEN))

    def answer(request):
        if request.path == "/1.0/auth/time":
            return 200, {}, "1457018875"
        signed = "+".join(
            [SECRET, CONSUMER, request.method, f"{server.url}{request.path}", request.body.decode(),
             request.headers["X-Ovh-Timestamp"]]
        )  # fmt: skip
        is_signed = (
            request.headers["X-Ovh-Application"] == KEY
            and request.headers["X-Ovh-Consumer"] == CONSUMER
            and abs(int(request.headers["X-Ovh-Timestamp"]) - 1457018875) < 60
            and request.headers["X-Ovh-Signature"] == "$1$" + hashlib.sha1(signed.encode()).hexdigest()
        )
        if not is_signed:
            return 403, {}, '{"errorCode": "INVALID_SIGNATURE", "message": "Invalid signature"}'
        return server.job

    server.answer = answer
    return server


def jobs(server):
    return [request for request in server.requests if request.path != "/1.0/auth/time"]


def test_ovh_is_given_a_signed_job(ovh_gateway, text_to):
    message = text_to(title="Où ça\u202f?")

    deliver(NOW)

    (request,) = jobs(ovh_gateway)
    assert (request.method, request.path) == ("POST", "/1.0/sms/sms-ab1234-1/jobs")
    job = request.json
    assert job.pop("message").startswith("Strasbourg : Où ca ?\n")
    assert job == {
        "receivers": [MOBILE],
        "charset": "UTF-8",
        "coding": "7bit",
        "priority": "high",
        "tag": str(message.pk),
        "noStopClause": True,
        "senderForResponse": True,
    }
    message.refresh_from_db()
    assert (message.state, message.provider_ref) == (S.SENT, "27814656")


def test_ovh_is_told_of_another_alphabet_and_of_a_sender(ovh_gateway, text_to, settings):
    settings.SMS_SENDER = "STRASBOURG"
    text_to(language="ar", title="هل يمكنكم المساعدة؟")

    deliver(NOW)

    job = jobs(ovh_gateway)[0].json
    assert (job["coding"], job["sender"]) == ("8bit", "STRASBOURG")
    assert "senderForResponse" not in job


@pytest.mark.parametrize(
    ("job", "state", "error"),
    [
        (
            (200, {}, json.dumps({**TAKEN, "invalidReceivers": [MOBILE], "ids": []})),
            S.FAILED,
            "number refused",
        ),
        ((200, {}, "<html>"), S.UNCERTAIN, "no reference"),
        ((200, {}, "[]"), S.UNCERTAIN, "no reference"),
        ((400, {}, '{"message": "bad"}'), S.FAILED, "http 400"),
        ((403, {}, '{"errorCode": "NOT_GRANTED_CALL", "message": "no"}'), S.QUEUED, "http 403"),
        ((404, {}, '{"message": "This service does not exist"}'), S.QUEUED, "http 404"),
        ((429, {}, "{}"), S.QUEUED, "http 429"),
        ((500, {}, "{}"), S.QUEUED, "http 500"),
        (HANG_UP, S.UNCERTAIN, "answer ConnectionError"),
        (SAY_NOTHING, S.UNCERTAIN, "answer ReadTimeout"),
    ],
)
def test_each_answer_of_ovh_says_what_became_of_the_message(ovh_gateway, text_to, job, state, error):
    ovh_gateway.job = job
    message = text_to()

    deliver(NOW)

    assert become(message) == (state, error)


def test_without_a_key_nothing_is_sent(ovh_gateway, text_to, settings):
    settings.SMS_OVH_CONSUMER_KEY = ""
    message = text_to()

    deliver(NOW)

    assert become(message) == (S.QUEUED, "sign InvalidKey")
    assert jobs(ovh_gateway) == []


def test_a_wrong_secret_is_refused_and_nothing_is_lost(ovh_gateway, text_to, settings):
    settings.SMS_OVH_APPLICATION_SECRET = "another"
    message = text_to()

    deliver(NOW)

    assert become(message) == (S.QUEUED, "http 403")


@pytest.mark.parametrize(
    "time", [(500, {}, "{}"), HANG_UP, SAY_NOTHING], ids=["500", "hangs up", "says nothing"]
)
def test_as_long_as_ovh_does_not_tell_its_time_nothing_was_tried(ovh_gateway, text_to, time):
    ovh_gateway.answer = time
    message = text_to()

    deliver(NOW)

    assert become(message)[0] == S.QUEUED
    assert Message.objects.get().attempts == 0
