"""A town that runs the last release takes the next one: its data migrate, nothing is lost, and the product works on.

data/released-0.1.sql.xz is the demonstration of the released version, as that version wrote it, with the communes that
it names. The embedded PostgreSQL brings the pg_dump that made it; a new release gets a dump of its own:

    pg_dump --no-owner --no-privileges --inserts --rows-per-insert=100 "$DATABASE_URL" | grep -v '^\\' | xz -9e
"""

import lzma
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest

from config import together
from sealing.rotation import tables
from tests.test_run import ends_well, start
from tests.test_settings import TOWN

ROOT = Path(__file__).resolve().parents[2]
RELEASED = Path(__file__).parent / "data" / "released-0.1.sql.xz"
# Django's own list of what there is, which grows with each table.
GROWING = {"django_migrations", "django_content_type", "auth_permission"}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


def rows(database):
    """How many rows each table holds."""
    with psycopg.connect(database) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


def in_clear(database):
    """By column, how many texts are not sealed that should be."""
    found = {}
    with psycopg.connect(database) as connection:
        for table in tables():
            for column in (column.name for column in table.columns if not column.is_object):
                sql = f"""SELECT count(*) FROM "{table.name}" WHERE "{column}" NOT IN ('', '{{}}', '[]')"""
                [(kept,)] = connection.execute(sql).fetchall()
                [(clear,)] = connection.execute(
                    f"""{sql} AND NOT starts_with("{column}", 'enc1:')"""
                ).fetchall()
                found[f"{table.name}.{column}"] = (kept, clear)
    return found


@pytest.fixture
def released(tmp_path):
    """The environment of a server whose database is the released version's."""
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"released_{os.getpid()}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(f"{base}/{name}") as database:
            database.execute(lzma.decompress(RELEASED.read_bytes()).decode())
        yield {
            "PATH": os.environ["PATH"],
            **TOWN,
            "ACCORDE_MODE": "demo",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": f"{base}/{name}",
            "REDIS_URL": os.environ["REDIS_URL"],
            "ACCORDE_DATA": str(tmp_path),
            "BIND": f"127.0.0.1:{together.free_port(18_000)}",
        }
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(environment, *arguments):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_released_version_s_data_migrate_and_work(released, tmp_path, eventually):
    before = rows(released["DATABASE_URL"])
    assert before["offers_offer"] == 1200
    assert before["matching_decision"] > 700
    assert before["followups_outcome"] > 80

    manage(released, "migrate", "--no-input")
    after = rows(released["DATABASE_URL"])
    assert {name: after.get(name) for name in before.keys() - GROWING} == {
        name: count for name, count in before.items() if name not in GROWING
    }

    texts = in_clear(released["DATABASE_URL"])
    assert texts["notifications_message.body"][0] > 1000
    assert {column for column, (_kept, clear) in texts.items() if clear} == set()

    # What its services kept beside their writes is in the record.
    assert after["town_auditrow"] > before["matching_decision"] + before["offers_offerchange"]

    # The engine reads all of it, and writes what it finds.
    manage(released, "rescan", "--all", "--workers", "1", "--wait")

    web = start("web", released, tmp_path / "web.log")
    try:
        address = f"http://{released['BIND']}/strasbourg/"
        page = eventually(lambda: answer(address), seconds=30)
        assert "Strasbourg" in page
    finally:
        assert ends_well(web), (tmp_path / "web.log").read_text()


def answer(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.read().decode()
    except OSError:
        return ""
