"""The product's processes and the commands that start them: the same for a town and for the demonstration.

docker-compose.yml and deploy/systemd name them, this module holds them. Nothing here imports Django; each process
loads it for itself.
"""

import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import address, embedded
from config.queues import WORKERS

PROCESSES = ("web", *WORKERS, "scheduler")
# Of one web process; a silent mail server may hold half of them (accounts/adapter.py).
WEB_THREADS = 4


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


def direct() -> urllib.request.OpenerDirector:
    """To this machine itself, whatever http_proxy says."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def say(text: str = "") -> None:
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce what takes a while, then how long it took."""
    say(f"• {text}…")
    begin = time.monotonic()
    yield
    say(f"  fait en {time.monotonic() - begin:.1f} s".replace(".", ","))
