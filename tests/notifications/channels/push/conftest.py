"""A push service and a browser's keys: what arrives is checked and opened as the standards say."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifications.channels.push import keys
from tests import http_server
from tests.http_server import Answer, HttpServer, Request

AUTH = b"sixteen bytes !!"


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verified(token: str, key: ec.EllipticCurvePublicKey) -> Any:
    """What a token claims, signed by ES256 (RFC 7515)."""
    signed, _, signature = token.rpartition(".")
    raw = _read(signature)
    pair = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(encode_dss_signature(*pair), signed.encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(_read(signed.partition(".")[2]))


@dataclass
class Browser:
    """What a browser keeps to itself, and what it gives to the site."""

    endpoint: str
    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def given(self) -> dict[str, str]:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": _written(point), "auth": _written(AUTH)}

    def open(self, body: bytes) -> Any:
        """What only this browser can read (RFC 8291)."""
        return json.loads(http_ece.decrypt(body, private_key=self.private, auth_secret=AUTH))


@dataclass
class PushService:
    """It answers for each of its browsers as `answers` says, 201 otherwise (RFC 8030), and takes nothing unsigned."""

    server: HttpServer
    answers: dict[str, Answer] = field(default_factory=dict)

    def browser(self, name: str = "one") -> Browser:
        return Browser(f"{self.server.url}/push/{name}")

    def to(self, browser: Browser) -> list[Request]:
        return [request for request in self.server.requests if browser.endpoint.endswith(request.path)]

    def answer(self, request: Request) -> Answer:
        name = request.path.rpartition("/")[2]
        if refusal := self._refusal(request):
            return (400, {}, refusal)
        return self.answers.get(name, (201, {"Location": f"{request.path}/1"}, ""))

    def _refusal(self, request: Request) -> str:
        """RFC 8030, 8188 and 8292: how long it is kept, that it is encrypted, and by whom it is signed."""
        headers = request.headers
        scheme, _, rest = headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme != "vapid" or set(parts) != {"t", "k"}:
            return "authorization"
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _read(parts["k"]))
        claims = _verified(parts["t"], key)
        lasts = claims["exp"] - time.time()
        if claims["aud"] != self.server.url or not claims["sub"].startswith(("https://", "mailto:")):
            return "claims"
        if not 0 < lasts <= 24 * 60 * 60:
            return "expiry"
        if not headers["TTL"].isdigit() or headers["Content-Encoding"] != "aes128gcm":
            return "headers"
        return "" if len(request.body) <= 4096 else "too long"


@pytest.fixture
def has_key(settings: Any) -> None:
    settings.PUSH_PRIVATE_KEY = keys.new_private_key()
    settings.SITE_URL = "https://accorde.exemple.fr"


@pytest.fixture
def push_service(has_key: None, settings: Any) -> Iterator[PushService]:
    """A real server of this machine, which the installation allows."""
    settings.PUSH_TIMEOUT = 1
    settings.PRIVATE_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    with http_server.listening() as server:
        service = PushService(server)
        server.answer = service.answer
        yield service
