"""The servers that come with pip: shared, stopped by the last user, indifferent to kill -9 and odd paths."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One for all tests, as in life: each finds what the one before left."""
    path = tmp_path_factory.mktemp("accorde") / "données d'été"
    yield path
    embedded.forget(path)


def note(folder, name):
    return json.loads((embedded.home(folder) / f"{name}.json").read_text())


def gone(pid):
    """Whether a process has ended (what init has not yet collected has ended, too)."""
    if not Path("/proc").exists():
        return not embedded._alive(pid)
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def in_database(urls, statement):
    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        return connection.execute(statement)


def test_both_servers_answer_in_a_path_with_spaces_and_accents(folder):
    with embedded.servers(folder, lasting=False) as urls:
        with psycopg.connect(urls["DATABASE_URL"]) as connection:
            row = connection.execute(
                "select current_setting('server_version'), datlocprovider::text, pg_encoding_to_char(encoding) "
                "from pg_database where datname = current_database()"
            ).fetchone()
            addresses = connection.execute("show listen_addresses").fetchone()
        client = redis.from_url(urls["REDIS_URL"])
        assert client.ping()
        client.close()
        keepers = [note(folder, name)["keeper"] for name in ("postgres", "valkey")]
    assert row[0].startswith("18.")
    assert row[1:] == ("b", "UTF8")
    assert addresses == ("127.0.0.1",)
    assert all(embedded.wait_until(lambda pid=pid: gone(pid), 5) for pid in keepers)


def test_nobody_enters_without_the_password(folder):
    with embedded.servers(folder, lasting=False) as urls:
        user, _, place = urls["DATABASE_URL"].rpartition("@")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"{user.rpartition(':')[0]}:wrong@{place}")
        place = urls["REDIS_URL"].rpartition("@")[2]
        with redis.from_url(f"redis://{place}") as client, pytest.raises(redis.AuthenticationError):
            client.ping()
    mode = (embedded.home(folder) / "postgres.json").stat().st_mode & 0o777
    assert mode == 0o600


def test_the_data_and_the_port_stay_from_one_start_to_the_next(folder):
    with embedded.servers(folder, names=["postgres"], lasting=False) as first:
        in_database(first, "create table kept as select 'Grenoble' as word")
    with embedded.servers(folder, names=["postgres"], lasting=False) as second:
        assert in_database(second, "table kept").fetchone() == ("Grenoble",)
    assert first == second


def test_a_second_user_shares_the_server_and_the_last_one_stops_it(folder):
    with embedded.servers(folder, names=["valkey"], lasting=False) as first:
        pid = note(folder, "valkey")["pid"]
        with embedded.servers(folder, names=["valkey"], lasting=False) as second:
            assert second == first
            assert note(folder, "valkey")["pid"] == pid
        assert not gone(pid)
    assert gone(pid)


USER = """
import sys, time
from pathlib import Path
from config import embedded
with embedded.servers(Path(sys.argv[1]), names=["postgres"], lasting=False) as urls:
    print("ready", flush=True)
    time.sleep(600)
"""


def start_user(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def end_user(process):
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_killed_user_leaves_no_server_behind(folder):
    user = start_user(folder)
    pids = note(folder, "postgres")["keeper"], note(folder, "postgres")["pid"]
    end_user(user)
    assert all(embedded.wait_until(lambda pid=pid: gone(pid), 20) for pid in pids)


def test_a_killed_keeper_takes_its_server_along_and_the_next_start_works(folder):
    user = start_user(folder)
    now = note(folder, "postgres")
    os.kill(now["keeper"], signal.SIGKILL)
    with embedded.servers(folder, names=["postgres"], lasting=False) as urls:
        psycopg.connect(urls["DATABASE_URL"]).close()
        assert gone(now["pid"])
        end_user(user)


def test_a_killed_server_is_started_anew_with_its_data(folder):
    user = start_user(folder)
    os.kill(note(folder, "postgres")["pid"], signal.SIGKILL)
    assert embedded.wait_until(lambda: "keeper" not in note(folder, "postgres"), 20)
    with embedded.servers(folder, names=["postgres"], lasting=False) as urls:
        psycopg.connect(urls["DATABASE_URL"]).close()
        end_user(user)


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(folder):
    with embedded.servers(folder, names=["postgres"], lasting=False):
        pass
    stale = embedded.home(folder) / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1\n5432\n\n127.0.0.1\n")
    with embedded.servers(folder, names=["postgres"], lasting=False) as urls:
        psycopg.connect(urls["DATABASE_URL"]).close()


def test_a_taken_port_is_left_to_its_owner(folder):
    with embedded.servers(folder, names=["valkey"], lasting=False) as first:
        port = note(folder, "valkey")["port"]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with embedded.servers(folder, names=["valkey"], lasting=False) as second:
            assert second != first


def test_data_in_use_are_not_deleted(folder):
    with (
        embedded.servers(folder, names=["valkey"], lasting=False),
        pytest.raises(embedded.ServerError, match="tourne encore"),
    ):
        embedded.forget(folder)


def test_given_addresses_are_left_alone(monkeypatch, folder):
    monkeypatch.setenv("DATABASE_URL", "postgresql://town@db/accorde")
    monkeypatch.setenv("REDIS_URL", "redis://queue/0")
    assert embedded.ensure_environment(folder) == []
    assert os.environ["DATABASE_URL"] == "postgresql://town@db/accorde"


def test_a_server_that_cannot_start_says_why(tmp_path):
    data = embedded.home(tmp_path) / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    embedded._give_away(data, 0o700)
    with (
        pytest.raises(embedded.ServerError, match=r"postgres ne démarre pas(.|\n)*postgresql.conf"),
        embedded.servers(tmp_path, names=["postgres"]),
    ):
        pass
    assert (data / "PG_VERSION").exists(), "lasting data are never wiped"
    embedded.forget(tmp_path)


def test_each_test_run_has_a_folder_of_its_own(tmp_path):
    with embedded.own_folder(tmp_path) as first, embedded.own_folder(tmp_path) as second:
        assert first != second
    with embedded.own_folder(tmp_path) as third:
        assert third == first
