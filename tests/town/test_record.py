"""The record: every table of changes is in it, it is searched, paged by key, and says no value."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import services as accounts
from accounts.models import ContactReading, PersonEdit
from catalogue.models import FieldChange, StateChange
from matching import services as matches
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.matching import suggested_match
from tests.factories.offers import OfferFactory
from town import record, services
from town.record import Asked

from .conftest import NOW, Place

pytestmark = pytest.mark.django_db


def names(place: Place, **asked) -> list[str]:
    return [row.source.model.__name__ for row in record.rows(place.city, Asked(**asked)).rows]


@pytest.fixture
def busy(place: Place):
    """A case of the town, decided, and its citizen's contact looked at; the same in another town."""
    now = timezone.now()
    match = suggested_match(city=place.city, now=now)
    matches.propose(match_id=match.pk, by=place.coordinator, now=now)
    accounts.log_contact_reading(
        subject=match.offer.owner,
        reason="desk",
        reference=match.offer.reference,
        city=place.city,
        by=place.coordinator,
        now=now,
    )
    services.change_settings(
        city=place.city, fields={"name": "Strasbourg !"}, by=place.administrator, now=now
    )
    elsewhere = CityRoleFactory()
    other = suggested_match(city=elsewhere.city, now=now)
    matches.propose(match_id=other.pk, by=elsewhere.user, now=now)
    accounts.log_contact_reading(
        subject=other.offer.owner, reason="desk", city=elsewhere.city, by=elsewhere.user, now=now
    )
    return match


def test_every_table_of_changes_is_in_it_and_of_a_town_or_of_a_person() -> None:
    kept = {model for model in apps.get_models() if issubclass(model, FieldChange | StateChange)}
    there = {source.model: source for source in record.sources()}
    assert kept <= set(there)
    assert not [source.name for source in there.values() if not source.city and not source.about]


def test_a_town_reads_its_own_rows_alone(place: Place, busy) -> None:
    found = names(place)
    assert found.count("Decision") == 1
    assert found.count("ContactReading") == 1
    assert found.count("CityEdit") == 1


def test_who_is_in_two_towns_is_in_each_record_with_what_was_done_for_that_town(place: Place, busy) -> None:
    owner, now = busy.offer.owner, timezone.now()
    elsewhere = CityRoleFactory(city__slug="lyon")
    OfferFactory(city=elsewhere.city, owner=owner)
    accounts.log_contact_reading(
        subject=owner, reason="desk", city=elsewhere.city, by=elsewhere.user, now=now
    )
    accounts.log_contact_reading(
        subject=None,
        reason="export",
        reference="lyon needs.csv 3",
        city=elsewhere.city,
        by=elsewhere.user,
        now=now,
    )
    PersonEdit.objects.create(person=owner, by=elsewhere.user, at=now, what={"name": ["", "Odile"]})
    accounts.update_profile(user=owner, name="Odile T.", phone=None, language="fr", by=owner, now=now)
    # And those of before, which say no town.
    for reader, subject, reason, reference in (
        (elsewhere.user, owner, "desk", ""),
        (elsewhere.user, None, "export", "lyon needs.csv 3"),
    ):
        ContactReading.objects.create(
            reader=reader, subject=subject, reason=reason, reference=reference, read_at=now
        )
    found = names(place)
    assert found.count("ContactReading") == 1
    assert found.count("PersonEdit") == 1  # their own
    there = [row.source.model.__name__ for row in record.rows(elsewhere.city, Asked()).rows]
    assert there.count("ContactReading") == 4
    assert there.count("PersonEdit") == 2


def test_who_is_looked_up_by_an_address_is_a_reading_once(place: Place, busy, administrator) -> None:
    url, owner = place.address("record"), busy.offer.owner
    stranger = OfferFactory().owner
    before = ContactReading.objects.count()
    for who in (owner.email, owner.email, stranger.email, busy.offer.reference, ""):
        administrator.post(url, {"who": who}, follow=True)
    assert ContactReading.objects.count() == before + 1
    reading = ContactReading.objects.latest("pk")
    assert (reading.subject, reading.reader, reading.city, reading.reason) == (
        owner,
        place.administrator,
        place.city,
        "record-look-up",
    )


def test_it_is_searched_by_person_colleague_reference_and_day(place: Place, busy) -> None:
    owner = busy.offer.owner
    assert set(names(place, person=owner.pk)) >= {"Decision", "ContactReading"}
    assert "CityEdit" not in names(place, person=owner.pk)
    assert names(place, colleague=place.administrator.pk) == ["CityEdit"]
    assert names(place, only_readings=True) == ["ContactReading"]
    assert names(place, reference=busy.need.reference).count("Decision") == 1
    tomorrow = timezone.now() + timedelta(days=1)
    assert names(place, since=tomorrow) == []
    assert names(place, until=tomorrow) == names(place)
    assert names(place, person=0) == []


def test_the_page_finds_somebody_by_address_and_says_no_value(place: Place, busy, administrator) -> None:
    url = place.address("record")
    owner = busy.offer.owner
    page = administrator.get(url).content.decode()
    assert "Coordonnées lues" in page
    assert busy.offer.reference in page
    assert "Strasbourg !" not in page.split("<table>")[1]
    assert str(owner) not in page  # of whom nobody asked
    asked = administrator.post(url, {"who": owner.email}).content.decode()
    assert str(owner) in asked
    assert "Coordonnées lues" in asked
    assert "Rien de tel" in administrator.post(url, {"who": "personne@exemple.fr"}).content.decode()
    assert administrator.get(url, {"first_day": "hier", "avant": "1-2"}).status_code == 200


def test_whom_somebody_looks_for_stands_in_no_address(place: Place, busy, administrator) -> None:
    url, owner = place.address("record"), busy.offer.owner
    assert administrator.post(url, {"who": owner.email}).status_code == 200, (
        "shown without an address of its own"
    )
    before = ContactReading.objects.count()
    assert str(owner) not in administrator.get(url, {"who": owner.email}).content.decode(), "an old address"
    assert ContactReading.objects.count() == before
    answer = administrator.post(url, {"who": busy.need.reference.lower()})
    assert answer.url.endswith(f"?who={busy.need.reference.lower()}"), "a reference names nobody"
    page = administrator.get(answer.url).content.decode()
    assert busy.need.reference in page
    assert "Rien de tel" not in page


def test_paged_by_key_it_shows_each_row_once_whatever_comes_meanwhile(place: Place) -> None:
    subject = UserFactory()
    CityRoleFactory(city=place.city, user=subject)
    ContactReading.objects.bulk_create(
        # Three of each moment: the key decides between them.
        ContactReading(
            reader=place.coordinator, subject=subject, reason="desk", read_at=NOW + timedelta(minutes=n // 3)
        )
        for n in range(2 * record.PER_PAGE + 7)
    )
    seen, after = [], ""
    for _page in range(3):
        page = record.rows(place.city, Asked(), after=after)
        seen += [(row.at, row.key) for row in page.rows]
        after = page.older
        accounts.log_contact_reading(
            subject=subject, reason="desk", city=place.city, by=place.coordinator, now=NOW + timedelta(days=1)
        )
    assert after == ""
    assert len(seen) == len(set(seen)) == 2 * record.PER_PAGE + 7
    assert seen == sorted(seen, reverse=True)


def test_it_asks_as_often_for_many_rows_as_for_few(place: Place, administrator, busy) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            administrator.get(place.address("record"))
        return len(queries)

    few = asked()
    for number in range(20):
        person = CityRoleFactory(city=place.city).user
        accounts.log_contact_reading(
            subject=person,
            reason="desk",
            city=place.city,
            by=person,
            now=timezone.now() + timedelta(seconds=number),
        )
    assert asked() == few <= 15
