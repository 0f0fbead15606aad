"""The processes of a town's server and of the demonstration: one list, started, answering, stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from config import address, embedded, processes, together
from config.management.commands.backup import Command
from config.queues import WORKERS
from tests.conftest import database_url
from tests.test_settings import TOWN

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def test_compose_starts_the_processes_that_are_tested_here():
    assert {name: service["command"] for name, service in OURS.items() if "profiles" not in service} == {
        name: ["python", "-m", "config.run", name] for name in ("prepare", *processes.PROCESSES)
    }
    assert [COMPOSE["services"][name]["image"] for name in ("postgres", "valkey")] == [
        "${POSTGRES_IMAGE:-postgres:18}",
        "${VALKEY_IMAGE:-valkey/valkey:9}",
    ]


def test_compose_backs_up_when_asked_into_a_folder_of_the_server():
    [(name, service)] = [(name, service) for name, service in OURS.items() if "profiles" in service]
    python, manage, command, *arguments = service["command"]
    assert (python, manage, command) == ("python", "manage.py", name)
    asked = Command().create_parser(manage, command).parse_args(arguments)
    assert service["volumes"] == [f"${{BACKUP_FOLDER:-./backups}}:{asked.folder}"]
    assert asked.keep == 30


def test_compose_hands_over_every_setting_of_the_example():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    required, optional = example.split("# --- Optional")
    files = ("docker-compose.yml", "deploy/machines.yml")
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    for name in set(re.findall(r"^([A-Z_]+)=", required, re.MULTILINE)) - {"EMAIL_HOST"}:  # or EMAIL_PROVIDER
        assert f"${{{name}:?" in text, "a missing one stops docker compose with its name"
    # What Compose reads itself is handed to no process.
    for name in set(re.findall(r"^#([A-Z_]+)=", optional, re.MULTILINE)) - {
        "COMPOSE_FILE",
        "COMPOSE_PROFILES",
    }:
        assert f"${{{name}:-" in text
    for service in OURS.values():
        assert {"ACCORDE_MODE", "DATABASE_URL", "REDIS_URL", *TOWN} <= set(service["environment"])


MACHINES = yaml.safe_load((ROOT / "deploy" / "machines.yml").read_text(encoding="utf-8"))["services"]


def test_of_several_machines_each_says_what_it_runs():
    """Whatever is chosen, nothing else is: neither by a service without a part, nor by what another waits for."""
    parts = {name: service["profiles"] for name, service in MACHINES.items()}
    assert set(parts) == set(COMPOSE["services"]) - {"prepare", "backup"}
    assert {name: part for name, part in parts.items() if len(part) != 1} == {}
    needed = {
        f"{name} waits for {other}"
        for name, service in COMPOSE["services"].items()
        for other, how in service.get("depends_on", {}).items()
        if other in parts and how.get("required", True)
    }
    assert needed == set()
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for (part,) in parts.values():
        assert f"| `{part}` |" in page


def test_and_opens_to_the_others_only_what_it_is_told_to():
    published = {name: service["ports"] for name, service in MACHINES.items() if "ports" in service}
    assert published == {
        "postgres": ["${PUBLISH_DATABASE:-127.0.0.1:5432}:5432"],
        "valkey": ["${PUBLISH_QUEUE:-127.0.0.1:6379}:6379"],
    }
    assert {key for service in MACHINES.values() for key in service} == {"profiles", "ports"}


def test_no_service_but_the_site_is_published():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["web"]
    assert COMPOSE["services"]["web"]["ports"] == ["${PUBLISH:-127.0.0.1:8000}:8000"]


@pytest.fixture
def town(transactional_db, tmp_path):
    """The environment of a town's server, on the test's own database."""
    port = together.free_port(18_000)
    return {
        "PATH": os.environ["PATH"],
        **embedded.clock(),
        **TOWN,
        "DATABASE_URL": database_url(),
        "REDIS_URL": os.environ["REDIS_URL"],
        "ACCORDE_DATA": str(tmp_path),
        "BIND": f"127.0.0.1:{port}",
    }


def start(name, environment, log):
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "config.run", name], cwd=ROOT, env=environment, stdout=output, stderr=output,
            start_new_session=True, preexec_fn=embedded.die_with_parent,
        )  # fmt: skip


def ends_well(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(20) == 0


def healthy(environment, *name):
    asked = subprocess.run(
        [sys.executable, "-m", "config.run", "health", *name],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    return asked.returncode == 0


def test_a_towns_site_answers_and_ends(town, tmp_path, eventually):
    assert not healthy(town)
    web = start("web", town, tmp_path / "web.log")
    try:
        eventually(lambda: web.poll() is None and healthy(town), seconds=30)
    finally:
        assert ends_well(web), (tmp_path / "web.log").read_text()


def test_a_towns_worker_and_scheduler_answer_and_end(town, tmp_path, eventually):
    from config import tasks

    worker = start("worker", town, tmp_path / "worker.log")
    scheduler = start("scheduler", town, tmp_path / "scheduler.log")
    try:
        assert eventually(lambda: len(tasks.last(["default", "matching", "scheduler"])) == 3, seconds=30)
        assert eventually(lambda: healthy(town, "worker") and healthy(town, "scheduler"), seconds=30)
    finally:
        assert ends_well(worker), (tmp_path / "worker.log").read_text()
        assert ends_well(scheduler), (tmp_path / "scheduler.log").read_text()


def test_what_takes_long_has_workers_of_its_own(town, tmp_path, eventually):
    from django.utils import timezone

    from matching.scanning import rescans
    from tests.factories.cities import CityFactory
    from tests.factories.matching import due_need

    need = due_need(city=CityFactory())
    worker = start("long-worker", town, tmp_path / "long-worker.log")
    try:
        rescan = rescans.ask(cities=[need.city], by=None, now=timezone.now())
        assert eventually(lambda: rescans.progress(rescan).is_over, seconds=30)
    finally:
        assert ends_well(worker), (tmp_path / "long-worker.log").read_text()


def test_a_process_refuses_to_start_on_incomplete_settings(town, tmp_path):
    web = start("web", town | {"LEGAL_PUBLISHER": ""}, tmp_path / "web.log")
    assert web.wait(30) != 0
    assert "LEGAL_PUBLISHER" in (tmp_path / "web.log").read_text()


GRANDCHILD = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(child.pid, flush=True)
time.sleep(600)
"""


def gone(pid):
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


def test_stopping_leaves_no_grandchild(tmp_path, monkeypatch):
    monkeypatch.setattr(together, "GRACE_SECONDS", 1)
    group = together.ProcessGroup(tmp_path)
    group.start("family", [sys.executable, "-c", PARENT, GRANDCHILD])
    log = tmp_path / "family.log"
    assert embedded.wait_until(lambda: "deaf" in log.read_text(), 10)
    grandchild = next(int(word) for word in log.read_text().split() if word.isdigit())
    group.stop()
    assert embedded.wait_until(lambda: gone(grandchild), 5)


def test_a_fallen_process_is_named_with_the_end_of_its_log(tmp_path, capsys):
    group = together.ProcessGroup(tmp_path)
    group.start("worker", [sys.executable, "-c", "raise SystemExit('plus de mémoire')"])
    assert embedded.wait_until(lambda: group.dead() == "worker", 10)
    group.complain("worker")
    group.stop()
    said = capsys.readouterr().out
    assert "«\u00a0worker\u00a0» s'est arrêté (code 1)" in said
    assert "plus de mémoire" in said


def processes_with(text):
    """The living processes whose arguments hold a text."""
    listing = subprocess.run(
        ["ps", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in listing.splitlines() if text in line and line.split()[1][0] != "Z"]


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "données de démonstration"
    yield folder
    embedded.forget(folder)


def start_demo(data, log, **variables):
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return start(
        "demo",
        environment | embedded.clock() | {"ACCORDE_DATA": str(data), "PYTHONUNBUFFERED": "1"} | variables,
        log,
    )


def listener():
    """A program that was there before us, on a port of its own."""
    other = socket.socket()
    other.bind(("127.0.0.1", 0))
    other.listen()
    return other


def test_a_taken_first_port_is_left_to_its_owner(monkeypatch):
    with listener() as other:
        monkeypatch.setattr(address, "FIRST_PORT", other.getsockname()[1])
        with address.listen() as door:
            assert 0 < door.getsockname()[1] - address.FIRST_PORT < address.TRIED_PORTS


def test_nobody_else_can_listen_where_we_do():
    with address.listen() as door, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(door.getsockname())


def test_a_port_that_is_asked_for_is_taken_or_refused():
    with listener() as other:
        port = str(other.getsockname()[1])
        with pytest.raises(SystemExit, match=f"Le port {port} est déjà pris par un autre programme"):
            address.listen(port)
    with address.listen(port) as door:
        assert address.url(door) == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("wish", ["0", "65536", "-1", "8000 ", "huit mille", "²"])
def test_what_is_no_port_is_named(wish):
    with pytest.raises(SystemExit, match=f"PORT={wish} n'est pas un port"):
        address.listen(wish)


def test_a_folder_is_held_by_one_and_free_again_after_it(tmp_path):
    with address.held(tmp_path) as door:
        where = address.url(door)
        with pytest.raises(address.AlreadyRunning, match=where), address.held(tmp_path):
            pass
    with address.held(tmp_path, wish=where.rpartition(":")[2]) as door:
        assert address.url(door) == where


HOLDER = """
import sys, time
from pathlib import Path
from config import address
with address.held(Path(sys.argv[1])) as door:
    print(address.url(door), flush=True)
    time.sleep(600)
"""


def test_a_killed_holder_leaves_the_folder_and_its_port_free(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    where = holder.stdout.readline().strip()
    holder.kill()
    holder.communicate()
    with address.held(tmp_path, wish=where.rpartition(":")[2]) as door:
        assert address.url(door) == where


def test_a_demonstration_on_a_taken_port_says_so_and_starts_nothing(tmp_path):
    data, log = tmp_path / "data", tmp_path / "demo.log"
    with listener() as other:
        port = other.getsockname()[1]
        assert start_demo(data, log, PORT=str(port)).wait(30) == 1
    assert f"Le port {port} est déjà pris par un autre programme" in log.read_text()
    assert [path.name for path in data.iterdir() if path.name != "log"] == ["address"]


def test_the_demonstration_starts_answers_and_leaves_nothing_behind(data, tmp_path, eventually):
    """The product's first screen, as a newcomer meets it: everything real, its port its own from the start."""
    log, second_log = tmp_path / "demo.log", tmp_path / "second.log"
    demo = start_demo(data, log)
    try:
        note = data / "address"
        eventually(lambda: demo.poll() is not None or (note.exists() and note.read_text()), seconds=30)
        where = note.read_text().strip()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", int(where.rpartition(":")[2])))
        assert "Accorde est prêt" not in log.read_text()
        assert start_demo(data, second_log).wait(30) == 0
        assert f"Accorde tourne déjà dans ce dossier\u202f: {where}" in second_log.read_text()
        eventually(lambda: demo.poll() is not None or "Accorde est prêt" in log.read_text(), seconds=240)
        said = log.read_text()
        assert f"Accorde est prêt\u202f: {where}" in said, said
        for role in ("citoyenne", "association", "coordination", "accueil", "administration"):
            assert f"{role}.strasbourg@demo.example" in said
        for page in ("/", "/strasbourg/", "/healthz"):
            with urllib.request.urlopen(where + page, timeout=20) as answer:
                assert answer.status == 200
        for name in WORKERS:
            eventually(lambda: " ready." in (data / "log" / f"{name}.log").read_text(), seconds=60)  # noqa: B023
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(60)
    assert code == 0, log.read_text()
    assert processes_with(str(embedded.home(data))) == []
    assert processes_with(f"--schedule {data}") == []
