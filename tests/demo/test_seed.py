"""One seed, one pair of towns."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from demo import seeding
from matching.models import Decision, Match
from needs.models import Need
from offers.models import Offer

NOW = datetime(2026, 3, 3, 17, 2, tzinfo=UTC)


class UndoneError(Exception):
    pass


def drawn(seed: int) -> dict[str, list[Any]]:
    """What a seed gives, itself undone."""
    with contextlib.suppress(UndoneError), transaction.atomic():
        seeding.seed_towns(seed=seed, now=NOW, scale=0.02)
        seen = _everything()
        raise UndoneError
    return seen


def _everything() -> dict[str, list[Any]]:
    offers = Offer.objects.order_by("id").values_list("reference", "title", "state", "commune", "owner__name")
    needs = Need.objects.order_by("id").values_list("reference", "title", "state", "commune", "urgency")
    pairs = Match.objects.order_by("need__reference", "offer__reference", "id")
    acts = Decision.objects.order_by("at", "match__need__reference", "match__offer__reference", "id")
    return {
        "offers": list(offers),
        "needs": list(needs),
        "pairs": list(pairs.values_list("need__reference", "offer__reference", "state", "score")),
        "acts": list(acts.values_list("act", "at", "reason")),
    }


@pytest.mark.usefixtures("gazetteer")
def test_the_same_seed_gives_the_same_towns_and_another_others() -> None:
    first = drawn(1)
    assert drawn(1) == first
    assert drawn(2)["offers"] != first["offers"]


@pytest.mark.django_db
def test_without_communes_it_says_what_to_do() -> None:
    with pytest.raises(seeding.NoGazetteer):
        seeding.seed_towns(seed=1, now=NOW, scale=0.02)
