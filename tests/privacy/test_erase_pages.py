"""In a tap for whose data they are, after a code; by the desk for whoever has phoned."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from matching import services as matching
from privacy import erasing, holds
from privacy.models import Erasure
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.matching import story
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db

PAGE = "/compte/effacer/"
READ = {"has_read": "on"}


@pytest.fixture
def person():
    return OfferFactory(
        owner__name="Jeanne", owner__email="jeanne@exemple.fr", confirmed_at=timezone.now()
    ).owner


def words(response):
    return response.content.decode()


def of_yesterday(client, person):
    """Signed in, and not lately."""
    client.force_login(person)
    session = client.session
    for shown in session["account_authentication_methods"]:
        shown["at"] -= timedelta(days=1).total_seconds()
    session.save()


def test_it_is_asked_after_a_code_and_done_by_a_worker(client, person):
    of_yesterday(client, person)
    assert "Confirmer que c’est moi" in words(client.get(PAGE))
    proof = client.post(PAGE, READ).url
    assert not Erasure.objects.exists(), "a session of yesterday proves nothing"
    assert proof == f"{reverse('accounts:confirm')}?next=%2Fcompte%2Feffacer%2F"
    client.post(proof)
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    assert client.post(proof, {"code": "000000"}).status_code == 422
    assert client.post(proof, {"code": code}).url == PAGE
    assert "Ce qui est effacé" in words(client.get(PAGE))
    assert client.post(PAGE).status_code == 422, "they say that they have read it"
    done = client.post(PAGE, READ)
    assert "C’est fait" in words(done)
    assert done["Clear-Site-Data"] == '"cache"'
    assert client.get(PAGE).status_code == 302
    assert not Session.objects.filter(user=person).exists()
    assert erasing.carry_out_due(by=None, now=timezone.now()) == 1
    assert User.objects.get(pk=person.pk).email is None


def test_a_session_that_does_not_say_when_it_began_proves_nothing(client, person):
    client.force_login(person)
    session = client.session
    session.pop("account_authentication_methods", None)
    session.save()
    client.post(PAGE, READ)
    assert not Erasure.objects.exists()


def test_the_page_says_what_it_waits_for_and_lets_them_stay(client):
    now = timezone.now()
    told = story(now=now, need={"first_day": timezone.localdate(now)})
    for act, by in (("propose", told.coordinator), ("accept", told.citizen), ("confirm", told.member)):
        getattr(matching, act)(match_id=told.match.pk, by=by, now=now)
    client.force_login(told.citizen)
    assert told.match.offer.reference in words(client.get(PAGE))
    assert client.post(PAGE, READ).url == PAGE
    waits = words(client.get(PAGE))
    assert "dès que ce qui est en cours sera fini" in waits
    client.post(reverse("privacy:take_back"))
    assert Erasure.objects.get().taken_back_at
    assert "Finalement" not in words(client.get(PAGE))


def test_whoever_is_held_is_told_so(client, person):
    first, second = (
        CityRoleFactory(city=person.offers.get().city, role="administrator").user for _ in range(2)
    )
    now = timezone.now()
    hold = holds.ask(city=person.offers.get().city, person=person, reason="Réquisition", by=first, now=now)
    holds.agree(hold_id=hold.pk, by=second, now=now)
    client.force_login(person)
    client.post(PAGE, READ)
    said = words(client.get(PAGE))
    assert "Une procédure en cours" in said
    assert "Réquisition" not in said


def test_whoever_has_a_part_reads_what_to_do(client):
    administrator = CityRoleFactory(role="administrator").user
    client.force_login(administrator)
    said = words(client.get(PAGE))
    assert "Donnez d’abord l’administration" in said
    assert "has_read" not in said
    refused = client.post(PAGE, READ)
    assert (refused.status_code, Erasure.objects.count()) == (422, 0)


# --- For whoever has phoned --------------------------------------------------------------------------------


@pytest.fixture
def desk(client):
    operator = CityRoleFactory(role="operator")
    client.force_login(operator.user)
    return operator


def test_the_desk_asks_for_whoever_has_phoned(client, desk):
    caller = OfferFactory(
        city=desk.city, owner__email=None, owner__phone="+33612345678", owner__name="Ali"
    ).owner
    found = client.post(
        reverse("callers:known", args=[desk.city.slug]),
        {"entering": "proposition:housing", "phone": "06 12 34 56 78"},
    )
    page = reverse("privacy:erase_caller", args=[desk.city.slug, caller.pk])
    assert page in words(found)
    assert "Ce qui est effacé" in words(client.get(page))
    assert client.post(page, {"reason": "A appelé ce matin"}).status_code == 422, "they called back"
    client.post(page, {"reason": "A appelé ce matin", "has_called_back": "on"})
    asked = Erasure.objects.get()
    assert (asked.how, asked.asked_by, asked.city, asked.reason) == (
        "phone", desk.user, desk.city, "A appelé ce matin",
    )  # fmt: skip
    erasing.carry_out_due(by=None, now=timezone.now())
    caller.refresh_from_db()
    assert (caller.phone, caller.name) == (None, "")
    assert Erasure.objects.get().reason == "", "what was said of them goes too"
    assert client.get(page).status_code == 404


def test_nobody_of_another_town_is_reached(client, desk):
    for stranger in (UserFactory(), OfferFactory().owner):
        page = reverse("privacy:erase_caller", args=[desk.city.slug, stranger.pk])
        assert client.get(page).status_code == 404
        assert client.post(page, {"reason": "x", "has_called_back": "on"}).status_code == 404
    assert not Erasure.objects.exists()
