"""A mail server that takes everything, and knows nothing of the product: its process imports as little as it can."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from django.conf import settings


@contextmanager
def sink(seconds: float) -> Iterator[Connection]:
    """A mail server in its own process, which takes `seconds` for each message, and tells when an urgent one came."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs, seconds), daemon=True)
    process.start()
    theirs.close()
    port = ours.recv()
    os.environ |= {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(port),
        "EMAIL_USE_TLS": "0",
    }  # of the processes that are started from now on
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def _serve(parent: Connection, seconds: float) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    parent.send(listener.getsockname()[1])
    while True:
        line, _address = listener.accept()
        threading.Thread(target=_converse, args=(line, parent, seconds), daemon=True).start()


def _converse(line: socket.socket, parent: Connection, seconds: float) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with line, line.makefile("rb") as stream:
        line.sendall(b"220 ready\r\n")
        recipient = b""
        for command in iter(stream.readline, b""):
            verb = command[:4].upper()
            if verb == b"RCPT":
                recipient = command
            if verb == b"DATA":
                line.sendall(b"354 go on\r\n")
                for _ in iter(stream.readline, b".\r\n"):
                    pass
                if seconds:
                    time.sleep(seconds)
                if b"urgence@" in recipient:
                    parent.send(time.time())
            line.sendall(b"250 fine\r\n")
            if verb == b"QUIT":
                return
