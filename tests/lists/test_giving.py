"""What goes out comes in: the town's lists in the columns in which lists come."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ContactReading, User
from catalogue.spreadsheets import read_table
from catalogue.spreadsheets.writing import FORMATS
from cities.models import City
from lists.giving import give_out
from lists.models import What
from needs.imports import import_needs
from offers import services as offers
from offers.imports import import_offers
from tests.factories.accounts import UserFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db


def out(city: City, what: What, form: str, camille: User, tmp_path: Path) -> Path:
    path = tmp_path / f"out.{form}"
    with give_out(city=city, what=what, form=form, by=camille, now=timezone.now()) as file:
        path.write_bytes(file.read())
    return path


@pytest.mark.parametrize("form", list(FORMATS))
def test_offers_come_back_as_they_went(city: City, camille: User, tmp_path: Path, form: str) -> None:
    for trait in ({}, {"goods": True}, {"skill": True}, {"interpreting": True}):
        for text in ("=1+1", "+33 ; « x »\nligne", ""):
            OfferFactory(city=city, text=text, **trait)
    path = out(city, What.OFFERS, form, camille, tmp_path)
    outcomes = list(import_offers(table=read_table(path), city=city, by=camille, now=timezone.now()))
    assert [(one.what, one.bad, one.differs) for one in outcomes] == [("known", (), {})] * 12


@pytest.mark.parametrize("form", list(FORMATS))
def test_needs_come_back_as_they_went(
    city: City, camille: User, organisation: Any, tmp_path: Path, form: str
) -> None:
    for trait in ({}, {"goods": True}, {"skill": True}):
        NeedFactory.create_batch(3, city=city, organisation=organisation, **trait)
    path = out(city, What.NEEDS, form, camille, tmp_path)
    outcomes = list(
        import_needs(
            table=read_table(path), city=city, organisation=organisation, by=camille, now=timezone.now()
        )
    )
    assert [(one.what, one.bad, one.differs) for one in outcomes] == [("known", (), {})] * 9


def test_what_is_changed_in_the_spreadsheet_is_taken_unless_somebody_was_faster(
    city: City, camille: User, tmp_path: Path
) -> None:
    first, second = (OfferFactory(city=city, goods=True, capacity=3, text="Propre") for _ in "ab")
    path = out(city, What.OFFERS, "csv", camille, tmp_path)
    later = timezone.now() + timedelta(minutes=1)
    offers.change(offer_id=second.pk, fields={"capacity": 9}, windows=None, by=camille, now=later)
    path.write_text(path.read_text(encoding="utf-8-sig").replace(";3;", ";5;"), encoding="utf-8")
    outcomes = list(import_offers(table=read_table(path), city=city, by=camille, now=later))
    assert [one.what for one in outcomes] == ["changed", "disputed"]
    assert outcomes[1].differs == {"capacity": [9, 5]}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.capacity, second.capacity) == (5, 9)


def test_it_is_kept_who_took_it_and_nobody_else_may(
    desk: Client, city: City, camille: User, tmp_path: Path
) -> None:
    OfferFactory(city=city)
    response = desk.post(reverse("lists:give_out", args=[city.slug]), {"what": "offers", "form": "csv"})
    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbfidentifiant;")
    assert ContactReading.objects.get(reason="export").reference == "strasbourg list offers.csv 1"
    with pytest.raises(PermissionDenied):
        give_out(city=city, what=What.OFFERS, form="csv", by=UserFactory(), now=timezone.now())
