"""The pages of appeals: one of the team writes, another sends; a citizen says yes on the account and no by a link."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Consent, Role
from accounts.selectors import agrees_to_appeals
from outreach.appeals import links
from outreach.appeals.models import Appeal
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return CityFactory(slug="strasbourg", name="Strasbourg", awake=True)


@pytest.fixture
def writer(city):
    return CityRoleFactory(city=city).user


@pytest.fixture
def need(city):
    return due_need(city=city, now=timezone.now())


@pytest.fixture
def written(as_user, writer, need):
    """The page of an appeal that somebody has just written."""
    page = f"/strasbourg/lettre/appels/nouveau/?besoin={need.reference.lower()}&combien=3"
    client = as_user(writer)
    assert client.get(page).context["form"]["wanted"].value() == 3
    return client.post(page, {"wanted": "3", "reach_km": "8", "fr": "Vite.", "en": "", "ar": ""}, follow=True)


def test_from_the_needs_of_a_plan_to_the_citizens(written, as_user, city, need):
    appeal = Appeal.objects.get()
    assert (appeal.wanted, appeal.reach_km, appeal.words, list(appeal.needs.all())) == (
        3,
        8,
        {"fr": "Vite."},
        [need],
    )
    assert "une autre personne de l’équipe l’envoie" in written.text
    citizen = OfferFactory(city=city).owner
    as_user(citizen).post(reverse("accounts:agree_to_appeals"), {"next": "/"})
    other = as_user(CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user)
    page = other.get(f"/strasbourg/lettre/appels/{appeal.pk}/").text
    assert "1 personne à 8 km au plus peut encore être sollicitée." in page
    sent = other.post(f"/strasbourg/lettre/appels/{appeal.pk}/envoyer/", {"edits": "0"}, follow=True)
    assert "L’appel part." in sent.text
    assert Appeal.objects.get().goes_on


def test_the_writer_s_own_press_says_why_it_does_not_leave(written, as_user, writer):
    address = f"/strasbourg/lettre/appels/{Appeal.objects.get().pk}/envoyer/"
    page = as_user(writer).post(address, {"edits": "0"}, follow=True)
    assert "Vous avez écrit dans cet appel" in page.text
    assert not Appeal.objects.get().goes_on


def test_a_wrong_number_is_said_beside_the_field_and_keeps_what_was_typed(as_user, writer, need):
    page = f"/strasbourg/lettre/appels/nouveau/?besoin={need.reference}"
    answer = as_user(writer).post(page, {"wanted": "0", "reach_km": "8", "fr": "Des mots."})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"wanted"}
    assert "Des mots." in answer.text


@pytest.mark.parametrize("reference", ["B-0000-0000", "", "B-' OR 1=1"])
def test_without_a_need_of_the_town_one_is_led_to_the_list(as_user, writer, reference):
    answer = as_user(writer).get(f"/strasbourg/lettre/appels/nouveau/?besoin={reference}")
    assert answer.url == "/strasbourg/lettre/appels/"


def test_another_town_s_need_makes_no_appeal(as_user, writer):
    elsewhere = due_need(city=CityFactory(), now=timezone.now())
    answer = as_user(writer).get(f"/strasbourg/lettre/appels/nouveau/?besoin={elsewhere.reference}")
    assert answer.url == "/strasbourg/lettre/appels/"


def test_the_link_asks_first_and_then_takes_the_agreement_back(client, city, as_user):
    citizen = UserFactory()
    as_user(citizen).post(reverse("accounts:agree_to_appeals"))
    address = links.refuse_path(citizen, city)
    assert client.get(address).status_code == 200
    assert agrees_to_appeals(citizen)
    for _ in range(2):
        assert "C’est fait" in client.post(address).text
    assert not agrees_to_appeals(citizen)
    assert Consent.objects.get(user=citizen).withdrawn_at is not None
    assert client.get(address[:-2] + "x/").status_code == 404


def test_where_one_agreed_one_comes_back_and_nowhere_else(as_user):
    page = as_user(UserFactory())
    agree = reverse("accounts:agree_to_appeals")
    assert page.post(agree, {"next": "/strasbourg/propositions/"}).url == "/strasbourg/propositions/"
    assert page.post(agree, {"next": "https://ailleurs.example/"}).url == reverse("accounts:home")


def test_the_question_is_asked_under_one_s_own_offer_until_one_has_agreed(as_user, city, writer):
    offer = OfferFactory(city=city)
    address = reverse("offers:detail", args=[city.slug, offer.reference])
    owner = as_user(offer.owner)
    assert "Oui, demandez-moi" in owner.get(address).text
    assert "Oui, demandez-moi" not in as_user(writer).get(address).text
    owner = as_user(offer.owner)
    owner.post(reverse("accounts:agree_to_appeals"))
    assert "Oui, demandez-moi" not in owner.get(address).text
