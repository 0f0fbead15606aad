"""An association's people: invited by its managers, come, changed, gone; one manager stays."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.access import ADMINISTRATION, COORDINATION, has_role, speaks_for
from accounts.models import Membership, MembershipChange, Organisation, User
from catalogue.constraints import violated
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from town import links, services
from town.models import Invitation
from town.services import team

from .conftest import NOW

pytestmark = pytest.mark.django_db


class Association:
    """One with a manager and a member."""

    def __init__(self) -> None:
        self.city = CityFactory(awake=True, name="Strasbourg")
        self.row = OrganisationFactory(city=self.city, verified=True, name="Un toit pour tous")
        self.manager = MembershipFactory(organisation=self.row, role="manager", user__name="Lou B.").user
        self.nour = MembershipFactory(organisation=self.row, user__name="Nour A.").user

    def address(self, name: str, *words: object) -> str:
        return reverse(f"town:{name}", args=[self.city.slug, *words])

    @property
    def team(self) -> str:
        return self.address("association", self.row.pk)

    def invite(self, *, by: User | None = None, now=NOW, **more: object) -> Invitation:
        said = {"email": "lea@exemple.fr", "name": "Léa V.", "language": "en", "role": "member"} | more
        return services.invite_colleague(organisation=self.row, by=by or self.manager, now=now, **said)

    def change(
        self, user: User, role: str | None, *, by: User | None = None, successor: User | None = None
    ) -> None:
        services.change_colleague(
            organisation=self.row,
            user=user,
            role=role,
            successor=successor,
            by=by or self.manager,
            now=timezone.now(),
        )

    def parts(self) -> dict[str, str]:
        return dict(self.row.memberships.values_list("user__name", "role"))


@pytest.fixture
def it(db: None) -> Association:
    return Association()


@pytest.fixture
def page(client: Client, it: Association) -> Client:
    client.force_login(it.manager)
    return client


class TestInvitation:
    def test_lets_in_whoever_proves_the_address_by_a_code(self, it: Association, client: Client) -> None:
        row = it.invite(now=timezone.now())
        said = Message.objects.get(event="team_invitation")
        assert (said.recipient.email, said.language) == ("lea@exemple.fr", "en")
        path = links.invitation_path(row)
        shown = client.get(path).text
        assert "Lou B." in shown
        assert "Un toit pour tous" in shown
        assert not speaks_for(row.person, it.row)
        code_page = client.post(path).url
        code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
        assert client.post(code_page, {"code": code}).url == path
        assert client.post(path).url == it.team
        known = User.objects.get(pk=row.person_id)
        assert speaks_for(known, it.row)
        assert not has_role(known, it.city, COORDINATION | ADMINISTRATION)
        change = MembershipChange.objects.get(person=known)
        assert (change.by, change.what) == (it.manager, {"role": [None, "member"]})
        assert client.post(path).status_code == 302  # twice is once
        assert "Léa V." in client.get(it.team).text

    @pytest.mark.parametrize("end", ["late", "taken back", "inviter gone", "inviter demoted", "suspended"])
    def test_holds_no_more(self, it: Association, end: str) -> None:
        row, now = it.invite(), NOW
        if end == "late":
            now += links.VALID_FOR
        elif end == "taken back":
            services.take_back(invitation_id=row.pk, by=it.manager, now=NOW)
        elif end == "suspended":
            Organisation.objects.update(state="suspended")
        else:
            it.change(
                it.manager, None if end == "inviter gone" else "member", successor=it.nour, by=it.manager
            )
        with pytest.raises(ValidationError, match="plus valable"):
            services.accept(invitation_id=row.pk, by=row.person, now=now)
        assert not speaks_for(row.person, it.row)

    def test_is_for_a_manager_of_a_verified_association_alone(self, it: Association) -> None:
        other = MembershipFactory(role="manager").user
        admin = CityRoleFactory(city=it.city, role="administrator").user
        for by in (it.nour, other, admin):
            with pytest.raises(PermissionDenied):
                it.invite(by=by)
        row = it.invite()
        for by in (it.nour, other, admin):
            with pytest.raises(PermissionDenied):
                services.take_back(invitation_id=row.pk, by=by, now=NOW)
            assert not Invitation.objects.visible_to(by).exists()
        Organisation.objects.filter(pk=it.row.pk).update(state="pending", verified_at=None, verified_by=None)
        with pytest.raises(ValidationError, match="vérifie d’abord"):
            it.invite()
        Organisation.objects.filter(pk=it.row.pk).update(state="suspended")
        with pytest.raises(PermissionDenied):
            it.invite()

    def test_a_town_s_administrators_invite_to_their_own_team_as_ever(self, it: Association) -> None:
        admin = CityRoleFactory(city=it.city, role="administrator").user
        both = {"email": "lea@exemple.fr", "language": "fr", "by": admin, "now": NOW, "city": it.city}
        to_town = services.invite(roles=["operator"], **both)
        to_association = it.invite()
        to_town.refresh_from_db()
        assert to_town.taken_back_at is None
        services.accept(invitation_id=to_association.pk, by=to_association.person, now=NOW)
        assert not has_role(User.objects.get(pk=to_town.person_id), it.city, ADMINISTRATION)
        services.accept(invitation_id=to_town.pk, by=User.objects.get(pk=to_town.person_id), now=NOW)
        with pytest.raises(PermissionDenied):
            services.invite(roles=["operator"], **{**both, "by": it.manager})

    def test_sent_again_takes_the_first_one_back_and_who_is_in_is_not_invited(self, it: Association) -> None:
        first, second = it.invite(), it.invite(role="manager", now=NOW + timedelta(days=1))
        first.refresh_from_db()
        assert (first.taken_back_by, second.roles) == (it.manager, ["manager"])
        with pytest.raises(ValidationError, match="déjà partie"):
            it.invite(email=it.nour.email)

    def test_not_more_than_twenty_wait(self, it: Association) -> None:
        for number in range(team.MOST_WAITING):
            it.invite(email=f"un{number}@exemple.fr")
        tomorrow = NOW + timedelta(days=1)
        it.invite(email="un0@exemple.fr", now=tomorrow)
        with pytest.raises(ValidationError, match="Trop d’invitations"):
            it.invite(email="encore@exemple.fr", now=tomorrow)

    def test_not_more_than_so_many_leave_in_a_day_though_each_is_taken_back(self, it: Association) -> None:
        for number in range(team.MOST_A_DAY_TO_ASSOCIATION):
            row = it.invite(email=f"un{number}@exemple.fr")
            services.take_back(invitation_id=row.pk, by=it.manager, now=NOW)
        with pytest.raises(ValidationError, match="sont parties aujourd’hui"):
            it.invite(email="encore@exemple.fr")
        assert Message.objects.filter(event="team_invitation").count() == team.MOST_A_DAY_TO_ASSOCIATION
        it.invite(email="encore@exemple.fr", now=NOW + timedelta(days=1))

    def test_an_address_has_one_a_day(self, it: Association, page: Client) -> None:
        it.invite(now=timezone.now())
        asked = {"email": "LEA@exemple.fr", "language": "fr", "role": "manager"}
        answer = page.post(it.address("invite_colleague", it.row.pk), asked)
        assert (answer.status_code, "moins d’un jour" in answer.text) == (422, True)
        other = Association()
        other.invite(now=timezone.now())

    def test_shows_the_address_and_no_stored_name_until_it_is_accepted(
        self, it: Association, page: Client
    ) -> None:
        known = UserFactory(email="nour@exemple.fr", name="Nour Al-Khatib")
        row = it.invite(email="nour@exemple.fr", name="", now=timezone.now())
        shown = page.get(it.team).text
        assert "nour@exemple.fr" in shown
        assert "Nour Al-Khatib" not in shown
        services.accept(invitation_id=row.pk, by=known, now=timezone.now())
        assert "Nour Al-Khatib" in page.get(it.team).text

    def test_the_database_holds_what_an_invitation_is_to(self, it: Association) -> None:
        row = it.invite()
        for wrong in ({"roles": ["administrator"]}, {"roles": ["member", "manager"]}, {"organisation": None}):
            with pytest.raises(IntegrityError) as failure, transaction.atomic():
                Invitation.objects.filter(pk=row.pk).update(**wrong)
            assert violated(failure.value) == "invitation_to_roles"

    def test_whoever_became_manager_meanwhile_stays_it(self, it: Association) -> None:
        row = it.invite()
        MembershipFactory(organisation=it.row, user=row.person, role="manager")
        services.accept(invitation_id=row.pk, by=row.person, now=NOW)
        assert it.parts()["Léa V."] == "manager"


class TestLastManager:
    def test_does_not_leave_without_naming_another(self, it: Association, page: Client) -> None:
        leave = it.address("leave_association", it.row.pk)
        assert "Qui devient responsable" in page.get(leave).text
        answer = page.post(leave)
        assert (answer.status_code, "garde une personne responsable" in answer.text) == (422, True)
        assert page.post(leave, {"successor": it.nour.pk}).url == reverse("accounts:home")
        assert it.parts() == {"Nour A.": "manager"}
        told = Message.objects.exclude(channel="inapp").get(event="work_handed_over")
        assert told.recipient == it.nour
        assert "Lou B. vous passe la main" in told.body
        assert list(MembershipChange.objects.order_by("pk").values_list("person", "what", "by")) == [
            (it.nour.pk, {"role": ["member", "manager"]}, it.manager.pk),
            (it.manager.pk, {"role": ["manager", None]}, it.manager.pk),
        ]

    def test_alone_invites_somebody_first(self, it: Association, page: Client) -> None:
        User.objects.filter(pk=it.nour.pk).update(is_active=False)
        shown = page.get(it.address("leave_association", it.row.pk)).text
        assert "seule personne de l’association" in shown
        with pytest.raises(ValidationError, match="garde une personne responsable"):
            it.change(it.manager, None)
        with pytest.raises(ValidationError, match="n’est plus membre"):
            it.change(it.manager, None, successor=it.nour)

    @pytest.mark.parametrize("successor", ["a stranger", "of another", "themselves"])
    def test_names_a_member(self, it: Association, successor: str) -> None:
        who = {"a stranger": UserFactory(), "of another": MembershipFactory().user, "themselves": it.manager}
        with pytest.raises(ValidationError, match="n’est plus membre"):
            it.change(it.manager, "member", successor=who[successor])
        assert it.parts()["Lou B."] == "manager"

    def test_with_a_second_manager_goes_freely(self, it: Association, page: Client) -> None:
        it.change(it.nour, "manager")
        leave = it.address("leave_association", it.row.pk)
        assert "Qui devient responsable" not in page.get(leave).text
        page.post(leave)
        assert it.parts() == {"Nour A.": "manager"}

    def test_of_two_who_leave_in_one_moment_one_stays(self, at_once) -> None:
        it = Association()
        it.change(it.nour, "manager")
        answers = at_once(*[lambda one=one: it.change(one, None, by=one) for one in (it.manager, it.nour)])
        assert [type(answer) for answer in answers].count(ValidationError) == 1
        assert it.row.memberships.filter(role="manager").count() == 1


class TestMembers:
    def test_a_member_leaves_and_decides_nothing(self, it: Association, client: Client) -> None:
        client.force_login(it.nour)
        shown = client.get(it.team).text
        assert "Lou B." in shown
        assert "Invitations" not in shown
        assert "aucune connexion" not in shown
        for name, words in (("invite_colleague", ()), ("colleague", (it.manager.pk,))):
            assert client.get(it.address(name, it.row.pk, *words)).status_code == 404
        for role, successor in (("manager", None), (None, it.nour), (None, it.manager)):
            with pytest.raises(PermissionDenied):
                it.change(it.manager if role is None and successor == it.nour else it.nour, role, by=it.nour,
                          successor=successor)  # fmt: skip
        with pytest.raises(PermissionDenied):
            accounts.set_member(user=it.nour, organisation=it.row, role="manager", by=it.nour, now=NOW)
        client.post(it.address("leave_association", it.row.pk))
        assert it.parts() == {"Lou B.": "manager"}
        assert client.get(it.team).status_code == 404

    def test_a_manager_removes_and_promotes(self, it: Association, page: Client) -> None:
        address = it.address("colleague", it.row.pk, it.nour.pk)
        assert page.post(address, {"role": "manager"}).url == it.team
        assert it.parts()["Nour A."] == "manager"
        page.post(address, {"role": ""})
        assert it.parts() == {"Lou B.": "manager"}
        assert page.get(address).status_code == 404

    def test_who_has_not_come_for_long_is_named_to_managers(self, it: Association, page: Client) -> None:
        assert "aucune connexion" in page.get(it.team).text
        User.objects.filter(pk=it.nour.pk).update(last_login=timezone.now() - timedelta(days=60))
        assert "dernière connexion" in page.get(it.team).text
        User.objects.filter(pk=it.nour.pk).update(last_login=timezone.now() - timedelta(days=2))
        shown = page.get(it.team).text
        assert "dernière connexion" not in shown
        assert "aucune connexion" not in shown

    def test_who_is_written_to_and_who_when_nobody_answers_is_shown(
        self, it: Association, page: Client
    ) -> None:
        told = reverse("accounts:told", args=[it.row.pk])
        assert told in page.get(it.team).text
        page.post(told, {"told": [it.manager.pk], "fallback": it.nour.pk})
        assert "reçoit ce que personne n’ouvre" in page.get(it.team).text
        # Whoever leaves is written to no more.
        it.change(it.nour, None)
        assert not Membership.objects.filter(organisation=it.row, is_fallback=True).exists()

    def test_the_pages_are_of_the_association_s_own_town(self, it: Association, page: Client) -> None:
        elsewhere = CityFactory(awake=True)
        for name in ("association", "invite_colleague", "leave_association"):
            assert page.get(reverse(f"town:{name}", args=[elsewhere.slug, it.row.pk])).status_code == 404
        row = it.invite(now=timezone.now())
        assert page.post(it.address("take_back", row.pk)).status_code == 404  # the town's own page
        assert page.post(it.address("take_back_colleague", row.pk)).url == it.team
        row.refresh_from_db()
        assert row.taken_back_by == it.manager

    def test_the_page_asks_as_often_for_twenty_as_for_two(self, it: Association, page: Client) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                page.get(it.team)
            return len(queries)

        it.invite()
        few = asked()
        for number in range(15):
            MembershipFactory(organisation=it.row)
            it.invite(email=f"deux{number}@exemple.fr")
        assert asked() == few
