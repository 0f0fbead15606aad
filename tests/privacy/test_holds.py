"""Two set a legal hold and two lift it; while it stands nothing goes, and its person is told so."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from privacy import erasing, holds
from privacy.models import LegalHold
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.offers import OfferFactory
from town.models import AuditRow

pytestmark = pytest.mark.django_db

NOW = timezone.now()


class Court:
    """A town with two of its administration, and somebody who offers there."""

    def __init__(self):
        self.city = CityFactory()
        self.first, self.second = (
            CityRoleFactory(city=self.city, role="administrator").user for _ in range(2)
        )
        self.offer = OfferFactory(city=self.city, owner__name="Jeanne", confirmed_at=NOW)
        self.person = self.offer.owner

    def ask(self, by=None, person=None, reason="Réquisition 12"):
        return holds.ask(
            city=self.city, person=person or self.person, reason=reason, by=by or self.first, now=NOW
        )

    def standing(self):
        row = self.ask()
        return holds.agree(hold_id=row.pk, by=self.second, now=NOW)


@pytest.fixture
def court(db):
    return Court()


def test_it_stands_once_another_one_agrees(court):
    row = court.ask()
    assert court.ask() == row
    assert not LegalHold.objects.standing().exists()
    with pytest.raises(ValidationError, match="Une autre personne"):
        holds.agree(hold_id=row.pk, by=court.first, now=NOW)
    holds.agree(hold_id=row.pk, by=court.second, now=NOW)
    assert LegalHold.objects.standing().get() == row


def test_its_end_takes_two_as_well(court):
    row = court.standing()
    holds.lift(hold_id=row.pk, by=court.second, now=NOW)
    holds.lift(hold_id=row.pk, by=court.second, now=NOW)
    assert LegalHold.objects.standing().exists()
    holds.keep(hold_id=row.pk, by=court.first)
    holds.lift(hold_id=row.pk, by=court.first, now=NOW)
    assert LegalHold.objects.standing().exists(), "it was asked for anew"
    holds.lift(hold_id=row.pk, by=court.second, now=NOW)
    assert not LegalHold.objects.standing().exists()


def test_what_never_stood_one_takes_back(court):
    row = court.ask()
    holds.lift(hold_id=row.pk, by=court.first, now=NOW)
    assert LegalHold.objects.get().lifted_at == NOW
    holds.agree(hold_id=row.pk, by=court.second, now=NOW)
    assert not LegalHold.objects.standing().exists()


def test_the_database_knows_that_they_are_two(court):
    row = court.standing()
    for change in (
        {"set_by": court.first},
        {"lifted_by": court.first, "lifted_at": NOW, "lifting_by": court.first, "lifting_at": NOW},
        {"lifted_by": court.first, "lifted_at": NOW},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            LegalHold.objects.filter(pk=row.pk).update(**change)


def test_only_the_administration_of_the_town_decides_and_nobody_for_themselves(court):
    elsewhere = CityRoleFactory(role="administrator").user
    coordinator = CityRoleFactory(city=court.city).user
    for by in (elsewhere, coordinator, court.person):
        with pytest.raises(PermissionDenied):
            court.ask(by=by)
    with pytest.raises(ValidationError, match="soi-même"):
        court.ask(person=court.first)
    with pytest.raises(ValidationError, match="rien à voir"):
        court.ask(person=OfferFactory().owner)
    with pytest.raises(ValidationError, match="pourquoi"):
        court.ask(reason=" ")
    row = court.ask(person=court.second)
    with pytest.raises(PermissionDenied):
        holds.lift(hold_id=row.pk, by=court.second, now=NOW)


def test_nobody_is_held_who_is_gone(court):
    row = erasing.ask(person=court.person, how="own", by=court.person, now=NOW)
    waiting = court.ask()
    erasing.carry_out(erasure_id=row.pk, by=None, now=NOW)
    with pytest.raises(ValidationError, match="déjà effacées"):
        court.ask()
    with pytest.raises(ValidationError, match="déjà effacées"):
        holds.agree(hold_id=waiting.pk, by=court.second, now=NOW)


def test_a_hold_and_an_erasure_at_one_moment_are_one_after_the_other(transactional_db, at_once):
    court = Court()
    row = court.ask()
    pk = erasing.ask(person=court.person, how="own", by=court.person, now=NOW).pk
    held, done = at_once(
        lambda: holds.agree(hold_id=row.pk, by=court.second, now=timezone.now()),
        lambda: erasing.carry_out(erasure_id=pk, by=None, now=timezone.now()),
    )
    court.person.refresh_from_db()
    is_held = isinstance(held, LegalHold)
    assert is_held is (not done)
    assert bool(court.person.email) is is_held


def test_each_step_is_noted(court):
    row = court.standing()
    holds.lift(hold_id=row.pk, by=court.first, now=NOW)
    noted = AuditRow.objects.filter(table="privacy_legalhold", about=court.person.pk, city=court.city.pk)
    assert [one.act for one in noted.order_by("pk")] == ["insert", "update", "update"]
    assert "Réquisition" not in str(list(noted.values()))


def test_the_page_leads_through_it(court, client):
    page = f"/{court.city.slug}/ma-ville/conservations/"
    client.force_login(court.first)
    wrong = client.post(page, {"reference": "OFF-0000", "reason": "Réquisition"})
    assert (wrong.status_code, LegalHold.objects.count()) == (422, 0)
    client.post(page, {"reference": court.offer.reference.lower(), "reason": "Réquisition 12"})
    row = LegalHold.objects.get(person=court.person)
    client.post(f"{page}{row.pk}/accepter/")
    assert "Une autre personne" in client.get(page).content.decode()
    client.force_login(court.second)
    client.post(f"{page}{row.pk}/accepter/")
    assert LegalHold.objects.standing().exists()
    assert client.post(f"{page}{row.pk}/autre/").status_code == 404
    assert "Réquisition 12" in client.get(page).content.decode()
