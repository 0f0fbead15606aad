"""A gateway for SMS, and people with mobiles."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from catalogue.vocabulary import Urgency
from cities.models import City
from matching import services
from notifications import delivery
from notifications.models import Message
from tests import http_server
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, Story, story
from tests.factories.notifications import MessageFactory
from tests.http_server import HttpServer

MOBILE = "+33612345678"


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server.listening() as found:
        yield found


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    """The address of a server with a certificate that nobody vouches for; it reads nothing but the greeting."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listener = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        with contextlib.suppress(OSError):
            line, _address = listener.accept()
            with line:
                context.wrap_socket(line, server_side=True).close()

    thread = threading.Thread(target=greet, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    thread.join(5)


@pytest.fixture
def nobody_listens() -> str:
    """The address of a port at which there is no server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def gateway(server: HttpServer, settings: Any) -> HttpServer:
    """That server as the one by which SMS leave, and by which answers come."""
    settings.SITE_URL = "https://accorde.exemple.fr"
    settings.SMS_GATEWAY = "http"
    settings.SMS_HTTP_URL = f"{server.url}/v1/messages"
    settings.SMS_HTTP_REFERENCE = "messages.0.id"
    settings.SMS_SENDER = "38080"
    settings.SMS_TIMEOUT = 1
    settings.SMS_WEBHOOK_SECRET = "un-mot-secret-de-la-passerelle"
    return server


@pytest.fixture
def host(db: None) -> Any:
    """Somebody with a mobile and no address."""
    return UserFactory(email=None, phone=MOBILE)


@pytest.fixture
def town(db: None) -> Any:
    return CityFactory(awake=True, name="Strasbourg", phone="03 88 60 90 90")


@pytest.fixture
def text_to(town: Any, host: Any) -> Callable[..., Any]:
    """A message that is due to leave as an SMS to the host."""
    return lambda **fields: MessageFactory(**{"channel": "sms", "recipient": host, "city": town, **fields})


@dataclass(frozen=True, slots=True)
class Asked:
    """A match that was proposed, and the question as it was queued to its citizen, who has a mobile and no address."""

    story: Story
    message: Message

    @property
    def state(self) -> str:
        return self.story.state


@pytest.fixture
def ask(gateway: HttpServer, db: None) -> Callable[..., Asked]:
    """Propose a match to somebody with a mobile."""

    def propose(*, now: datetime = NOW, owner: Any = None, tonight: bool = False, **person: Any) -> Asked:
        owner = owner or UserFactory(**{"email": None, "phone": MOBILE, **person})
        city = City.objects.first() or CityFactory(awake=True, name="Strasbourg", phone="03 88 60 90 90")
        urgency = {"urgency": Urgency.TONIGHT} if tonight else {}
        found = story(now=now, city=city, offer={"owner": owner}, need=urgency)
        services.propose(match_id=found.match.pk, by=found.coordinator, now=now)
        return Asked(
            found, Message.objects.get(event="match_question", subject_key=f"match:{found.match.pk}")
        )

    return propose


def deliver(now: Any) -> bool:
    return delivery.deliver_batch(channel="sms", by=None, clock=lambda: now)
