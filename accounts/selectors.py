"""Reading people, roles and associations: one query each at most."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from phonenumber_field.phonenumber import to_python

from accounts.models import (
    ApiToken,
    CityRole,
    Consent,
    LowerCaseEmailField,
    Membership,
    Organisation,
    Role,
    User,
)
from cities.models import City

ASSOCIATION = "association"


def roles_in(user: User | AnonymousUser, city: City) -> frozenset[str]:
    """The words coordinator, operator, administrator, and association for a member of one of the city's.

    Kept on the instance: `request.user` lives as long as its request, and each page asks several times.
    Services that change roles forget what the instance they are given knew; another instance learns it at
    its next request.
    """
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    known: dict[int, frozenset[str]] = user.__dict__.setdefault("_roles", {})
    if city.pk not in known:
        roles = CityRole.objects.filter(user=user, city=city).values_list("role")
        member = (
            Membership.objects.filter(user=user, organisation__city=city)
            .annotate(word=Value(ASSOCIATION))
            .values_list("word")
        )
        known[city.pk] = frozenset(word for (word,) in roles.union(member))
    return known[city.pk]


def forget_roles(user: User) -> None:
    """Read the roles of this instance again at the next question."""
    user.__dict__.pop("_roles", None)


def is_coordinator(user: User | AnonymousUser, city: City) -> bool:
    return Role.COORDINATOR in roles_in(user, city)


def is_operator(user: User | AnonymousUser, city: City) -> bool:
    return Role.OPERATOR in roles_in(user, city)


def is_administrator(user: User | AnonymousUser, city: City) -> bool:
    return Role.ADMINISTRATOR in roles_in(user, city)


def cities_of(user: User | AnonymousUser, role: str | None = None) -> QuerySet[City]:
    """The cities in which a person has a role (or this role), by name."""
    if not user.is_authenticated:
        return City.objects.none()
    roles = CityRole.objects.filter(user=user)
    if role is not None:
        roles = roles.filter(role=role)
    return City.objects.filter(pk__in=roles.values("city")).order_by("name")


def organisations_of(user: User | AnonymousUser, city: City | None = None) -> QuerySet[Organisation]:
    """The associations of which a person is a member, in one city or in all, by name."""
    if not user.is_authenticated:
        return Organisation.objects.none()
    organisations = Organisation.objects.filter(memberships__user=user).select_related("city")
    if city is not None:
        organisations = organisations.filter(city=city)
    return organisations.order_by("name", "pk")


def organisations_to_review(user: User | AnonymousUser, city: City) -> QuerySet[Organisation]:
    """What the coordinators' list shows: those to verify first, then by name."""
    waiting_first = Case(
        When(state=Organisation.State.PENDING, then=0), default=1, output_field=IntegerField()
    )
    return (
        Organisation.objects.visible_to(user)
        .filter(city=city)
        .select_related("verified_by")
        .order_by(waiting_first, "name", "pk")
    )


def coordinators_of(city: City) -> QuerySet[User]:
    """Those who decide in a city, and may be told."""
    return User.objects.filter(
        is_active=True, pk__in=CityRole.objects.filter(city=city, role=Role.COORDINATOR).values("user")
    ).order_by("pk")


def members_of(organisation: Organisation) -> QuerySet[User]:
    """The active members of an association, its managers first."""
    managers_first = Case(
        When(memberships__role=Membership.Role.MANAGER, then=0), default=1, output_field=IntegerField()
    )
    return User.objects.filter(memberships__organisation=organisation, is_active=True).order_by(
        managers_first, "pk"
    )


def find_person(*, email: str | None = None, phone: Any = None) -> User | None:
    """The person with exactly this address, else the one with exactly this number; None if there is neither.

    The phone may be written as people do ("06 12 34 56 78"): the installation's region completes it.
    """
    email = LowerCaseEmailField.normalised(email)
    number = to_python(phone, region=settings.PHONENUMBER_DEFAULT_REGION) if phone else None
    wanted = Q()
    if email:
        wanted |= Q(email=email)
    if number and number.is_valid():
        wanted |= Q(phone=number)
    if not wanted:
        return None
    address_first = Case(When(email=email or "", then=0), default=1, output_field=IntegerField())
    return User.objects.filter(wanted).order_by(address_first, "pk").first()


def desk_member(*, email: str, city: City) -> User | None:
    """The coordinator or operator of the city who has this address; None if nobody has."""
    person = find_person(email=email)
    roles = roles_in(person, city) if person is not None else frozenset()
    return person if roles & {Role.COORDINATOR, Role.OPERATOR} else None


def consents_of(user: User) -> QuerySet[Consent]:
    """What a person agreed to, the latest first."""
    return Consent.objects.filter(user=user).order_by("-given_at", "-pk")


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """A person's API keys, those in use first."""
    return ApiToken.objects.filter(user=user).order_by(F("revoked_at").desc(nulls_first=True), "-pk")


def roles_of(user: User) -> QuerySet[CityRole]:
    """A person's roles with their cities, by name."""
    return CityRole.objects.filter(user=user).select_related("city").order_by("city__name", "role")
