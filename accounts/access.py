"""Who somebody is in a town, and what opens for them: pages, endpoints, services and templates all ask here.

A view says for whom it is (`town_page`), a queryset what exists for somebody (`visible_to`), a service what they may do
(`has_role`, `speaks_for`), a template what it offers (`may`). What nobody is named for is closed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import CityRole, Membership, Organisation, User
from accounts.roles import (
    ADMINISTRATION,
    ASSOCIATION,
    COORDINATION,
    DESK,
    ROLE_CHOICES,
    STEERING,
    TEAM,
    Role,
    Roles,
    VisibleQuerySet,
    associations_of,
    towns_of,
)
from catalogue.compiled import TEXT, Compiled, Later
from cities.models import City

__all__ = [
    "ADMINISTRATION",
    "ANYBODY",
    "ASSOCIATION",
    "COORDINATION",
    "DESK",
    "PUBLIC",
    "ROLE_CHOICES",
    "SIGNED_IN",
    "STEERING",
    "TEAM",
    "Audience",
    "May",
    "Role",
    "Roles",
    "VisibleQuerySet",
    "are_withheld",
    "associations_of",
    "forget_roles",
    "has_role",
    "is_in_a_team",
    "language_with",
    "own_page",
    "person",
    "require",
    "roles_in",
    "speaks_for",
    "town_of",
    "town_page",
    "towns_of",
    "with_roles",
    "withhold_roles",
]

# Under which name an instance knows its roles, and that it has none for now.
_KNOWN, _WITHHELD = "_roles", "_roles_withheld"

# --- What somebody is in a town ------------------------------------------------------------------------


def roles_in(user: User | AnonymousUser, city: City) -> frozenset[str]:
    """The words of Role, and ASSOCIATION for a member of one of the town's associations, suspended or not.

    Of all towns at once, and kept on the instance: `request.user` lives as long as its request, comes with its roles
    (`accounts.backends`), and each page asks several times. Services that change roles forget what the instance they
    are given knew; another instance learns it at its next request.
    """
    return _roles(user).get(city.pk, frozenset())


def runs_the_installation(user: User) -> bool:
    """Whether somebody opens the administration pages of the whole installation."""
    return user.is_staff


def is_in_a_team(user: User | AnonymousUser) -> bool:
    """Whether somebody works for a town, whichever, or for the installation."""
    return user.is_authenticated and user.is_active and (user.is_staff or _has_somewhere(user, TEAM))


def language_with(user: User | AnonymousUser, wished: str | None) -> str:
    """In which language we speak with somebody who wishes this one: the pages and messages of a team are not written
    in those that the public alone has.
    """
    if wished is None or (wished in settings.LANGUAGES_FOR_THE_PUBLIC and is_in_a_team(user)):
        return settings.LANGUAGE_CODE
    return wished


def _has_somewhere(user: User | AnonymousUser, roles: Roles) -> bool:
    return any(here & roles for here in _roles(user).values())


def _roles(user: User | AnonymousUser) -> Mapping[int, frozenset[str]]:
    """By the key of the town."""
    if not user.is_authenticated or not user.is_active or getattr(user, _WITHHELD, False):
        return {}
    # By attributes, not by `__dict__`: `request.user` stands for the instance that is kept.
    if not hasattr(user, _KNOWN):
        given = CityRole.objects.filter(user=user.pk).values_list("city", "role").order_by()
        of = Membership.objects.filter(user=user.pk)
        member = of.annotate(word=Value(ASSOCIATION)).values_list("organisation__city", "word")
        _keep(user, given.union(member.order_by()))
    known: dict[int, frozenset[str]] = getattr(user, _KNOWN)
    return known


def with_roles(pk: int) -> User | None:
    """Somebody with what they are in every town: one query, after which `roles_in` asks nothing."""
    user = next(iter(_people().rows(pk=pk)), None)
    if user is not None:
        roles = [(row["city"], row["role"]) for row in user.__dict__.pop("given")]
        _keep(user, [*roles, *((city, ASSOCIATION) for city in user.__dict__.pop("member_in"))])
    return user


@cache
def _people() -> Compiled[User, User]:
    given = CityRole.objects.filter(user=OuterRef("pk")).order_by()
    of = Membership.objects.filter(user=OuterRef("pk")).order_by()
    people = User.objects.filter(pk=Later("pk")).annotate(
        given=ArraySubquery(given.values(row=JSONObject(city="city", role="role"))),
        member_in=ArraySubquery(of.values("organisation__city")),
    )
    return Compiled(people)


def _keep(user: User, roles: Iterable[tuple[int, str]]) -> None:
    known: dict[int, frozenset[str]] = defaultdict(frozenset)
    for city, word in roles:
        known[city] |= {word}
    setattr(user, _KNOWN, dict(known))


def forget_roles(user: User) -> None:
    """Read the roles of this instance again at the next question."""
    if hasattr(user, _KNOWN):
        delattr(user, _KNOWN)


def withhold_roles(user: User) -> None:
    """Whoever works for a town and signed in without a second factor has no part in any, on this instance."""
    setattr(user, _WITHHELD, True)


def are_withheld(user: User | AnonymousUser) -> bool:
    """Whether somebody has to show their second factor, or to add one, before they have any part."""
    return getattr(user, _WITHHELD, False)


def has_role(user: User | AnonymousUser, city: City, roles: Roles) -> bool:
    """Whether somebody has one of these roles in the town: `has_role(by, offer.city, DESK)`."""
    return bool(roles_in(user, city) & roles)


def speaks_for(user: User, organisation: Organisation) -> bool:
    """Whether somebody acts for the association: nobody does while it is suspended."""
    is_heard = user.is_active and not organisation.is_suspended
    return is_heard and user.memberships.filter(organisation=organisation).exists()


# --- Pages ---------------------------------------------------------------------------------------------

P = ParamSpec("P")


class Audience(Enum):
    """For whom a page of a town is, where it is not for its team."""

    PUBLIC = "everybody, once the town is open"
    ANYBODY = "everybody, always: a signed link says who it is"
    SIGNED_IN = "whoever is signed in; what they see there is the queryset's"


PUBLIC, ANYBODY, SIGNED_IN = Audience


def town_page(
    audience: Audience | Roles, *, also: Callable[..., Mapping[str, Any]] | None = None
) -> Callable[[Callable[Concatenate[HttpRequest, City, P], HttpResponse]], Callable[..., HttpResponse]]:
    """A page below a town's address, for an audience or a set of roles; the view is given the town.

    Visitors sign in first where the page is not for everybody. To whoever has none of the roles it does not exist.
    `also`, of a page for roles: what it asks of its town besides, in the query that reads it: annotations, of what its
    address names (each a `Later`). Not for visitors, and whoever has such a role in no town.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, City, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: HttpRequest, city_slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            city = _town(request, city_slug)
            if city is None or (audience is PUBLIC and not city.is_open):
                raise Http404
            if isinstance(audience, frozenset) and not has_role(request.user, city, audience):
                raise Http404
            return view(request, city, *args, **kwargs)

        page.audience = audience  # type: ignore[attr-defined]  # a test asks every page for it
        page.also = also  # type: ignore[attr-defined]
        return page if audience in (PUBLIC, ANYBODY) else login_required(page)

    return decorate


def own_page(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A page below no town, for whoever is signed in, about themselves; visitors sign in first."""
    return login_required(view)


def town_of(request: HttpRequest) -> City | None:
    """The town below whose address the page stands, open or not."""
    slug = request.resolver_match.kwargs.get("city_slug") if request.resolver_match else None
    return _town(request, slug) if slug else None


def _town(request: HttpRequest, slug: str) -> City | None:
    """Read once for a request: the page, its menus and its clock all need it."""
    if not hasattr(request, "_town"):
        found = request.resolver_match
        page: Any = found.func if found else None
        also, named = None, {}
        # The town is read before the page has seen who asks: strangers must not make the database count.
        if found and getattr(page, "also", None) and _has_somewhere(request.user, page.audience):
            also, named = page.also, found.kwargs
        rows = _towns(also, tuple(named)).rows(**{"city_slug": slug, **named})
        request._town = rows[0] if rows else None  # type: ignore[attr-defined]
    town: City | None = request._town  # type: ignore[attr-defined]
    return town


_counted: dict[str, Callable[[], QuerySet[Any]]] = {}


def count_with_town(name: str, rows: Callable[[], QuerySet[Any]]) -> None:
    """Read each town with how many of these rows it has, under this name: for a number that stands on every page, which
    costs no query of its own. `rows`: of all towns, with a `city`. Called by their app, in its AppConfig.
    """
    _counted[name] = rows


@cache
def _towns(also: Callable[..., Mapping[str, Any]] | None, names: tuple[str, ...]) -> Compiled[City, City]:
    """A town by its slug, with how many associations wait to be verified, and what else is counted with it: the menus
    of the desk say so on each of its pages.
    """
    waiting = Organisation.objects.filter(state=Organisation.State.PENDING)
    towns = City.objects.annotate(waiting_associations=_number_of(waiting))
    towns = towns.annotate(**{name: _number_of(rows()) for name, rows in _counted.items()})
    if also is not None:
        towns = towns.annotate(**also(**{name: Later(name, TEXT) for name in names}))
    return Compiled(towns.filter(slug=Later("city_slug", TEXT)).order_by())


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    """How many of these are a town's own."""
    counted = rows.filter(city=OuterRef("pk")).order_by().values("city").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def person(request: HttpRequest) -> User:
    """Who is signed in, on a page that lets nobody else come."""
    assert request.user.is_authenticated
    return request.user


# --- Endpoints and services ----------------------------------------------------------------------------


def require(allowed: bool, refusal: str = "") -> None:
    """For what somebody may know and not do. Raises PermissionDenied, which pages and the API answer with 403."""
    if not allowed:
        raise PermissionDenied(refusal)


# --- Templates -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class May:
    """What a page offers its reader in the town: `{% if may.take_calls %}`. What they do with it is checked again."""

    coordinate: bool = False
    take_calls: bool = False
    steer: bool = False
    administer: bool = False
    # For an association of the town.
    post: bool = False
    # As a citizen: whoever is signed in and has no other part in the town.
    offer: bool = False

    @classmethod
    def of(cls, user: User | AnonymousUser, city: City | None) -> "May":
        if city is None or not user.is_authenticated:
            return cls()
        roles = roles_in(user, city)
        return cls(
            coordinate=bool(roles & COORDINATION),
            take_calls=bool(roles & DESK),
            steer=bool(roles & STEERING),
            administer=bool(roles & ADMINISTRATION),
            post=ASSOCIATION in roles,
            offer=not roles,
        )
