"""What the desk reads of messages: where each stands, in words, and a town's figures."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from notifications import presentation, reasons, selectors
from notifications.events import Priority
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

# Monday, 18:35 in Strasbourg.
NOW = datetime(2026, 3, 9, 17, 35, tzinfo=UTC)
SENT_AT = NOW - timedelta(minutes=30)


@pytest.fixture(autouse=True)
def town_time():
    with timezone.override("Europe/Paris"):
        yield


@pytest.fixture
def city(db):
    return CityFactory()


@pytest.fixture
def reader(city):
    return CityRoleFactory(city=city, role="operator").user


def read(reader, city, *subjects):
    return presentation.told(selectors.about(reader, subjects), city, now=NOW)


def line_of(reader, city, **fields):
    message = MessageFactory(city=city, subject_key="match:7", **fields)
    (line,) = read(reader, city, "match:7")["lines"]
    assert line.message == message
    return line


def by_call(reader):
    return {"to_call": True, "called_by": reader, "state": "sent", "sent_at": SENT_AT}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"due_at": NOW}, "en attente · par e-mail"),
        ({"due_at": NOW + timedelta(hours=14)}, "partira demain à 8\u00a0h\u00a035 · par e-mail"),
        ({"to_call": True}, "à appeler · par téléphone"),
        ({"state": "sending", "claimed_at": NOW}, "en cours d’envoi · par e-mail"),
        ({"state": "sent", "sent_at": SENT_AT}, "envoyé à 18\u00a0h\u00a005 · par e-mail"),
        ({"state": "sent", "sent_at": NOW - timedelta(days=1)}, "envoyé hier à 18\u00a0h\u00a035 · par e-mail"),
        ({"state": "sent", "sent_at": NOW - timedelta(days=4)}, "envoyé le 5 mars à 18\u00a0h\u00a035 · par e-mail"),
        ({"state": "opened", "sent_at": SENT_AT, "opened_at": NOW}, "lu à 18\u00a0h\u00a035 · par e-mail"),
        ({"state": "answered", "sent_at": SENT_AT, "answered_at": NOW}, "répondu à 18\u00a0h\u00a035 · par e-mail"),
        ({"channel": "sms", "state": "failed"}, "refusé · par SMS"),
        ({"state": "uncertain"}, "envoi interrompu · par e-mail"),
        ({"state": "held", "why": "quiet hours"}, "retenu · par e-mail"),
        ({"state": "moot"}, "sans objet · par e-mail"),
    ],
)  # fmt: skip
def test_where_a_message_stands_is_said_in_words(reader, city, fields, words):
    line = line_of(reader, city, **fields)
    assert f"{line.state} · {line.channel}" == words


def test_a_call_says_when_it_was_made_and_by_whom(reader, city):
    line = line_of(reader, city, **by_call(reader))
    assert (line.state, line.note) == ("dit à 18\u00a0h\u00a005", f"Par {reader.name}")


@pytest.mark.parametrize("state", ["queued", "failed", "uncertain", "moot"])
@pytest.mark.parametrize("channel", ["email", "call"])
def test_a_message_whose_reason_is_gone_says_so_and_why(reader, city, state, channel):
    # There is no such match: nobody is asked any more.
    line = line_of(reader, city, event="match_question", state=state, channel=channel)
    assert line.state == "sans objet"
    assert line.note == "La question a déjà sa réponse, ou n’est plus posée"
    assert (line.is_lost, line.may_resend) == (False, False)


def test_what_would_have_repeated_a_message_that_arrived_says_that(reader, city):
    first = MessageFactory(city=city, state="sent", sent_at=NOW)
    same = {"recipient": first.recipient, "event": first.event, "subject_key": first.subject_key}
    repeat = MessageFactory(city=city, repeat_of=first, state="moot", **same)
    lines = read(reader, city, first.subject_key)["lines"]
    assert {line.message: line.note for line in lines} == {first: "", repeat: "Le premier message est arrivé"}


def test_every_event_that_can_lose_its_reason_says_by_what():
    assert set(reasons._reasons) == set(reasons._gone)


def test_a_question_says_whether_its_answer_is_waited_for(reader, city, reasons_stand):
    asked = {"event": "match_question", "sent_at": SENT_AT}
    MessageFactory(city=city, subject_key="match:1", state="opened", opened_at=NOW, **asked)
    MessageFactory(city=city, subject_key="match:2", state="answered", answered_at=NOW, **asked)
    MessageFactory(city=city, subject_key="match:3", state="sent", event="match_declined", sent_at=SENT_AT)
    notes = {key: read(reader, city, key)["lines"][0].note for key in ("match:1", "match:2", "match:3")}
    assert notes == {"match:1": "Réponse attendue", "match:2": "", "match:3": ""}


def test_what_did_not_arrive_may_be_sent_again_unless_it_repeats_itself(reader, city, reasons_stand):
    lost = line_of(reader, city, state="uncertain", event="match_confirmed")
    assert (lost.is_lost, lost.may_resend, lost.note) == (True, True, "Il est peut-être arrivé")
    same = {"recipient": lost.message.recipient, "event": "match_confirmed", "subject_key": "match:7"}
    MessageFactory(city=city, repeat_of=lost.message, **same)
    found = {line.message: line for line in read(reader, city, "match:7")["lines"]}
    assert not found[lost.message].may_resend
    assert found[lost.message].note == "Repart une fois de lui-même."


def test_only_what_the_reader_may_see_is_told(reader, city):
    here = MessageFactory(city=city, subject_key="match:7:confirmed")
    MessageFactory(subject_key="match:7")  # of the linked town's citizen
    MessageFactory(city=city, subject_key="match:70")
    MessageFactory(city=city, subject_key="offer:7")
    assert [line.message for line in read(reader, city, "match:7")["lines"]] == [here]
    assert read(UserFactory(), city, "match:7")["lines"] == []


def test_the_latest_are_told_and_that_there_are_more(reader, city):
    for number in range(presentation.SHOWN + 1):
        MessageFactory(
            city=city, subject_key="match:7", state="failed", created_at=NOW + timedelta(minutes=number)
        )
    with CaptureQueriesContext(connection) as asked:
        found = read(reader, city, "match:7")
    assert len(asked) == 2
    assert (len(found["lines"]), found["lost"], found["has_more"]) == (50, 50, True)
    assert found["lines"][0].message == Message.objects.order_by("created_at").last()


def test_what_was_said_of_something_is_found_by_an_index(reader, city):
    others = [MessageFactory.build(recipient=reader, city=city, subject_key=f"match:{n}") for n in range(500)]
    Message.objects.bulk_create(others)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_message")
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = selectors.about(reader, ["match:7", "match:8"]).explain()
    assert "message_by_subject" in plan


# --- Figures -------------------------------------------------------------------------------------------


def figures(reader, city):
    return presentation.figures(reader, city, now=NOW)


def test_the_figures_count_a_towns_messages_of_thirty_days_by_channel_and_state(reader, city):
    recent = {"city": city, "created_at": NOW - timedelta(days=29)}
    MessageFactory.create_batch(3, state="sent", sent_at=NOW, **recent)
    MessageFactory.create_batch(2, state="failed", **recent)
    MessageFactory(channel="sms", state="failed", **recent)
    MessageFactory(to_call=True, **recent)
    MessageFactory(city=city, created_at=NOW - timedelta(days=31))
    MessageFactory(created_at=NOW)
    found = figures(reader, city)
    assert found["channels"] == ["par e-mail", "par SMS", "par téléphone"]
    assert [(row["label"], row["counts"]) for row in found["rows"]] == [
        ("en attente", [0, 0, 1]),
        ("envoyé", [3, 0, 0]),
        ("refusé", [2, 1, 0]),
    ]
    assert figures(UserFactory(), city)["rows"] == []


def test_the_median_time_to_an_answer_is_told_by_urgency(reader, city):
    def answered(minutes, *, sent_at=NOW, priority=Priority.ASK, event="match_question", **fields):
        return MessageFactory(
            city=city, event=event, priority=priority, state=MessageState.ANSWERED, sent_at=sent_at,
            answered_at=sent_at + timedelta(minutes=minutes), created_at=NOW, **fields,
        )  # fmt: skip

    for minutes in (2, 12, 600):
        answered(minutes, priority=Priority.NIGHT)
    answered(60)
    slow = answered(5 * 24 * 60)
    # What the same person was asked by a second channel is no quicker answer.
    again = {"recipient": slow.recipient, "subject_key": slow.subject_key, "channel": "sms"}
    answered(1, sent_at=NOW + timedelta(days=5, minutes=-1), **again)
    answered(3, event="followup_question")
    answered(8 * 24 * 60)
    MessageFactory(city=city, event="match_question", priority=Priority.ASK, state="sent", sent_at=NOW)
    assert figures(reader, city)["answered"] == [
        {"label": "Pour ce soir", "value": "12\u00a0min"},
        {"label": "Pour plus tard", "value": "5 jours"},
    ]


def test_lengths_are_said_as_people_say_them():
    with translation.override("fr"):
        minutes = [0.2, 59, 90, 47 * 60, 48 * 60, 100 * 60]
        assert [presentation._length(timedelta(minutes=m)) for m in minutes] == [
            "1\u00a0min", "59\u00a0min", "1\u00a0h\u00a030", "47\u00a0h", "2 jours", "4 jours",
        ]  # fmt: skip
