"""A call from the case: the call's own script and outcomes, for the host and for whoever asks."""

import threading

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import ContactReading, PhoneProof
from desk import calling
from matching import services
from notifications.channels.call import services as calls
from notifications.channels.call.models import Call, Outcome
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def it(city, now):
    host = UserFactory(name="Camille Martin", email="citoyenne@exemple.fr", phone="+33612345678")
    found = story(city=city, now=now, offer={"owner": host})
    accounts.prove_phone(
        user=found.member, phone="+33698765432", how=PhoneProof.CALL, by=found.coordinator, now=now
    )
    services.propose(match_id=found.match.pk, by=found.coordinator, now=now)
    found.match.refresh_from_db()
    return found


@pytest.fixture
def desk(it, as_user):
    return as_user(it.coordinator)


def path(it, side):
    return reverse("desk:call", args=[it.city.slug, it.match.pk, side])


def case(it):
    return reverse("desk:case", args=[it.city.slug, it.match.need.reference])


def on_list(person):
    return Message.objects.filter(recipient=person, channel="call")


def test_the_host_who_was_asked_by_mail_is_called_with_the_script_of_the_question(it, desk):
    page = desk.post(path(it, "propose"), follow=True)
    (message,) = on_list(it.citizen)
    assert page.request["PATH_INFO"] == reverse("notifications:call:one", args=[it.city.slug, message.pk])
    html = page.content.decode()
    assert message.event == "match_question"
    for words in (
        "06 12 34 56 78",
        "Dites ce qui est demandé",
        "Pas de réponse",
        "Mauvais numéro",
        "Rappeler à ce moment",
    ):
        assert words in html
    assert (page.context["is_mine"], Call.objects.get().by) == (True, it.coordinator)
    assert ContactReading.objects.filter(subject=it.citizen, reason="call", reader=it.coordinator).exists()


def test_pressed_again_it_is_the_same_call(it, desk):
    for _time in range(3):
        assert desk.post(path(it, "propose")).status_code == 302
    assert on_list(it.citizen).count() == 1
    assert Call.objects.count() == 1


def test_who_did_not_answer_is_called_again_by_the_same_entry(it, desk, now):
    desk.post(path(it, "propose"))
    (message,) = on_list(it.citizen)
    calls.note(message_id=message.pk, outcome=Outcome.NO_ANSWER, by=it.coordinator, now=now)
    desk.post(path(it, "propose"))
    assert on_list(it.citizen).count() == 1
    assert Call.objects.filter(ended_at__isnull=True).count() == 1


def test_while_a_colleague_calls_the_page_says_who(it, desk, city, as_user):
    colleague = CityRoleFactory(city=city, user__name="Nadia Ferrand").user
    as_user(colleague).post(path(it, "propose"))
    page = as_user(it.coordinator).post(path(it, "propose"), follow=True)
    assert page.request["PATH_INFO"] == case(it)
    assert "Nadia Ferrand appelle déjà cette personne." in page.content.decode()


def test_when_all_is_said_the_number_is_still_one_button_away_and_its_reading_logged(it, desk, now):
    desk.post(path(it, "propose"))
    (message,) = on_list(it.citizen)
    calls.note(message_id=message.pk, outcome=Outcome.REACHED, by=it.coordinator, now=now)
    page = desk.post(path(it, "propose"))
    assert "06 12 34 56 78" in page.content.decode()
    assert ContactReading.objects.filter(subject=it.citizen, reason="desk").exists()
    assert on_list(it.citizen).count() == 1


def test_the_association_is_called_once_there_is_a_yes(it, desk, now):
    assert "Appeler qui demande" not in desk.get(case(it)).content.decode()
    assert desk.post(path(it, "demande")).status_code == 404
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    assert "Appeler qui demande" in desk.get(case(it)).content.decode()
    page = desk.post(path(it, "demande"), follow=True)
    (message,) = on_list(it.member)
    assert message.event == "match_accepted"
    assert "Une personne a dit oui à son besoin." in page.content.decode()


def test_what_waits_for_its_turn_is_not_said_before_it(it, desk):
    Message.objects.filter(recipient=it.citizen).update(state=MessageState.HELD, why="another question")
    page = desk.post(path(it, "propose"))
    assert "06 12 34 56 78" in page.content.decode(), "the contact alone"
    assert not on_list(it.citizen).exists()


def test_nobody_else_calls(it, as_user, city):
    for person in (
        it.member,
        it.citizen,
        CityRoleFactory(city=city, role="operator").user,
        CityRoleFactory().user,
    ):
        assert as_user(person).post(path(it, "propose")).status_code == 404
    assert not on_list(it.citizen).exists()


def test_of_a_linked_town_s_citizen_nothing_is_offered_before_contacts_are_exchanged(it, desk, linked):
    it.match.offer.city = linked
    it.match.offer.save(update_fields=["city"])
    assert "Appeler qui propose" not in desk.get(case(it)).content.decode()
    assert desk.post(path(it, "propose")).status_code == 404
    it.match.offer.city = it.city
    it.match.offer.save(update_fields=["city"])
    assert "Appeler qui propose" in desk.get(case(it)).content.decode()


@pytest.fixture
def linked(city):
    other = CityFactory(slug="schiltigheim", name="Schiltigheim")
    city.linked.add(other)
    return other


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_find_one_entry(it, city, now):
    people = [it.coordinator, CityRoleFactory(city=city).user]
    met, ends = threading.Barrier(2), []

    def press(person):
        met.wait()
        try:
            calling.begin(match=it.match, side="propose", by=person, now=now)
            ends.append("begun")
        except calls.Taken:
            ends.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["begun", "taken"]
    assert on_list(it.citizen).count() == 1
