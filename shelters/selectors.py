"""Reading places: of whom they are, their nights, who is expected, their shifts. Each a fixed number of queries."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import F, Max, Q, QuerySet

from accounts.access import COORDINATION, has_role, speaks_for
from accounts.models import Organisation, User
from accounts.selectors import coordinators_of, members_of
from cities.days import local_day
from cities.models import City
from matching.models import Hold, Match, MatchState
from offers.models import OfferState
from shelters.models import Nights, Shelter, Shift

# A volunteer who has said yes, and whose association has.
COMES = (MatchState.CONFIRMED, MatchState.UNDER_WAY)
# What is left of an offer that is no more.
GONE = (OfferState.WITHDRAWN,)


def shelters_of(user: User, city: City) -> QuerySet[Shelter]:
    """Those that somebody may see in a town, the open ones first."""
    seen = Shelter.objects.visible_to(user).filter(city=city)
    return seen.select_related("city", "organisation", "commune", "host").order_by(
        F("closed_at").asc(nulls_first=True), "name", "pk"
    )


def runs(user: User, shelter: Shelter) -> bool:
    """Whether somebody decides on a place: who speaks for its association, and the town's coordination."""
    return has_role(user, shelter.city, COORDINATION) or speaks_for(user, shelter.organisation)


def may_see(user: User, shelter: Shelter) -> bool:
    """Whether somebody may say that the town has seen a place: of its coordination, and nobody who holds the place."""
    is_own = user.pk == shelter.host_id or members_of(shelter.organisation).filter(pk=user.pk).exists()
    return has_role(user, shelter.city, COORDINATION) and not is_own


def answers(user: User, shelter: Shelter) -> bool:
    """Whether somebody may go on answering for a place: an active member of its association, or of the coordination."""
    is_member = members_of(shelter.organisation).filter(pk=user.pk).exists()
    return is_member or coordinators_of(shelter.city).filter(pk=user.pk).exists()


def may_found(user: User, city: City) -> QuerySet[Organisation]:
    """The verified associations and services in whose name somebody may enter a place."""
    verified = Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED)
    if not has_role(user, city, COORDINATION):
        verified = verified.filter(memberships__user=user)
    return verified.order_by("name", "pk")


def may_host(shelter: Shelter, by: User) -> QuerySet[User]:
    """Who may answer for a place: the members of its association, who does so now and still may, and, as the town's
    coordination says, one of its own.
    """
    people = Q(pk__in=members_of(shelter.organisation).order_by().values("pk"))
    if answers(shelter.host, shelter):
        people |= Q(pk=shelter.host_id)
    if has_role(by, shelter.city, COORDINATION):
        people |= Q(pk__in=coordinators_of(shelter.city).order_by().values("pk"))
    return User.objects.filter(people, is_active=True).order_by("pk")


def nights_of(shelter: Shelter) -> list[Nights]:
    """Those that were not taken back, the first to begin first."""
    return nights_of_all([shelter])[shelter.pk]


def nights_of_all(shelters: Collection[Shelter]) -> dict[int, list[Nights]]:
    """The same of each of these places, by its key."""
    rows = Nights.objects.filter(shelter__in=shelters).exclude(offer__state__in=GONE)
    found: dict[int, list[Nights]] = {shelter.pk: [] for shelter in shelters}
    for row in (
        rows.select_related("offer", "shelter__city")
        .prefetch_related("offer__windows")
        .annotate(begins=Max("offer__first_day"))
        .order_by("begins", "pk")
    ):
        found[row.shelter_id].append(row)
    return found


def place_of(user: User, city: City, reference: str) -> Shelter | None:
    """The place of whose beds this is the offer, where somebody may see it."""
    seen = shelters_of(user, city)
    return seen.filter(nights__offer__reference=reference.upper()).first()


def holds_of(nights: Iterable[Nights], *, first_day: date, last_day: date | None) -> list[Hold]:
    """What is asked for, promised and slept in on some of these days, the first to come first."""
    holds = Hold.objects.filter(offer__in=[one.offer_id for one in nights], last_day__gte=first_day)
    if last_day is not None:
        holds = holds.filter(first_day__lte=last_day)
    return list(
        holds.select_related("match__city", "need__organisation", "need__city", "offer").order_by(
            "first_day", "pk"
        )
    )


def seen_of(user: User, matches: Iterable[Match]) -> set[int]:
    """The keys of those that somebody may see by themselves, with their pages."""
    return set(
        Match.objects.visible_to(user)
        .filter(pk__in=[match.pk for match in matches])
        .values_list("pk", flat=True)
    )


def shifts_of(shelter: Shelter, *, now: datetime) -> list[Shift]:
    """Those that are not over and not taken back, the first to come first."""
    today = local_day(now, shelter.city)
    rows = Shift.objects.filter(shelter=shelter, need__last_day__gte=today).exclude(need__state="withdrawn")
    return list(rows.select_related("need__city").order_by("need__first_day", "need__pk"))


def volunteers_of(shifts: Iterable[Shift], *, today: date) -> list[Match]:
    """Who still comes: the matches that both sides have confirmed and that are not over."""
    matches = Match.objects.filter(
        need__in=[one.need_id for one in shifts], state__in=COMES, last_day__gte=today
    )
    return list(matches.select_related("offer__owner", "city").order_by("pk"))
