"""Reading for the desk: the queue and who looks after what. Each a fixed number of queries."""

from datetime import date

from django.db.models import Count, Exists, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404

from accounts.models import User
from cities.models import City
from matching.models import CaseTaken, HouseholdVerdict, Match, MatchState
from matching.selectors import PENDING
from needs.models import Need, NeedQuerySet, urgency_order


def queue(user: User, city: City, *, today: date) -> QuerySet[Need]:
    """Open needs of the town that the desk can act on: in the desk's order (`NeedQuerySet.by_urgency`).

    Each carries `suggestions`, `pending` (somebody is being asked), `answer_by` and what `with_desk` adds.
    Those that wait for somebody's answer come after those that wait for the desk.
    """
    matches = Match.objects.filter(need=OuterRef("pk"))
    suggestions = matches.filter(state=MatchState.SUGGESTED).order_by().values("need").annotate(n=Count("*"))
    deadline = (
        matches.filter(state=MatchState.PROPOSED).order_by().values("need").annotate(by=Min("answer_by"))
    )
    return (
        with_desk(Need.objects.visible_to(user))
        .open()
        .filter(city=city)
        .by_urgency(today)
        .select_related("commune", "organisation", "city")
        .annotate(
            pending=Exists(matches.filter(state__in=PENDING)),
            suggestions=Coalesce(Subquery(suggestions.values("n"), output_field=IntegerField()), 0),
            answer_by=Subquery(deadline.values("by")),
        )
        .order_by("pending", *urgency_order(today))
    )


def with_desk(needs: NeedQuerySet) -> NeedQuerySet:
    """Each with `taken_by` and `taken_at`, the name of the coordinator who looks after it and since when, and
    `has_joined`: others were closed for it as the same household.
    """
    taken = CaseTaken.objects.filter(need=OuterRef("pk"), given_back_at__isnull=True).order_by()
    pair = Q(lower=OuterRef("pk")) | Q(higher=OuterRef("pk"))
    joined = HouseholdVerdict.objects.filter(pair, joined__isnull=False).exclude(joined=OuterRef("pk"))
    return needs.annotate(
        taken_by=Subquery(taken.values("by__name")),
        taken_at=Subquery(taken.values("at")),
        has_joined=Exists(joined),
    )


def needs(user: User, city: City) -> QuerySet[Need]:
    """The town's needs as its desk opens them."""
    found = with_desk(Need.objects.visible_to(user))
    return found.filter(city=city).select_related("commune", "organisation", "city")


def need(user: User, city: City, reference: str) -> Need:
    """One of them, or 404."""
    return get_object_or_404(needs(user, city), reference=reference)
