"""A backup tells nothing without its key, comes back whole or not at all, and nothing in it acts by itself."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Session, User
from config import backups, embedded
from notifications.doubts import set_restored_aside
from notifications.models import Message, MessageState
from notifications.selectors import undelivered
from tests.conftest import database_url
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory
from tests.factories.offers import OfferFactory
from webhooks.models import Event
from webhooks.services import place_events

NOW = datetime(2026, 11, 30, 3, 12, tzinfo=UTC)
MARK = "Clafoutis-Zébulon"
PUBLIC, PRIVATE = backups.new_key()
TO, BY = backups.recipients_of(PUBLIC), backups.identities_of(PRIVATE)

on_real_rows = pytest.mark.django_db(transaction=True)


def anything(_contents):
    return True


def write(folder, now=NOW):
    return backups.write(folder, url=database_url(), recipients=TO, now=now)


@pytest.fixture
def empty():
    """The address of a new database beside the tests' own."""
    base, name = database_url().rpartition("/")[0], f"restored_{os.getpid()}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"{base}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def tables_of(url):
    with psycopg.connect(url) as database:
        return database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()[0]


@on_real_rows
def test_what_is_put_back_is_what_there_was_and_acts_by_nobody(tmp_path, empty):
    offer = OfferFactory(text=f"Une chambre, {MARK}.")
    waiting = [
        MessageFactory(state=MessageState.QUEUED),
        MessageFactory(state=MessageState.HELD, why="quiet hours"),
        MessageFactory(state=MessageState.SENDING, claimed_at=timezone.now(), attempts=1, connection=1),
    ]
    gone = MessageFactory(state=MessageState.SENT, sent_at=timezone.now())
    Session.objects.create(
        session_key="k" * 32, session_data="", expire_date=timezone.now() + timedelta(1), user=UserFactory()
    )
    Event.objects.create(
        city=offer.city, happening="offer.opened", subject_id=offer.pk, references={}, at=timezone.now()
    )
    place_events(by=None)
    path, contents = write(tmp_path)
    assert path.name == "accorde-2026-11-30T031200Z.age"
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert contents.tables["offers_offer"][0] == "1"
    for secret in (MARK.encode(), b"offers_offer", PRIVATE.encode()):
        assert secret not in path.read_bytes()

    key = tmp_path / "key.txt"
    key.write_text(f"# public key: {PUBLIC}\n{PRIVATE}\n")
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", path, "--key", key],
        env={**os.environ, "DATABASE_URL": empty}, capture_output=True, text=True, check=False, cwd=embedded.ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{len(contents.tables)} tables" in done.stdout
    with psycopg.connect(empty, autocommit=True) as database:
        # Only what the restoring does is another: messages, sessions, and the database's notes of it.
        others = set(backups.compare(database, contents))
        assert others <= {
            "notifications_message", "accounts_session", "town_auditrow", "django_migrations", "webhooks_event",
            "webhooks_forgotten",
        }  # fmt: skip
        assert {"notifications_message", "accounts_session"} <= others
        assert database.execute("SELECT text FROM offers_offer").fetchone() == (offer.text,)
        states = dict(database.execute("SELECT id, state FROM notifications_message").fetchall())
        assert states == {**{one.pk: "uncertain" for one in waiting}, gone.pk: "sent"}
        assert database.execute("SELECT count(*) FROM accounts_session").fetchone() == (0,)
        # It goes on where it stopped: no number is given twice.
        # Whoever has read on since the backup was made is told so, and passes over nothing that happens now.
        told = database.execute(
            "SELECT forgotten.place, event.place, nextval('webhooks_event_place') "
            "FROM webhooks_event event, webhooks_forgotten forgotten"
        ).fetchone()
        assert 1_000_000_000_000 < told[0] < told[1] < told[2]
        numbers = database.execute("SELECT nextval(pg_get_serial_sequence('offers_offer', 'id'))").fetchone()
        assert numbers[0] > offer.pk


@on_real_rows
def test_a_backup_is_of_one_moment(tmp_path, empty):
    UserFactory()

    class Meanwhile(list):
        """Somebody signs up while the tables are being described."""

        def __iter__(self):
            UserFactory()
            return super().__iter__()

    path, contents = backups.write(tmp_path, url=database_url(), recipients=Meanwhile(TO), now=NOW)
    assert User.objects.count() == 2
    assert contents.tables["accounts_user"][0] == "1"
    backups.restore(path, url=empty, identities=BY, knows=anything)


@on_real_rows
def test_what_cannot_be_put_back_whole_is_put_back_not_at_all(tmp_path, empty):
    path, _contents = write(tmp_path)
    data = path.read_bytes()

    def refused(said, data=data, by=BY, knows=anything):
        path.write_bytes(data)
        with pytest.raises(backups.BackupError, match=said):
            backups.restore(path, url=empty, identities=by, knows=knows)
        assert tables_of(empty) == 0

    for spoilt in (
        data[:-20], data[: len(data) // 2], data[:-2000] + bytes([data[-2000] ^ 1]) + data[-1999:], b"", b"PK" + data
    ):  # fmt: skip
        refused("abîmé ou incomplet", spoilt)
    refused("n’ouvre pas", by=backups.identities_of(backups.new_key()[1]))
    refused("plus récente", knows=lambda contents: False)
    for letter in (b"Chers collegues", b"", backups.FORMAT + b"x" * 100):
        refused("n’est pas une sauvegarde", pyrage.encrypt(letter, TO))


@on_real_rows
def test_nothing_is_put_over_what_is_there(tmp_path):
    path, _contents = write(tmp_path)
    with pytest.raises(backups.BackupError, match="n’est pas vide"):
        backups.restore(path, url=database_url(), identities=BY, knows=anything)


@on_real_rows
def test_each_letter_of_each_row_is_compared(tmp_path):
    one = UserFactory(name="Ana")
    _path, contents = write(tmp_path)
    with psycopg.connect(database_url(), autocommit=True) as database:
        assert backups.compare(database, contents) == []
        User.objects.filter(pk=one.pk).update(name="Anna")
        assert "accounts_user" in backups.compare(database, contents)
        User.objects.filter(pk=one.pk).update(name="Ana")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE one_more (id int)")
        try:
            assert "one_more" in backups.compare(database, contents)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE one_more")


def test_old_ones_are_pruned_and_nothing_else(tmp_path):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "accorde-old.age").touch()
    made = [tmp_path / f"accorde-2026-11-{day}T031200Z.age" for day in (28, 29, 30)]
    for path in made:
        path.touch()
    assert backups.prune(tmp_path, keep=0) == []
    assert backups.prune(tmp_path, keep=2) == made[:1]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["notes.txt", "accorde-old.age", made[1].name, made[2].name]
    )


@on_real_rows
def test_a_disk_that_takes_nothing_leaves_nothing(tmp_path):
    with pytest.raises(backups.BackupError, match="Not a directory"):
        write(Path("/dev/null/backups"))
    taken = tmp_path / "accorde-2026-11-30T031200Z.part"
    taken.touch()
    with pytest.raises(backups.BackupError, match="File exists"):
        write(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [taken.name]  # another's: it may be at work


@on_real_rows
def test_a_pg_dump_that_is_too_old_is_named(tmp_path, monkeypatch):
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho pg_dump '(PostgreSQL)' 12.4\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    write(tmp_path)  # the one beside the server is of its age
    monkeypatch.setattr(embedded, "program", lambda name: None)
    with pytest.raises(backups.BackupError, match=r"postgresql-client \d\d"):
        write(tmp_path / "again")


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "n’est pas donné"), ("age1nothing", "n’est pas une clé publique"), (PRIVATE, "publique")],
    ids=["none", "not a key", "a private one"],
)
def test_a_public_key_that_is_none_is_said(text, said):
    with pytest.raises(backups.BackupError, match=said):
        backups.recipients_of(text)


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", PUBLIC, "AGE-SECRET-KEY-1NO"],
    ids=["none", "a comment", "a public one", "not a key"],
)
def test_a_private_key_that_is_none_is_said(text):
    with pytest.raises(backups.BackupError, match="clé privée"):
        backups.identities_of(text)


@on_real_rows
def test_the_command_says_what_it_wrote_and_refuses_in_a_sentence(tmp_path, capsys, settings):
    settings.DATABASE_URL = database_url()
    with pytest.raises(CommandError, match="BACKUP_RECIPIENTS"):
        call_command("backup", tmp_path)
    call_command("backup", "--new-key")
    public, private = re.findall(r"^(?:age1|AGE-SECRET-KEY-1)\S+$", capsys.readouterr().out, re.MULTILINE)
    assert backups.identities_of(private)
    settings.BACKUP_RECIPIENTS = f"{PUBLIC} {public}"
    call_command("backup", tmp_path, "--keep", 1)
    assert re.search(r"accorde-\S+\.age\u202f: \d+ tables", capsys.readouterr().out)
    with pytest.raises(CommandError, match="dossier"):
        call_command("backup")
    with pytest.raises(CommandError, match="--keep"):
        call_command("backup", tmp_path, "--keep", -1)
    with pytest.raises(CommandError, match=r"absent\.txt"):
        call_command("restore", tmp_path / "x.age", "--key", tmp_path / "absent.txt")


def test_messages_put_aside_are_the_desk_s_to_send_again(db):
    message = MessageFactory(state=MessageState.QUEUED, city=CityFactory(), due_at=timezone.now())
    assert Message.objects.due(message.channel, timezone.now()).exists()
    assert set_restored_aside(by=None, now=timezone.now()) == 1
    assert not Message.objects.due(message.channel, timezone.now()).exists()
    assert message in undelivered(message.city)
