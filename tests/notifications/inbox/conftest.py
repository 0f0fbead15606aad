"""Mails that came back, as several programmes write them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notifications import links
from notifications.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

MAILS = Path(__file__).parent / "mails"


@pytest.fixture(autouse=True)
def mailbox_address(settings: Any) -> None:
    settings.SITE_URL = "https://accorde.exemple.fr"
    settings.MAIL_REPLY_ADDRESS = "reponses@accorde.exemple.fr"
    settings.MAIL_REPLY_SECRET = "un-mot-secret-pour-le-courrier"


@pytest.fixture
def town(db: None) -> Any:
    return CityFactory(name="Strasbourg", email="accueil@strasbourg.example")


@pytest.fixture
def host(db: None) -> Any:
    return UserFactory(email="jeanne@exemple.fr", phone="+33612345678")


@pytest.fixture
def sent(town: Any, host: Any) -> Message:
    """A message that left by mail."""
    return MessageFactory(
        recipient=host, city=town, channel="email", event="match_declined", title="Une nouvelle"
    )


@pytest.fixture
def mail() -> Callable[..., bytes]:
    """One of the mails, as an answer to an address."""

    def written(name: str, to: str | Message = "personne@ailleurs.example") -> bytes:
        address = links.reply_address(to) if isinstance(to, Message) else to
        return (MAILS / f"{name}.eml").read_bytes().replace(b"{to}", address.encode())

    return written
