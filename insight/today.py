"""What stands today: offers and needs by item and state, why open needs are not served, and who carries how much."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from accounts.models import Organisation
from cities.models import City
from insight.measuring import Scope
from matching.lifecycle import Act, Role
from matching.models import CaseTaken, Decision, Match, MatchState
from matching.selectors import PENDING
from needs.models import OPEN_STATES, Need, NeedState
from offers.models import Offer, OfferState

# Why an open need has nothing yet; else the rule that its nearest miss breaks.
UNVERIFIED, ASKED, SUGGESTED, NOT_LOOKED, NOTHING_NEAR = (
    "unverified", "asked", "suggested", "not_looked", "nothing_near",
)  # fmt: skip


def _here(rows: QuerySet, scope: Scope) -> QuerySet:
    wanted: dict[str, Any] = {"city": scope.city}
    if scope.kind:
        wanted["kind"] = scope.kind
    if scope.commune:
        wanted["commune"] = scope.commune
    return rows.filter(**wanted).order_by()


ByState = list[tuple[str, str, str, int]]


def by_state(scope: Scope) -> tuple[ByState, ByState]:
    """Of offers, then of needs: (category, item, state, n), in one query; drafts left out.

    Of a need, what several items may do for stands under the first, a home under its kind.
    """
    named = ("of_needs", "category", "thing", "state")
    first = Coalesce(F("items__0"), Value(""), output_field=CharField())
    offers = Offer.objects.exclude(state=OfferState.DRAFT)
    needs = Need.objects.exclude(state=NeedState.DRAFT)
    given, asked = (
        _here(rows, scope)
        .annotate(of_needs=Value(of_needs), thing=thing)
        .values_list(*named)
        .annotate(n=Count("*"))
        for rows, of_needs, thing in ((offers, False, F("item")), (needs, True, first))
    )
    found: tuple[ByState, ByState] = ([], [])
    for of_needs, *row in given.union(asked, all=True):
        found[of_needs].append(tuple(row))
    return found


def freshness(scope: Scope, *, now: datetime) -> tuple[int, int]:
    """How many active offers were confirmed so lately that their owner is not reminded; and how many there are."""
    since = now - timedelta(days=scope.city.remind_after_days)
    found = _here(Offer.objects.open(), scope).aggregate(
        fresh=Count("pk", filter=Q(confirmed_at__gte=since)), all=Count("pk")
    )
    return found["fresh"], found["all"]


def unserved(scope: Scope) -> dict[str, int]:
    """Open needs that nobody has said yes to on both sides, by what keeps them, the most frequent first."""
    matches = Match.objects.filter(need=OuterRef("pk"))
    rows = _here(Need.objects.filter(state__in=OPEN_STATES, given_days=0, given_quantity=0), scope)
    why = Case(
        When(
            Q(organisation__isnull=False) & ~Q(organisation__state=Organisation.State.VERIFIED),
            then=Value(UNVERIFIED),
        ),
        When(Exists(matches.filter(state__in=PENDING)), then=Value(ASKED)),
        When(Exists(matches.filter(state=MatchState.SUGGESTED)), then=Value(SUGGESTED)),
        When(scan__isnull=True, then=Value(NOT_LOOKED)),
        default=Coalesce(
            KeyTextTransform("rule", KeyTextTransform("0", "scan__near_misses")), Value(NOTHING_NEAR)
        ),
        output_field=CharField(),
    )
    found = rows.annotate(why=why).values_list("why").annotate(n=Count("*"))
    return dict(sorted(found, key=lambda row: (-row[1], row[0])))


def asked(scope: Scope) -> dict[int, int]:
    """How often citizens were asked over the time of the scope: times → people, the fewest first."""
    matches = Match.objects.filter(
        offer__city=scope.city, asked_at__gte=scope.begins, asked_at__lt=scope.ends
    ).order_by()
    times = Counter(n for (n,) in matches.values("offer__owner").annotate(n=Count("*")).values_list("n"))
    return dict(sorted(times.items()))


def coordinators(scope: Scope) -> list[dict[str, Any]]:
    """What each has decided over the time of the scope, and how many cases are theirs today, the most decisions first;
    who decided for the town and has left since is still named.
    """
    of_one = open_cases(scope.city).filter(by=OuterRef("by")).values("n")
    decided = (
        Decision.objects.filter(match__city=scope.city, role=Role.COORDINATOR, by__isnull=False)
        .filter(at__gte=scope.begins, at__lt=scope.ends)
        .order_by()
        .values("by", name=F("by__name"))
        .annotate(
            decisions=Count("*"),
            questions=Count("pk", filter=Q(act=Act.PROPOSE)),
            cases=Coalesce(Subquery(of_one), 0),
        )
    )
    rows = [dict[str, Any](row) for row in decided]
    return sorted(rows, key=lambda row: (-row["decisions"], row["name"]))


def open_cases(city: City) -> QuerySet:
    taken = CaseTaken.objects.filter(city=city, given_back_at__isnull=True, need__state__in=OPEN_STATES)
    return taken.order_by().values("by").annotate(n=Count("*"))
