"""Beds that are taken away while somebody is promised them, on two real connections: no night is overbooked."""

from typing import Any

from django.core.exceptions import ValidationError

from matching import services as matching
from matching.lifecycle import NotPossible
from matching.models import Hold
from offers.models import Offer
from shelters import services
from tests.shelters.conftest import BEDS, Make


def test_beds_go_while_somebody_is_promised_them(transactional_db: None, make: Make, at_once: Any) -> None:
    place = make()
    match = place.suggested(1, 3)

    results = at_once(
        lambda: services.change_nights(
            nights_id=place.nights.pk, fields=BEDS | {"capacity": 2}, first_day=place.day(0), last_day=None,
            by=place.member, now=place.now,
        ),
        lambda: matching.propose(match_id=match.pk, by=place.coordinator, now=place.now),
    )  # fmt: skip

    assert [isinstance(result, ValidationError | NotPossible) for result in results].count(True) == 1
    capacity = Offer.objects.get(pk=place.nights.offer_id).capacity
    assert sum(Hold.objects.values_list("quantity", flat=True)) <= capacity


def test_a_night_closes_while_somebody_is_promised_it(
    transactional_db: None, make: Make, at_once: Any
) -> None:
    place = make()
    match = place.suggested(1, 3)

    results = at_once(
        lambda: services.close_some(
            nights_id=place.nights.pk, first_day=place.day(2), last_day=place.day(2), by=place.member, now=place.now
        ),
        lambda: matching.propose(match_id=match.pk, by=place.coordinator, now=place.now),
    )  # fmt: skip

    assert [isinstance(result, ValidationError | NotPossible) for result in results].count(True) == 1
    is_closed = Offer.objects.get(pk=place.nights.offer_id).windows.count() == 2
    assert Hold.objects.exists() != is_closed
