"""The migrated database that is kept between runs: when it serves, and when it is made anew."""

import fcntl
import os

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests import migrated

MADE_BY = ["lock", "app", "5.2.1"]


@pytest.fixture
def checkout(tmp_path):
    """Two apps with migrations, one of which imports a module of ours."""
    for app in ("one", "two"):
        (tmp_path / app / "migrations").mkdir(parents=True)
        (tmp_path / app / "migrations" / "0001_initial.py").write_text("from django.db import models\n")
    (tmp_path / "two" / "migrations" / "0002_next.py").write_text("import one.words\nfrom one import sums\n")
    (tmp_path / "one" / "words.py").write_text("A = 1\n")
    (tmp_path / "one" / "sums.py").write_text("B = 1\n")
    (tmp_path / "one" / "views.py").write_text("C = 1\n")
    return tmp_path


def digest(checkout, made_by=MADE_BY):
    return migrated.digest([checkout / app / "migrations" for app in ("one", "two")], made_by, root=checkout)


@pytest.mark.parametrize(
    "change",
    [
        lambda checkout: (checkout / "one/migrations/0001_initial.py").write_text("x = 1\n"),
        lambda checkout: (checkout / "one/migrations/0002_new.py").write_text(""),
        lambda checkout: (checkout / "two/migrations/0002_next.py").unlink(),
        lambda checkout: (checkout / "two/migrations/0002_next.py").rename(
            checkout / "two/migrations/0002_other.py"
        ),
        lambda checkout: (checkout / "one/words.py").write_text("A = 2\n"),
        lambda checkout: (checkout / "one/sums.py").write_text("B = 2\n"),
    ],
    ids=["changed", "added", "removed", "renamed", "import changed", "from-import changed"],
)
def test_another_migration_is_another_database(checkout, change):
    before = digest(checkout)
    change(checkout)
    assert digest(checkout) != before


@pytest.mark.parametrize("place", [0, 1, 2])
def test_another_lock_app_or_version_is_another_database(checkout, place):
    made_by = list(MADE_BY)
    made_by[place] += "1"
    assert digest(checkout, made_by) != digest(checkout)


def test_what_no_migration_reads_changes_nothing(checkout):
    before = digest(checkout)
    (checkout / "one/views.py").write_text("C = 2\n")
    assert digest(checkout) == before


def applied():
    return "select app, name, applied from django_migrations order by app, name"


def test_this_run_began_as_a_copy_of_it(db):
    """The moments at which the migrations were applied are the same in both: one was copied from the other."""
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(f"{base}/{migrated.name()}") as kept:
        rows = kept.execute(applied()).fetchall()
    with connection.cursor() as cursor:
        cursor.execute(applied())
        assert cursor.fetchall() == rows
    assert set(MigrationLoader(None).disk_migrations) <= {(app, name) for app, name, _ in rows}


@pytest.fixture
def admin(db):
    """A connection of the server's owner, and no database of these tests left behind."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as one:
        yield one
        for name in ("source_of_tests", "kept_first", "kept_second", "fresh_kept_first"):
            one.execute(f"drop database if exists {name} with (force)")


def test_a_new_one_takes_the_place_of_the_old(admin, monkeypatch):
    monkeypatch.setattr(migrated, "PREFIX", "kept_")
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    admin.execute("create database kept_first")
    admin.execute("create database source_of_tests")
    with psycopg.connect(f"{base}/source_of_tests") as source:
        source.execute("create table kept as select 'Grenoble' as word")
    assert not migrated.is_kept(admin, "kept_second")
    migrated.keep(admin, "kept_second", made_from="source_of_tests")
    assert migrated.is_kept(admin, "kept_second")
    assert not migrated.is_kept(admin, "kept_first")
    with psycopg.connect(f"{base}/kept_second") as kept:
        assert kept.execute("table kept").fetchone() == ("Grenoble",)


def test_one_is_handed_on_to_the_server_of_another_process(admin, monkeypatch, tmp_path):
    monkeypatch.setattr(migrated, "PREFIX", "kept_")
    monkeypatch.setattr(migrated, "HANDED_ON", tmp_path)
    (tmp_path / "kept_older.dump").touch()
    assert not migrated.take_over(admin, "kept_first")
    admin.execute("create database kept_first")
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(f"{base}/kept_first") as first:
        first.execute("create table kept as select 'Grenoble' as word")
    migrated.hand_on(admin, "kept_first")
    admin.execute("drop database kept_first")
    assert [path.name for path in tmp_path.iterdir()] == ["kept_first.dump"]
    assert migrated.take_over(admin, "kept_first")
    with psycopg.connect(f"{base}/kept_first") as kept:
        assert kept.execute("table kept").fetchone() == ("Grenoble",)
    left = "select count(*) from pg_database where datname = 'fresh_kept_first'"
    assert admin.execute(left).fetchone() == (0,)


def test_who_comes_meanwhile_waits(monkeypatch, tmp_path):
    monkeypatch.setattr(migrated, "HANDED_ON", tmp_path)
    with (
        migrated.one_at_a_time(),
        (tmp_path / "migrated.turn").open("a") as other,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
