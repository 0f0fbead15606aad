"""A town's plan that looks ahead: what it counts, what it keeps, what it says, and that it can be switched off."""

from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

import engine
from catalogue.vocabulary import Urgency
from cities.models import City
from engine.foresight import Shape, Weighing
from engine.planning.gaps import LeftOut, Reason
from matching import plans
from matching.models import Plan
from matching.plans import ahead_words, looking_ahead, making, plan_words
from needs.models import NeedState
from tests.engine import builders
from tests.engine.planning.towns import columns
from tests.factories.matching import NOW, drain, due_need, due_offer

TODAY = NOW.date()
ALONE = {"adult_women": 1, "adult_men": 0, "children_3_to_11": 0, "people": 1, "quantity": 1}


@pytest.fixture
def planned(city, coordinator):
    def planned(*, now=NOW, **looks):
        if looks:
            City.objects.filter(pk=city.pk).update(**looks)
        plans.ask(
            city_id=city.pk, kind="", urgency="", need_ids=[], budget_seconds=10, by=coordinator, now=now
        )
        while plans.work_on_one(now=now):
            pass
        return Plan.objects.filter(state=Plan.State.DONE).latest("pk")

    return planned


def past(city, days_ago, **fields):
    """A need of then, over by now."""
    first = TODAY - timedelta(days=days_ago)
    asked = {"urgency": Urgency.TONIGHT, "first_day": first, "last_day": first + timedelta(days=6)} | ALONE
    asked |= {"state": NeedState.MET, "created_at": NOW - timedelta(days=days_ago)}
    return due_need(city=city, **asked | fields)


def crowd(city, **fields):
    """Wheelchair users, several each day for weeks."""
    for days_ago in range(1, 22):
        for _ in range(3):
            past(city, days_ago, step_free_needed=True, **fields)


def later(city, **fields):
    first = TODAY + timedelta(days=10)
    asked = {"urgency": Urgency.PLANNED, "first_day": first, "last_day": first + timedelta(days=6)} | ALONE
    return due_need(city=city, **asked | fields)


def room(city, **fields):
    return due_offer(city=city, confirmed_at=NOW, capacity=1, **fields)


def test_arrivals_are_counted_without_anybody_in_them(city, django_assert_num_queries):
    for _ in range(2):
        past(city, 3, languages=["ti"])
    past(city, 3, languages=["fr"])
    past(city, 0)
    past(city, 3, state=NeedState.DRAFT)
    with django_assert_num_queries(1):
        (found,) = looking_ahead.arrivals(city, today=TODAY)
    assert (found.count, found.day) == (3, TODAY - timedelta(days=3))
    assert isinstance(found.shape, Shape)
    assert (found.shape.asks.id, found.shape.asks.languages) == (0, frozenset())


def test_the_only_step_free_room_is_kept_while_there_is_time(city, planned):
    only = room(city, step_free=True)
    need = later(city)
    crowd(city)
    assert planned(looks_ahead_days=0).lines.get().offer == only
    plan = planned(looks_ahead_days=28)
    assert not plan.lines.exists()
    gap = plan.gaps.get(need=need)
    assert gap.reason["code"] == "kept"
    assert "gardée pour qui en aura plus besoin" in plan_words.left_out(need, gap.reason, missing=1, days=7)


def test_who_could_live_elsewhere_does_and_the_line_says_nothing(city, planned):
    room(city, step_free=True)
    other = room(city, step_free=False)
    later(city)
    crowd(city)
    line = planned(looks_ahead_days=28).lines.get()
    assert line.offer == other
    assert ahead_words.others_need(line.ahead, line.offer) == ""


def test_tonight_nothing_is_kept_and_the_line_says_what_it_costs(city, planned):
    only = room(city, step_free=True)
    need = later(city, first_day=TODAY, urgency=Urgency.TONIGHT)
    crowd(city)
    line = planned(looks_ahead_days=28).lines.get()
    assert (line.need, line.offer) == (need, only)
    said = ahead_words.others_need(line.ahead, line.offer)
    assert said.startswith(f"Seul logement de plain-pied de ce genre ({only.commune.name})")
    assert "personnes en auront sans doute besoin d’ici 28 jours." in said
    assert "− " in ahead_words.weighed(line.ahead)
    assert looking_ahead.latest(City.objects.get(pk=city.pk), now=NOW)[str(only.pk)]["alike"] == 1


def test_what_was_seen_long_ago_or_is_switched_off_is_not_said(city, planned):
    room(city, step_free=True)
    later(city, first_day=TODAY, urgency=Urgency.TONIGHT)
    crowd(city)
    planned(looks_ahead_days=28)
    city.refresh_from_db()
    assert looking_ahead.latest(city, now=NOW + timedelta(days=6))
    assert looking_ahead.latest(city, now=NOW + timedelta(days=8)) == {}
    city.looks_ahead_days = 0
    assert looking_ahead.latest(city, now=NOW) == {}


def test_without_history_the_plan_is_as_without(city, planned):
    room(city, step_free=True)
    later(city)
    with_, without = planned(looks_ahead_days=60), planned(looks_ahead_days=0)
    assert with_.objective == without.objective
    assert (with_.ahead["offers"], without.ahead) == ({}, {})


@pytest.mark.parametrize(
    ("left", "price", "kept"),
    [
        ([0.0, -1.0], [2.0, 3.0], 2), ([0.0, 0.5], [2.0, 1.5], 0), ([0.0, 0.0], [0.0, 0.0], 0),
    ],
)  # fmt: skip
def test_kept_is_said_only_where_every_pair_was_priced_out(left, price, kept):
    """One that others are worth less than was served to others; and without prices nothing is kept."""
    needs, offers = [builders.need(quantity=1)], [builders.offer(1), builders.offer(2)]
    pairs = engine.feasible_pairs(*columns(needs, offers), today=builders.TODAY)
    both = np.full(2, 2.0)
    weighing = Weighing(both, both, np.array(price), np.array(left))
    gap = LeftOut(1, 1, 10, 1.0, Reason("served_others", 2))
    (said,) = making._kept([gap], pairs, weighing)
    assert said.reason == (Reason("kept", kept) if kept else gap.reason)


def test_the_arithmetic_is_said_as_it_is():
    told = {"full": 2.5, "likely": 2.0, "price": 0.5, "left": 1.5}
    assert ahead_words.weighed(told) == (
        "2,50 (priorité + note ÷ 100) × 0,80 (chance d’un oui) − 0,50 (pour qui viendra) = 1,50."
    )
    floored = {"full": 2.5, "likely": 2.0, "price": 9.0, "left": 0.2}
    assert "jamais moins de trois quarts" in ahead_words.weighed(floored)
    assert ahead_words.weighed({"full": 2.5, "likely": 2.5, "price": 0.0, "left": 2.5}) == ""
    assert ahead_words.weighed({}) == ""


def test_a_line_and_a_suggestion_say_who_else_may_need_it(city, coordinator, as_user, planned):
    """Read from what the plan kept; where the town looks ahead no more, the case says nothing."""
    at = timezone.now()
    only = due_offer(city=city, now=at, confirmed_at=at, capacity=3, step_free=True)
    need = due_need(city=city, now=at, urgency=Urgency.TONIGHT)
    drain(at)
    plan = planned(now=at)
    seen = {"people": 2.2, "alike": 1, "days": 30}
    Plan.objects.filter(pk=plan.pk).update(ahead={"days": 30, "offers": {str(only.pk): seen}})
    plan.lines.update(ahead={"full": 5.0, "likely": 5.0, "price": 1.0, "left": 4.0, **seen})
    City.objects.filter(pk=city.pk).update(looks_ahead_days=30)
    pages = [
        reverse("matching:plan", args=[city.slug, plan.pk]),
        reverse("desk:case", args=[city.slug, need.reference]),
    ]
    said = f"Seul logement de plain-pied de ce genre ({only.commune.name})"
    desk = as_user(coordinator)
    for page in pages:
        content = desk.get(page).content.decode()
        assert said in content
        assert "2 personnes en auront sans doute besoin d’ici 30 jours." in content
    assert "− 1,00 (pour qui viendra) = 4,00." in desk.get(pages[0]).content.decode()
    City.objects.filter(pk=city.pk).update(looks_ahead_days=0)
    assert said not in desk.get(pages[1]).content.decode()
