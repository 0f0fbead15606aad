"""Lines of a plan are accepted, each as any other proposal, and checked again in that moment."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import inf

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import User
from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import linked_towns, rewriting, services
from matching.lifecycle import Act, NotPossible
from matching.models import Match, MatchState, Plan, PlanLine
from matching.plans.freshness import is_stale
from matching.scanning import snapshots
from needs.models import Need
from offers.models import Offer


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that could not be proposed, and why."""

    line: PlanLine
    failure: NotPossible


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the lines accepted. `asked`: whose citizen is asked, `towns`: those of a linked town, which is
    asked first. `already` counts those that had been accepted before, `left` those that the time did not suffice for.
    """

    asked: tuple[Match, ...]
    towns: tuple[Match, ...]
    already: int
    refused: tuple[Refused, ...]
    was_stale: bool
    left: int


def askable(plan: Plan, *, now: datetime) -> QuerySet[PlanLine]:
    """Lines that nobody has accepted, or about which a linked town was asked and said nothing, and that still hold at a
    glance; `accept` has the last word on each.
    """
    silent = Q(match__state=MatchState.SUGGESTED) & ~Q(match__agreements__answer="")
    return plan.lines.filter(
        Q(match__isnull=True) | silent,
        first_day__gte=local_day(now, plan.city),
        need__revision=F("need_revision"),
        offer__revision=F("offer_revision"),
    ).exclude(offer__kind=Kind.HOUSING, offer__vetted_at__isnull=True)


def accept(
    *, plan_id: int, line_ids: Collection[int], by: User, now: datetime, seconds: float = inf
) -> Outcome:
    """Propose these lines, each as any other proposal; those that no longer hold are told of.

    Not atomic as a whole: each line is locked, and committed, by itself; homes in turn of one household together, so
    that nobody is asked for days of a stay that falls apart. Twice proposes nothing twice, so whoever has only some
    `seconds` goes on with what is left.
    """
    over = time.monotonic() + seconds
    plan = Plan.objects.select_related("city").get(pk=plan_id)
    was_stale = is_stale(plan, now=now)
    asked: list[Match] = []
    towns: list[Match] = []
    already, refused = 0, []
    lines = list(plan.lines.filter(pk__in=line_ids).select_related("need", "offer").order_by("pk"))
    done = 0
    for some in _asked_together(lines):
        if time.monotonic() >= over:
            break
        done += len(some)
        try:
            matches = _accept_all(some, plan, by=by, now=now)
        except _Fails as fails:
            refused.append(fails.refused)
            continue
        already += matches.count(None)
        for match in filter(None, matches):
            (towns if match.state == MatchState.SUGGESTED else asked).append(match)
    return Outcome(tuple(asked), tuple(towns), already, tuple(refused), was_stale, len(lines) - done)


def _asked_together(lines: Collection[PlanLine]) -> list[list[PlanLine]]:
    """One line each, but for the homes that a household has in turn; in the order of their first lines."""
    found: dict[tuple[str, int], list[PlanLine]] = {}
    for line in lines:
        key = ("need", line.need_id) if line.need.kind == Kind.HOUSING else ("line", line.pk)
        found.setdefault(key, []).append(line)
    return list(found.values())


class _Fails(Exception):
    """One of the lines that are asked together does not hold."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused.failure))
        self.refused = refused


@transaction.atomic
def _accept_all(lines: Collection[PlanLine], plan: Plan, *, by: User, now: datetime) -> list[Match | None]:
    """All of these lines or none. Raises _Fails with the first that is not possible."""
    # Offers come before needs, whatever the order of the lines.
    list(
        Offer.objects.select_for_update(no_key=True)
        .filter(pk__in=[line.offer_id for line in lines])
        .order_by("pk")
    )
    relay = _relay(lines, plan)
    matches = []
    for line in lines:
        try:
            matches.append(_accept(line, plan, relay, by=by, now=now))
        except NotPossible as failure:
            raise _Fails(Refused(line, failure)) from failure
    return matches


def _relay(lines: Collection[PlanLine], plan: Plan) -> rewriting.RelayParts | None:
    """The homes in turn of which these lines are some: with those that were asked before."""
    need = next(iter(lines)).need
    if need.kind != Kind.HOUSING:
        return None
    parts = plan.lines.filter(
        Q(pk__in=[line.pk for line in lines]) | Q(match__isnull=False), need=need
    ).select_related("offer")
    return rewriting.relay_of((line.offer, line.first_day, line.last_day) for line in parts)


def _accept(
    line: PlanLine, plan: Plan, relay: rewriting.RelayParts | None, *, by: User, now: datetime
) -> Match | None:
    """Propose one line; None when it has been accepted before. Raises NotPossible as `services.propose` does."""
    offer = Offer.objects.select_for_update(no_key=True).get(pk=line.offer_id)
    need = Need.objects.select_for_update(no_key=True).get(pk=line.need_id)
    line.refresh_from_db(fields=["match"])
    if line.match is not None and not is_open_again(line.match):
        return None
    standing = rewriting.suggestion_of(need, offer)  # unless somebody has asked without the plan
    has_changed = (line.need_revision, line.offer_revision) != (need.revision, offer.revision)
    if has_changed or line.first_day < local_day(now, plan.city):  # yesterday's run has a day less
        raise NotPossible(Act.PROPOSE, MatchState.SUGGESTED, "changed")
    match_id = rewriting.as_wanted(standing, suggestion(line, plan=plan, now=now))
    if offer.city_id != plan.city_id:
        # Its own town agrees first; the citizen is asked then.
        proposed = linked_towns.ask(match_id=match_id, by=by, now=now, plan_number=plan.pk, relay=relay).match
    else:
        proposed = services.ask_citizen(
            match=services.locked(match_id), by=by, now=now, plan_number=plan.pk, relay=relay
        )
    line.match = proposed
    line.save(update_fields=["match"])
    return proposed


def is_open_again(match: Match) -> bool:
    """Whether the linked town that was asked about this line has said nothing in time."""
    return match.state == MatchState.SUGGESTED and not linked_towns.are_asked([match])


def suggestion(line: PlanLine, *, plan: Plan, now: datetime) -> Match:
    """A line of this plan as the suggestion that it would be, not saved: with the town's points of today."""
    weights = snapshots.weights_of(plan.city).points
    points = sum(value * weight for value, weight in zip(line.part_values, weights, strict=True))
    return Match(
        city=plan.city,
        need=line.need,
        offer=line.offer,
        rank=line.rank,
        score=round(points, 6),
        part_values=line.part_values,
        weight_values=[float(weight) for weight in weights],
        algorithm=plan.algorithm,
        distance_km=line.distance_km,
        first_day=line.first_day,
        last_day=line.last_day,
        quantity=line.quantity,
        need_revision=line.need_revision,
        offer_revision=line.offer_revision,
        created_at=now,
        changed_at=now,
    )
