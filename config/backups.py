"""The database on a file that only the holder of its key can read, and put back.

A file is age-encrypted (https://age-encryption.org/v1): the server knows the public key alone, so that whoever steals
it reads none of its backups. In it: a line that names the format, a line of JSON that says what is in each table, and
`pg_dump`'s archive, all of one moment. `restore` counts and compares every table before anybody uses it.

This module imports no app: a database is put back before anything of it can be read.
"""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import psycopg
import pyrage
from django.utils.translation import gettext as _
from psycopg import sql
from pyrage import x25519

from config import embedded

FORMAT = b"accorde backup 1\n"
NAME = re.compile(r"accorde-\d{4}-\d\d-\d\dT\d{6}Z\.age")
# More than any description of tables, so that a file that is something else is not read to its end.
LONGEST_HEAD = 10_000_000
# What writes a value as text, the same on every server.
_SAME_TEXT = (
    "SET TIME ZONE 'UTC'", "SET datestyle = 'ISO, YMD'", "SET intervalstyle = 'iso_8601'", "SET bytea_output = 'hex'",
    "SET extra_float_digits = 1",
)  # fmt: skip

# What of an address PostgreSQL's programs read, by the name of the variable after PG.
_REACHED_BY = {
    "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "DATABASE", "sslmode": "SSLMODE",
    "sslrootcert": "SSLROOTCERT",
}  # fmt: skip

Compared = dict[str, list[str]]


class BackupError(Exception):
    """Nothing was written, or put back; the message says why in the reader's language, without a row's content."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: of each table how many rows and a sum of what stands in them; which migrations had run."""

    made_at: str
    migrations: list[list[str]]
    tables: Compared = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(int(n) for n, _digest in self.tables.values())


# --- Keys ----------------------------------------------------------------------------------------------


def new_key() -> tuple[str, str]:
    """(public, private), as age writes them: the first stays on the server, the second leaves it."""
    private = x25519.Identity.generate()
    return str(private.to_public()), str(private)


def recipients_of(text: str) -> list[x25519.Recipient]:
    """The public keys, separated by spaces. BackupError where there is none or one is none."""
    try:
        found = [x25519.Recipient.from_str(one) for one in text.split()]
    except pyrage.RecipientError:
        raise BackupError(_("BACKUP_RECIPIENTS n’est pas une clé publique age (age1…).")) from None
    if not found:
        raise BackupError(
            _(
                "BACKUP_RECIPIENTS n’est pas donné\u202f: «\u00a0manage.py backup --new-key\u00a0» en fait une."
            )
        )
    return found


def identities_of(text: str) -> list[x25519.Identity]:
    """The private keys of a file as age writes it, comments left out. BackupError where there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        found = [x25519.Identity.from_str(line) for line in lines]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise BackupError(_("Ce fichier n’est pas une clé privée age (AGE-SECRET-KEY-1…)."))
    return found


# --- Writing -------------------------------------------------------------------------------------------


def write(
    folder: Path, *, url: str, recipients: Sequence[x25519.Recipient], now: datetime
) -> tuple[Path, Contents]:
    """The database of one moment into a new file of this folder: its path and what it holds.

    Until it is whole and on the disk it is called .part. Raises BackupError.
    """
    path = folder / f"accorde-{now:%Y-%m-%dT%H%M%S}Z.age"
    part = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _private(part) as file:
            try:
                contents = _write(file, url, recipients, now)
                part.rename(path)
                _sync(folder)
            finally:
                part.unlink(missing_ok=True)
    except OSError as problem:
        raise BackupError(f"{part}\u202f: {problem.strerror or problem}") from None
    return path, contents


def _write(file: IO[bytes], url: str, recipients: Sequence[x25519.Recipient], now: datetime) -> Contents:
    with _connected(url) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        contents = _contents(connection, now=now)
        snapshot = _one(connection, "SELECT pg_export_snapshot()")
        with _program("pg_dump", url, connection, "--format=custom", f"--snapshot={snapshot}") as dump:
            assert dump.stdout is not None
            pyrage.encrypt_io(_After(_head(contents), dump.stdout), file, list(recipients))
    file.flush()
    os.fsync(file.fileno())
    return contents


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Delete all but the latest `keep` backups of a folder; which. Other files are left alone."""
    ours = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))
    old = ours[:-keep] if keep else []
    for path in old:
        path.unlink()
    return old


# --- Putting back --------------------------------------------------------------------------------------


def restore(
    path: Path, *, url: str, identities: Sequence[x25519.Identity], knows: Callable[[Contents], bool]
) -> Contents:
    """Put a backup into an empty database, whole or not at all, and compare every table with what was written.

    `knows`: whether this release knows what it finds, asked before anything is written. Raises BackupError.
    """
    with _connected(url) as connection:
        if _tables(connection):
            raise BackupError(
                _("Cette base n’est pas vide\u202f: une sauvegarde se remet dans une base neuve.")
            )
        with _program(
            "pg_restore", url, connection, "--single-transaction", "--exit-on-error", "--dbname="
        ) as back:
            assert back.stdin is not None
            parted = _Parted(back.stdin, knows)
            try:
                with path.open("rb") as file:
                    pyrage.decrypt_io(file, parted, list(identities))
            except BackupError:
                back.kill()
                raise
            except (pyrage.DecryptError, OSError) as problem:
                back.kill()
                raise BackupError(_why_not_read(path, problem)) from None
            if parted.contents is None:
                back.kill()
                raise BackupError(_("%(path)s n’est pas une sauvegarde d’Accorde.") % {"path": path})
            back.stdin.close()
        contents = parted.contents
        if others := compare(connection, contents):
            raise BackupError(
                _("Ces tables ne sont pas comme elles étaient\u202f: %(names)s.")
                % {"names": ", ".join(others)}
            )
    return contents


def compare(connection: psycopg.Connection[Any], contents: Contents) -> list[str]:
    """The tables that are not what the backup says of them: missing, too many, or with other rows."""
    found = _described(connection)
    return sorted(
        name for name in found.keys() | contents.tables.keys() if found.get(name) != contents.tables.get(name)
    )


# --- What is in a database -----------------------------------------------------------------------------


def _contents(connection: psycopg.Connection[Any], *, now: datetime) -> Contents:
    ran = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return Contents(f"{now:%Y-%m-%dT%H:%M:%SZ}", [list(row) for row in ran], _described(connection))


def _described(connection: psycopg.Connection[Any]) -> Compared:
    """Of each table how many rows it has, and the sum of a hash of each: no order matters, every letter does."""
    for setting in _SAME_TEXT:
        connection.execute(setting)
    query = sql.SQL(
        "SELECT count(*)::text, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {} t"
    )
    rows = {
        name: connection.execute(query.format(sql.Identifier(name))).fetchone()
        for name in _tables(connection)
    }
    return {name: list(row) for name, row in rows.items() if row}


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1"
    )
    return [name for (name,) in rows]


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _connected(url: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(url, autocommit=True)
    except psycopg.OperationalError:
        raise BackupError(_("PostgreSQL ne répond pas.")) from None


# --- PostgreSQL's own programs -------------------------------------------------------------------------


class _program:  # noqa: N801 (used as a function that opens a block)
    """`pg_dump` or `pg_restore` at work on this database; BackupError where it is missing, too old or fails.

    How to reach the database is told by the environment: arguments are read by every user of the machine.
    """

    def __init__(self, name: str, url: str, connection: psycopg.Connection[Any], *arguments: str) -> None:
        self.name = name
        at = psycopg.conninfo.conninfo_to_dict(url)
        self.environment = {"PATH": os.defpath, "LC_ALL": "C"} | {
            f"PG{variable}": str(at[key]) for key, variable in _REACHED_BY.items() if at.get(key)
        }
        wanted = connection.info.server_version // 10_000
        # Owners and rights are the installation's: who puts it back may have others.
        self.command = [_found(name, wanted), "--no-owner", "--no-privileges", *self._named(arguments, at)]

    def _named(self, arguments: Sequence[str], at: dict[str, Any]) -> list[str]:
        return [f"--dbname={at.get('dbname', '')}" if one == "--dbname=" else one for one in arguments]

    def __enter__(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(  # noqa: S603 (our own words)
            self.command,
            stdin=subprocess.PIPE if self.name == "pg_restore" else subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.name == "pg_dump" else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self.environment,
        )
        self.said: list[bytes] = []
        assert self.process.stderr is not None
        self.listener = threading.Thread(target=self.said.extend, args=(self.process.stderr,), daemon=True)
        self.listener.start()
        return self.process

    def __exit__(self, kind: type[BaseException] | None, *_of_the_error: object) -> None:
        if kind is not None and self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        code = self.process.wait()
        self.listener.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        if code and (kind is None or issubclass(kind, OSError)):
            raise BackupError(
                _("%(name)s s’est arrêté\u202f: %(why)s") % {"name": self.name, "why": self._first_error()}
            )

    def _first_error(self) -> str:
        """What it said first, without the row that PostgreSQL quotes."""
        lines = [line.decode(errors="replace").strip() for line in self.said]
        told = [line for line in lines if line and not line.startswith(("DETAIL:", "CONTEXT:", "COPY "))]
        return next((line for line in told if "error" in line.lower()), told[0] if told else "?")


def _found(name: str, wanted: int) -> str:
    """Where this program lies: on the PATH, or with the server that came with pip; not older than the server."""
    beside = embedded.program(name)
    for path in filter(None, (shutil.which(name), str(beside) if beside else None)):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        version = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", said)
        if version and int(version[1]) >= wanted:
            return path
    raise BackupError(
        _("%(name)s manque, ou est plus ancien que le serveur\u202f: il faut postgresql-client %(n)s.")
        % {"name": name, "n": wanted}
    )


# --- The file ------------------------------------------------------------------------------------------


def _head(contents: Contents) -> bytes:
    told = {"made_at": contents.made_at, "migrations": contents.migrations, "tables": contents.tables}
    return FORMAT + json.dumps(told, separators=(",", ":")).encode() + b"\n"


class _After:
    """Reads the head, then what follows it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self.head, self.rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if self.head:
            part, self.head = self.head[:size], self.head[size:] if size >= 0 else b""
            return part
        return self.rest.read(size)


class _Parted:
    """Written to: takes the head away, and hands what follows it on once it is known."""

    def __init__(self, rest: IO[bytes], knows: Callable[[Contents], bool]) -> None:
        self.rest, self.knows = rest, knows
        self.contents: Contents | None = None
        self._head = b""

    def write(self, data: bytes) -> int:
        if self.contents is not None:
            self.rest.write(data)
            return len(data)
        self._head += data
        if not self._head.startswith(FORMAT[: len(self._head)]) or len(self._head) > LONGEST_HEAD:
            raise BackupError(_("Ce fichier n’est pas une sauvegarde d’Accorde."))
        lines = self._head.split(b"\n", 2)
        if len(lines) == 3:
            self.contents = Contents(**json.loads(lines[1]))
            if not self.knows(self.contents):
                raise BackupError(
                    _("Cette sauvegarde vient d’une version plus récente\u202f: installez celle-là d’abord.")
                )
            self.rest.write(lines[2])
        return len(data)

    def flush(self) -> None:
        self.rest.flush()


def _why_not_read(path: Path, problem: Exception) -> str:
    if isinstance(problem, pyrage.DecryptError) and "key" in str(problem):
        return _("Cette clé n’ouvre pas %(path)s.") % {"path": path}
    if isinstance(problem, OSError) and problem.strerror:
        return f"{path}\u202f: {problem.strerror}"
    return _("%(path)s est abîmé ou incomplet.") % {"path": path}


def _private(path: Path) -> IO[bytes]:
    """A new file that nobody else on the machine reads."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(folder: Path) -> None:
    """The name of a file is on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
