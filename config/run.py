"""Runs the product's processes: one (of PROCESSES), or all (`demo`, `dev`); before a town's, `prepare`.

A town's server and the demo start the very same commands: docker-compose.yml names them, this module holds
them. Nothing here imports Django; each process loads it for itself.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config import address, embedded, environment, heard
from config.queues import QUEUES, WORKERS

PROCESSES = ("web", *WORKERS, "scheduler")
# What it may be asked for.
NAMES = ("demo", "dev", "exec", "prepare", "health", *PROCESSES)
# Of one web process; a silent mail server may hold half of them (accounts/adapter.py).
WEB_THREADS = 4
GRACE_SECONDS = 10
READY_SECONDS = 60


def command(name: str) -> list[str]:
    """The command of one process, the same for a town and for the demo."""
    python = sys.executable
    folder = embedded.data_dir()
    if name == "web":
        return [
            python, "-m", "gunicorn", "config.wsgi:application",
            "--bind", os.environ.get("BIND", f"127.0.0.1:{address.FIRST_PORT}"),
            "--worker-class", "gthread", "--workers", os.environ.get("WEB_WORKERS", "2"),
            "--threads", str(WEB_THREADS),
            # Behind a town's proxy an idle connection is kept a little longer than the proxy's own 60 s.
            "--keep-alive", "65", "--max-requests", "5000", "--max-requests-jitter", "500",
            "--worker-tmp-dir", "/dev/shm" if Path("/dev/shm").is_dir() else str(folder),  # noqa: S108
            "--no-control-socket", "--logger-class", "config.gunicorn_logs.Gunicorn",
            "--config", "python:config.gunicorn_life",
        ]  # fmt: skip
    if name == "worker":
        return _worker(name, os.environ.get("WORKER_PROCESSES", "2"))
    if name == "message-worker":
        return _worker(name, os.environ.get("MESSAGE_WORKER_PROCESSES", "2"))
    if name == "long-worker":
        return ["nice", "-n", "10", *_worker(name, os.environ.get("LONG_WORKER_PROCESSES", "2"))]
    if name == "webhook-worker":
        return _worker(name, os.environ.get("WEBHOOK_WORKER_PROCESSES", "1"))
    if name == "scheduler":
        schedule = folder / "schedule"
        schedule.mkdir(parents=True, exist_ok=True)
        return [
            python, "-m", "celery", "--app", "config", "--quiet", "beat",
            "--schedule", str(schedule / "beat"), "--pidfile", "", "--loglevel", "INFO",
        ]  # fmt: skip
    raise SystemExit(f"Processus inconnu : {name}")


def _worker(name: str, processes: str) -> list[str]:
    return [
        sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker", "--hostname", f"{name}@%h",
        "--concurrency", processes, "--queues", ",".join(WORKERS[name]),
        "--without-gossip", "--without-mingle", "--loglevel", "INFO",
    ]  # fmt: skip


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(embedded.ROOT / "manage.py"), *arguments]


# --- One process of a town's server --------------------------------------------------------------------


def _of_a_town() -> None:
    """Whoever starts one of a town's processes means a town: never development, never a server of our own."""
    os.environ.setdefault("ACCORDE_MODE", environment.PRODUCTION)


def become(name: str) -> None:
    """Check the settings, then turn into the process: no start without what the law and safety ask for."""
    _of_a_town()
    checked = subprocess.run(
        manage("check", "--deploy", "--fail-level", "ERROR"), cwd=embedded.ROOT, check=False
    )
    if checked.returncode:
        raise SystemExit(checked.returncode)
    os.chdir(embedded.ROOT)
    parts = command(name)
    os.execvpe(parts[0], parts, _database_of(name))  # noqa: S606


def _database_of(name: str) -> dict[str, str]:
    """The environment of a process. Pages and the API may share connections in a pool, where there is one; all others
    hold locks and tables of their own session, and go to the database itself.
    """
    pool = os.environ.get("DATABASE_POOL_URL") if name == "web" else ""
    return {**os.environ, "DATABASE_URL": pool, "DATABASE_POOLED": "1"} if pool else {**os.environ}


def prepare() -> int:
    """What a new version needs before its processes start: the files of the site, the tables, the gazetteer, the items
    of older goods. Once more changes nothing. Ends at the first step that fails, with its status.
    """
    _of_a_town()
    steps = [("Réglages", ["check", "--deploy", "--fail-level", "ERROR"])]
    if os.access(embedded.ROOT, os.W_OK):
        steps.append(("Traductions", ["translations", "--compile"]))
        steps.append(("Fichiers du site", ["collectstatic", "--noinput", "--verbosity", "0"]))
    elif not (embedded.ROOT / "staticfiles" / "staticfiles.json").exists():
        say(f"Les fichiers du site manquent, et {embedded.ROOT} ne peut pas être écrit.")
        return 1
    steps += [
        ("Tables", ["migrate", "--noinput", "--verbosity", "0"]),
        ("Communes de France", ["load_gazetteer"]),
        ("Objets du catalogue", ["name_items"]),
    ]
    for words, arguments in steps:
        with step(words):
            code = subprocess.run(
                manage(*arguments), cwd=embedded.ROOT, env=_as_owner(), check=False
            ).returncode
        if code:
            say(f"\nL'étape «\u00a0{words}\u00a0» a échoué (code {code}).")
            return code
    return 0


def _as_owner() -> dict[str, str]:
    """The environment in which tables are made: by their owner, where the site's own login may not."""
    owner = os.environ.get("DATABASE_OWNER_URL")
    return {**os.environ, "DATABASE_URL": owner} if owner else {**os.environ}


def execute(arguments: list[str]) -> None:
    """Turn into a program that is given what `.env` says; with the owner's database, where there is one."""
    os.execvpe(arguments[0], arguments, _as_owner())  # noqa: S606


def health(name: str = "web") -> int:
    """Whether that process of this machine answers, or was heard from lately; 0 when all is well.

    The site is asked under its public name, since it knows no other.
    """
    if name != "web":
        ago = heard.seconds_ago(name)
        if ago is not None and ago < heard.LATE_SECONDS + 5:
            return 0
        say(f"{name}\u202f: {'jamais entendu' if ago is None else f'muet depuis {ago:.0f} s'}")
        return 1
    port = os.environ.get("BIND", f":{address.FIRST_PORT}").rpartition(":")[2]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz")
    if name := urllib.parse.urlsplit(os.environ.get("SITE_URL", "")).netloc:
        request.add_header("Host", name)
    try:
        with _direct().open(request, timeout=8) as answer:
            return 0 if answer.status == 200 else 1
    except OSError as problem:
        say(str(problem))
        return 1


def _direct() -> urllib.request.OpenerDirector:
    """To this machine itself, whatever http_proxy says."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


# --- All processes on one machine ----------------------------------------------------------------------


def say(text: str = "") -> None:
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce what takes a while, then how long it took."""
    say(f"• {text}…")
    begin = time.monotonic()
    yield
    say(f"  fait en {time.monotonic() - begin:.1f} s".replace(".", ","))


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


class Household:
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


def _wait_for_site(site: str, household: Household) -> bool:
    """Wait until the site answers; False when a child died or the time is over.

    Nobody else can answer in the demonstration: its own processes alone have the socket that listens there.
    """
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and not household.dead():
        try:
            with _direct().open(f"{site}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return True  # it answers; what it says is the page's business
        except OSError:
            time.sleep(0.1)
    return False


def _run_step(household: Household, name: str, parts: Sequence[str]) -> None:
    """Run a command to its end on the terminal; ends everything when it fails."""
    household.start(name, parts, quiet=True)
    code = household.children[name].wait()
    del household.children[name]
    if code:
        say(f"\nL'étape «\u00a0{name}\u00a0» a échoué (code {code}).")
        raise SystemExit(code)


def _all(
    mode: str,
    first_steps: Callable[[Household], None],
    processes: Callable[[socket.socket], dict[str, list[str]]],
) -> int:
    """Servers, first steps, processes; then wait until Ctrl-C, SIGTERM or the death of a child."""
    _listen_to_signals()
    os.environ["ACCORDE_MODE"] = mode
    wish = os.environ.get("PORT", "").strip()
    folder = embedded.data_dir()
    preparing, household = Household(None), Household(folder / "log" if mode == "demo" else None)
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
            stack.callback(household.stop)
            try:
                first_steps(preparing)
                if not wish and (port := door.getsockname()[1]) != address.FIRST_PORT:
                    say(f"• Le port {address.FIRST_PORT} est occupé\u202f: Accorde prend le port {port}.")
                with step("Démarrage du site, des traitements et de l'horloge"):
                    for name, parts in processes(door).items():
                        household.start(name, parts, door=door if name == "web" else None)
                    ready = _wait_for_site(site, household)
                if ready:
                    say(f"\nAccorde est prêt\u202f: {site}")
                    say("Ctrl-C pour tout arrêter\u202f; les données restent.")
                while ready and not household.dead() and all(lease.running() for lease in held):
                    time.sleep(0.2)
                _explain(household, held, folder / "log")
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


def _explain(household: Household, held: list[embedded.Lease], logs: Path) -> None:
    """Say what ended, and where to read why."""
    fallen = household.dead()
    stopped = [lease for lease in held if not lease.running()]
    for lease in stopped:
        log = lease.base / "log" / f"{lease.name}.log"
        say(
            f"\nLe serveur «\u00a0{lease.name}\u00a0» s'est arrêté. Fin de {log}\u202f:\n{embedded.tail(log)}"
        )
    if fallen:
        household.complain(fallen)
    elif not stopped:
        say(f"\nLe site ne répond pas après {READY_SECONDS} s. Voir {logs}.")


def demo() -> int:
    """The whole product with its demonstration towns, on a machine that has nothing but Python."""

    def first_steps(preparing: Household) -> None:
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

    def first_steps(preparing: Household) -> None:
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


def main(arguments: list[str]) -> int:
    environment.read()
    match arguments:
        case ["demo"]:
            return demo()
        case ["dev"]:
            return dev()
        case ["prepare"]:
            return prepare()
        case ["exec", *parts] if parts:
            execute(parts)
        case ["health"]:
            return health()
        case ["health", name] if name in PROCESSES:
            return health(name)
        case ["reloading-worker"]:
            reloading_worker()
        case [name] if name in PROCESSES:
            become(name)
        case _:
            say(f"usage\u202f: python -m config.run {'|'.join(NAMES)}")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
