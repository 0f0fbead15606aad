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


class TestRoles:
    def test_words(self):
        city, elsewhere = CityFactory(), CityFactory()
        user = UserFactory()
        assert selectors.roles_in(user, city) == frozenset()
        selectors.forget_roles(user)
        for role in Role:
            CityRoleFactory(user=user, city=city, role=role)
        MembershipFactory(user=user, organisation__city=city)
        assert selectors.roles_in(user, city) == {"coordinator", "operator", "administrator", "association"}
        assert selectors.roles_in(user, elsewhere) == frozenset()
        assert selectors.is_coordinator(user, city)
        assert selectors.is_operator(user, city)
        assert selectors.is_administrator(user, city)
        assert not selectors.is_coordinator(user, elsewhere)

    def test_nobody_and_closed_accounts_have_none(self):
        role = CityRoleFactory(user__is_active=False)
        assert selectors.roles_in(AnonymousUser(), role.city) == frozenset()
        assert selectors.roles_in(role.user, role.city) == frozenset()

    def test_asked_once_per_request(self, django_assert_num_queries):
        role = CityRoleFactory()
        with django_assert_num_queries(1):
            selectors.roles_in(role.user, role.city)
            selectors.is_coordinator(role.user, role.city)

    def test_cities_organisations_coordinators_and_members(self):
        city = CityFactory(name="Annecy")
        coordinator = CityRoleFactory(city=city).user
        operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
        CityRoleFactory(city=city, user__is_active=False)
        assert list(selectors.cities_of(coordinator)) == [city]
        assert list(selectors.cities_of(operator, Role.COORDINATOR)) == []
        assert list(selectors.cities_of(AnonymousUser())) == []
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
    def test_by_exact_address_or_number(self, django_assert_num_queries):
        user = UserFactory(email="lou@exemple.fr", phone="+33353010001")
        with django_assert_num_queries(3):
            assert selectors.find_person(email="LOU@exemple.fr ") == user
            assert selectors.find_person(phone="03 53 01 00 01") == user
            assert selectors.find_person(email="lou@exemple") is None
        with django_assert_num_queries(0):
            assert selectors.find_person(email="", phone="") is None
            assert selectors.find_person(phone="12") is None

    def test_the_address_comes_before_the_number(self):
        UserFactory(phone="+33353010001")
        known = UserFactory(email="lou@exemple.fr")
        assert selectors.find_person(email="lou@exemple.fr", phone="+33353010001") == known
