"""Plans: whom to ask, so that together most people are helped. Asked for, worked out by a worker, accepted by line.

Rows are the queue here too. Whoever works on a plan holds an advisory lock for as long as its connection lives: when a
worker is killed, its plan is free in that moment, and the next one takes it up. Nothing else is locked while the engine
thinks, so a plan may be older than the town: `fingerprint` tells, and each line is checked again when it is accepted.
"""

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import numpy as np
from django.contrib.postgres.aggregates import BitXor
from django.db import connection, transaction
from django.db.models import BigIntegerField, Count, Expression, F, Func, Q, QuerySet

from accounts.models import User
from catalogue.vocabulary import Kind, Urgency
from cities import selectors as cities
from cities.models import City
from matching import engine, services, snapshots
from matching.engine.columns import Ints, row_codes
from matching.engine.planning import Plan as Found
from matching.engine.planning import plan as best_plan
from matching.engine.planning.gaps import LeftOut, left_out
from matching.engine.planning.scarcity import Call, Relaxation, calls, relaxations
from matching.engine.rules import MICRO
from matching.lifecycle import ANSWERED, HOLDING, Act, NotPossible
from matching.models import LIVE_STATES, Hold, Match, MatchState, Plan, PlanGap, PlanLine
from matching.snapshots import local_day
from needs.models import Need, NeedState
from notifications.bell import ring_on_commit
from offers.models import Offer

log = logging.getLogger(__name__)

TASK = "matching.tasks.make_plans"
# The first half of the advisory locks; the second is the plan.
PLAN_IN_HAND = 0x5CA6
# How long the engine may think, in seconds: what people choose from.
BUDGETS = (10, 30, 60)
# Of what would help most, the engine thinks for so long, looks at offers so far beyond what both sides reach, and tells
# so many changes and so many calls.
SCARCITY_SECONDS = 5.0
SCARCITY_KM = 100.0
MOST_TOLD = 10
# A plan whose worker was lost is taken up again for so long, lest it be what kills the workers.
GIVE_UP_AFTER = timedelta(minutes=15)
# A plan that is as fresh as this is not made again by itself: in a busy town none would ever be ready.
RENEW_AFTER = timedelta(seconds=30)
KEPT_FOR = timedelta(days=30)
UNDONE = (Plan.State.WAITING, Plan.State.RUNNING)


class NothingToPlan(Exception):
    """No open need among those chosen."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan stands now. `newer` is the latest one made for the same needs since, ready or not."""

    is_stale: bool
    newer: Plan | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that could not be proposed, and why."""

    line: PlanLine
    failure: NotPossible


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the lines accepted. `already` counts those that had been accepted before."""

    asked: tuple[Match, ...]
    already: int
    refused: tuple[Refused, ...]
    was_stale: bool


def open_needs(city: City, *, kind: str, urgency: str, need_ids: Collection[int]) -> QuerySet[Need]:
    """The open needs of a selection, whatever is empty meaning all."""
    chosen = Need.objects.open().filter(city=city)
    if kind:
        chosen = chosen.filter(kind=kind)
    if urgency:
        chosen = chosen.filter(urgency=urgency)
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
    if not open_needs(city, kind=kind, urgency=urgency, need_ids=chosen).exists():
        raise NothingToPlan
    question = {"kind": kind, "urgency": urgency, "need_ids": chosen, "budget_seconds": budget_seconds}
    waiting = Plan.objects.filter(city=city, state__in=UNDONE, **question).first()
    if waiting is not None:
        return waiting
    ring_on_commit(TASK)
    return Plan.objects.create(city=city, by=by, asked_at=now, **question)


def look_at(*, plan_id: int, by: User, now: datetime) -> Standing:
    """How a plan stands, to somebody who looks at it: one that has become stale is made again."""
    plan = Plan.objects.select_related("city").get(pk=plan_id)
    newer = _newer(plan)
    if plan.state != Plan.State.DONE:
        return Standing(False, newer)
    if not is_stale(plan, now=now):
        return Standing(False, newer)
    assert plan.finished_at is not None  # plan_done_has_figures
    if newer is None and now - plan.finished_at > RENEW_AFTER:
        newer = renew(plan_id=plan_id, by=by, now=now)
    return Standing(True, newer)


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


def of_city(city: City) -> QuerySet[Plan]:
    """The plans of a town, the last first, with how many lines each has and how many of them were accepted."""
    return (
        Plan.objects.filter(city=city)
        .select_related("by")
        .annotate(
            line_count=Count("lines"),
            accepted_count=Count("lines", filter=Q(lines__match__isnull=False)),
        )
        .order_by("-asked_at", "-pk")
    )


def _needs_of(plan: Plan) -> QuerySet[Need]:
    return open_needs(plan.city, kind=plan.kind, urgency=plan.urgency, need_ids=plan.need_ids)


def _newer(plan: Plan) -> Plan | None:
    same = Plan.objects.filter(
        city=plan.city_id, kind=plan.kind, urgency=plan.urgency, need_ids=plan.need_ids, pk__gt=plan.pk
    )
    return same.exclude(state=Plan.State.FAILED).order_by("-pk").first()


# --- Working it out ------------------------------------------------------------------------------------


def are_waiting() -> bool:
    """Whether some plan is undone, in hand or not."""
    return _undone().exists()


def work_on_one(*, now: datetime) -> bool:
    """Take a plan that nobody works on, and make it; False when there is none. One that fails says so."""
    plan = _taken(now=now)
    if plan is None:
        return False
    began = time.monotonic()
    try:
        made = _made(plan, now=now)
        _write(plan, made, now=now + timedelta(seconds=time.monotonic() - began))
    except Exception:
        log.exception("plan %s failed", plan.pk)
        _fail(plan.pk, now=now + timedelta(seconds=time.monotonic() - began))
    finally:
        _release(plan.pk)
    return True


def forget_old(*, by: None, now: datetime) -> int:
    """Delete the plans that nobody will look at any more, with their lines; how many plans."""
    old = Plan.objects.filter(asked_at__lt=now - KEPT_FOR)
    return old.delete()[1].get("matching.Plan", 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What the engine found, and what the rows need besides."""

    found: Found
    need_revision: Ints  # by row of the found plan's columns
    offer_revision: Ints
    gaps: tuple[LeftOut, ...]
    scarcity: list[dict[str, Any]]
    fingerprint: str


def _undone() -> QuerySet[Plan]:
    return Plan.objects.filter(state__in=UNDONE)


def _taken(*, now: datetime) -> Plan | None:
    """The longest waiting plan that nobody works on, locked for us."""
    for pk in list(_undone().order_by("asked_at", "pk").values_list("pk", flat=True)):
        if not _lock(pk):
            continue
        plan = _begun(pk, now=now)
        if plan is not None:
            return plan
        _release(pk)
    return None


@transaction.atomic
def _begun(pk: int, *, now: datetime) -> Plan | None:
    """The plan, marked as running; None when it is done meanwhile, or was tried for too long."""
    plan = (
        _undone()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("city")
        .filter(pk=pk)
        .first()
    )
    if plan is None:
        return None
    if plan.state == Plan.State.RUNNING and now - plan.asked_at > GIVE_UP_AFTER:
        plan.state, plan.finished_at = Plan.State.FAILED, now
        plan.save(update_fields=["state", "finished_at"])
        return None
    plan.state, plan.started_at = Plan.State.RUNNING, now
    plan.save(update_fields=["state", "started_at"])
    return plan


def _made(plan: Plan, *, now: datetime) -> _Made:
    """Read, and think. The fingerprint comes first: what changes meanwhile then makes the plan stale."""
    city = plan.city
    mark = fingerprint(plan, now=now)
    read = snapshots.of_selection(
        city,
        kind=plan.kind or None,
        urgency=plan.urgency or None,
        need_ids=plan.need_ids or None,
        now=now,
        margin_km=SCARCITY_KM,
    )
    rows = _by_arrival(read, _needs_of(plan))
    places = np.empty(len(rows), np.int64)
    places[rows] = np.arange(len(rows))
    needs, excluded = (
        read.needs.take(rows),
        row_codes(places[read.excluded >> 32], read.excluded & 0xFFFF_FFFF),
    )
    common: dict[str, Any] = {"links": read.links, "excluded": np.sort(excluded)}
    thinking = {**common, "today": local_day(now, city), "weights": read.weights}
    found = best_plan(needs, read.offers, seconds=float(plan.budget_seconds), **thinking)
    return _Made(
        found=found,
        need_revision=read.need_revision[rows],
        offer_revision=read.offer_revision,
        gaps=left_out(found, needs, read.offers, **common),
        scarcity=_scarcity(
            relaxations(found, needs, read.offers, seconds=SCARCITY_SECONDS, **thinking),
            calls(found, needs, read.offers, **thinking),
        ),
        fingerprint=mark,
    )


def _scarcity(changes: Sequence[Relaxation], wanted: Sequence[Call]) -> list[dict[str, Any]]:
    """What would help most, as JSON keeps it: of the needs concerned, how many; of a place, its commune."""
    told: list[dict[str, Any]] = [
        {
            "type": "relaxation",
            "code": one.code,
            "people": one.people,
            "needs": len(one.need_ids),
            "before": one.before,
            "after": one.after,
            "word": one.word,
        }
        for one in changes[:MOST_TOLD]
    ]
    wanted = wanted[:MOST_TOLD]
    ids = {int(str(need_id)) for call in wanted for need_id in call.need_ids}
    # A call stands at the place of one of its needs.
    places = {
        (need.latitude, need.longitude): need.commune_id
        for need in Need.objects.filter(pk__in=ids).only("latitude", "longitude", "commune")
    }
    for call in wanted:
        told.append(
            {
                "type": "call",
                "kind": call.kind,
                "category": call.category,
                "forms": list(call.forms),
                "conditions": list(call.conditions),
                "languages": list(call.languages),
                "size": call.size,
                "count": call.count,
                "people": call.people,
                "needs": len(call.need_ids),
                "commune": places.get((call.lat, call.lon)),
                "first_day": call.first_day.isoformat(),
                "last_day": call.last_day.isoformat(),
            }
        )
    return told


def _by_arrival(read: snapshots.Snapshot, chosen: QuerySet[Need]) -> Ints:
    """Rows of the needs that were read, the first to come first."""
    ids = np.asarray(read.needs.ids, np.int64)
    order = np.fromiter(chosen.order_by("created_at", "pk").values_list("pk", flat=True), np.int64)
    known = order[np.isin(order, ids)]
    rows = np.searchsorted(ids, known)
    # Those that closed since they were read come last; the next reading will not have them.
    return np.concatenate([rows, np.setdiff1d(np.arange(len(ids)), rows)])


@transaction.atomic
def _write(plan: Plan, made: _Made, *, now: datetime) -> None:
    """All of a plan, or nothing of it."""
    if not Plan.objects.select_for_update().filter(pk=plan.pk, state=Plan.State.RUNNING).exists():
        return  # forgotten, or given up by somebody else
    found = made.found
    PlanLine.objects.bulk_create(_lines(plan, made), batch_size=1000)
    PlanGap.objects.bulk_create(
        (
            PlanGap(
                plan=plan,
                need_id=int(str(gap.need_id)),
                missing=gap.missing,
                people=gap.people,
                reason=asdict(gap.reason),
            )
            for gap in made.gaps
        ),
        batch_size=1000,
    )
    plan.state, plan.finished_at = Plan.State.DONE, now
    plan.fingerprint, plan.algorithm = made.fingerprint, engine.VERSION
    plan.objective, plan.bound = found.objective, found.bound
    plan.first_come, plan.greedy = found.first_come.objective, found.greedy.objective
    plan.people, plan.people_first_come = found.people, found.first_come.people
    plan.people_asked, plan.scarcity = round(found.people_asked), made.scarcity
    plan.save(
        update_fields=[
            "state", "finished_at", "fingerprint", "algorithm", "objective", "bound", "first_come", "greedy", "people",
            "people_first_come", "people_asked", "scarcity",
        ]
    )  # fmt: skip


def _lines(plan: Plan, made: _Made) -> list[PlanLine]:
    pairs = made.found.pairs
    columns = (
        np.asarray(pairs.needs.ids, np.int64)[pairs.need],
        np.asarray(pairs.offers.ids, np.int64)[pairs.offer],
        made.found.units,
        pairs.run_first,
        pairs.run_last,
        pairs.score,
        np.rint(pairs.distance_km * MICRO) / MICRO,
        made.found.values,
        made.need_revision[pairs.need],
        made.offer_revision[pairs.offer],
        np.column_stack(pairs.parts),
    )
    return [
        PlanLine(
            plan=plan,
            need_id=need,
            offer_id=offer,
            quantity=quantity,
            first_day=date.fromordinal(first),
            last_day=date.fromordinal(last),
            score=score,
            distance_km=distance_km,
            value=value,
            need_revision=need_revision,
            offer_revision=offer_revision,
            part_values=parts,
        )
        for need, offer, quantity, first, last, score, distance_km, value, need_revision, offer_revision, parts in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


@transaction.atomic
def _fail(pk: int, *, now: datetime) -> None:
    Plan.objects.filter(pk=pk, state=Plan.State.RUNNING).update(state=Plan.State.FAILED, finished_at=now)


def _lock(plan_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [PLAN_IN_HAND, plan_id % 2**31])
        return bool(cursor.fetchone()[0])


def _release(plan_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [PLAN_IN_HAND, plan_id % 2**31])


# --- Is it still what the town looks like? -------------------------------------------------------------


def is_stale(plan: Plan, *, now: datetime) -> bool:
    """Whether something that the plan was made from is another now, its own acceptances apart."""
    return plan.state == Plan.State.DONE and plan.fingerprint != fingerprint(plan, now=now)


def fingerprint(plan: Plan, *, now: datetime) -> str:
    """A digest of all that a plan is made from: needs, offers that may matter, what is held, answers, points, the day.

    What was proposed from this very plan counts as if nothing had been, for as long as it holds: accepting one line
    takes nothing from the others.
    """
    city = plan.city
    own = PlanLine.objects.filter(plan=plan, match__state__in=[str(state) for state in HOLDING])
    own_matches = own.values("match")
    selected = _needs_of(plan)
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
    parts = [
        _digest(needs, "pk", "revision"),
        _digest(offers, "pk", "revision", "confirmed_at"),
        _digest(holds, "pk", "quantity", "first_day", "last_day", "released"),
        _digest(answers.order_by(), "pk", "state", "need_revision", "offer_revision"),
        linked,
        sorted(city.weights.items()),
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


# --- Accepting -----------------------------------------------------------------------------------------


def accept(*, plan_id: int, line_ids: Collection[int], by: User, now: datetime) -> Outcome:
    """Propose these lines, each by itself and as any other proposal; those that no longer hold are told of.

    Not atomic as a whole: each line is locked, and committed, by itself. Twice proposes nothing twice.
    """
    plan = Plan.objects.select_related("city").get(pk=plan_id)
    was_stale = is_stale(plan, now=now)
    asked, already, refused = [], 0, []
    lines = plan.lines.filter(pk__in=line_ids).select_related("need", "offer").order_by("pk")
    for line in list(lines):
        try:
            match = _accept(line, city=plan.city, by=by, now=now)
        except NotPossible as failure:
            refused.append(Refused(line, failure))
            continue
        if match is None:
            already += 1
        else:
            asked.append(match)
    return Outcome(tuple(asked), already, tuple(refused), was_stale)


@transaction.atomic
def _accept(line: PlanLine, *, city: City, by: User, now: datetime) -> Match | None:
    """Propose one line; None when it has been accepted before. Raises NotPossible as `services.propose` does."""
    offer = Offer.objects.select_for_update(no_key=True).get(pk=line.offer_id)
    need = Need.objects.select_for_update(no_key=True).get(pk=line.need_id)
    line.refresh_from_db(fields=["match"])
    if line.match_id is not None:
        return None
    pair = Match.objects.filter(need=need, offer=offer)
    match = pair.filter(state__in=LIVE_STATES).select_for_update(no_key=True).first()
    state = MatchState(match.state) if match is not None else MatchState.SUGGESTED
    if state != MatchState.SUGGESTED:
        raise NotPossible(Act.PROPOSE, state, "state")  # somebody has asked without the plan
    if (line.need_revision, line.offer_revision) != (need.revision, offer.revision):
        raise NotPossible(Act.PROPOSE, state, "changed")
    if line.first_day < local_day(now, city):
        raise NotPossible(Act.PROPOSE, state, "changed")  # yesterday's run has a day less
    answered = pair.filter(
        state__in=ANSWERED, need_revision=line.need_revision, offer_revision=line.offer_revision
    ).first()
    if answered is not None:
        raise NotPossible(Act.PROPOSE, MatchState(answered.state), "state")
    match_id = _suggested(line, match, city=city, now=now)
    proposed = services.propose(match_id=match_id, by=by, now=now)
    line.match = proposed
    line.save(update_fields=["match"])
    return proposed


def suggestion(line: PlanLine, *, city: City, now: datetime) -> Match:
    """A line as the suggestion that it would be, not saved: with the town's points of today."""
    weights = snapshots.weights_of(city).points
    points = sum(value * weight for value, weight in zip(line.part_values, weights, strict=True))
    return Match(
        city=city,
        need=line.need,
        offer=line.offer,
        rank=0,
        score=round(points, 6),
        part_values=line.part_values,
        weight_values=[float(weight) for weight in weights],
        algorithm=engine.VERSION,
        distance_km=line.distance_km,
        first_day=line.first_day,
        last_day=line.last_day,
        quantity=line.quantity,
        need_revision=line.need_revision,
        offer_revision=line.offer_revision,
        created_at=now,
        changed_at=now,
    )


# What a plan knows better than the suggestion that stands: it may give a part, and count on other stays.
_PLANNED = (
    "score", "part_values", "weight_values", "algorithm", "distance_km", "first_day", "last_day", "quantity",
    "changed_at",
)  # fmt: skip


def _suggested(line: PlanLine, match: Match | None, *, city: City, now: datetime) -> int:
    """The pair as the plan has it: the suggestion that stands, or one more beside the best that are kept."""
    planned = suggestion(line, city=city, now=now)
    if match is None:
        planned.rank = 1 + Match.objects.filter(need=line.need_id, state=MatchState.SUGGESTED).count()
        planned.save(force_insert=True)
        return planned.pk
    for name in _PLANNED:
        setattr(match, name, getattr(planned, name))
    match.save(update_fields=[*_PLANNED])
    return match.pk
