"""Whether a plan still fits the town, or something that it was made from has changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.postgres.aggregates import BitXor
from django.db.models import BigIntegerField, Count, Expression, F, Func, Q, QuerySet

import engine
from accounts.models import User
from catalogue.vocabulary import Kind
from cities import selectors as cities
from cities.days import local_day
from engine.vocabulary import ASKED_DAYS
from matching.lifecycle import ANSWERED, HOLDING
from matching.models import Hold, Match, Plan, PlanLine
from matching.plans.plan_queue import needs_of, renew
from needs.models import Need, NeedState
from offers.models import Offer

# A plan that is as fresh as this is not made again by itself: in a busy town none would ever be ready.
RENEW_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan stands now. `newer` is the latest one made for the same needs since, ready or not; `is_due` says that
    there is none, and that `refresh` would have one made.
    """

    is_stale: bool
    newer: Plan | None
    is_due: bool = False


def look_at(*, plan_id: int, now: datetime) -> Standing:
    """How a plan stands, to somebody who looks at it."""
    plan = Plan.objects.select_related("city").get(pk=plan_id)
    newer = _newer(plan)
    if not is_stale(plan, now=now):
        return Standing(False, newer)
    assert plan.finished_at is not None  # plan_done_has_figures
    is_due = newer is None and now - plan.finished_at > RENEW_AFTER and needs_of(plan, now=now).exists()
    return Standing(True, newer, is_due)


def refresh(*, plan_id: int, by: User, now: datetime) -> Plan | None:
    """Have a plan made again that the town has outgrown; the newer one, or None when there is none and none is due."""
    standing = look_at(plan_id=plan_id, now=now)
    return renew(plan_id=plan_id, by=by, now=now) if standing.is_due else standing.newer


def _newer(plan: Plan) -> Plan | None:
    same = Plan.objects.filter(
        city=plan.city_id, kind=plan.kind, urgency=plan.urgency, need_ids=plan.need_ids, pk__gt=plan.pk
    )
    return same.exclude(state=Plan.State.FAILED).order_by("-pk").first()


def is_stale(plan: Plan, *, now: datetime) -> bool:
    """Whether something that the plan was made from is another now, its own acceptances apart."""
    return plan.state == Plan.State.DONE and plan.fingerprint != fingerprint(plan, now=now)


def fingerprint(plan: Plan, *, now: datetime) -> str:
    """A digest of all that a plan is made from: needs, offers that may matter, what is held, answers, who was asked
    lately, points, the day.

    What was proposed from this very plan counts as if nothing had been, for as long as it holds: accepting one line
    takes nothing from the others.
    """
    city = plan.city
    own = PlanLine.objects.filter(plan=plan, match__state__in=[str(state) for state in HOLDING])
    own_matches = own.values("match")
    selected = needs_of(plan, now=now)
    # A need that this plan served is open no more, and nothing has changed for all that.
    served = Q(pk__in=own.values("need"), state__in=[NeedState.OPEN, NeedState.PARTLY_MET, NeedState.MET])
    needs = Need.objects.filter(Q(pk__in=selected.values("pk")) | served).order_by()
    linked = sorted(cities.linked_city_ids(city))
    offers = (
        Offer.objects.open()
        .order_by()
        .filter(
            Q(city=city) | Q(city__in=linked, share_with_linked=True),
            Q(kind=Kind.HOUSING, kind__in=needs.values("kind")) | Q(category__in=needs.values("category")),
        )
    )
    concerned = Q(need__in=needs.values("pk")) | Q(offer__in=offers.values("pk"))
    holds = Hold.objects.filter(concerned).exclude(match__in=own_matches)
    answers = Match.objects.filter(need__in=needs.values("pk"), state__in=[str(state) for state in ANSWERED])
    asked = Match.objects.filter(
        asked_at__gte=now - timedelta(days=ASKED_DAYS), offer__owner__in=offers.values("owner")
    ).exclude(pk__in=own_matches)
    parts = [
        _digest(needs, "pk", "revision"),
        _digest(offers, "pk", "revision", "confirmed_at"),
        _digest(holds, "pk", "quantity", "first_day", "last_day", "released", "beside"),
        _digest(answers.order_by(), "pk", "state", "need_revision", "offer_revision"),
        _digest(asked.order_by(), "pk"),
        linked,
        sorted(city.weights.items()),
        city.looks_ahead_days,
        local_day(now, city).isoformat(),
        engine.VERSION,
    ]
    return sha256(repr(parts).encode()).hexdigest()


def _digest(rows: QuerySet[Any], *fields: str) -> tuple[int, int]:
    """How many rows there are, and all of them in one number, whatever their order."""
    found = rows.aggregate(count=Count("pk"), all=BitXor(_hash(*fields)))
    return found["count"], found["all"] or 0


def _hash(*fields: str) -> Expression:
    """A row's fields in one number."""
    return Func(
        *(F(field) for field in fields),
        template="hash_record_extended(ROW(%(expressions)s), 0)",
        output_field=BigIntegerField(),
    )
