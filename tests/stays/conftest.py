"""A home that is confirmed, and people around it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from catalogue.vocabulary import Kind
from matching import services, sweeps
from matching.models import Match
from tests.factories.matching import NOW, Story, story

Begin = Callable[..., Story]


def noon(it: Story, day: Any) -> datetime:
    return NOW + timedelta(days=(day - NOW.date()).days)


def fresh(it: Story) -> Match:
    return Match.objects.select_related("need", "offer", "city").get(pk=it.match.pk)


@pytest.fixture
def begin() -> Begin:
    """`begin()`: a room for three, thirty days; its host is there for as long again. `under_way=True`: since today."""

    def make(*, under_way: bool = False, now: datetime = NOW, **options: Any) -> Story:
        kind = options.get("kind", Kind.HOUSING)
        if under_way and kind == Kind.HOUSING:
            today = now.date()
            days = {"first_day": today, "last_day": today + timedelta(days=9)}
            options["need"] = {**days, **options.get("need", {})}
        it = story(now=now, **options)
        services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
        if it.state == "proposed":  # a town may presume it
            services.accept(match_id=it.match.pk, by=it.citizen, now=now)
        services.confirm(match_id=it.match.pk, by=it.member, now=now)
        if under_way:
            sweeps.start_due(by=None, now=now)
        it.match.refresh_from_db()
        return it

    return make
