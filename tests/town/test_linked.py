"""Two towns are linked when an administrator of each has said so."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import CityEdit, Role
from matching.models import Rescan
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory
from town import services
from town.models import LinkRequest

from .conftest import NOW, Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def neighbour(place: Place):
    return CityRoleFactory(role=Role.ADMINISTRATOR, city__name="Kehl", city__awake=True)


def asked(place: Place, neighbour) -> LinkRequest:
    return services.ask_link(city=place.city, other=neighbour.city, by=place.administrator, now=NOW)


def test_asked_and_accepted_with_a_row_for_each_town(administrator, place: Place, neighbour, client) -> None:
    administrator.post(place.address("linked"), {"other": neighbour.city.pk})
    row = LinkRequest.objects.get()
    assert Message.objects.filter(event="town_link_asked", recipient=neighbour.user).exists()
    assert not place.city.linked.exists()
    client.force_login(neighbour.user)
    page = client.get(f"/{neighbour.city.slug}/ma-ville/villes/").content.decode()
    assert "Strasbourg propose un lien" in page
    client.post(f"/{neighbour.city.slug}/ma-ville/villes/demandes/{row.pk}/", {"answer": "yes"})
    assert place.city.linked.get() == neighbour.city
    assert {edit.city for edit in CityEdit.objects.all()} == {place.city, neighbour.city}
    assert Message.objects.filter(event="town_link_answered", recipient=place.administrator).exists()
    assert Rescan.objects.exists()
    with pytest.raises(ValidationError, match="déjà liées"):
        asked(place, neighbour)


def test_declined_taken_back_and_ended(place: Place, neighbour) -> None:
    row = asked(place, neighbour)
    assert asked(place, neighbour) == row
    services.answer_link(request_id=row.pk, accepts=False, by=neighbour.user, now=NOW)
    services.answer_link(request_id=row.pk, accepts=True, by=neighbour.user, now=NOW)  # the first counts
    assert not place.city.linked.exists()
    row = asked(place, neighbour)
    services.take_back_link(request_id=row.pk, by=place.administrator, now=NOW)
    services.answer_link(request_id=row.pk, accepts=True, by=neighbour.user, now=NOW)
    assert not place.city.linked.exists()
    row = asked(place, neighbour)
    services.answer_link(request_id=row.pk, accepts=True, by=neighbour.user, now=NOW)
    services.end_link(city=neighbour.city, other=place.city, by=neighbour.user, now=NOW)
    assert not place.city.linked.exists()


def test_one_town_alone_decides_nothing(place: Place, neighbour) -> None:
    row = asked(place, neighbour)
    with pytest.raises(PermissionDenied):
        services.answer_link(request_id=row.pk, accepts=True, by=place.administrator, now=NOW)
    with pytest.raises(PermissionDenied):
        services.take_back_link(request_id=row.pk, by=neighbour.user, now=NOW)
    with pytest.raises(PermissionDenied):
        services.ask_link(city=place.city, other=neighbour.city, by=place.coordinator, now=NOW)
    with pytest.raises(PermissionDenied):
        services.end_link(city=place.city, other=neighbour.city, by=place.coordinator, now=NOW)


def test_two_that_ask_each_other_in_one_moment_are_linked(at_once) -> None:
    here, there = (CityRoleFactory(role=Role.ADMINISTRATOR, city__awake=True) for _ in range(2))
    answers = at_once(
        lambda: services.ask_link(city=here.city, other=there.city, by=here.user, now=NOW),
        lambda: services.ask_link(city=there.city, other=here.city, by=there.user, now=NOW),
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert here.city.linked.get() == there.city
    assert LinkRequest.objects.get().answer == "accepted"
