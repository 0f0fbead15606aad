"""Reading people, roles and associations: one query each at most."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    ForeignObjectRel,
    IntegerField,
    ManyToManyRel,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    When,
)

from accounts.access import ADMINISTRATION, COORDINATION, DESK, has_role
from accounts.models import (
    ApiToken,
    CityEdit,
    CityRole,
    Consent,
    LowerCaseEmailField,
    Membership,
    MembershipChange,
    Organisation,
    OrganisationReview,
    RoleChange,
    Session,
    User,
)
from cities.models import City

# What a town begins with; anything else in it is somebody's.
_BEGINS_WITH = (CityRole, RoleChange, CityEdit)

# That somebody read how to reach a person says nothing of what they did.
_OF_READING = ("accounts.ContactReading.subject",)

# Whoever has not signed in for so long may have left.
AWAY = timedelta(days=14)
_ACTIVE = Q(memberships__user__is_active=True)


def never_here(people: Collection[int], *, apart: Collection[str] = ()) -> set[int]:
    """Those of them who never signed in or proved a number, and of whom nothing is kept but how to reach them.

    No row of any table names them, but for those who read how to reach them, and the fields `apart`
    ("offers.Offer.owner"): a table that comes is asked too. One query of each field.
    """
    whoever = User.objects.filter(
        pk__in=people,
        last_login=None,
        phone_proven_at=None,
        is_staff=False,
        anonymised_at=None,
        merged_into=None,
    )
    found = set(whoever.values_list("pk", flat=True))
    for relation in User._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or isinstance(relation, ManyToManyRel) or not found:
            continue
        model: Any = relation.related_model
        name = relation.field.name
        if f"{model._meta.label}.{name}" in {*_OF_READING, *apart}:
            continue
        of_them = model._base_manager.filter(**{f"{name}__in": found})
        found.difference_update(of_them.values_list(name, flat=True).distinct())
    return found


def organisations_of(user: User | AnonymousUser, city: City | None = None) -> QuerySet[Organisation]:
    """The associations of which a person is a member, in one city or in all, by name."""
    if not user.is_authenticated:
        return Organisation.objects.none()
    organisations = Organisation.objects.filter(memberships__user=user).select_related("city")
    if city is not None:
        organisations = organisations.filter(city=city)
    return organisations.order_by("name", "pk")


def note_same_numbers(organisations: Iterable[Organisation]) -> None:
    """Give each of them `same_numbers`: the others of its town that say they have its number, in one query."""
    found = list(organisations)
    said = [name for one in found for name in (one.rna, one.siret) if name]
    cities = {one.city_id for one in found}
    others = Organisation.objects.filter(Q(rna__in=said) | Q(siret__in=said), city__in=cities).order_by(
        "name", "pk"
    )
    known = list(others) if found else []
    for one in found:
        one.same_numbers = [  # type: ignore[attr-defined]
            other
            for other in known
            if other != one
            and other.city_id == one.city_id
            and ((one.rna and other.rna == one.rna) or (one.siret and other.siret == one.siret))
        ]


def organisations_to_review(user: User | AnonymousUser, city: City) -> QuerySet[Organisation]:
    """What the coordinators' list shows: those to verify first, then by name. Each with `member_count`, the active
    ones, `last_seen`, when one of them last signed in, and `people`: its active members, each with `has_proven_address`
    and `has_applied`; and its `decisions`, the latest first.
    """
    waiting_first = Case(
        When(state=Organisation.State.PENDING, then=0), default=1, output_field=IntegerField()
    )
    reviews = OrganisationReview.objects.select_related("by").order_by("-at", "-pk")
    return (
        Organisation.objects.visible_to(user)
        .filter(city=city)
        .annotate(
            member_count=Count("memberships", filter=_ACTIVE),
            last_seen=Max("memberships__user__last_login", filter=_ACTIVE),
        )
        .select_related("verified_by")
        .prefetch_related(Prefetch("memberships", queryset=_people(), to_attr="people"))
        .prefetch_related(Prefetch("reviews", queryset=reviews, to_attr="decisions"))
        .order_by(waiting_first, "name", "pk")
    )


def _people() -> QuerySet[Membership]:
    proven = EmailAddress.objects.filter(user=OuterRef("user"), email=OuterRef("user__email"), verified=True)
    # Who registers an association is its first member, in the same moment.
    applied = MembershipChange.objects.filter(
        organisation=OuterRef("organisation"),
        person=OuterRef("user"),
        at=OuterRef("organisation__created_at"),
    )
    return (
        Membership.objects.filter(user__is_active=True)
        .annotate(has_proven_address=Exists(proven), has_applied=Exists(applied))
        .select_related("user")
        .order_by("pk")
    )


def coordinators_of(city: City) -> QuerySet[User]:
    """Those who decide in a city, and may be told."""
    return User.objects.filter(
        is_active=True, pk__in=CityRole.objects.filter(city=city, role__in=COORDINATION).values("user")
    ).order_by("pk")


def desk_of(city: City) -> QuerySet[User]:
    """Those who answer people in a city, and may be told: coordinators and operators."""
    return User.objects.filter(
        is_active=True, pk__in=CityRole.objects.filter(city=city, role__in=DESK).values("user")
    ).order_by("name", "pk")


def administrators_of(city: City) -> QuerySet[User]:
    """Those who see to a city's settings, and may be told."""
    return User.objects.filter(
        is_active=True, pk__in=CityRole.objects.filter(city=city, role__in=ADMINISTRATION).values("user")
    ).order_by("pk")


def members_of(organisation: Organisation) -> QuerySet[User]:
    """The active members of an association, its managers first."""
    managers_first = Case(
        When(memberships__role=Membership.Role.MANAGER, then=0), default=1, output_field=IntegerField()
    )
    return User.objects.filter(memberships__organisation=organisation, is_active=True).order_by(
        managers_first, "pk"
    )


def told_of(organisation: Organisation) -> QuerySet[User]:
    """Its active members to whom its messages go: where none of those is left, all."""
    told = Membership.objects.filter(organisation=organisation, is_told=True, user__is_active=True)
    return members_of(organisation).filter(Q(pk__in=told.values("user")) | ~Exists(told))


def fallback_of(organisation: Organisation) -> User | None:
    """Who is told of a question that none of `told_of` has opened in its time."""
    fallback = Membership.objects.filter(organisation=organisation, is_fallback=True)
    return User.objects.filter(pk__in=fallback.values("user"), is_active=True).first()


def team_of(organisation: Organisation) -> QuerySet[Membership]:
    """The memberships of its active members, with them, its managers first."""
    return (
        Membership.objects.filter(organisation=organisation, user__is_active=True)
        .select_related("user")
        .order_by(Case(When(role=Membership.Role.MANAGER, then=0), default=1), "user")
    )


def team_in(city: City) -> QuerySet[User]:
    """Those who have a role in a town, each with `roles_here`, by name."""
    here = CityRole.objects.filter(city=city).order_by("role")
    return (
        User.objects.filter(is_active=True, pk__in=here.order_by().values("user"))
        .prefetch_related(Prefetch("city_roles", queryset=here, to_attr="roles_here"))
        .order_by("name", "pk")
    )


def colleagues_in(city: City) -> QuerySet[User]:
    """Who is or was of a town's team, by name."""
    gone = RoleChange.objects.filter(city=city).order_by().values("person")
    here = CityRole.objects.filter(city=city).order_by().values("user")
    return User.objects.filter(Q(pk__in=gone) | Q(pk__in=here)).order_by("name", "pk")


def roles_held(user: User, city: City) -> set[str]:
    """The roles of somebody in a town, to be shown and changed; what they may do `access` says."""
    return set(CityRole.objects.filter(user=user, city=city).values_list("role", flat=True))


def have_a_part(people: Iterable[User]) -> bool:
    """Whether one of these people is of a team, of an association, or of the installation's staff."""
    people = list(people)
    return any(one.is_staff for one in people) or bool(who_work_here(one.pk for one in people))


def who_work_here(people: Iterable[int]) -> set[int]:
    """Those of these people (by key) who have a role in a town or are of an association."""
    keys = list(people)
    if not keys:
        return set()
    team = CityRole.objects.filter(user__in=keys).values_list("user", flat=True)
    return set(team) | set(Membership.objects.filter(user__in=keys).values_list("user", flat=True))


def lone_members(now: datetime) -> list[tuple[Organisation, User]]:
    """The verified associations of which one active member is left, who has not signed in for `AWAY`; with them."""
    alone = (
        Organisation.objects.filter(state=Organisation.State.VERIFIED)
        .annotate(
            member_count=Count("memberships", filter=_ACTIVE),
            last_seen=Max("memberships__user__last_login", filter=_ACTIVE),
        )
        .filter(member_count=1)
        .filter(Q(last_seen=None) | Q(last_seen__lte=now - AWAY))
        .select_related("city")
        .order_by("pk")
    )
    found = {organisation.pk: organisation for organisation in alone}
    memberships = Membership.objects.filter(organisation__in=found, user__is_active=True)
    return [
        (found[one.organisation_id], one.user) for one in memberships.select_related("user").order_by("pk")
    ]


def find_person(*, email: str | None) -> User | None:
    """The person with exactly this address, if there is one. By a number: `accounts.phones`."""
    email = LowerCaseEmailField.normalised(email)
    found = User.objects.filter(email=email).first() if email else None
    # Who was in here twice is found by either address.
    while found is not None and found.merged_into_id is not None:
        found = User.objects.get(pk=found.merged_into_id)
    return found


def desk_member(*, email: str, city: City) -> User | None:
    """The coordinator or operator of the city who has this address; None if nobody has."""
    person = find_person(email=email)
    return person if person is not None and has_role(person, city, DESK) else None


def part_in(user: User, city: City) -> str:
    """What somebody is in the town's team, in words; "" for nobody of it."""
    given = CityRole.objects.filter(user=user, city=city).order_by("role")
    return ", ".join(role.get_role_display() for role in given)


def consents_of(user: User) -> QuerySet[Consent]:
    """What a person agreed to, the latest first."""
    return Consent.objects.filter(user=user).order_by("-given_at", "-pk")


def taken_back(person: User | OuterRef, purposes: Collection[str]) -> Q:
    """Whether somebody agreed to one of these purposes, and has taken it back in all its wordings, as a condition.
    Of whom it was never asked nothing is taken back.
    """
    found = Q()
    for purpose in purposes:
        given = Consent.objects.filter(user=person, purpose=purpose)
        found |= Exists(given) & ~Exists(given.filter(withdrawn_at__isnull=True))
    return found


def has_taken_back(person: User, purposes: Collection[str]) -> bool:
    """The same of one person."""
    return bool(who_has_taken_back([person.pk], purposes))


def who_has_taken_back(people: Collection[int], purposes: Collection[str]) -> set[int]:
    """Those of these people, by their keys."""
    found = User.objects.filter(taken_back(OuterRef("pk"), purposes), pk__in=people)
    return set(found.values_list("pk", flat=True))


def agrees_to_appeals(user: User) -> bool:
    """Whether somebody wants to be asked for other needs near by."""
    return Consent.objects.filter(
        user=user, purpose=Consent.Purpose.APPEALS, withdrawn_at__isnull=True
    ).exists()


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """A person's API keys, those in use first."""
    return ApiToken.objects.filter(user=user).order_by(F("revoked_at").desc(nulls_first=True), "-pk")


def sessions_of(user: User, *, here: str | None, now: datetime) -> QuerySet[Session]:
    """Where a person is signed in, the browser with the key `here` first (`is_here`), then by their last use."""
    going_on = Session.objects.filter(user=user, expire_date__gt=now)
    return (
        going_on.annotate(is_here=Q(session_key=here or ""))
        .only("device", "signed_in_at", "used_at")
        .order_by("-is_here", F("used_at").desc(nulls_last=True), "session_key")
    )


def roles_of(user: User) -> QuerySet[CityRole]:
    """A person's roles with their cities, by name."""
    return CityRole.objects.filter(user=user).select_related("city").order_by("city__name", "role")


def memberships_of(user: User) -> QuerySet[Membership]:
    """A person's memberships with their associations, by name."""
    return Membership.objects.filter(user=user).select_related("organisation").order_by("organisation__name")


def has_way_to_reset(user: User) -> bool:
    """Whether there is a second factor of somebody, or ProConnect, that may be taken away when it is lost."""
    return is_mfa_enabled(user) or SocialAccount.objects.filter(user=user).exists()


def what_keeps(city: City) -> dict[str, int]:
    """How many rows of what stand in the way of removing a town, by their label (`offers.Offer`): of every table that
    names it, but its roles and its settings.
    """
    found: dict[str, int] = {}
    for relation in City._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or isinstance(relation, ManyToManyRel):
            continue
        model: Any = relation.related_model
        if model in _BEGINS_WITH:
            continue
        if count := model._base_manager.filter(**{relation.field.name: city}).count():
            found[model._meta.label] = found.get(model._meta.label, 0) + count
    return found
