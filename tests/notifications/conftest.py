"""A mail server whose every answer is written beforehand: for what no well-behaved server does."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from notifications import channel_registry, channels, reasons

HANG_UP = "hang up"
SAY_NOTHING = "say nothing"  # until `release` is set


@dataclass
class ScriptedServer:
    """Answers each verb with its line, or hangs up; `connections` and `content` tell what it saw."""

    port: int
    answers: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    content: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def converse(self, line: socket.socket) -> None:
        self.connections += 1
        stream = line.makefile("rwb")

        def say(answer: str) -> bool:
            if answer == SAY_NOTHING:
                self.release.wait(60)
            if answer in (HANG_UP, SAY_NOTHING):
                return False
            stream.write(answer.encode() + b"\r\n")
            stream.flush()
            return True

        if not say(self.answers.get("CONNECT", "220 ready")):
            return
        for command in iter(stream.readline, b""):
            verb = command.split(b" ")[0].split(b":")[0].strip().decode().upper()
            if verb == "DATA":
                if not say(self.answers.get("DATA", "354 go on")):
                    return
                if "DATA" in self.answers:
                    continue
                self.content.append(b"".join(iter(stream.readline, b".\r\n")).decode())
                if not say(self.answers.get("END", "250 taken")):
                    return
            elif not say(self.answers.get(verb, "250 fine")) or verb == "QUIT":
                return


@pytest.fixture
def listening() -> Iterator[Callable[..., ScriptedServer]]:
    """`listening(END="hang up")`: a server that takes the message, then breaks the line."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(**answers: str) -> ScriptedServer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        server = ScriptedServer(port=listener.getsockname()[1], answers=answers)

        def serve() -> None:
            while True:
                try:
                    line, _address = listener.accept()
                except OSError:
                    return
                with line:
                    server.converse(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        threads.append(thread)
        return server

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)


@pytest.fixture
def scripted_server(listening: Callable[..., ScriptedServer], settings: Any) -> Callable[..., ScriptedServer]:
    """Start such a server as the one of the mails."""

    def start(**answers: str) -> ScriptedServer:
        server = listening(**answers)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        return server

    return start


@pytest.fixture
def courier(
    listening: Callable[..., ScriptedServer], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScriptedServer]:
    """A second channel, by nothing but its folder (`more_channels/courier`), and the server that it sends to."""
    more = str(Path(__file__).parent / "more_channels")
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, more])
    server = listening()
    settings.COURIER_PORT = server.port
    _read_again()
    yield server
    _read_again()


def _read_again() -> None:
    channel_registry.all_channels.cache_clear()
    channel_registry.by_machine.cache_clear()


@pytest.fixture
def reasons_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every message of this test speaks of is so: no match and no need is there to say otherwise."""
    monkeypatch.setattr(reasons, "_reasons", {})
