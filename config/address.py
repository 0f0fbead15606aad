"""The address of the demonstration and of `make dev`: taken once, held to the end, found by a second start."""

import contextlib
import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
FIRST_PORT = 8000
TRIED_PORTS = 200
# How long a second start waits for the first one to write its address down.
PATIENCE_SECONDS = 2


class AlreadyRunning(Exception):
    """Another process holds this folder; the exception's text is its address."""


def listen(wish: str = "") -> socket.socket:
    """A listening socket: on the port `wish` and no other, or on the first free port from 8000."""
    if not wish:
        for port in range(FIRST_PORT, FIRST_PORT + TRIED_PORTS):
            with contextlib.suppress(OSError):
                return _listen_on(port)
        raise SystemExit(f"Aucun port libre entre {FIRST_PORT} et {FIRST_PORT + TRIED_PORTS - 1}.")
    if not (wish.isascii() and wish.isdigit() and 0 < int(wish) < 65_536):
        raise SystemExit(f"PORT={wish} n'est pas un port\u202f: donnez un nombre de 1 à 65535.")
    try:
        return _listen_on(int(wish))
    except OSError as refusal:
        if refusal.errno == errno.EADDRINUSE:
            raise SystemExit(
                f"Le port {wish} est déjà pris par un autre programme\u202f: arrêtez-le, ou choisissez un autre PORT."
            ) from None
        raise SystemExit(
            f"Le port {wish} est refusé par cette machine ({os.strerror(refusal.errno or 0)})."
        ) from None


def _listen_on(port: int) -> socket.socket:
    door = socket.socket()
    try:
        # A port that somebody has just left may be taken. On Linux, two may even bind it; only one can listen.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((HOST, port))
        door.listen(2048)  # as many as gunicorn lets wait
    except OSError:
        door.close()
        raise
    return door


def url(door: socket.socket) -> str:
    return f"http://{HOST}:{door.getsockname()[1]}"


@contextmanager
def held(folder: Path, wish: str = "") -> Iterator[socket.socket]:
    """Hold this folder and an address to the end of the block; the kernel frees both when the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "address").open("a+", encoding="ascii") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_read(folder / "address")) from None
        note.truncate(0)
        with listen(wish) as door:
            print(url(door), file=note, flush=True)
            yield door
        note.truncate(0)


def _read(path: Path) -> str:
    end = time.monotonic() + PATIENCE_SECONDS
    while not (text := path.read_text(encoding="ascii").strip()) and time.monotonic() < end:
        time.sleep(0.05)
    return text
