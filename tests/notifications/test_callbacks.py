"""« Rappelez-moi »: on the page of a question; the desk has it with when it suits, and whoever asked is told so."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cities.models import City
from matching import services as matching
from notifications.channels.call.models import Outcome
from notifications.channels.call.selectors import calls_to_make
from notifications.channels.call.services import note, take
from notifications.events import Priority
from notifications.links import call_me_path
from notifications.models import Message, MessageState
from notifications.pursuit import pursue
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import Story, story

pytestmark = pytest.mark.django_db


def asked(urgency: str = "", **owner: Any) -> Story:
    city = CityFactory(phone="03 88 60 90 90", awake=True)
    now = timezone.now()
    today = timezone.localdate()
    need = {"urgency": urgency, "first_day": today, "last_day": today + timedelta(days=9)} if urgency else {}
    it = story(
        now=now, city=city, offer={"owner": UserFactory(**{"phone": "+33388609090", **owner})}, need=need
    )
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    Message.objects.filter(event="match_question").update(
        state=MessageState.SENT, sent_at=now - timedelta(hours=7), claimed_at=now - timedelta(hours=7)
    )
    return it


def page_of(it: Story) -> str:
    return call_me_path(it.citizen.pk, it.city, f"match:{it.match.pk}")


def calls(city: City) -> list[Message]:
    return list(calls_to_make(city).filter(event="call_wanted"))


def test_the_page_of_the_question_leads_there(client: Client) -> None:
    it = asked()
    question = Message.objects.get(event="match_question")
    assert f"/{it.city.slug}/rappel/" in client.get(question.action_url).text


def test_the_desk_reads_when_it_suits_and_the_page_says_so(client: Client) -> None:
    it = asked()
    link = page_of(it)
    assert client.get(link).status_code == 200
    assert not calls(it.city)
    page = client.post(link, {"suits": "evening"}, follow=True)
    [call] = calls(it.city)
    assert call.recipient == it.citizen
    assert call.title == "Demande à être appelée, plutôt en fin de journée"
    question = Message.objects.get(event="match_question")
    assert question.title in call.body
    assert call.action_url == question.action_url
    assert "Une personne de la ville vous appelle" in page.text
    assert it.state == "proposed"


def test_asked_twice_it_is_one_call_and_after_it_another(client: Client) -> None:
    it = asked()
    for _press in range(2):
        client.post(page_of(it), {"suits": "soon"})
    [call] = calls(it.city)
    take(message_id=call.pk, by=it.coordinator, now=timezone.now())
    note(message_id=call.pk, outcome=Outcome.REACHED, by=it.coordinator, now=timezone.now())
    Message.objects.filter(pk=call.pk).update(subject_key=f"match:{it.match.pk}:1")
    client.post(page_of(it), {"suits": "soon"})
    assert len(calls(it.city)) == 1


def test_the_question_goes_on_by_no_other_channel(client: Client, settings: Any) -> None:
    settings.SMS_GATEWAY = "http"
    it = asked(phone="+33612345678")
    client.post(page_of(it), {"suits": "soon"})
    assert pursue(by=None, now=timezone.now()) == 0
    assert Message.objects.get(event="match_question").state == MessageState.ANSWERED


def test_who_gave_no_number_is_asked_for_one(client: Client) -> None:
    it = asked(phone=None)
    assert client.post(page_of(it), {"suits": "soon"}).status_code == 422
    assert client.post(page_of(it), {"suits": "soon", "number": "12"}).status_code == 422
    client.post(page_of(it), {"suits": "soon", "number": "06 12 34 56 78"})
    assert "06 12 34 56 78" in calls(it.city)[0].body


@pytest.mark.parametrize(("urgency", "told"), [("tonight", 1), ("", 0)])
def test_for_tonight_the_coordinators_are_told_at_once(client: Client, urgency: str, told: int) -> None:
    it = asked(urgency)
    client.post(page_of(it), {"suits": "soon"})
    alerts = Message.objects.filter(event="call_wanted", recipient=it.coordinator)
    assert alerts.count() == told
    assert all(alert.priority == Priority.NIGHT for alert in alerts)
    assert (calls(it.city)[0].priority == Priority.NIGHT) == bool(told)


def test_a_cut_link_asks_for_nothing(client: Client) -> None:
    it = asked()
    assert client.post(page_of(it)[:-4] + "/", {"suits": "soon"}).status_code == 404
    assert not calls(it.city)
