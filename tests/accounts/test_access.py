"""The one idiom of permission: what its parts answer, and that nobody asks in another way."""

import ast
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import URLResolver, get_resolver

from accounts import access
from accounts.access import (
    ADMINISTRATION,
    ANYBODY,
    COORDINATION,
    DESK,
    PUBLIC,
    SIGNED_IN,
    STEERING,
    TEAM,
    May,
    Role,
    town_page,
)
from accounts.sessions import SessionStore
from cities.models import City
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.test_architecture import ROOT, names, sources


@pytest.mark.parametrize(
    ("roles", "who"),
    [
        (COORDINATION, {"coordinator"}),
        (DESK, {"coordinator", "operator"}),
        (ADMINISTRATION, {"administrator"}),
        (STEERING, {"coordinator", "administrator"}),
        (TEAM, {"coordinator", "operator", "administrator"}),
    ],
)
def test_who_is_in_which_set(roles, who):
    assert roles == who


@pytest.mark.django_db
class TestRoles:
    def test_words(self):
        city, elsewhere = CityFactory(), CityFactory()
        user = UserFactory()
        assert access.roles_in(user, city) == frozenset()
        access.forget_roles(user)
        for role in Role:
            CityRoleFactory(user=user, city=city, role=role)
        MembershipFactory(user=user, organisation__city=city)
        assert access.roles_in(user, city) == {"coordinator", "operator", "administrator", "association"}
        assert access.roles_in(user, elsewhere) == frozenset()

    @pytest.mark.parametrize("role", Role)
    def test_one_of_a_set(self, role):
        given = CityRoleFactory(role=role)
        for roles in (COORDINATION, DESK, ADMINISTRATION, STEERING, TEAM):
            assert access.has_role(given.user, given.city, roles) is (role in roles)
            assert not access.has_role(given.user, CityFactory(), roles)
            assert access.towns_of(given.user, roles).filter(city=given.city).exists() is (role in roles)

    def test_nobody_and_closed_accounts_have_none(self):
        role = CityRoleFactory(user__is_active=False)
        assert access.roles_in(AnonymousUser(), role.city) == frozenset()
        assert access.roles_in(role.user, role.city) == frozenset()

    def test_asked_once_per_request(self, django_assert_num_queries):
        role = CityRoleFactory()
        with django_assert_num_queries(1):
            access.roles_in(role.user, role.city)
            access.has_role(role.user, role.city, DESK)

    def test_a_member_speaks_for_the_association(self):
        membership = MembershipFactory(organisation__verified=True)
        assert access.speaks_for(membership.user, membership.organisation)
        assert not access.speaks_for(MembershipFactory().user, membership.organisation)

    def test_members_of_a_suspended_association_see_it_and_speak_for_it_no_more(self):
        membership = MembershipFactory(organisation__suspended=True)
        user, organisation = membership.user, membership.organisation
        assert not access.speaks_for(user, organisation)
        assert access.roles_in(user, organisation.city) == {"association"}
        assert [row["organisation"] for row in access.associations_of(user)] == [organisation.pk]

    def test_a_closed_account_speaks_for_nobody(self):
        membership = MembershipFactory(user__is_active=False)
        assert not access.speaks_for(membership.user, membership.organisation)


class Towns(access.VisibleQuerySet[City]):
    def seen_by(self, user):
        return Q(pk__in=access.towns_of(user, TEAM))


@pytest.mark.django_db
def test_a_visitor_sees_no_row_and_each_reader_their_own():
    role = CityRoleFactory()
    towns = Towns(City)
    assert list(towns.visible_to(role.user)) == [role.city]
    assert not towns.visible_to(UserFactory()).exists()
    assert not towns.visible_to(AnonymousUser()).exists()


def test_a_queryset_that_says_nothing_shows_nothing():
    with pytest.raises(NotImplementedError):
        access.VisibleQuerySet(City).visible_to(UserFactory.build())


@pytest.mark.django_db
class TestPages:
    def met(self, audience, user, *, slug="strasbourg"):
        """The town that the view was given, "signs in", or "nothing"."""
        page = town_page(audience)(lambda request, city, word: HttpResponse(f"{city.slug} {word}"))
        request = RequestFactory().get("/")
        request.user, request.session = user, SessionStore()
        try:
            answer = page(request, city_slug=slug, word="oui")
        except Http404:
            return "nothing"
        return "signs in" if answer.status_code == 302 else answer.content.decode()

    @pytest.mark.parametrize(
        ("audience", "visitor", "citizen", "operator", "coordinator"),
        [
            (PUBLIC, "opens", "opens", "opens", "opens"),
            (ANYBODY, "opens", "opens", "opens", "opens"),
            (SIGNED_IN, "signs in", "opens", "opens", "opens"),
            (DESK, "signs in", "nothing", "opens", "opens"),
            (COORDINATION, "signs in", "nothing", "nothing", "opens"),
            (ADMINISTRATION, "signs in", "nothing", "nothing", "nothing"),
        ],
    )
    def test_for_whom_it_is(self, audience, visitor, citizen, operator, coordinator):
        city = CityFactory(slug="strasbourg")
        people = {
            AnonymousUser(): visitor,
            UserFactory(): citizen,
            CityRoleFactory(city=city, role=Role.OPERATOR).user: operator,
            CityRoleFactory(city=city).user: coordinator,
        }
        for user, promised in people.items():
            assert self.met(audience, user) == {"opens": "strasbourg oui"}.get(promised, promised)

    def test_of_another_town_one_is_nobody(self):
        CityFactory(slug="strasbourg")
        assert self.met(TEAM, CityRoleFactory().user) == "nothing"

    def test_a_town_that_is_not_open(self):
        role = CityRoleFactory(city__slug="strasbourg", city__is_open=False)
        assert self.met(PUBLIC, role.user) == "nothing"
        assert self.met(COORDINATION, role.user) == self.met(ANYBODY, AnonymousUser()) == "strasbourg oui"

    @pytest.mark.parametrize("audience", [PUBLIC, ANYBODY, SIGNED_IN, DESK])
    def test_no_such_town(self, audience):
        assert self.met(audience, UserFactory(), slug="nulle-part") == "nothing"


def test_what_is_not_allowed_is_refused_with_its_reason():
    access.require(True)
    with pytest.raises(PermissionDenied, match="Pas vous"):
        access.require(False, "Pas vous")


@pytest.mark.django_db
class TestMay:
    @pytest.mark.parametrize(
        ("role", "may"),
        [
            ("coordinator", May(coordinate=True, take_calls=True, steer=True)),
            ("operator", May(take_calls=True)),
            ("administrator", May(steer=True, administer=True)),
        ],
    )
    def test_the_team(self, role, may):
        given = CityRoleFactory(role=role)
        assert May.of(given.user, given.city) == may
        assert May.of(given.user, CityFactory()) == May(offer=True)

    def test_others(self):
        membership = MembershipFactory()
        city = membership.organisation.city
        assert May.of(membership.user, city) == May(post=True)
        assert May.of(UserFactory(), city) == May(offer=True)
        assert May.of(AnonymousUser(), city) == May.of(UserFactory(), None) == May()


# --- Nobody asks in another way ------------------------------------------------------------------------

ROLES = set(Role.values)
# It has capacities of its own, two of which are called as the roles are; `roles_of` gives them.
CAPACITIES, GIVES_CAPACITIES = "matching/lifecycle.py", "matching/roles.py"
DECORATORS = {
    "login_required", "permission_required", "user_passes_test", "LoginRequiredMixin", "PermissionRequiredMixin",
    "UserPassesTestMixin",
}  # fmt: skip


def other_ways(code: str, path: str) -> list[str]:
    """What a file asks by itself that accounts/access.py answers."""
    found = []
    for node in ast.walk(ast.parse(code)):
        text = ast.unparse(node) if isinstance(node, ast.expr) else ""
        if isinstance(node, ast.ImportFrom):
            taken = {alias.name for alias in node.names}
            if node.module in ("accounts.models", "accounts.access") and "Role" in taken:
                found.append("names roles one by one")
            if DECORATORS & taken:
                found.append("a decorator of its own")
            if "roles_in" in taken and path != GIVES_CAPACITIES:
                found.append("compares roles")
        elif isinstance(node, ast.Call):
            asked = ast.unparse(node.func)
            if re.match(r"CityRole\.objects\.(?!create$|bulk_create$)", asked):
                found.append("reads roles")
            if re.match(r"Membership\.objects\.(?!create$|bulk_create$)", asked) and "user=" in text:
                found.append("reads memberships")
            if asked == "get_object_or_404" and re.match(r"City\b", ast.unparse(node.args[0])):
                found.append("finds the town")
            if asked.endswith(".roles_in") and path != GIVES_CAPACITIES:
                found.append("compares roles")
        elif isinstance(node, ast.Constant) and node.value in ROLES and path != CAPACITIES:
            found.append("a role as a word")
        elif isinstance(node, ast.Attribute) and node.attr in ("is_superuser", "is_staff"):
            found.append("asks the framework")
        elif isinstance(node, ast.ClassDef):
            methods = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
            if "visible_to" in methods:
                found.append("a default of its own")
    return found


def test_nobody_asks_in_another_way():
    # The demonstration gives roles to its people.
    asking = [
        path
        for path in sources()
        if not {"accounts", "demo", "migrations"} & set(path.relative_to(ROOT).parts)
    ]
    wrong = {
        names(path): found
        for path in asking
        if (found := other_ways(path.read_text(encoding="utf-8"), names(path)))
    }
    assert not wrong


@pytest.mark.parametrize(
    "code",
    [
        "CityRole.objects.filter(user=user, city=city).exists()",
        "Membership.objects.filter(user=user).values('organisation')",
        "from accounts.models import Role, User",
        "from accounts.access import roles_in",
        "'coordinator' in access.roles_in(user, city)",
        "one.role == 'operator'",
        "if user.is_superuser: pass",
        "from django.contrib.auth.decorators import login_required",
        "city = get_object_or_404(City.objects.open(), slug=slug)",
        "class Rows(QuerySet):\n    def visible_to(self, user): ...",
    ],
)
def test_each_other_way_is_seen(code):
    assert other_ways(code, "offers/views.py")


def test_templates_ask_what_one_may():
    wrong = [
        names(path)
        for path in sources("*.html")
        if re.search(
            r"\bin roles\b|\.role ==|\.is_(superuser|staff)\b|\bperms\.", path.read_text(encoding="utf-8")
        )
    ]
    assert not wrong


def test_every_page_of_a_town_says_for_whom_it_is():
    wrong, right = [], 0
    waiting = [(get_resolver(), False)]
    while waiting:
        pattern, in_town = waiting.pop()
        in_town = in_town or "city_slug" in pattern.pattern.regex.groupindex
        if isinstance(pattern, URLResolver):
            waiting += [(inner, in_town) for inner in pattern.url_patterns]
        elif in_town and hasattr(pattern.callback, "audience"):
            right += 1
        elif in_town:
            wrong.append(pattern.name)
    assert not wrong
    assert right
