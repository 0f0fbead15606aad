"""A list taken in by the lot becomes what it becomes row by row, where each service writes one row by itself."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import Consent, Organisation, User
from catalogue.imports import Outcome, taking
from catalogue.inserting import FEW
from catalogue.spreadsheets import read_table
from cities.models import City
from needs.imports import import_needs
from needs.models import Need, NeedChange
from offers.imports import import_offers
from offers.models import Offer, OfferChange, Window
from tests.factories.accounts import UserFactory
from tests.imports.conftest import NEED, OFFER, YEAR
from town.models import AuditRow
from webhooks.models import Event

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
ROWS = 4 * FEW
# What is another each time, or says when and in which order something was written.
PASSING = {"id", "reference", "packed", "password", "owner", "offer", "need", "by", "entered_by", "user"}
Row = dict[str, str]


@pytest.mark.parametrize("seed", range(3))
def test_offers(
    seed: int, city: City, write_csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    refused = UserFactory(email="retire@exemple.fr", name="")
    UserFactory(email="connu@exemple.fr", name="", phone="+33612000001")
    Consent.objects.create(
        user=refused, purpose="contact", wording_version="1", given_at=NOW, withdrawn_at=NOW, how="web"
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE offers_offer ADD CONSTRAINT no_cellar CHECK (title <> 'Cave')")
    first = [_offer(chance, at) for at in range(ROWS)]
    again = [_changed(chance, row, _offer(chance, at)) for at, row in enumerate(first)]
    chance.shuffle(again)
    files = [write_csv(rows, name=f"{at}.csv") for at, rows in enumerate((first, again, again))]

    def take_in() -> Iterator[list[Outcome]]:
        for path in files:
            yield list(
                import_offers(
                    table=read_table(path),
                    city=city,
                    by=None,
                    now=NOW,
                    ids=lambda: {row["id"] for row in again},
                )
            )
            # Meanwhile somebody changes some of them, as the owner's page does.
            Offer.objects.filter(external_key__endswith="3").update(capacity=7)

    def kept() -> list[Any]:
        return [
            _rows(Offer, "owner__email", "owner__phone", "entered_by__email"),
            _rows(User),
            _rows(Window, "offer__external_key"),
            _rows(OfferChange, "offer__external_key", "by__email", "by__phone"),
            _notes(Offer, "external_key"),
        ]

    _same_in_any_lots(monkeypatch, take_in, kept)


def test_needs(
    city: City, organisation: Organisation, write_csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, by = random.Random(7), organisation.memberships.get().user
    first = [_need(chance, at) for at in range(ROWS)]
    again = [_changed(chance, row, _need(chance, at)) for at, row in enumerate(first)]
    files = [write_csv(rows, name=f"{at}.csv") for at, rows in enumerate((first, again))]

    def take_in() -> Iterator[list[Outcome]]:
        for path in files:
            yield list(
                import_needs(table=read_table(path), city=city, organisation=organisation, by=by, now=NOW)
            )

    def kept() -> list[Any]:
        return [_rows(Need), _rows(NeedChange, "need__external_key"), _notes(Need, "external_key")]

    _same_in_any_lots(monkeypatch, take_in, kept)


def _offer(chance: random.Random, at: int) -> Row:
    someone = chance.randrange(ROWS)
    return {
        **OFFER,
        "id": str(chance.choice((at, at, at, at, someone))),
        "category": chance.choice(("shared_room", "whole_dwelling", "shared_room", "bedding")),
        "capacity": chance.choice(("2", "deux", "2 places", "0", "beaucoup", "3")),
        "commune": chance.choice(("67482", "67000 Strasbourg", "Strasbourg", "Nulle-Part")),
        "available": chance.choice((OFFER["available"], f"à partir du 3 mars {YEAR}", "hier")),
        "contact_name": chance.choice(("", "Ana", f"Personne {someone}")),
        "contact_email": chance.choice(
            ("", f"p{someone}@exemple.fr", f"P{someone}@Exemple.fr", "connu@exemple.fr", "retire@exemple.fr")
        ),
        "contact_phone": chance.choice(("", f"06120000{someone:02}", "06 12 00 00 01", "le soir")),
        "title": chance.choice(("", "Chambre au calme", "Cave")),
        "address": chance.choice(("", "12 rue des Invités")),
        "accepts": chance.choice(("", "women|familles", "idem")),
    }


def _need(chance: random.Random, at: int) -> Row:
    return {
        **NEED,
        "id": str(chance.choice((at, at, at, chance.randrange(ROWS)))),
        "adult_women": chance.choice(("0", "1", "2", "une")),
        "adult_men": chance.choice(("", "1", "?")),
        "last_day": chance.choice((NEED["last_day"], "2001-01-01", f"31/05/{YEAR}")),
        "text": chance.choice(("", f"Avec un chien ({at})")),
    }


def _changed(chance: random.Random, row: Row, other: Row) -> Row:
    """The same row a week later: as it was, or with some cells of another."""
    changed = {name for name in row if name not in ("id", "contact_email") and chance.random() < 0.1}
    return row if chance.random() < 0.5 else {**row, **{name: other[name] for name in changed}}


def _same_in_any_lots(
    monkeypatch: pytest.MonkeyPatch,
    take_in: Callable[[], Iterator[list[Outcome]]],
    kept: Callable[[], list[Any]],
) -> None:
    found = []
    for lot in (1, 7, taking.LOT):
        monkeypatch.setattr(taking, "LOT", lot)
        with _taken_back():
            outcomes = [[_said(one) for one in some] for some in take_in()]
            found.append((outcomes, kept(), Event.objects.count()))
    row_by_row, *by_the_lot = found
    fates = {one[1] for some in row_by_row[0] for one in some}
    assert {"new", "bad", "known", "changed"} <= fates
    for one in by_the_lot:
        assert one[0] == row_by_row[0]
        assert one == row_by_row


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _said(one: Outcome) -> tuple[Any, ...]:
    return one.line, one.what, one.bad, one.said, one.differs, one.understood, one.edit is not None


def _rows(model: type[models.Model], *others: str) -> list[str]:
    """All that stands in the rows, whatever their keys."""
    names = [field.name for field in model._meta.concrete_fields if field.name not in PASSING]
    return sorted(map(str, model._base_manager.values_list(*names, *others)))


def _notes(model: type[models.Model], key: str) -> list[str]:
    """What the database noted, with what people call the row in place of its reference."""
    keys = {str(one): name for one, name in model._base_manager.values_list("reference", key)}
    emails = dict(User.objects.values_list("pk", "email"))
    notes = AuditRow.objects.values_list("table", "act", "what", "city", "about", "reference")
    return sorted(
        str((table, act, what, town, emails.get(about), keys.get(reference, reference)))
        for table, act, what, town, about, reference in notes
    )
