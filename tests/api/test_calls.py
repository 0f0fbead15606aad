"""The list of calls over the API: whom the desk calls, who does it now, what came of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ContactReading, User
from notifications.channels.call import api
from notifications.channels.call.models import Call
from notifications.models import Message, MessageState
from tests.factories.accounts import UserFactory
from tests.factories.notifications import MessageFactory

pytestmark = pytest.mark.django_db
LOCKED = ("name", "phone", "proven", "language", "text")


def listed(program, later=None):
    query = {} if later is None else {"later": str(later).lower()}
    return program.get("calls/", **query).json()["results"]


@pytest.fixture
def to_call(city):
    person = UserFactory(name="Camille", phone="+33353010001", phone_proof="call")
    return MessageFactory(to_call=True, city=city, recipient=person, title="Peut-on venir ?", body="Ce soir.")


def test_the_list_names_nobody(to_call, coordinator, operator):
    for program in (coordinator, operator):
        (row,) = listed(program)
        assert (row["id"], row["title"], row["is_to_make"], row["taken_by"]) == (
            to_call.pk, "Peut-on venir ?", True, None
        )  # fmt: skip
        assert [row[name] for name in LOCKED] == [None] * len(LOCKED)
    assert not ContactReading.objects.exists()


def test_it_is_the_desk_s(to_call, citizen, member, stranger, program):
    of_whom_it_is = program(to_call.recipient)
    for other in (citizen, member, stranger, of_whom_it_is):
        assert listed(other) == []
        for act in ("take", "recognise", "note"):
            answer = other.post(f"calls/{to_call.pk}/{act}/", {})
            assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    assert not Call.objects.exists()


def test_whoever_takes_it_reads_the_number_and_what_to_say(to_call, operator):
    told = operator.post(f"calls/{to_call.pk}/take/").json()
    assert [told[name] for name in LOCKED] == ["Camille", "+33353010001", True, "fr", "Ce soir."]
    assert told["taken_by"] == "you"
    reading = ContactReading.objects.get()
    assert (reading.subject, reading.reader, reading.reason) == (to_call.recipient, operator.user, "call")


def test_nobody_else_does_meanwhile(to_call, operator, coordinator):
    operator.post(f"calls/{to_call.pk}/take/")
    told = coordinator.get(f"calls/{to_call.pk}/").json()
    assert (told["taken_by"], told["phone"]) == ("another", None)
    for act, body in (("take", {}), ("note", {"outcome": "reached"})):
        answer = coordinator.post(f"calls/{to_call.pk}/{act}/", body)
        assert (answer.status_code, answer.json()["type"]) == (409, "taken")


def test_reached_ends_it(to_call, operator):
    operator.post(f"calls/{to_call.pk}/take/")
    told = operator.post(f"calls/{to_call.pk}/note/", {"outcome": "reached"}).json()
    assert (told["is_to_make"], told["outcome"], told["phone"]) == (False, "reached", None)
    assert listed(operator) == []
    to_call.refresh_from_db()
    assert (to_call.state, to_call.called_by) == (MessageState.SENT, operator.user)


def test_who_does_not_answer_comes_back_later(to_call, operator):
    operator.post(f"calls/{to_call.pk}/take/")
    told = operator.post(f"calls/{to_call.pk}/note/", {"outcome": "no_answer"}).json()
    assert told["due_at"] > timezone.now().isoformat()
    assert listed(operator, later=False) == []
    assert [row["id"] for row in listed(operator, later=True)] == [to_call.pk]


def test_again_says_when(to_call, operator):
    operator.post(f"calls/{to_call.pk}/take/")
    answer = operator.post(f"calls/{to_call.pk}/note/", {"outcome": "again"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"again_at"})
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    answer = operator.post(f"calls/{to_call.pk}/note/", {"outcome": "again", "again_at": tomorrow})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "again")


def test_what_nobody_has_taken_is_not_noted(to_call, operator):
    answer = operator.post(f"calls/{to_call.pk}/note/", {"outcome": "reached"})
    assert (answer.status_code, answer.json()["type"]) == (409, "state")


def test_nothing_is_said_at_a_number_at_which_nobody_was_met(to_call, operator):
    User.objects.filter(pk=to_call.recipient_id).update(phone_proof="", phone_proven_at=None)
    operator.post(f"calls/{to_call.pk}/take/")
    assert operator.get(f"calls/{to_call.pk}/").json()["proven"] is False
    assert operator.post(f"calls/{to_call.pk}/note/", {"outcome": "reached"}).status_code == 409
    assert operator.post(f"calls/{to_call.pk}/recognise/").json()["proven"] is True
    assert operator.post(f"calls/{to_call.pk}/note/", {"outcome": "reached"}).status_code == 200


def test_it_is_no_part_of_a_key_that_only_reads(to_call, operator):
    operator.user.api_tokens.update(scopes=["read"])
    assert operator.get("calls/").status_code == 200
    assert operator.post(f"calls/{to_call.pk}/take/").json()["type"] == "missing_scope"


def test_nor_does_such_a_key_read_whom_its_person_is_calling(to_call, operator):
    operator.post(f"calls/{to_call.pk}/take/")
    assert operator.get(f"calls/{to_call.pk}/").json()["name"] == "Camille"
    operator.user.api_tokens.update(scopes=["read"])
    told = operator.get(f"calls/{to_call.pk}/").json()
    assert (told["taken_by"], [told[name] for name in LOCKED]) == ("you", [None] * len(LOCKED))


def test_of_whom_nothing_is_wanted_any_more_nobody_is_told(to_call, operator):
    """The question is answered meanwhile, before the call or while it is made."""
    operator.post(f"calls/{to_call.pk}/take/")
    Message.objects.filter(pk=to_call.pk).update(event="match_question", subject_key="match:0")
    told = operator.get(f"calls/{to_call.pk}/").json()
    assert (told["is_to_make"], told["taken_by"], told["phone"]) == (False, "you", None)
    Call.objects.all().delete()
    answer = operator.post(f"calls/{to_call.pk}/take/")
    assert (answer.status_code, answer.json()["type"]) == (409, "state")
    assert answer.json()["title"] == "Cet appel n’est plus à faire."
    assert not Call.objects.exists()


def test_it_says_that_there_are_more(to_call, operator, monkeypatch):
    assert operator.get("calls/").json()["more"] is False
    MessageFactory(to_call=True, city=to_call.city)
    monkeypatch.setattr(api, "MOST", 1)
    told = operator.get("calls/").json()
    assert (told["more"], len(told["results"])) == (True, 1)
