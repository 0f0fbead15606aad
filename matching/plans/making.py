"""Plans are worked out by a worker, outside every lock but the work lock of the plan itself."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

import engine
from cities.days import local_day
from engine.arrays import MICRO, Ints, row_codes
from engine.foresight import Weighing
from engine.planning import EQUAL, plan_pairs
from engine.planning import Plan as Found
from engine.planning.calls import Call, calls
from engine.planning.gaps import LeftOut, Reason, left_out
from engine.planning.scarcity import Relaxation, relaxations
from engine.results import Feasible
from matching.models import Plan, PlanGap, PlanLine
from matching.plans import looking_ahead
from matching.plans.freshness import fingerprint
from matching.plans.plan_queue import needs_of, undone
from matching.scanning import snapshots, work_locks
from matching.scanning.work_locks import Work
from needs.models import Need

log = logging.getLogger(__name__)

# For whom a plan leaves out, offers are looked at that lie so far beyond what both sides reach: all that are this near,
# and more. What is said of all offers is said of these.
SEEN_KM = 100.0
# Of what would help most, the engine thinks for so long, and tells so many changes and so many calls.
SCARCITY_SECONDS = 5.0
MOST_TOLD = 10
# A plan whose worker was lost is taken up again for so long, lest it be what kills the workers.
GIVE_UP_AFTER = timedelta(minutes=15)


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
        work_locks.unlock(Work.PLAN, plan.pk)
    return True


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What the engine found, and what the rows need besides."""

    found: Found
    need_revision: Ints  # by row of the found plan's columns
    offer_revision: Ints
    gaps: tuple[LeftOut, ...]
    scarcity: list[dict[str, Any]]
    weighing: Weighing
    ahead: dict[str, Any]
    fingerprint: str


def _taken(*, now: datetime) -> Plan | None:
    """The longest waiting plan that nobody works on, locked for us."""
    for pk in list(undone().order_by("asked_at", "pk").values_list("pk", flat=True)):
        if not work_locks.try_lock(Work.PLAN, pk):
            continue
        plan = _begun(pk, now=now)
        if plan is not None:
            return plan
        work_locks.unlock(Work.PLAN, pk)
    return None


@transaction.atomic
def _begun(pk: int, *, now: datetime) -> Plan | None:
    """The plan, marked as running; None when it is done meanwhile, or was tried for too long."""
    plan = (
        undone()
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
    """Read the town, and have the engine plan. The fingerprint comes first: later changes make the plan stale."""
    city = plan.city
    mark = fingerprint(plan, now=now)
    read = snapshots.of_selection(
        city,
        kind=plan.kind or None,
        urgency=plan.urgency or None,
        need_ids=plan.need_ids or None,
        now=now,
        margin_km=SEEN_KM,
    )
    rows = _by_arrival(read, needs_of(plan, now=now))
    places = np.empty(len(rows), np.int64)
    places[rows] = np.arange(len(rows))
    needs, excluded = (
        read.needs.take(rows),
        row_codes(places[read.excluded >> 32], read.excluded & 0xFFFF_FFFF),
    )
    common: dict[str, Any] = {"links": read.links, "excluded": np.sort(excluded)}
    thinking = {**common, "today": local_day(now, city), "weights": read.weights}
    pairs = engine.feasible_pairs(needs, read.offers, **thinking)
    ahead = looking_ahead.ahead_of(
        city, read.offers, today=thinking["today"], weights=read.weights, links=read.links
    )
    weighing = Weighing.of(pairs, ahead)
    found = plan_pairs(pairs, seconds=float(plan.budget_seconds), whole_hours=True, points=weighing.left)
    return _Made(
        found=found,
        need_revision=read.need_revision[rows],
        offer_revision=read.offer_revision,
        gaps=_kept(left_out(found, needs, read.offers, **common), pairs, weighing),
        scarcity=_scarcity(
            relaxations(found, needs, read.offers, seconds=SCARCITY_SECONDS, **thinking),
            calls(found, needs, read.offers, **thinking),
        ),
        weighing=weighing,
        ahead=looking_ahead.told(ahead),
        fingerprint=mark,
    )


def _kept(gaps: Sequence[LeftOut], pairs: Feasible, weighing: Weighing) -> tuple[LeftOut, ...]:
    """Whom the plan leaves out, said apart where all that would do is kept for those to come."""
    dear = (weighing.price > 0) & (weighing.left <= EQUAL)
    kept = np.bincount(pairs.need[dear], minlength=len(pairs.needs))
    kept[kept < np.bincount(pairs.need, minlength=len(pairs.needs))] = 0
    counts = dict(zip(map(pairs.needs.id_of, range(len(pairs.needs))), kept.tolist(), strict=True))
    return tuple(
        replace(gap, reason=Reason("kept", counts[gap.need_id]))
        if gap.reason.code == "served_others" and counts[gap.need_id]
        else gap
        for gap in gaps
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
                "items": list(call.items),
                "sizes": list(call.sizes),
                "size": call.size,
                "count": call.count,
                "people": call.people,
                "needs": len(call.need_ids),
                "need_ids": [int(str(need_id)) for need_id in call.need_ids],
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
                days=gap.days,
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
    plan.in_time = found.in_time
    plan.people, plan.people_first_come = found.people, found.first_come.people
    # Of a need that was served in part already, the rest is a part of somebody.
    plan.people_asked, plan.scarcity = ceil(found.people_asked - EQUAL), made.scarcity
    plan.ahead = made.ahead
    plan.save(
        update_fields=[
            "state", "finished_at", "fingerprint", "algorithm", "objective", "bound", "first_come", "greedy", "in_time",
            "people", "people_first_come", "people_asked", "scarcity", "ahead",
        ]
    )  # fmt: skip


def _lines(plan: Plan, made: _Made) -> list[PlanLine]:
    pairs = made.found.pairs
    columns = {
        "need_id": np.asarray(pairs.needs.ids, np.int64)[pairs.need],
        "offer_id": np.asarray(pairs.offers.ids, np.int64)[pairs.offer],
        "quantity": made.found.units,
        "rank": made.found.rank,
        "score": pairs.score,
        "part_values": np.column_stack(pairs.parts),
        "distance_km": np.rint(pairs.distance_km * MICRO) / MICRO,
        "value": made.found.values,
        "row": made.found.row,
        "need_revision": made.need_revision[pairs.need],
        "offer_revision": made.offer_revision[pairs.offer],
    }
    of_offers = made.ahead.get("offers", {})

    def line(first: int, last: int, of_line: dict[str, Any]) -> PlanLine:
        seen = of_offers.get(str(of_line["offer_id"]), {})
        return PlanLine(
            plan=plan,
            first_day=date.fromordinal(first),
            last_day=date.fromordinal(last),
            ahead=looking_ahead.line_told(made.weighing, of_line.pop("row"), seen),
            **of_line,
        )

    return [
        line(first, last, dict(zip(columns, of_line, strict=True)))
        for first, last, *of_line in zip(
            made.found.first.tolist(),
            made.found.last.tolist(),
            *(column.tolist() for column in columns.values()),
            strict=True,
        )
    ]


@transaction.atomic
def _fail(pk: int, *, now: datetime) -> None:
    Plan.objects.filter(pk=pk, state=Plan.State.RUNNING).update(state=Plan.State.FAILED, finished_at=now)
