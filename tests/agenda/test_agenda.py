"""One's own agenda: the page with its secret address, and what stands there for whom."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from accounts import services as accounts
from accounts.models import Organisation, Role
from agenda import links
from agenda import services as agenda
from agenda.models import Subscription
from catalogue.vocabulary import Kind
from homes import services as homes
from matching import services
from matching.lifecycle import Reason
from oncall import services as oncall
from oncall.models import Rank
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story
from tests.factories.offers import OfferFactory

ADDRESS = "12 rue des Lilas"
pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def confirmed(now, **options):
    it = story(now=now, offer={"address": ADDRESS}, **options)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    services.confirm(match_id=it.match.pk, by=it.member, now=now)
    return it


def address_of(person, now):
    found = Subscription.objects.filter(person=person, revoked_at=None).first()
    return links.address(found or agenda.renew(person=person, by=person, now=now))


def get(address, **headers):
    return Client().get(address.removeprefix("http://127.0.0.1:8000"), headers=headers)


def read(person, now):
    """What a calendar program finds there: each entry by its key."""
    answer = get(address_of(person, now))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(event["uid"]).split("@")[0]: event for event in Calendar.from_ical(answer.content).events}


def key(it):
    return f"match.{it.match.pk}"


class TestWhoReadsWhat:
    def test_the_two_sides_and_the_desk_what_was_confirmed(self, now):
        it = confirmed(now)
        for person in (it.citizen, it.member, it.coordinator):
            event = read(person, now)[key(it)]
            assert event.start == it.match.first_day
        said = {who: read(getattr(it, who), now)[key(it)] for who in ("citizen", "member", "coordinator")}
        for who in ("member", "coordinator"):
            assert it.match.need.reference in said[who]["summary"]
        assert f"/bureau/{it.match.need.reference}/" in said["coordinator"]["url"]
        assert f"/demandes/{it.match.pk}/" in said["citizen"]["url"]

    def test_nobody_a_contact_an_address_or_what_people_have_typed(self, now):
        it = confirmed(now)
        for person in (it.citizen, it.member, it.coordinator):
            text = get(address_of(person, now)).content.decode().replace("\r\n ", "")
            for secret in (
                it.match.need.title,
                it.match.offer.title,
                ADDRESS,
                it.citizen.name,
                it.citizen.email,
                it.member.name,
                it.member.email,
            ):
                assert secret not in text

    def test_nobody_what_is_only_asked_or_was_called_off(self, now):
        it = story(now=now)
        services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
        services.accept(match_id=it.match.pk, by=it.citizen, now=now)
        assert read(it.citizen, now) == read(it.coordinator, now) == {}
        services.confirm(match_id=it.match.pk, by=it.member, now=now)
        assert key(it) in read(it.citizen, now)
        services.cancel(match_id=it.match.pk, by=it.member, now=now, reason=Reason.CHANGED_MIND)
        assert read(it.citizen, now) == read(it.member, now) == read(it.coordinator, now) == {}

    def test_nobody_what_is_another_s(self, now):
        it = confirmed(now)
        other = confirmed(now, city=it.city, kind=Kind.GOODS)
        strangers = [
            UserFactory(),
            CityRoleFactory().user,
            CityRoleFactory(city=it.city, role=Role.OPERATOR).user,
            CityRoleFactory(city=it.city, role=Role.ADMINISTRATOR).user,
        ]
        for person in strangers:
            assert read(person, now) == {}
        assert set(read(other.citizen, now)) == {key(other)}
        assert set(read(other.member, now)) == {key(other)}
        assert set(read(it.coordinator, now)) == {key(it), key(other)}

    def test_who_is_of_the_desk_no_more_reads_its_town_no_more(self, now):
        it = confirmed(now)
        oncall.cover(
            city=it.city, rank=Rank.FIRST, starts_at=now, ends_at=now + timedelta(days=1), by=it.coordinator,
            now=now,
        )  # fmt: skip
        assert len(read(it.coordinator, now)) == 2
        it.coordinator.city_roles.all().delete()
        assert read(it.coordinator, now) == {}

    def test_who_has_left_the_association_reads_its_dates_no_more(self, now):
        it = confirmed(now)
        it.member.memberships.all().delete()
        assert read(it.member, now) == {}

    def test_of_a_suspended_association_what_its_pages_show(self, now):
        it = confirmed(now)
        Organisation.objects.filter(pk=it.match.need.organisation_id).update(
            state=Organisation.State.SUSPENDED
        )
        assert set(read(it.member, now)) == {key(it)}

    def test_a_visit_its_host_whoever_makes_it_and_the_coordinators(self, now):
        city = CityFactory()
        home = OfferFactory(city=city, address=ADDRESS)
        coordinator, colleague = (CityRoleFactory(city=city).user for _ in range(2))
        operator, other = (CityRoleFactory(city=city, role=Role.OPERATOR).user for _ in range(2))
        visit = homes.plan(
            offer_id=home.pk, starts_at=now + timedelta(days=2), visitor=operator, by=coordinator, now=now
        )
        key = f"visit.{visit.pk}"
        for person in (home.owner, operator, coordinator, colleague):
            event = read(person, now)[key]
            assert event.end - event.start == timedelta(hours=1)
            assert ADDRESS not in get(address_of(person, now)).content.decode()
        assert f"/bureau/visites/{visit.pk}/" in read(operator, now)[key]["url"]
        assert home.reference in read(home.owner, now)[key]["url"]
        assert str(operator) in read(colleague, now)[key]["summary"]
        for person in (other, UserFactory(), CityRoleFactory().user):
            assert read(person, now) == {}
        homes.cancel(visit_id=visit.pk, by=coordinator, now=now)
        assert read(home.owner, now) == read(operator, now) == {}

    def test_shifts_are_their_person_s_alone(self, now):
        city = CityFactory()
        one, two = (CityRoleFactory(city=city).user for _ in range(2))
        shift = oncall.cover(
            city=city, rank=Rank.FIRST, starts_at=now, ends_at=now + timedelta(days=7), by=one, now=now
        )
        event = read(one, now)[f"shift.{shift.pk}"]
        assert event["summary"] == f"D’astreinte · {city.name}"
        assert event.end - event.start == timedelta(days=7)
        assert read(two, now) == {}
        oncall.take_over(shift_id=shift.pk, by=two, now=now)
        assert read(one, now) == {}
        assert read(two, now)[f"shift.{shift.pk}"]["sequence"] > event["sequence"]
        oncall.cancel(shift_id=shift.pk, by=two, now=now)
        assert read(two, now) == {}

    def test_in_their_language(self, now):
        city = CityFactory()
        person = CityRoleFactory(city=city, user__language="en").user
        oncall.cover(
            city=city, rank=Rank.FIRST, starts_at=now, ends_at=now + timedelta(days=1), by=person, now=now
        )
        (event,) = read(person, now).values()
        assert "astreinte" not in event["summary"]


class TestAddress:
    def test_a_new_one_closes_the_one_before_at_once(self, now):
        person = UserFactory()
        first = address_of(person, now)
        assert get(first).status_code == 200
        agenda.renew(person=person, by=person, now=now)
        second = address_of(person, now)
        assert first != second
        assert (get(first).status_code, get(second).status_code) == (404, 200)
        agenda.revoke(person=person, by=person, now=now)
        assert get(second).status_code == 404

    def test_opens_nothing_when_the_account_is_closed(self, now):
        person = UserFactory()
        address = address_of(person, now)
        accounts.people.User.objects.filter(pk=person.pk).update(is_active=False)
        assert get(address).status_code == 404

    @pytest.mark.parametrize("cut", ["{key}", "{key}.", "{key}.autre", "{key}x.{rest}", "x"])
    def test_opens_nothing_when_it_was_cut_or_altered(self, now, cut):
        found = agenda.renew(person=(person := UserFactory()), by=person, now=now)
        name = cut.format(key=found.key, rest=links.token(found).rpartition(".")[2])
        assert Client().get(f"/agenda/{name}.ics").status_code == 404

    def test_whoever_has_the_database_has_no_address(self, now, settings):
        person = UserFactory()
        address = address_of(person, now)
        key = Subscription.objects.get().key
        settings.SECRET_KEY = "another"
        assert key in address
        assert get(address).status_code == 404

    def test_is_nobody_else_s_to_change(self, now):
        from django.core.exceptions import PermissionDenied

        person = UserFactory()
        for change in (agenda.renew, agenda.revoke):
            with pytest.raises(PermissionDenied):
                change(person=person, by=UserFactory(is_superuser=True), now=now)

    def test_two_presses_at_once_leave_one_in_force(self, now, at_once):
        person = UserFactory()
        at_once(*[lambda: agenda.renew(person=person, by=person, now=now)] * 2)
        assert Subscription.objects.filter(revoked_at=None).count() == 1


class TestReading:
    def test_what_the_program_has_already_is_not_sent_again(self, now):
        it = confirmed(now)
        address = address_of(it.citizen, now)
        first = get(address)
        assert first["Cache-Control"] == "private, no-cache"
        again = get(address, if_none_match=first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert get(address, if_none_match=f"W/{first['ETag']}").status_code == 304, (
            "as it comes back compressed"
        )
        services.cancel(match_id=it.match.pk, by=it.member, now=now, reason=Reason.CHANGED_MIND)
        changed = get(address, if_none_match=first["ETag"])
        assert changed.status_code == 200
        assert changed["ETag"] != first["ETag"]

    def test_takes_as_many_queries_whatever_there_is(self, now):
        it = confirmed(now)
        address = address_of(it.coordinator, now)
        get(address)

        def queries():
            with CaptureQueriesContext(
                connection,
            ) as counted:
                get(address)
            return len(counted)

        few = queries()
        for kind in (Kind.HOUSING, Kind.GOODS, Kind.SKILL):
            confirmed(now, city=it.city, kind=kind)
        start = now
        for number in range(3):
            oncall.cover(
                city=it.city, rank=Rank.FIRST, starts_at=start, ends_at=start + timedelta(days=1), by=it.coordinator,
                now=now,
            )  # fmt: skip
            start += timedelta(days=number + 1)
        assert len(read(it.coordinator, now)) == 7
        assert queries() == few

    def test_is_noted_once_an_hour(self, now):
        person = UserFactory()
        get(address_of(person, now))
        found = Subscription.objects.get()
        assert found.last_read_at
        agenda.note_read(subscription=found, by=None, now=found.last_read_at + timedelta(minutes=59))
        assert Subscription.objects.get().last_read_at == found.last_read_at
        later = found.last_read_at + timedelta(hours=1)
        agenda.note_read(subscription=found, by=None, now=later)
        assert Subscription.objects.get().last_read_at == later


class TestPage:
    def test_makes_shows_changes_and_closes_the_address(self, client):
        person = UserFactory()
        client.force_login(person)
        assert "Dans mon agenda" in client.get("/compte/").content.decode()
        assert "/agenda/" not in re.sub(
            r"/compte/agenda/", "", client.get("/compte/agenda/").content.decode()
        )
        shown = []
        for _ in range(2):
            page = client.post("/compte/agenda/", {"what": "renew"}, follow=True)
            shown.append(page.context["address"])
            assert shown[-1] in page.content.decode()
            assert "webcal://" in page.content.decode()
        assert get(shown[0]).status_code == 404
        assert get(shown[1]).status_code == 200
        page = client.post("/compte/agenda/", {"what": "revoke"}, follow=True)
        assert page.context["subscription"] is None
        assert get(shown[1]).status_code == 404

    def test_says_when_a_program_has_read_it(self, client, now):
        person = UserFactory()
        client.force_login(person)
        address = address_of(person, now)
        assert "Pas encore lue" in client.get("/compte/agenda/").content.decode()
        get(address)
        assert "Lue par un agenda à l’instant" in client.get("/compte/agenda/").content.decode()
