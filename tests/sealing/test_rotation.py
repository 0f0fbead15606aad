"""Keys are changed under way: nothing is lost, nobody waits, and what was written once stays as it was said."""

import json
import secrets
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState
from django.utils import timezone

from accounts.models import PersonEdit
from catalogue.models import FieldChange
from homes.models import Dwelling
from matching.models import Decision
from sealing.columns import seal_columns, seal_entries
from sealing.keys import key_bytes, key_name
from sealing.rotation import left, rotate, tables
from sealing.seals import UnknownKey, is_sealed
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import suggested_match
from tests.factories.offers import OfferFactory
from town.models import AuditRow


def column(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [value for (value,) in cursor.fetchall()]


def table(name: str) -> Any:
    return next(each for each in tables() if each.name == name)


def homes(count: int) -> list[Dwelling]:
    city, commune, now = CityFactory(), CommuneFactory(), timezone.now()
    return Dwelling.objects.bulk_create(
        Dwelling(
            city=city, commune=commune, title=f"T{number}", capacity=4, owner_name="Léa", created_at=now,
            changed_at=now,
        )
        for number in range(count)
    )  # fmt: skip


@pytest.fixture
def new_key(settings) -> str:
    """A key that stands before the others; what was written until now is of those."""
    written = secrets.token_urlsafe(32)
    settings.NEW_KEYS = [written, *settings.FIELD_KEYS]
    return written


@pytest.fixture
def rows(transactional_db: None) -> None:
    """Something in a table of each sort."""
    homes(5)
    OfferFactory(address="3 rue des Lilas")
    person = UserFactory()
    PersonEdit.objects.create(
        person=person, at=timezone.now(), what={"name": ["Léa", "Léo"], "phone": [None, None]}
    )
    match = suggested_match()
    Decision.objects.create(
        match=match, act="propose", from_state="suggested", to_state="proposed", role="coordinator", note="Oui",
        at=timezone.now(),
    )  # fmt: skip
    TOTP.activate(person, generate_totp_secret())


def test_after_a_rotation_the_old_key_opens_nothing_and_is_not_needed(
    rows: None, settings, new_key: str, capsys
) -> None:
    settings.FIELD_KEYS, old = settings.NEW_KEYS, settings.FIELD_KEYS
    with pytest.raises(CommandError, match="homes_dwelling 5"):
        call_command("rotate_keys", "--check")
    call_command("rotate_keys")
    assert "homes_dwelling: 5 of 5" in capsys.readouterr().out
    settings.FIELD_KEYS = [new_key]
    call_command("rotate_keys", "--check")
    assert Dwelling.objects.filter(title="").count() == 0
    assert sorted(home.title for home in Dwelling.objects.all()) == ["T0", "T1", "T2", "T3", "T4"]
    assert PersonEdit.objects.get().what == {"name": ["Léa", "Léo"], "phone": [None, None]}
    assert Decision.objects.get().note == "Oui"
    assert is_sealed(Authenticator.objects.get().data["secret"])
    settings.FIELD_KEYS = old
    with pytest.raises(UnknownKey, match=key_name(key_bytes(new_key))):
        Dwelling.objects.first()


def test_the_secret_of_a_second_factor_is_sealed_and_the_same_afterwards(
    rows: None, settings, new_key: str
) -> None:
    (stored,) = column("SELECT data ->> 'secret' FROM mfa_authenticator")
    assert is_sealed(stored)
    secret = decrypt(stored)
    settings.FIELD_KEYS = settings.NEW_KEYS
    call_command("rotate_keys")
    settings.FIELD_KEYS = [new_key]
    (anew,) = column("SELECT data ->> 'secret' FROM mfa_authenticator")
    assert decrypt(anew) == secret != stored


def test_indexes_stay_so_that_what_was_found_is_found(rows: None, settings, new_key: str) -> None:
    from offers.models import Offer

    found = Offer.objects.get(address="3 rue des lilas")
    settings.FIELD_KEYS = settings.NEW_KEYS
    assert Offer.objects.get(address="3 rue des lilas") == found, "before"
    call_command("rotate_keys")
    assert Offer.objects.get(address="3 rue des lilas") == found, "and after"


def test_a_rotation_that_ends_in_the_middle_goes_on(
    transactional_db: None, settings, new_key: str, monkeypatch
) -> None:
    monkeypatch.setattr("sealing.rotation.BATCH", 2)
    homes(5)
    settings.FIELD_KEYS = settings.NEW_KEYS
    steps = rotate(table("homes_dwelling"))
    assert next(steps) == 2
    steps.close()
    assert left(table("homes_dwelling")) == 3
    assert len(Dwelling.objects.values_list("title")) == 5, "half and half is read as one"
    assert list(rotate(table("homes_dwelling"))) == [2, 1]
    assert list(rotate(table("homes_dwelling"))) == []


def test_a_row_in_somebody_s_hands_waits_and_keeps_what_they_write(
    transactional_db: None, settings, new_key: str, at_once
) -> None:
    import threading

    first, second = homes(2)
    settings.FIELD_KEYS = settings.NEW_KEYS
    is_held, is_passed = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            home = Dwelling.objects.select_for_update().get(pk=first.pk)
            home.title = "Nouveau"
            home.save(update_fields=["title"])
            is_held.set()
            assert is_passed.wait(20)

    def rotate_beside() -> int:
        assert is_held.wait(20)
        done = sum(rotate(table("homes_dwelling")))
        is_passed.set()
        return done

    assert at_once(write, rotate_beside) == [None, 1]
    assert sum(rotate(table("homes_dwelling"))) == 1, "the rest of its columns"
    settings.FIELD_KEYS = [new_key]
    assert Dwelling.objects.get(pk=first.pk).title == "Nouveau"
    assert Dwelling.objects.get(pk=second.pk).title == "T1"


def test_a_key_that_is_still_needed_is_named_and_the_rest_is_not_touched(
    rows: None, settings, new_key: str
) -> None:
    old, settings.FIELD_KEYS = settings.FIELD_KEYS, [new_key]
    with pytest.raises(UnknownKey, match=key_name(key_bytes(old[0]))):
        call_command("rotate_keys")
    settings.FIELD_KEYS = old
    assert Dwelling.objects.filter(title="").count() == 0
    assert sorted(home.title for home in Dwelling.objects.all())[0] == "T0"


def test_nothing_is_noted_and_nothing_that_was_written_once_may_be_said_otherwise(
    rows: None, settings, new_key: str
) -> None:
    settings.FIELD_KEYS = settings.NEW_KEYS
    before = AuditRow.objects.count()
    call_command("rotate_keys")
    assert AuditRow.objects.count() == before
    forged = json.dumps({"name": '["a", "b"]'})
    for said in (
        f"UPDATE accounts_personedit SET what = '{forged}'",
        "UPDATE matching_decision SET note = 'autre'",
        "UPDATE matching_decision SET note = ''",
        "UPDATE matching_decision SET note = 'enc1:x', act = 'accept'",
        "DELETE FROM matching_decision",
    ):
        with pytest.raises(IntegrityError, match="never"):
            run("SELECT set_config('accorde.rotating', 'yes', true)", said)
    with pytest.raises(IntegrityError, match="never"):
        run("UPDATE matching_decision SET note = 'enc1:x'")


@transaction.atomic
def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_every_history_lets_its_rows_be_sealed_anew() -> None:
    histories = {model._meta.db_table for model in FieldChange.__subclasses__()}
    assert len(histories) > 10
    assert histories <= {each.name for each in tables()}


def test_what_stood_in_clear_is_sealed_by_the_migration_and_opened_on_the_way_back(rows: None) -> None:
    """On tables as they are: the operation that each migration of an encrypted column ends with."""
    state = ProjectState.from_apps(apps)
    operations = [
        seal_columns("homes", dwelling="title owner_name note"),
        seal_columns("accounts", personedit="what"),
        seal_columns("matching", decision="note"),
        seal_entries(table="mfa_authenticator", column="data", names="secret seed"),
    ]
    labels = ["homes", "accounts", "matching", "mfa"]
    noted = AuditRow.objects.count()
    sealed = column("SELECT title FROM homes_dwelling")
    for operation, label in zip(operations, labels, strict=True):
        with connection.schema_editor() as editor:
            operation.database_backwards(label, editor, state, state)
    assert sorted(column("SELECT title FROM homes_dwelling")) == ["T0", "T1", "T2", "T3", "T4"]
    assert column("SELECT what::text FROM accounts_personedit") == [
        '{"name": ["Léa", "Léo"], "phone": [null, null]}'
    ]
    assert column("SELECT note FROM matching_decision") == ["Oui"]
    assert not is_sealed(column("SELECT data ->> 'secret' FROM mfa_authenticator")[0])
    for operation, label in zip(operations, labels, strict=True):
        with connection.schema_editor() as editor:
            operation.database_forwards(label, editor, state, state)
    assert all(is_sealed(title) for title in column("SELECT title FROM homes_dwelling"))
    assert column("SELECT title FROM homes_dwelling") != sealed
    assert Dwelling.objects.filter(note="").count() == 5
    assert PersonEdit.objects.get().what["name"] == ["Léa", "Léo"]
    assert Decision.objects.get().note == "Oui"
    assert AuditRow.objects.count() == noted
    with pytest.raises(IntegrityError, match="never"), transaction.atomic():
        PersonEdit.objects.all().delete()
