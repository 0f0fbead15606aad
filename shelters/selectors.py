"""Reading places: of whom they are, their nights, who is expected, their shifts. Each a fixed number of queries."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Max, Q, QuerySet

from accounts.access import COORDINATION, has_role, speaks_for
from accounts.models import Organisation, User
from accounts.selectors import coordinators_of, members_of
from cities.days import local_day
from cities.models import City
from matching.models import Hold, Match, MatchState
from offers.models import OfferState
from shelters.models import Nights, Shelter, Shift

# A volunteer who has said yes, and whose association has.
COMES = (MatchState.CONFIRMED, MatchState.UNDER_WAY, MatchState.COMPLETED)
# What is left of an offer that is no more.
GONE = (OfferState.WITHDRAWN,)


def shelters_of(user: User, city: City) -> QuerySet[Shelter]:
    """Those that somebody may see in a town, the open ones first."""
    seen = Shelter.objects.visible_to(user).filter(city=city)
    return seen.select_related("city", "organisation", "commune", "host").order_by("closed_at", "name", "pk")


def runs(user: User, shelter: Shelter) -> bool:
    """Whether somebody decides on a place: who speaks for its association, and the town's coordination."""
    return has_role(user, shelter.city, COORDINATION) or speaks_for(user, shelter.organisation)


def may_found(user: User, city: City) -> QuerySet[Organisation]:
    """The verified associations and services in whose name somebody may enter a place."""
    verified = Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED)
    if not has_role(user, city, COORDINATION):
        verified = verified.filter(memberships__user=user)
    return verified.order_by("name", "pk")


def may_host(shelter: Shelter, by: User) -> QuerySet[User]:
    """Who may answer for a place: the members of its association, who does so now, and, as the town's coordination
    says, one of its own.
    """
    people = Q(pk=shelter.host_id) | Q(pk__in=members_of(shelter.organisation).order_by().values("pk"))
    if has_role(by, shelter.city, COORDINATION):
        people |= Q(pk__in=coordinators_of(shelter.city).order_by().values("pk"))
    return User.objects.filter(people, is_active=True).order_by("pk")


def nights_of(shelter: Shelter) -> list[Nights]:
    """Those that were not taken back, the first to begin first."""
    rows = Nights.objects.filter(shelter=shelter).exclude(offer__state__in=GONE)
    return list(
        rows.select_related("offer")
        .prefetch_related("offer__windows")
        .annotate(begins=Max("offer__first_day"))
        .order_by("begins", "pk")
    )


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


def volunteers_of(shifts: Iterable[Shift]) -> list[Match]:
    """Who comes: the matches that both sides have confirmed."""
    matches = Match.objects.filter(need__in=[one.need_id for one in shifts], state__in=COMES)
    return list(matches.select_related("offer__owner", "city").order_by("pk"))
