"""Plans are asked for, listed, and forgotten."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from accounts.models import User
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from cities.models import City
from matching.models import Plan
from needs.models import Need
from notifications.wake_up import wake_on_commit

TASK = "matching.tasks.make_plans"
# How long the engine may think, in seconds: what people choose from.
BUDGETS = (10, 30, 60)
KEPT_FOR = timedelta(days=30)
UNDONE = (Plan.State.WAITING, Plan.State.RUNNING)


class NothingToPlan(Exception):
    """No open need among those chosen."""


def open_needs(
    city: City, *, kind: str, urgency: str, need_ids: Collection[int], now: datetime
) -> QuerySet[Need]:
    """The open needs of a selection, whatever is empty meaning all; as urgent as they are by now."""
    chosen = Need.objects.open().filter(city=city)
    if kind:
        chosen = chosen.filter(kind=kind)
    if urgency:
        chosen = chosen.of_urgency(urgency, local_day(now, city))
    return chosen.filter(pk__in=need_ids) if need_ids else chosen


@transaction.atomic
def ask(
    *,
    city_id: int,
    kind: str,
    urgency: str,
    need_ids: Collection[int],
    budget_seconds: int,
    by: User,
    now: datetime,
) -> Plan:
    """Have a plan made of a town's open needs: of a kind, an urgency, or these alone; whatever is empty means all.

    The same question asked twice before its answer is one plan. Raises NothingToPlan, and ValueError for words and
    seconds that no form offers.
    """
    if (
        kind not in ("", *Kind.values)
        or urgency not in ("", *Urgency.values)
        or budget_seconds not in BUDGETS
    ):
        raise ValueError("a selection that no form offers")
    city = City.objects.select_for_update(no_key=True).get(pk=city_id)
    chosen = sorted(Need.objects.filter(city=city, pk__in=need_ids).values_list("pk", flat=True))
    if need_ids and not chosen:
        raise NothingToPlan
    if not open_needs(city, kind=kind, urgency=urgency, need_ids=chosen, now=now).exists():
        raise NothingToPlan
    question = {"kind": kind, "urgency": urgency, "need_ids": chosen, "budget_seconds": budget_seconds}
    waiting = Plan.objects.filter(city=city, state__in=UNDONE, **question).first()
    if waiting is not None:
        return waiting
    wake_on_commit(TASK)
    return Plan.objects.create(city=city, by=by, asked_at=now, **question)


def renew(*, plan_id: int, by: User, now: datetime) -> Plan | None:
    """Ask the same once more; None when none of its needs is open any more."""
    plan = Plan.objects.get(pk=plan_id)
    try:
        return ask(
            city_id=plan.city_id,
            kind=plan.kind,
            urgency=plan.urgency,
            need_ids=plan.need_ids,
            budget_seconds=plan.budget_seconds,
            by=by,
            now=now,
        )
    except NothingToPlan:
        return None


def of_city(city: City, user: User) -> QuerySet[Plan]:
    """The plans of a town that somebody sees, the last first, with how many lines each has and how many of them were
    accepted.
    """
    return (
        Plan.objects.visible_to(user)
        .filter(city=city)
        .select_related("by")
        .annotate(
            line_count=Count("lines"),
            accepted_count=Count("lines", filter=Q(lines__match__isnull=False)),
        )
        .order_by("-asked_at", "-pk")
    )


def needs_of(plan: Plan, *, now: datetime) -> QuerySet[Need]:
    """The open needs of the selection that a plan is asked for."""
    return open_needs(plan.city, kind=plan.kind, urgency=plan.urgency, need_ids=plan.need_ids, now=now)


def undone() -> QuerySet[Plan]:
    """Plans that are asked for and not ready, whether a worker is at them or not."""
    return Plan.objects.filter(state__in=UNDONE)


def are_waiting() -> bool:
    """Whether some plan is undone, whether a worker is at it or not."""
    return undone().exists()


def forget_old(*, by: None, now: datetime) -> int:
    """Delete the plans that nobody will look at any more, with their lines; how many plans."""
    old = Plan.objects.filter(asked_at__lt=now - KEPT_FOR)
    return old.delete()[1].get("matching.Plan", 0)
