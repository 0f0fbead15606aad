"""A town's own indicators, counted: the rows of each from what its definition names."""

from collections.abc import Callable

from django.db.models import Count, QuerySet

from accounts.models import User
from cities.models import City
from insight.measuring import Scope, count, grouped
from insight.models import OwnIndicator, Subject
from matching.models import Match, MatchState
from needs.models import Need, NeedState
from offers.models import Offer, OfferState

# Which states may be named, of each subject.
STATES = {Subject.OFFERS: OfferState, Subject.NEEDS: NeedState, Subject.MATCHES: MatchState}


def of(user: User, city: City) -> QuerySet[OwnIndicator]:
    """Those that the town has now, the first defined first."""
    return (
        OwnIndicator.objects.visible_to(user).filter(city=city).kept().select_related("commune", "defined_by")
    )


def measure(indicators: list[OwnIndicator], scope: Scope) -> dict[int, dict[str, float]]:
    """By indicator's number and key, one query for all."""
    if not indicators:
        return {}
    found = count({str(one.pk): rows_of(one, scope) for one in indicators}, scope)
    return {int(name): keys for name, keys in found.items()}


def rows_of(indicator: OwnIndicator, scope: Scope) -> QuerySet:
    rows, moment, entry = _SUBJECTS[Subject(indicator.subject)](scope.city)
    wanted: dict[str, object] = {}
    if indicator.kind:
        wanted[f"{entry}kind"] = indicator.kind
    if indicator.item:
        items = "item" if indicator.subject == Subject.OFFERS else f"{entry}items__contains"
        wanted[items] = indicator.item if items == "item" else [indicator.item]
    if indicator.state:
        wanted["state"] = indicator.state
    if indicator.urgency:
        wanted[f"{entry}urgency"] = indicator.urgency
    if indicator.commune_id:
        wanted[f"{entry}commune"] = indicator.commune_id
    return grouped(rows.filter(**wanted), scope, moment=moment, entry=entry, value=Count("*"))


_SUBJECTS: dict[str, Callable[[City], tuple[QuerySet, str, str]]] = {
    Subject.OFFERS: lambda city: (
        Offer.objects.filter(city=city).exclude(state=OfferState.DRAFT), "created_at", "",
    ),
    Subject.NEEDS: lambda city: (
        Need.objects.filter(city=city).exclude(state=NeedState.DRAFT), "created_at", "",
    ),
    Subject.MATCHES: lambda city: (
        Match.objects.filter(city=city, asked_at__isnull=False), "asked_at", "need__",
    ),
}  # fmt: skip
