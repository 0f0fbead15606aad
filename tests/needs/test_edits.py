"""A change of a need is a row: who, when, which fields, old and new; on its page, in words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from accounts import acting
from accounts.models import Organisation, User
from cities.models import City
from needs import services
from needs.models import Need, NeedEdit
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.needs import NeedFactory

NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)
TODAY = NOW.date()


def change(need: Need, by: User, now: datetime = NOW, **fields: Any) -> Need:
    return services.change(need_id=need.pk, fields=fields, by=by, now=now, today=TODAY)


def test_who_when_which_fields_old_and_new(city: City, member: User) -> None:
    need = NeedFactory(city=city)
    change(need, member, adult_men=1, last_day=date(2026, 5, 15), pets=False)
    edit = NeedEdit.objects.get()
    assert (edit.need, edit.by, edit.at) == (need, member, NOW)
    assert edit.what == {
        "adult_men": [0, 1],
        "last_day": [need.last_day.isoformat(), "2026-05-15"],
        "quantity": [3, 4],
        "people": [3, 4],
    }


def test_a_change_that_is_refused_or_changes_nothing_leaves_no_row(city: City, member: User) -> None:
    need = NeedFactory(city=city)
    change(need, member, title=need.title)
    with pytest.raises(ValidationError):
        change(need, member, reach_km=900)
    assert not NeedEdit.objects.exists()


def test_since_when_a_need_waits_is_kept(city: City) -> None:
    since = NOW - timedelta(minutes=5)
    need = NeedFactory(city=city, scan_due_at=since)
    services.mark_due(need_ids=[need.pk], now=NOW)
    need.refresh_from_db()
    assert need.scan_due_at == since


def test_no_row_is_rewritten(city: City, member: User) -> None:
    change(NeedFactory(city=city), member, title="Autrement dit")
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        NeedEdit.objects.update(what={"title": ["", "Autrement"]})
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        NeedEdit.objects.get().delete()
    with acting.erasing():
        NeedEdit.objects.update(what={"title": [None, None]})


def test_the_page_says_who_and_names_nobody_of_the_desk(
    city: City, organisation: Organisation, member: User, operator: User, as_user: Callable[[User], Client]
) -> None:
    need = NeedFactory(city=city, organisation=organisation)
    colleague = MembershipFactory(organisation=organisation, user=UserFactory(name="Nour")).user
    change(need, member, adult_men=1)
    change(need, operator, NOW + timedelta(hours=1), case_reference="D-12")

    def notes(viewer: User) -> list[tuple[str, ...]]:
        page = as_user(viewer).get(f"/{city.slug}/besoins/{need.reference}/")
        return [(event["note"], *event["lines"]) for event in page.context["events"]]

    men, case = "Hommes\u202f: 0 → 1", "Votre référence de dossier\u202f: – → D-12"
    assert notes(member) == [("vous", men), ("la ville", case)]
    assert notes(colleague) == [("l’association", men), ("la ville", case)]
    assert notes(operator) == [(member.name, men), ("vous", case)]
