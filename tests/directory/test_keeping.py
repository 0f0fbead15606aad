"""Who enters and changes what, what is said to be old, and who is asked about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import Organisation, User
from cities.models import City
from directory import selectors, services
from directory.models import CHECKED_FOR, Service, ServiceEdit
from directory.themes import THEMATICS, Theme, with_themes
from notifications.models import Message
from notifications.reasons import has_reason
from tests.directory.conftest import KEPT, NOW
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory

LATER = NOW + timedelta(days=1)
TYPED = {
    "name": "Repas du soir",
    "themes": ["food"],
    "about": "Un repas chaud pour tous.",
    "languages": ["fr", "ar"],
    "slots_other": "lundi 18h30-20h30",
    "commune": "Strasbourg",
    "phone": "03 53 01 80 00",
    "site": "https://exemple.fr/repas",
}


@pytest.fixture
def own(city: City, organisation: Organisation, member: User, fields: Any) -> Service:
    said = fields(organisation=organisation, run_by="")
    return services.add(city=city, fields=said, by=member, now=NOW)


def test_an_association_enters_and_keeps_its_own(
    client: Client, organisation: Organisation, member: User
) -> None:
    client.force_login(member)
    assert client.post(f"{KEPT}nouveau/", {**TYPED, "organisation": organisation.pk}).status_code == 302
    service = Service.objects.get()
    assert (service.keeper, service.slots) == ("Les Passerelles", ["mon 18:30-20:30"])
    assert (service.phone.as_e164, service.checked_by) == ("+33353018000", member)
    client.post(f"{KEPT}{service.pk}/", {**TYPED, "organisation": organisation.pk, "name": "Repas"})
    service.refresh_from_db()
    assert service.name == "Repas"
    edit = ServiceEdit.objects.latest("pk")
    assert (edit.by, edit.what) == (member, {"name": ["Repas du soir", "Repas"]})


def test_what_an_association_may_not(
    city: City, own: Service, member: User, fields: Any, entered: Any
) -> None:
    of_the_town = entered()
    with pytest.raises(PermissionDenied):
        services.change(service_id=of_the_town.pk, fields={"name": "À nous"}, by=member, now=LATER)
    with pytest.raises(PermissionDenied):
        services.add(city=city, fields=fields(), by=member, now=NOW)
    other = OrganisationFactory(city=city, name="Autre", verified=True)
    with pytest.raises(PermissionDenied):
        services.add(city=city, fields=fields(organisation=other), by=member, now=NOW)
    # Nor does it give its own away.
    with pytest.raises(PermissionDenied):
        services.change(service_id=own.pk, fields={"organisation": other}, by=member, now=LATER)
    assert not Service.objects.filter(organisation=other).exists()


@pytest.mark.parametrize("state", [Organisation.State.PENDING, Organisation.State.SUSPENDED])
def test_an_association_that_is_not_verified_keeps_nothing(
    client: Client, city: City, organisation: Organisation, own: Service, member: User, state: str
) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(
        state=state, **({"verified_at": None, "verified_by": None} if state == "pending" else {})
    )
    with pytest.raises(PermissionDenied):
        services.confirm(service_id=own.pk, by=member, now=LATER)
    assert not selectors.shown(city).exists()
    client.force_login(member)
    assert client.get(KEPT).status_code == client.get(f"{KEPT}{own.pk}/").status_code == 404


def test_another_towns_people_find_nothing(client: Client, own: Service) -> None:
    elsewhere = CityFactory(slug="grenoble")
    stranger = CityRoleFactory(city=elsewhere, role="administrator").user
    client.force_login(stranger)
    assert client.get(f"{KEPT}{own.pk}/").status_code == 404
    assert client.get(f"/grenoble/annuaire/gerer/{own.pk}/").status_code == 404
    assert client.post(f"/grenoble/annuaire/gerer/{own.pk}/", {"act": "close"}).status_code == 404
    with pytest.raises(PermissionDenied):
        services.close(service_id=own.pk, by=stranger, now=LATER)
    client.force_login(UserFactory())
    assert client.get(KEPT).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thematics", []), ("thematics", ["sante--inconnue"]), ("site", "javascript:alert(1)"), ("name", ""),
        ("languages", ["xx-rien"]), ("slots", ["mon 18:00-17:00"]), ("slots", ["mon 09:00-12:00", "mon 11:00-13:00"]),
        ("run_by", ""), ("about", "x" * 2001), ("fees", "cher"),
    ],
)  # fmt: skip
def test_what_no_door_lets_in(city: City, administrator: User, fields: Any, field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        services.add(city=city, fields=fields(**{field: value}), by=administrator, now=NOW)


def test_an_association_of_another_town_runs_nothing_here(
    city: City, administrator: User, fields: Any
) -> None:
    other = OrganisationFactory(city=CityFactory(), verified=True)
    with pytest.raises(ValidationError, match="pas de cette ville"):
        services.add(city=city, fields=fields(organisation=other), by=administrator, now=NOW)


def test_the_form_says_what_is_missing(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    page = client.post(f"{KEPT}nouveau/", {"name": "Ab", "site": "javascript:alert(1)"})
    assert page.status_code == 422
    assert {"name", "run_by", "themes", "about", "commune", "site"} <= set(page.context["form"].errors)
    assert not Service.objects.exists()


def test_what_was_read_of_a_theme_stays_while_the_theme_does() -> None:
    mind, care = "sante--sante-mentale", "sante--acces-aux-soins"
    assert with_themes([mind], [Theme.HEALTH, Theme.FOOD]) == [
        "equipement-et-alimentation--alimentation",
        mind,
    ]
    assert with_themes([mind], [Theme.FOOD]) == ["equipement-et-alimentation--alimentation"]
    assert with_themes([], [Theme.HEALTH]) == [care]
    assert len({code for codes in THEMATICS.values() for code in codes}) == sum(map(len, THEMATICS.values()))


def test_closed_is_not_shown_and_comes_back(city: City, entered: Any, administrator: User) -> None:
    service = entered()
    services.close(service_id=service.pk, by=administrator, now=LATER)
    assert not selectors.shown(city).exists()
    services.close(service_id=service.pk, by=administrator, now=LATER)
    assert ServiceEdit.objects.count() == 2  # entered, closed once
    services.reopen(service_id=service.pk, by=administrator, now=LATER)
    assert selectors.shown(city).get().checked_at == LATER


def test_what_the_team_took_out_its_association_does_not_put_back(
    client: Client, city: City, own: Service, member: User, administrator: User
) -> None:
    client.force_login(member)
    path, back = f"{KEPT}{own.pk}/", {"act": "reopen"}
    services.close(service_id=own.pk, by=administrator, now=LATER)
    with pytest.raises(PermissionDenied):
        services.reopen(service_id=own.pk, by=member, now=LATER)
    for page in (path, KEPT):
        assert 'value="reopen"' not in client.get(page).text
        assert 'value="close"' not in client.get(page).text
    assert client.post(path, back).status_code == 404
    assert not selectors.shown(city).exists()
    services.reopen(service_id=own.pk, by=administrator, now=LATER)
    # What it takes out itself, it puts back.
    services.close(service_id=own.pk, by=member, now=LATER)
    for page in (path, KEPT):
        assert 'value="reopen"' in client.get(page).text
    assert client.post(path, back).status_code == 302
    assert selectors.shown(city).exists()


def test_an_edit_stays_what_it_was(entered: Any) -> None:
    entered()
    with pytest.raises(DatabaseError), transaction.atomic():
        ServiceEdit.objects.update(by=None)


def test_old_ones_are_asked_about_once_a_month(
    city: City, own: Service, member: User, entered: Any, administrator: User
) -> None:
    coordinator = CityRoleFactory(city=city).user
    first, _second = entered(), entered(name="Autre")
    then = NOW + CHECKED_FOR
    assert services.ask_to_check(by=None, now=then - timedelta(minutes=1)) == 0
    assert services.ask_to_check(by=None, now=then) == 3
    told = Message.objects.exclude(channel="inapp").order_by("event")
    assert [(one.event, one.recipient) for one in told] == [
        ("directory_to_check", coordinator),
        ("service_to_check", member),
    ]
    assert "2 services" in told[0].body
    assert services.ask_to_check(by=None, now=then + timedelta(days=1)) == 0
    services.confirm(service_id=first.pk, by=administrator, now=then)
    assert services.ask_to_check(by=None, now=then + services.ASKED_EVERY) == 2


def test_what_is_checked_meanwhile_is_told_nobody(own: Service, member: User) -> None:
    services.ask_to_check(by=None, now=NOW + CHECKED_FOR)
    message = Message.objects.exclude(channel="inapp").get()
    said = Message.objects.annotate(still=has_reason()).get(pk=message.pk)
    assert said.still
    Service.objects.update(checked_at=NOW + timedelta(days=400))
    assert not Message.objects.annotate(still=has_reason()).get(pk=message.pk).still


def test_a_list_costs_the_same_with_many(
    client: Client, django_assert_max_num_queries: Any, administrator: User, entered: Any
) -> None:
    client.force_login(administrator)
    for number in range(12):
        entered(name=f"Service {number}")
    with django_assert_max_num_queries(16):
        assert client.get(KEPT).text.count("Service ") >= 12


def test_a_colleague_of_another_association_sees_only_theirs(
    client: Client, city: City, own: Service
) -> None:
    other = OrganisationFactory(city=city, name="Autre", verified=True)
    client.force_login(MembershipFactory(organisation=other).user)
    assert "Permanence juridique" not in client.get(KEPT).text
    assert client.post(f"{KEPT}{own.pk}/", {"act": "close"}).status_code == 404
