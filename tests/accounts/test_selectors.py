"""Roles, visibility and look-ups, per role and town."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts import selectors
from accounts.models import Organisation, Role, User
from tests.factories.accounts import (
    CityRoleFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db


class TestTeamsAndMembers:
    def test_organisations_coordinators_and_members(self):
        city = CityFactory(name="Annecy")
        coordinator = CityRoleFactory(city=city).user
        CityRoleFactory(city=city, role=Role.OPERATOR)
        CityRoleFactory(city=city, user__is_active=False)
        assert list(selectors.coordinators_of(city)) == [coordinator]
        member = MembershipFactory(organisation__city=city)
        manager = MembershipFactory(organisation=member.organisation, role="manager")
        assert list(selectors.organisations_of(member.user, city)) == [member.organisation]
        assert list(selectors.organisations_of(member.user, CityFactory())) == []
        assert list(selectors.organisations_of(member.user)) == [member.organisation]
        assert list(selectors.members_of(member.organisation)) == [manager.user, member.user]


class TestVisibility:
    @pytest.fixture
    def town(self):
        city = CityFactory()
        organisation = OrganisationFactory(city=city)
        member = MembershipFactory(organisation=organisation).user
        return city, organisation, member

    @pytest.mark.parametrize(
        ("role", "sees"), [("coordinator", True), ("operator", True), ("administrator", False)]
    )
    def test_organisations_by_role(self, town, role, sees):
        city, organisation, _member = town
        user = CityRoleFactory(city=city, role=role).user
        assert Organisation.objects.visible_to(user).contains(organisation) is sees

    def test_organisations_of_another_town_of_members_and_of_others(self, town):
        _city, organisation, member = town
        visible = Organisation.objects.visible_to
        assert not visible(CityRoleFactory().user).exists()
        assert not visible(UserFactory()).exists()
        assert not visible(AnonymousUser()).exists()
        assert not visible(MembershipFactory().user).contains(organisation)
        assert list(visible(member)) == [organisation]
        assert visible(UserFactory(is_superuser=True)).contains(organisation)
        both = CityRoleFactory(user=member, city=organisation.city).user
        assert visible(both).count() == 1

    @pytest.mark.parametrize(
        ("role", "sees_members"), [("coordinator", True), ("operator", True), ("administrator", False)]
    )
    def test_people_by_role(self, town, role, sees_members):
        city, _organisation, member = town
        staff, colleague = CityRoleFactory(city=city, role=role).user, CityRoleFactory(city=city).user
        citizen, stranger = UserFactory(), CityRoleFactory().user
        visible = User.objects.visible_to(staff)
        assert visible.contains(staff)
        assert visible.contains(colleague)
        assert visible.contains(member) is sees_members
        assert not visible.contains(citizen)
        assert not visible.contains(stranger)

    def test_people_for_everybody_else(self, town):
        _city, _organisation, member = town
        assert list(User.objects.visible_to(member)) == [member]
        assert not User.objects.visible_to(AnonymousUser()).exists()
        assert User.objects.visible_to(UserFactory(is_superuser=True)).contains(member)


class TestFindPerson:
    def test_by_exact_address(self, django_assert_num_queries):
        user = UserFactory(email="lou@exemple.fr")
        with django_assert_num_queries(2):
            assert selectors.find_person(email="LOU@exemple.fr ") == user
            assert selectors.find_person(email="lou@exemple") is None
        with django_assert_num_queries(0):
            assert selectors.find_person(email="") is None
