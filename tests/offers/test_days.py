"""An offer's days beside it: the database keeps them, whoever writes what (docs/adr/0007)."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from catalogue.vocabulary import MOST_PERIODS
from cities.models import City
from offers import services
from offers.models import Offer, Window
from offers.periods import as_kept
from tests.factories.offers import OfferFactory
from tests.matching import invariants
from tests.offers.test_services import NOW, register

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
MAY = (date(2026, 5, 1), date(2026, 5, 31))
FROM_JULY = (date(2026, 7, 1), None)


def kept(offer: Offer) -> tuple[date | None, date | None, int]:
    """First day, last day and how many periods."""
    first, last, days = Offer.objects.values_list("first_day", "last_day", "days").get(pk=offer.pk)
    invariants.check()
    return first, last, len(days) // 8


def test_windows_that_come_move_and_go(city: City) -> None:
    offer, other = OfferFactory(city=city, windows=[]), OfferFactory(city=city, windows=[MARCH])
    assert kept(offer) == (None, None, 0)
    may = Window.objects.create(offer=offer, first_day=MAY[0], last_day=MAY[1])
    assert kept(offer) == (*MAY, 1)
    Window.objects.create(offer=offer, first_day=FROM_JULY[0], last_day=None)
    assert kept(offer) == (MAY[0], None, 2)
    Window.objects.create(offer=offer, first_day=MARCH[0], last_day=MARCH[1])
    assert kept(offer) == (MARCH[0], None, 3)
    may.offer = other
    may.save()
    assert kept(offer) == (MARCH[0], None, 2)
    assert kept(other) == (MARCH[0], MAY[1], 2)
    offer.windows.filter(last_day=None).delete()
    assert kept(offer) == (*MARCH, 1)
    Window.objects.all().delete()
    assert kept(offer) == kept(other) == (None, None, 0)


def test_whatever_is_written_to_them_they_are_those_of_the_windows(city: City) -> None:
    offer = OfferFactory(city=city, windows=[MARCH])
    stale = Offer.objects.get(pk=offer.pk)
    Window.objects.create(offer=offer, first_day=FROM_JULY[0], last_day=None)
    stale.title = "Un autre titre"
    stale.save()
    assert kept(offer) == (MARCH[0], None, 2)
    Offer.objects.filter(pk=offer.pk).update(days=b"", first_day=None, last_day=NOW.date())
    assert kept(offer) == (MARCH[0], None, 2)
    lying = OfferFactory(city=city, windows=[], days=b"12345678", first_day=MARCH[0])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS offers_days_hold IMMEDIATE")  # as the end of the transaction does
    assert kept(lying) == (None, None, 0)
    lying = OfferFactory(city=city, windows=[MAY], days=b"12345678", first_day=MARCH[0])
    assert kept(lying) == (*MAY, 1)


def test_days_that_are_written_with_the_offer_are_written_once(city: City) -> None:
    offer = OfferFactory(city=city, windows=[], **as_kept([MARCH, FROM_JULY]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin, cmin FROM offers_offer WHERE id = %s", [offer.pk])
        written = cursor.fetchone()
        Window.objects.bulk_create(
            Window(offer=offer, first_day=first, last_day=last) for first, last in (MARCH, FROM_JULY)
        )
        cursor.execute("SET CONSTRAINTS offers_days_hold IMMEDIATE")
        cursor.execute("SELECT xmin, cmin FROM offers_offer WHERE id = %s", [offer.pk])
        assert cursor.fetchone() == written
    assert kept(offer) == (MARCH[0], None, 2)


def test_writers_of_windows_at_the_same_moment_all_count(
    transactional_db: None, city: City, at_once: Callable[..., list[Any]]
) -> None:
    offer = OfferFactory(city=city, windows=[])
    days = [(date(2026, month, 1), date(2026, month, 2)) for month in range(1, 13)]
    answers = at_once(
        *(partial(Window.objects.create, offer_id=offer.pk, first_day=a, last_day=b) for a, b in days)
    )
    assert all(isinstance(answer, Window) for answer in answers)
    assert kept(offer) == (date(2026, 1, 1), date(2026, 12, 2), 12)


def test_there_are_not_endless_periods(city: City, citizen: User) -> None:
    days = [NOW.date() + timedelta(days=21 * n) for n in range(51)]
    periods = [(day, day + timedelta(days=1)) for day in days]
    offer = register(city, citizen, windows=periods[:MOST_PERIODS])
    assert kept(offer) == (periods[0][0], periods[49][1], 50)
    change = partial(services.change, offer_id=offer.pk, fields={}, by=citizen, now=NOW)
    with pytest.raises(ValidationError) as refusal:
        change(windows=periods)
    assert refusal.value.message_dict["windows"] == ["Une proposition a au plus 50 périodes."]
    with pytest.raises(IntegrityError, match="offer_periods_few"), transaction.atomic():
        Window.objects.create(offer=offer, first_day=periods[50][0], last_day=periods[50][1])
    change(windows=[MARCH])
    assert kept(offer) == (*MARCH, 1)
