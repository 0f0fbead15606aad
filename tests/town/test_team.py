"""The team: invited by a link, changed, gone; what somebody still had is handed over; one administrator stays."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import selectors as people
from accounts import services as accounts
from accounts.access import ADMINISTRATION, COORDINATION, has_role
from accounts.models import CityRole, Role, RoleChange, User
from matching import tonight
from matching.models import CaseTaken
from needs.models import Need
from notifications.models import Message
from oncall.models import Rank, Shift
from oncall.services import cover
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need
from town import links, services
from town.models import Invitation

from .conftest import NOW, Place

pytestmark = pytest.mark.django_db


def invited(place: Place, *, now=NOW, **more) -> Invitation:
    said = {"email": "lea@exemple.fr", "name": "Léa V.", "language": "en", "roles": ["coordinator"]} | more
    return services.invite(city=place.city, by=place.administrator, now=now, **said)


def colleague(place: Place, **more) -> User:
    return CityRoleFactory(city=place.city, **more).user


class TestInvitation:
    def test_is_told_in_the_language_of_who_is_invited(self, place: Place) -> None:
        invited(place)
        said = Message.objects.get(event="team_invitation")
        assert (said.recipient.email, said.language) == ("lea@exemple.fr", "en")
        known = UserFactory(email="nour@exemple.fr", language="ar")
        invited(place, email="nour@exemple.fr")
        assert Message.objects.get(recipient=known).language == "ar"

    def test_lets_in_whoever_proves_the_address_by_a_code(self, place: Place, client: Client) -> None:
        row = invited(place, now=timezone.now())
        path = links.invitation_path(row)
        assert "Ruth K." in client.get(path).content.decode()
        assert not has_role(row.person, place.city, COORDINATION)  # read by a machine: nothing has happened
        code_page = client.post(path).url
        code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
        assert client.post(code_page, {"code": code}).url == path
        assert client.post(path).url == place.address("team")
        assert has_role(User.objects.get(pk=row.person_id), place.city, COORDINATION)
        change = RoleChange.objects.get(person=row.person)
        assert (change.by, change.what) == (place.administrator, {"role": [None, "coordinator"]})
        assert client.post(path).status_code == 302  # twice is once
        assert CityRole.objects.filter(user=row.person).count() == 1

    def test_is_for_nobody_else(self, place: Place, client: Client) -> None:
        row = invited(place, now=timezone.now())
        client.force_login(UserFactory())
        assert "pour une autre personne" in client.post(links.invitation_path(row)).content.decode()
        with pytest.raises(PermissionDenied):
            services.accept(invitation_id=row.pk, by=place.coordinator, now=NOW)
        assert client.get(place.address("invitation", "autre")).status_code == 404

    @pytest.mark.parametrize("end", ["late", "taken back", "inviter gone"])
    def test_holds_no_more(self, place: Place, end: str) -> None:
        row, now = invited(place), NOW
        if end == "late":
            now += links.VALID_FOR
        elif end == "taken back":
            services.take_back(invitation_id=row.pk, by=place.administrator, now=NOW)
        else:
            colleague(place, role=Role.ADMINISTRATOR)
            accounts.take_role(
                user=place.administrator,
                city=place.city,
                role="administrator",
                by=place.administrator,
                now=NOW,
            )
        with pytest.raises(ValidationError, match="plus valable"):
            services.accept(invitation_id=row.pk, by=row.person, now=now)
        assert not CityRole.objects.filter(user=row.person).exists()

    def test_sent_again_takes_the_first_one_back(self, place: Place) -> None:
        first, second = invited(place), invited(place, roles=["operator"], now=NOW + timedelta(days=1))
        first.refresh_from_db()
        assert (first.taken_back_by, second.roles) == (place.administrator, ["operator"])

    def test_goes_once_a_day_to_an_address_taken_back_or_not(self, place: Place) -> None:
        row = invited(place)
        with pytest.raises(ValidationError, match="moins d’un jour"):
            invited(place, roles=["operator"], now=NOW + timedelta(hours=23, minutes=59))
        services.take_back(invitation_id=row.pk, by=place.administrator, now=NOW)
        with pytest.raises(ValidationError, match="moins d’un jour"):
            invited(place)
        assert Message.objects.filter(event="team_invitation").count() == 1
        other = CityRoleFactory(role="administrator")
        services.invite(
            city=other.city, email="lea@exemple.fr", language="fr", roles=["operator"], by=other.user, now=NOW
        )

    def test_shows_those_who_invite_the_address_and_no_name_until_it_is_accepted(
        self, place: Place, administrator: Client
    ) -> None:
        known = UserFactory(email="nour@exemple.fr", name="Nour Al-Khatib")
        row = invited(place, email="nour@exemple.fr", name="", now=timezone.now())
        page = administrator.get(place.address("team")).text
        assert "nour@exemple.fr" in page
        assert "Nour Al-Khatib" not in page
        services.accept(invitation_id=row.pk, by=known, now=timezone.now())
        assert "Nour Al-Khatib" in administrator.get(place.address("team")).text

    def test_is_refused_for_who_has_the_role_and_without_any(self, place: Place) -> None:
        with pytest.raises(ValidationError, match="déjà ce rôle"):
            invited(place, email=place.coordinator.email)
        with pytest.raises(ValidationError):
            invited(place, roles=[])
        with pytest.raises(PermissionDenied):
            services.invite(
                city=place.city,
                email="a@exemple.fr",
                language="fr",
                roles=["operator"],
                by=place.coordinator,
                now=NOW,
            )

    def test_taken_back_while_it_is_accepted_is_one_of_the_two(self, at_once) -> None:
        place = _place()
        row = invited(place)
        at_once(
            lambda: services.accept(invitation_id=row.pk, by=row.person, now=NOW),
            lambda: services.take_back(invitation_id=row.pk, by=place.administrator, now=NOW),
        )
        row.refresh_from_db()
        is_in = CityRole.objects.filter(user=row.person).exists()
        assert is_in == (row.accepted_at is not None) == (row.taken_back_at is None)


def _place() -> Place:
    city = CityFactory(awake=True)
    return Place(
        city,
        CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
        CityRoleFactory(city=city).user,
    )


class TestLastAdministrator:
    def test_neither_leaves_nor_is_demoted(self, place: Place, administrator) -> None:
        answer = administrator.post(place.address("leave"))
        assert (answer.status_code, "au moins une personne" in answer.content.decode()) == (422, True)
        answer = administrator.post(
            place.address("member", place.administrator.pk), {"roles": ["coordinator"]}
        )
        assert (answer.status_code, "au moins une personne" in answer.content.decode()) == (422, True)
        assert people.roles_held(place.administrator, place.city) == {"administrator"}

    def test_counts_nobody_whose_account_is_closed(self, place: Place) -> None:
        colleague(place, role=Role.ADMINISTRATOR, user__is_active=False)
        with pytest.raises(ValidationError, match="au moins une personne"):
            accounts.take_role(
                user=place.administrator,
                city=place.city,
                role="administrator",
                by=place.administrator,
                now=NOW,
            )

    def test_of_two_who_leave_in_one_moment_one_stays(self, at_once) -> None:
        place = _place()
        both = [place.administrator, colleague(place, role=Role.ADMINISTRATOR)]
        answers = at_once(
            *[
                lambda user=user: services.change_part(
                    city=place.city, user=user, roles=[], heirs={}, by=user, now=NOW
                )
                for user in both
            ]
        )
        assert [type(answer) for answer in answers].count(ValidationError) == 1
        assert CityRole.objects.filter(city=place.city, role="administrator").count() == 1

    def test_is_said_by_the_installation_s_own_pages_too(self, place: Place) -> None:
        with pytest.raises(ValidationError, match="au moins une personne"):
            accounts.take_role(
                user=place.administrator, city=place.city, role="administrator", by=None, now=NOW
            )


class TestLeaving:
    @pytest.fixture
    def work(self, place: Place) -> tuple[CaseTaken, Shift]:
        """What the coordinator of the town looks after."""
        now = timezone.now()
        need = due_need(city=place.city, now=now)
        case = tonight.take(need=need, by=place.coordinator, now=now)
        shift = cover(
            city=place.city,
            rank=Rank.FIRST,
            starts_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=2),
            by=place.coordinator,
            now=now,
        )
        return case, shift

    def test_names_what_is_left_and_hands_it_over(self, place: Place, client: Client, work) -> None:
        case, shift = work
        heir = colleague(place, user__name="Karim S.")
        client.force_login(place.coordinator)
        page = client.get(place.address("leave")).content.decode()
        assert case.need.reference in page
        assert "Karim S." in page
        client.post(place.address("leave"), {f"case-{case.pk}": heir.pk, f"shift-{shift.pk}": ""})
        assert not CityRole.objects.filter(user=place.coordinator).exists()
        assert tonight.taken(Need.objects.get()).by == heir
        shift.refresh_from_db()
        assert shift.cancelled_at is not None
        told = Message.objects.get(event="work_handed_over")
        assert told.recipient == heir
        assert case.need.reference in told.body
        assert not Message.objects.filter(event="case_handed_over").exists(), "once is enough"

    def test_without_a_word_gives_everything_back(self, place: Place, administrator, work) -> None:
        administrator.post(place.address("member", place.coordinator.pk), {"roles": ["operator"]})
        assert tonight.taken(Need.objects.get()) is None
        assert not Shift.objects.standing().exists()
        assert people.roles_held(place.coordinator, place.city) == {"operator"}

    def test_keeps_what_is_theirs_while_they_coordinate(self, place: Place, administrator, work) -> None:
        administrator.post(
            place.address("member", place.coordinator.pk), {"roles": ["coordinator", "operator"]}
        )
        assert tonight.taken(Need.objects.get()).by == place.coordinator
        assert Shift.objects.standing().get().person == place.coordinator

    def test_to_a_colleague_who_is_on_call_then_is_refused_and_nothing_moves(
        self, place: Place, administrator, work
    ) -> None:
        case, shift = work
        heir = colleague(place)
        cover(
            city=place.city,
            rank=Rank.DEPUTY,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            by=heir,
            now=shift.created_at,
        )
        answer = administrator.post(
            place.address("member", place.coordinator.pk),
            {f"case-{case.pk}": heir.pk, f"shift-{shift.pk}": heir.pk},
        )
        assert (answer.status_code, "déjà d’astreinte" in answer.content.decode()) == (422, True)
        assert tonight.taken(Need.objects.get()).by == place.coordinator
        assert has_role(User.objects.get(pk=place.coordinator.pk), place.city, COORDINATION)

    def test_by_another_door_is_found_on_the_page_of_the_team(
        self, place: Place, administrator, work
    ) -> None:
        accounts.take_role(
            user=place.coordinator, city=place.city, role="coordinator", by=place.administrator, now=NOW
        )
        page = administrator.get(place.address("team")).content.decode()
        assert "Reste à confier" in page
        assert "Awa D." in page
        administrator.post(place.address("member", place.coordinator.pk), {})
        assert "Reste à confier" not in administrator.get(place.address("team")).content.decode()
        assert tonight.taken(Need.objects.get()) is None


def test_nobody_changes_another_without_being_of_the_administration(place: Place) -> None:
    for roles in ([], ["administrator"]):
        with pytest.raises(PermissionDenied):
            services.change_part(
                city=place.city,
                user=place.administrator,
                roles=roles,
                heirs={},
                by=place.coordinator,
                now=NOW,
            )
    # Nor oneself, to anything more.
    with pytest.raises(PermissionDenied):
        services.change_part(
            city=place.city,
            user=place.coordinator,
            roles=["administrator"],
            heirs={},
            by=place.coordinator,
            now=NOW,
        )
    assert not has_role(place.coordinator, place.city, ADMINISTRATION)


def test_the_page_of_the_team_asks_as_often_for_twenty_as_for_two(place: Place, administrator) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            administrator.get(reverse("town:team", args=[place.city.slug]))
        return len(queries)

    for number in range(2):
        invited(place, email=f"un{number}@exemple.fr")
    few = asked()
    for number in range(18):
        colleague(place)
        invited(place, email=f"deux{number}@exemple.fr")
    assert asked() == few
