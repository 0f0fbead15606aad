"""What gateways call: only the gateway is heard, and what it says twice counts once."""

import hmac
import json
from base64 import b64encode
from hashlib import sha256

import pytest
from django.test import Client
from django.utils import timezone

from matching.models import MatchState
from notifications.channels.sms.models import Reply
from notifications.models import Message, MessageState
from tests.factories.matching import NOW
from tests.notifications.channels.sms.conftest import MOBILE, deliver

SECRET = "un-mot-secret-de-la-passerelle"
RECEIPTS, REPLIES = f"/sms/accuses/{SECRET}/", f"/sms/reponses/{SECRET}/"


@pytest.fixture
def caller():
    """A gateway has no cookie and no token of ours."""
    return Client(enforce_csrf_checks=True)


def post(caller, path, sent, **headers):
    body = sent if isinstance(sent, str) else json.dumps(sent)
    return caller.post(path, body, content_type="application/json", headers=headers).status_code


@pytest.fixture
def sent(gateway, text_to):
    """A message that the gateway has taken, as G-1."""
    message = text_to()
    deliver(NOW)
    return message


def state_of(message):
    message.refresh_from_db()
    return message.state


# --- Receipts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"id": "G-1", "status": "delivered"}, MessageState.DELIVERED),
        ({"id": "G-1", "status": "DELIVERED"}, MessageState.DELIVERED),
        ({"id": "G-1", "status": "failed"}, MessageState.FAILED),
        ({"id": "G-1", "status": "buffered"}, MessageState.SENT),
        ({"id": "G-1"}, MessageState.SENT),
        ([{"id": "G-0", "status": "failed"}, {"id": "G-1", "status": "delivered"}], MessageState.DELIVERED),
    ],
)
def test_a_receipt_says_what_became_of_a_message(caller, sent, said, state):
    assert post(caller, RECEIPTS, said) == 200
    assert state_of(sent) == state


def test_the_same_receipt_twice_changes_nothing(caller, sent):
    said = {"id": "G-1", "status": "delivered"}
    post(caller, RECEIPTS, said)
    before = Message.objects.values().get(pk=sent.pk)

    assert post(caller, RECEIPTS, said) == 200
    assert Message.objects.values().get(pk=sent.pk) == before


def test_settings_say_where_to_look_and_what_words_mean(caller, sent, settings):
    settings.SMS_RECEIPT_REFERENCE, settings.SMS_RECEIPT_STATE = "results.0.messageId", "results.0.code"
    settings.SMS_RECEIPT_DELIVERED, settings.SMS_RECEIPT_FAILED = "4, 5", "6,27"

    assert post(caller, RECEIPTS, {"results": [{"messageId": "G-1", "code": 4}]}) == 200
    assert state_of(sent) == MessageState.DELIVERED


def test_a_receipt_of_an_unknown_message_is_taken_and_noted(caller, sent, caplog):
    assert post(caller, RECEIPTS, {"id": "G-2", "status": "delivered"}) == 200
    assert state_of(sent) == MessageState.SENT
    assert "not known" in caplog.text


def test_a_gateway_may_send_forms(caller, sent):
    answer = caller.post(RECEIPTS, {"id": "G-1", "status": "delivered"})
    assert answer.status_code == 415
    body = "id=G-1&status=delivered"
    answer = caller.post(RECEIPTS, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert state_of(sent) == MessageState.DELIVERED


def test_ovh_calls_with_everything_in_the_address(caller, sent, settings):
    """id, ptt, date, description and descriptionDlr, as its guide of SMS users says."""
    settings.SMS_WEBHOOK_METHOD, settings.SMS_RECEIPT_STATE, settings.SMS_RECEIPT_DELIVERED = (
        "GET",
        "ptt",
        "4",
    )
    Message.objects.filter(pk=sent.pk).update(provider_ref="27814656")
    said = {
        "id": "27814656",
        "ptt": "4",
        "date": "2026-03-09 10:00:04",
        "description": "1",
        "descriptionDlr": "Success",
    }

    assert caller.get(RECEIPTS, said).status_code == 200
    assert state_of(sent) == MessageState.DELIVERED
    assert caller.post(f"{RECEIPTS}?id=27814656&ptt=4", content_type="text/plain").status_code == 200
    assert caller.get(RECEIPTS.replace(SECRET, "x"), said).status_code == 404
    assert caller.head(RECEIPTS).status_code == 405


# --- Who is heard --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [RECEIPTS, REPLIES])
@pytest.mark.parametrize("secret", ["un-autre-mot", "é", SECRET[:-1], f"{SECRET}x"])
def test_whoever_does_not_know_the_word_finds_nothing(caller, sent, path, secret):
    assert post(caller, path.replace(SECRET, secret), {"id": "G-1", "status": "delivered"}) == 404
    assert state_of(sent) == MessageState.SENT


def test_without_a_word_nobody_is_heard(caller, sent, settings):
    settings.SMS_WEBHOOK_SECRET = ""
    assert post(caller, RECEIPTS, {"id": "G-1", "status": "delivered"}) == 404


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_only_a_post_acts(caller, sent, method):
    assert getattr(caller, method)(f"{RECEIPTS}?id=G-1&status=delivered").status_code == 405
    assert state_of(sent) == MessageState.SENT


SAID = json.dumps({"id": "G-1", "status": "delivered"})
MADE = hmac.new(b"key", SAID.encode(), sha256)


@pytest.mark.parametrize(
    ("signature", "status"),
    [
        (MADE.hexdigest(), 200),
        (MADE.hexdigest().upper(), 200),
        (f"sha256={MADE.hexdigest()}", 200),
        (b64encode(MADE.digest()).decode(), 200),
        ("", 403),
        (MADE.hexdigest()[:-1], 403),
        (hmac.new(b"other", SAID.encode(), sha256).hexdigest(), 403),
        ("é", 403),
    ],
)
def test_a_gateway_that_signs_is_heard_by_its_signature(caller, sent, settings, signature, status):
    settings.SMS_WEBHOOK_SIGNATURE, settings.SMS_WEBHOOK_KEY = "X-Signature", "key"

    assert post(caller, RECEIPTS, SAID, **{"X-Signature": signature}) == status
    assert (state_of(sent) == MessageState.DELIVERED) is (status == 200)


def test_a_signature_of_another_body_is_none(caller, sent, settings):
    settings.SMS_WEBHOOK_SIGNATURE, settings.SMS_WEBHOOK_KEY = "X-Signature", "key"
    other = SAID.replace("delivered", "failed")
    assert post(caller, RECEIPTS, other, **{"X-Signature": MADE.hexdigest()}) == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [("", 400), ("{", 400), ("null", 400), ("[]", 200), ("[[]]", 400), ('"G-1"', 400), ("{}", 400), ("[null]", 400),
     ('{"id": {"a": 1}, "status": 3}', 400), ('{"id": true}', 400), ("x" * 70_000, 413), ('{"id": "\\u0000"}', 400)],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
@pytest.mark.parametrize("path", [RECEIPTS, REPLIES])
def test_what_is_no_receipt_and_no_answer_is_refused(caller, sent, settings, path, body, status):
    settings.SMS_ANSWER_NUMBER = "id"

    assert post(caller, path, body) == status
    assert state_of(sent) == MessageState.SENT


# --- Answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [MOBILE, "33612345678", "0033612345678", "0612345678"])
def test_an_answer_finds_its_question(caller, ask, number):
    now = timezone.now()
    question = ask(now=now)
    deliver(now)

    assert post(caller, REPLIES, {"from": number, "text": "Oui", "id": "mo-1"}) == 200
    assert post(caller, REPLIES, {"from": number, "text": "Oui", "id": "mo-1"}) == 200

    assert question.state == MatchState.ACCEPTED
    assert [(reply.text, reply.provider_ref) for reply in Reply.objects.all()] == [("Oui", "mo-1")]


@pytest.mark.parametrize("number", ["36111", "ACCORDE", "+33687654321"])
def test_an_answer_of_nobody_is_taken_and_left(caller, gateway, db, number):
    assert post(caller, REPLIES, {"from": number, "text": "Oui", "id": "mo-1"}) == 200
    assert Reply.objects.count() == 0


def test_an_answer_that_the_database_cannot_keep_is_kept_without_that_sign(caller, ask):
    now = timezone.now()
    ask(now=now)
    deliver(now)

    assert post(caller, REPLIES, {"from": MOBILE, "text": "o\x00ui", "id": "mo\x00-1"}) == 200
    assert Reply.objects.get().text == "oui"
