"""Lines to servers, and what happens to them: one falls silent without being cut, another leads nowhere."""

import contextlib
import ctypes
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from celery import Celery

SO_ATTACH_FILTER = 26


class Proxy:
    """Passes bytes on to a local port, until it falls silent: half-open, as when a firewall forgets a connection."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.silent = False
        self._forgotten: set[socket.socket] = set()
        self._open: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def fall_silent(self) -> None:
        """Nothing gets through any more, and nobody is told."""
        self.silent = True
        self._forgotten.update(self._open)

    def mend(self) -> None:
        """New connections get through; those of before are never heard of again."""
        self._forgotten.update(self._open)
        self.silent = False

    def lose(self) -> None:
        """The kernel itself throws away whatever arrives (Linux): nothing is acknowledged any more, as with a machine
        that lost its power.
        """
        self.fall_silent()
        nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0 bytes of it
        program = struct.pack("HL", 1, ctypes.addressof(nothing))
        for each in self._open:
            each.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def cut(self) -> None:
        """End the connections that there are, as a server does that stops."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for each in [self._door, *self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                line, _address = self._door.accept()
                self._open.append(line)
                if self.silent:
                    self._forgotten.add(line)
                    continue
                server = socket.create_connection(("127.0.0.1", self.target))
                self._open.append(server)
                for ends in ((line, server), (server, line)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source not in self._forgotten:
                    target.sendall(data)
            if source not in self._forgotten:
                target.shutdown(socket.SHUT_WR)


@contextmanager
def line_to(port: int) -> Iterator[Proxy]:
    """A line to that port for the length of the block."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def port_of(url: str = "") -> int:
    """Where a server listens: our Valkey, when none is named."""
    port = urlsplit(url or os.environ["REDIS_URL"]).port
    assert port
    return port


def by(port: int, url: str = "") -> str:
    """The address of that server, reached by another port."""
    url = url or os.environ["REDIS_URL"]
    return url.replace(f":{port_of(url)}/", f":{port}/")


@contextmanager
def broker_at(url: str) -> Iterator[None]:
    """For this thread, our own settings with another broker."""
    from config.celery import app

    elsewhere = Celery("elsewhere", set_as_current=False)
    elsewhere.config_from_object("django.conf:settings", namespace="CELERY")
    elsewhere.conf.broker_url = url
    elsewhere.set_current()
    try:
        yield
    finally:
        app.set_current()
        elsewhere.close()
