"""Another choice of points, and who made it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import services as accounts
from accounts.models import User
from cities.models import City
from engine.vocabulary import PARTS
from matching.models import WeightsChange
from needs import services as needs
from needs.models import OPEN_STATES, Need

Points = Mapping[str, float]


class SameWeights(Exception):
    """The points asked for are those that the town has already."""


class ChangedMeanwhile(Exception):
    """Somebody else changed the points since they were read; `weights` are the town's now."""

    def __init__(self, weights: Points) -> None:
        super().__init__("the weights were changed meanwhile")
        self.weights = weights


class OpinionMissing(Exception):
    """The town has bound itself to hear a council before its points change."""


def points_of(weights: Points) -> dict[str, float]:
    """Points in the published order of the parts, as the engine counts them."""
    return {part: float(weights[part]) for part in PARTS}


@transaction.atomic
def change(
    *, city_id: int, weights: Points, seen: Points, by: User, now: datetime, opinion: str = ""
) -> WeightsChange:
    """Give the town other points, write down who did, and have every open need looked at again.

    `seen` are the points that the change was decided on; `opinion` is the number of the council's opinion that it
    follows, which is believed: `voice` alone names one, that has checked it (tests/test_architecture.py). Raises
    ValidationError (each from 0 to 100, together 100), SameWeights, ChangedMeanwhile and, in a town that has bound
    itself to hear one, OpinionMissing; nothing is changed then.
    """
    city = City.objects.select_for_update(no_key=True).get(pk=city_id)
    if city.weights_need_opinion and not opinion:
        raise OpinionMissing
    before = points_of(city.weights)
    if before != points_of(seen):
        raise ChangedMeanwhile(city.weights)
    if set(weights) == set(PARTS) and before == points_of(weights):
        raise SameWeights
    after = dict(weights)
    previous = dict(city.weights)
    # Needs before the town's row is written: the order in which scans take them.
    _mark_open_needs(city_id, now)
    accounts.update_city(city_id=city_id, changes={"weights": after}, by=by, now=now)
    # A scan that read the old points may end after the marking above and before our commit: mark once more then.
    transaction.on_commit(lambda: _mark_open_needs(city_id, now))
    return WeightsChange.objects.create(
        city_id=city_id, before=previous, after=after, opinion=opinion, by=by, at=now
    )


def history(city: City) -> QuerySet[WeightsChange]:
    """Every change of the town's points, the latest first."""
    return WeightsChange.objects.filter(city=city).select_related("by")


def _mark_open_needs(city_id: int, now: datetime) -> None:
    open_needs = Need.objects.filter(city=city_id, state__in=OPEN_STATES)
    needs.mark_due(need_ids=open_needs.values_list("pk", flat=True), now=now)
