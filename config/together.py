"""All processes on one machine, with the servers that they need: `make demo` and `make dev`.

They live and die together. Nothing here imports Django, but for the worker that starts anew at each change.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Sequence
from pathlib import Path

from config import address, embedded
from config.processes import PROCESSES, command, direct, manage, say, step
from config.queues import QUEUES

GRACE_SECONDS = 10
READY_SECONDS = 60


def free_port(first: int) -> int:
    """The first port from `first` on which nobody listens."""
    for port in range(first, first + 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise SystemExit(f"Aucun port libre entre {first} et {first + 199}.")


def _stop_with_parent() -> None:
    embedded.die_with_parent(signal.SIGTERM)


class ProcessGroup:
    """Child processes that live and die together; each writes a log under var/log."""

    def __init__(self, logs: Path | None) -> None:
        self.logs = logs
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        if logs:
            logs.mkdir(parents=True, exist_ok=True)

    def start(
        self, name: str, parts: Sequence[str], *, quiet: bool = False, door: socket.socket | None = None
    ) -> None:
        """Start a process; it inherits `door`, if that is open, under the number that it has here."""
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self.log(name).open("wb")) if self.logs else None
            self.children[name] = subprocess.Popen(
                parts,
                cwd=embedded.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_stop_with_parent,
                pass_fds=[door.fileno()] if door and door.fileno() >= 0 else [],
                # A first step speaks to a newcomer: its own words, without a line of log between them.
                env={**os.environ, "LOG_LEVEL": "WARNING"} if quiet else None,
            )

    def log(self, name: str) -> Path:
        assert self.logs
        return self.logs / f"{name}.log"

    def dead(self) -> str | None:
        """The name of a child that has ended, if any."""
        return next((name for name, child in self.children.items() if child.poll() is not None), None)

    def complain(self, name: str) -> None:
        say(f"\nLe processus «\u00a0{name}\u00a0» s'est arrêté (code {self.children[name].poll()}).")
        if self.logs:
            say(f"Fin de {self.log(name)}\u202f:\n{embedded.tail(self.log(name))}")

    def stop(self) -> None:
        """Ask politely, wait, then insist: nothing is left, grandchildren included."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        end = time.monotonic() + GRACE_SECONDS
        with contextlib.suppress(KeyboardInterrupt):  # a second Ctrl-C shortens the wait
            while time.monotonic() < end and any(child.poll() is None for child in self.children.values()):
                time.sleep(0.05)
        for child in self.children.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _listen_to_signals() -> None:
    def end(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def _wait_for_site(site: str, group: ProcessGroup) -> bool:
    """Wait until the site answers; False when a child died or the time is over.

    Nobody else can answer in the demonstration: its own processes alone have the socket that listens there.
    """
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and not group.dead():
        try:
            with direct().open(f"{site}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return True  # it answers; what it says is the page's business
        except OSError:
            time.sleep(0.1)
    return False


def _run_step(group: ProcessGroup, name: str, parts: Sequence[str]) -> None:
    """Run a command to its end on the terminal; ends everything when it fails."""
    group.start(name, parts, quiet=True)
    code = group.children[name].wait()
    del group.children[name]
    if code:
        say(f"\nL'étape «\u00a0{name}\u00a0» a échoué (code {code}).")
        raise SystemExit(code)


def _all(
    mode: str,
    first_steps: Callable[[ProcessGroup], None],
    processes: Callable[[socket.socket], dict[str, list[str]]],
) -> int:
    """Servers, first steps, processes; then wait until Ctrl-C, SIGTERM or the death of a child."""
    _listen_to_signals()
    os.environ["ACCORDE_MODE"] = mode
    wish = os.environ.get("PORT", "").strip()
    folder = embedded.data_dir()
    preparing, group = ProcessGroup(None), ProcessGroup(folder / "log" if mode == "demo" else None)
    missing = [name for name, variable in embedded.NAMES.items() if not os.environ.get(variable)]
    held: list[embedded.Lease] = []
    try:
        with contextlib.ExitStack() as stack:
            door = stack.enter_context(address.held(folder, wish))
            site = address.url(door)
            os.environ["SITE_URL"] = site
            if missing:
                with step("Démarrage de PostgreSQL et de Valkey"):
                    held = stack.enter_context(embedded.leases(folder, missing))
                os.environ.update({lease.variable: lease.url for lease in held})
            # Undone in reverse order: the processes end before the servers that they use.
            stack.callback(_ignore_signals)
            stack.callback(preparing.stop)
            stack.callback(group.stop)
            try:
                first_steps(preparing)
                if not wish and (port := door.getsockname()[1]) != address.FIRST_PORT:
                    say(f"• Le port {address.FIRST_PORT} est occupé\u202f: Accorde prend le port {port}.")
                with step("Démarrage du site, des traitements et de l'horloge"):
                    for name, parts in processes(door).items():
                        group.start(name, parts, door=door if name == "web" else None)
                    ready = _wait_for_site(site, group)
                if ready:
                    say(f"\nAccorde est prêt\u202f: {site}")
                    say("Ctrl-C pour tout arrêter\u202f; les données restent.")
                while ready and not group.dead() and all(lease.running() for lease in held):
                    time.sleep(0.2)
                _explain(group, held, folder / "log")
                return 1
            except KeyboardInterrupt:
                say("\nArrêt d'Accorde…")
    except KeyboardInterrupt:
        say("\nArrêt d'Accorde.")
    except address.AlreadyRunning as other:
        say(f"Accorde tourne déjà dans ce dossier\u202f: {other}")
    except embedded.ServerError as problem:
        say(f"\n{problem}")
        return 1
    return 0


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _explain(group: ProcessGroup, held: list[embedded.Lease], logs: Path) -> None:
    """Say what ended, and where to read why."""
    fallen = group.dead()
    stopped = [lease for lease in held if not lease.running()]
    for lease in stopped:
        log = lease.base / "log" / f"{lease.name}.log"
        say(
            f"\nLe serveur «\u00a0{lease.name}\u00a0» s'est arrêté. Fin de {log}\u202f:\n{embedded.tail(log)}"
        )
    if fallen:
        group.complain(fallen)
    elif not stopped:
        say(f"\nLe site ne répond pas après {READY_SECONDS} s. Voir {logs}.")


def demo() -> int:
    """The whole product with its demonstration towns, on a machine that has nothing but Python."""

    def first_steps(preparing: ProcessGroup) -> None:
        with step("Préparation des tables"):
            _run_step(preparing, "migrate", manage("migrate", "--noinput", "--verbosity", "0"))
        with step("Communes de France"):
            _run_step(preparing, "load_gazetteer", manage("load_gazetteer"))
        with step("Villes de démonstration"):
            _run_step(preparing, "seed_demo", manage("seed_demo"))
        with step("Objets du catalogue"):
            _run_step(preparing, "name_items", manage("name_items"))

    def processes(door: socket.socket) -> dict[str, list[str]]:
        os.environ["BIND"] = f"fd://{door.fileno()}"
        found = {name: command(name) for name in PROCESSES}
        if not os.environ.get("EMAIL_HOST"):
            # Mails take the real way, to a server that keeps them in a folder: the mailbox page shows the codes.
            port = free_port(2500)
            os.environ |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "EMAIL_USE_TLS": "0"}
            sink = ["--nosetuid", "--listen", f"127.0.0.1:{port}", "--class", "aiosmtpd.handlers.Mailbox"]
            sink.append(str(embedded.data_dir() / "mail"))
            found = {"mail": [sys.executable, "-m", "aiosmtpd", *sink], **found}
        return found

    say("Accorde, démonstration")
    return _all("demo", first_steps, processes)


def dev() -> int:
    """The product for those who change it: everything reloads when a file does."""

    def first_steps(preparing: ProcessGroup) -> None:
        with step("Préparation des tables"):
            _run_step(preparing, "migrate", manage("migrate", "--noinput", "--verbosity", "0"))
        with step("Communes de France"):
            _run_step(preparing, "load_gazetteer", manage("load_gazetteer"))

    def processes(door: socket.socket) -> dict[str, list[str]]:
        place = address.url(door).removeprefix("http://")
        door.close()  # runserver inherits no socket, since it starts itself anew at each change
        if not os.environ.get("EMAIL_HOST"):
            port = free_port(2500)
            os.environ |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "EMAIL_USE_TLS": "0"}
        sink = ["--nosetuid", "--listen", f"127.0.0.1:{os.environ.get('EMAIL_PORT', '25')}"]
        return {
            "mail": [sys.executable, "-m", "aiosmtpd", *sink],  # prints each mail
            "web": manage("runserver", place),
            "worker": [sys.executable, "-m", "config.run", "reloading-worker"],
            "scheduler": command("scheduler"),
        }

    return _all("development", first_steps, processes)


def reloading_worker() -> None:
    """A worker that starts anew when a source file changes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.utils import autoreload

    from config.celery import app

    queues = ",".join(QUEUES)

    def work() -> None:
        django.setup()
        app.worker_main(["--quiet", "worker", "--pool", "solo", "--queues", queues, "--loglevel", "INFO"])

    autoreload.run_with_reloader(work)
