"""Whatever a town looks like: a fresh plan can be accepted to its last line, in any parts, and a stale one breaks
nothing.
"""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import plans
from matching.lifecycle import NotPossible
from matching.models import Hold, Plan
from tests.factories.matching import drain
from tests.matching import invariants
from tests.matching.test_scan_property import World, kinds, small, steps

arrivals = st.one_of(
    st.tuples(st.just("offer"), kinds, small, small, st.just(0), st.booleans()),
    st.tuples(st.just("need"), kinds, small, small, small, st.booleans()),
)
befalls = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


def live(world, story):
    for name, *rest in story:
        try:
            if name in ("offer", "need"):
                getattr(world, name)(*rest)
            else:
                world.act(name, *rest)
        except (NotPossible, ValidationError):
            continue


def planned(world):
    """The plan of the first town, and its lines; nothing when it has no open need."""
    city = world.towns[0]
    try:
        plan = plans.ask(
            city_id=city.pk,
            kind="",
            urgency="",
            need_ids=[],
            budget_seconds=plans.BUDGETS[0],
            by=world.desk,
            now=world.moment,
        )
    except plans.NothingToPlan:
        return None, []
    assert plans.work_on_one(now=world.moment)
    plan = Plan.objects.select_related("city").get(pk=plan.pk)
    assert plan.state == Plan.State.DONE
    assert plan.bound >= plan.objective >= max(plan.first_come, plan.greedy) - 1e-9
    return plan, list(plan.lines.order_by("pk"))


def accepted(world, plan, lines):
    ids = [line.pk for line in lines]
    return plans.accept(plan_id=plan.pk, line_ids=ids, by=world.desk, now=world.moment)


@pytest.mark.parametrize("crowded", [False, True])
@befalls
@given(
    towns=st.lists(arrivals, min_size=4, max_size=12),
    story=st.lists(steps, max_size=8),
    first=st.sets(st.integers(0, 20)),
    drained=st.booleans(),
)
def test_a_fresh_plan_is_accepted_to_its_last_line(db, crowded, towns, story, first, drained):
    with transaction.atomic():
        world = World(crowded)
        live(world, [*towns, *story])
        if drained:
            drain(world.moment)
        held = set(Hold.objects.values_list("pk", flat=True))
        plan, lines = planned(world)
        some = [line for number, line in enumerate(lines) if number in first]
        rest = [line for line in lines if line not in some]
        for part in (some, rest) if plan is not None else ():
            outcome = accepted(world, plan, part)
            assert [refused.failure.why for refused in outcome.refused] == []
            assert not outcome.was_stale
            assert len(outcome.asked) + len(outcome.towns) == len(part)
            assert all(match.is_across for match in outcome.towns)
            assert not any(match.is_across for match in outcome.asked)
            if drained:
                drain(world.moment)
            world.moment += timedelta(minutes=1)
        new = Hold.objects.exclude(pk__in=held).values_list(
            "need", "offer", "quantity", "first_day", "last_day"
        )
        # Of a linked town nothing is held before it agrees.
        expected = [
            (line.need_id, line.offer_id, line.quantity, line.first_day, line.last_day)
            for line in lines
            if line.offer.city_id == line.need.city_id
        ]
        assert sorted(new) == sorted(expected)
        drain(world.moment)
        invariants.check(settled=True)
        transaction.set_rollback(True)


@befalls
@given(
    towns=st.lists(arrivals, min_size=4, max_size=12),
    story=st.lists(steps, min_size=1, max_size=8),
    early=st.sets(st.integers(0, 20)),
)
def test_a_plan_that_the_town_has_outgrown_breaks_nothing(db, towns, story, early):
    with transaction.atomic():
        world = World(crowded=False)
        live(world, towns)
        plan, lines = planned(world)
        if plan is not None:
            accepted(world, plan, [line for number, line in enumerate(lines) if number in early])
            live(world, story)
            outcome = accepted(world, plan, lines)
            asked = len(outcome.asked) + len(outcome.towns)
            assert asked + outcome.already + len(outcome.refused) == len(lines)
            assert outcome.was_stale or not outcome.refused
        invariants.check()
        drain(world.moment)
        invariants.check(settled=True)
        transaction.set_rollback(True)
