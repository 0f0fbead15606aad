"""Channels and mail servers for the outbox."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications import channel_registry, channels, reasons
from tests import mail_server
from tests.mail_server import ScriptedServer


@pytest.fixture
def listening() -> Iterator[Callable[..., ScriptedServer]]:
    """`listening(END="hang up")`: a server that takes the message, then breaks the line."""
    with mail_server.listening() as start:
        yield start


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
    channel_registry.companions.cache_clear()
    channel_registry.read_here.cache_clear()


@pytest.fixture
def reasons_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every message of this test speaks of is so: no match and no need is there to say otherwise."""
    monkeypatch.setattr(reasons, "_reasons", {})
