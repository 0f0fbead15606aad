"""Who looks after a case: one person, who may hand it to a colleague, and whose leaving leaves nobody waiting."""

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.access import forget_roles
from config import embedded
from matching import tonight
from matching.models import CaseTaken
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import NOW, due_need
from tests.matching.locks import waiting_for_us


@pytest.fixture
def colleague(city):
    return CityRoleFactory(city=city, user__name="Nadia Ferrand").user


@pytest.fixture
def need(city):
    return due_need(city=city, urgency="tonight", now=timezone.now())


def leave(person, city):
    person.city_roles.filter(city=city).delete()
    forget_roles(person)


def owners():
    return list(CaseTaken.objects.order_by("pk").values_list("by", "handed_by", "given_back_by"))


def test_a_case_is_handed_to_a_colleague_who_is_told(need, coordinator, colleague):
    tonight.take(need=need, by=coordinator, now=NOW)
    tonight.hand_over(need=need, to=colleague, seen=coordinator, by=coordinator, now=NOW)
    assert owners() == [
        (coordinator.pk, None, coordinator.pk),
        (colleague.pk, coordinator.pk, None),
    ]
    told = Message.objects.filter(event="case_handed_over", recipient=colleague)
    assert told.exists()
    assert need.reference in told[0].body


def test_handing_it_to_whoever_has_it_changes_nothing(need, coordinator, colleague):
    tonight.take(need=need, by=colleague, now=NOW)
    tonight.hand_over(need=need, to=colleague, seen=colleague, by=coordinator, now=NOW)
    assert owners() == [(colleague.pk, None, None)]
    assert not Message.objects.filter(event="case_handed_over").exists()


def test_it_is_not_handed_to_somebody_who_has_left_the_team(city, need, coordinator, colleague, as_user):
    leave(colleague, city)
    with pytest.raises(tonight.NotOfTheTeam):
        tonight.hand_over(need=need, to=colleague, seen=None, by=coordinator, now=NOW)
    page = as_user(coordinator).post(
        f"/{city.slug}/bureau/{need.reference}/confier/", {"to": colleague.pk, "seen": ""}, follow=True
    )
    assert "n’est plus dans l’équipe" in page.content.decode()
    assert owners() == []


def test_nobody_hands_over_in_another_town(need, colleague):
    with pytest.raises(PermissionDenied):
        tonight.hand_over(need=need, to=colleague, seen=None, by=CityRoleFactory().user, now=NOW)


def test_a_stale_page_does_not_take_a_case_from_whoever_has_it_now(
    city, need, coordinator, colleague, as_user
):
    third = CityRoleFactory(city=city, user__name="Paul Weber").user
    tonight.take(need=need, by=third, now=NOW)
    page = as_user(coordinator).post(
        f"/{city.slug}/bureau/{need.reference}/confier/", {"to": colleague.pk, "seen": ""}, follow=True
    )
    assert "Paul Weber vient de prendre ce dossier" in page.content.decode()
    assert owners() == [(third.pk, None, None)]


def test_a_case_of_somebody_who_has_left_is_nobody_s_and_can_be_taken(city, need, coordinator, colleague):
    tonight.take(need=need, by=colleague, now=NOW)
    assert need not in tonight.waiting(now=timezone.now())
    leave(colleague, city)
    assert need in tonight.waiting(now=timezone.now()), "it rings again"
    tonight.take(need=need, by=coordinator, now=NOW)
    assert owners() == [(colleague.pk, None, coordinator.pk), (coordinator.pk, None, None)]
    assert tonight.taken(need).by == coordinator


def test_two_hand_it_over_at_once_and_one_colleague_has_it(
    transactional_db, at_once, city, need, coordinator
):
    first_one, second_one = (CityRoleFactory(city=city).user for _ in range(2))
    tonight.take(need=need, by=coordinator, now=NOW)
    is_ours = threading.Event()

    def first():
        with transaction.atomic():
            tonight.hand_over(need=need, to=first_one, seen=coordinator, by=coordinator, now=NOW)
            is_ours.set()
            embedded.wait_until(waiting_for_us, 10)

    def second():
        is_ours.wait(10)
        return tonight.hand_over(need=need, to=second_one, seen=coordinator, by=coordinator, now=NOW)

    _, late = at_once(first, second)
    assert isinstance(late, tonight.AlreadyTaken)
    assert late.by == first_one
    assert tonight.taken(need).by == first_one


def test_the_page_hands_over_and_says_to_whom(city, need, coordinator, colleague, as_user):
    client = as_user(coordinator)
    case = f"/{city.slug}/bureau/{need.reference}/"
    assert [one.name for one in client.get(f"{case}equipe/").context["colleagues"]] == ["Nadia Ferrand"]
    page = client.post(f"{case}confier/", {"to": colleague.pk, "seen": ""}, follow=True).content.decode()
    assert "Nadia Ferrand s’occupe de ce dossier" in page
    page = client.post(f"{case}confier/", {"to": "personne"}, follow=True).content.decode()
    assert "Choisissez quelqu’un de l’équipe" in page
