"""Many rows at once stand there as Django's own `bulk_create` leaves them."""

from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from catalogue.constraints import clean_fields_of
from catalogue.inserting import FEW, insert_many
from offers.models import Offer
from tests.factories.offers import OfferFactory

EXCLUDED = ("password",)

pytestmark = pytest.mark.django_db


def people(count: int, *, of: str) -> list[User]:
    now = timezone.now().replace(microsecond=0)
    return [
        User(
            email=f"{of}{at}@exemple.fr" if at % 3 else None,
            phone=f"06120000{at:02}" if at % 2 or not at % 3 else None,
            name=f'Aïcha "{at}"\t\\N\n',
            created_at=now,
            last_login=now if at % 4 else None,
        )
        for at in range(count)
    ]


def kept() -> list[Any]:
    names = [field.name for field in User._meta.concrete_fields if field.name not in ("id", "email")]
    return list(User.objects.order_by("pk").values_list(*names))


@pytest.mark.parametrize("count", [0, 1, FEW - 1, FEW, 3 * FEW])
def test_a_row_says_the_same_however_it_was_written(count: int) -> None:
    ours, theirs = people(count, of="a"), people(count, of="b")
    insert_many(ours)
    mine = kept()
    User.objects.all().delete()
    User.objects.bulk_create(theirs)
    assert kept() == mine
    for one, other in zip(ours, theirs, strict=True):
        assert isinstance(one.pk, int)
        assert not one._state.adding
        told = {field.attname for field in User._meta.concrete_fields} - {"id", "email"}
        assert {name: getattr(one, name) for name in told} == {name: getattr(other, name) for name in told}


def test_keys_follow_the_order_of_the_rows() -> None:
    rows = people(2 * FEW, of="a")
    insert_many(rows)
    assert [row.pk for row in rows] == sorted(row.pk for row in rows)
    assert list(User.objects.order_by("pk").values_list("name", flat=True)) == [row.name for row in rows]


def test_what_is_sealed_is_sealed_each_time_anew() -> None:
    made = [OfferFactory(address="12 rue des Invités") for _at in range(FEW)]
    again = []
    for offer in made:
        offer.pk, offer.reference = None, f"{offer.reference[:-1]}Z"
        again.append(offer)
    insert_many(again)
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM offers_offer WHERE id = ANY (%s)", [[row.pk for row in again]])
        stands = [address for (address,) in cursor.fetchall()]
    assert len(set(stands)) == FEW
    assert all(address.startswith("enc1:") for address in stands)
    assert {offer.address for offer in Offer.objects.all()} == {"12 rue des Invités"}


def test_one_that_is_refused_is_an_error_of_django_s_and_none_is_written() -> None:
    twice = people(2 * FEW, of="a")
    twice[-1].email = twice[1].email
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many(twice)
    too_long = people(2 * FEW, of="a")
    too_long[-1].language = "x" * 11
    with pytest.raises(DataError), transaction.atomic():
        insert_many(too_long)
    assert not User.objects.exists()


def test_what_only_the_database_works_out_has_to_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    field = User._meta.get_field("contact_changes")
    monkeypatch.setattr(field, "db_default", Now())
    rows = people(FEW, of="a")
    for row in rows:
        row.contact_changes = models.expressions.DatabaseDefault(Now())  # type: ignore[assignment]
    with pytest.raises(FieldError, match="contact_changes"):
        insert_many(rows)


def test_a_request_s_writes_still_say_who_wrote_them() -> None:
    seen = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        insert_many(people(2 * FEW, of="a"))
    assert any(sql.startswith('INSERT INTO "accounts_user"') for sql in seen)
    assert User.objects.count() == 2 * FEW


def test_a_value_that_passed_is_of_its_own_field_and_type() -> None:
    rows = people(3, of="a")
    rows[0].name, rows[1].language, rows[2].language = "x" * 11, "x" * 10, "x" * 11
    refuses("language", rows)
    rows = people(3, of="a")
    rows[1].email = rows[2].email = "personne"
    refuses("email", rows)
    rows = people(3, of="a")
    rows[0].contact_changes, rows[1].contact_changes = 1, "un"  # type: ignore[assignment]
    refuses("contact_changes", rows)
    clean_fields_of(people(3, of="a"), exclude=EXCLUDED)


def test_of_one_row_all_is_said_that_is_wrong_and_what_is_written_otherwise_is_set_right() -> None:
    rows = people(2, of="a")
    rows[0].is_active = "True"  # type: ignore[assignment]
    rows[1].language, rows[1].contact_changes = "x" * 11, "un"  # type: ignore[assignment]
    with pytest.raises(ValidationError) as refused:
        clean_fields_of(rows, exclude=EXCLUDED)
    assert set(refused.value.error_dict) == {"language", "contact_changes"}
    assert rows[0].is_active is True


def refuses(name: str, rows: list[User]) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_fields_of(rows, exclude=EXCLUDED)
    assert set(refused.value.error_dict) == {name}
