"""An OpenID provider on this machine, as ProConnect is one: real HTTP, real keys, and what a test makes it say."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests import http_server
from tests.http_server import Request

CLIENT, SECRET = "accorde-of-a-town", "a-secret-of-both"
TWO_FACTORS = "https://proconnect.gouv.fr/assurance/self-asserted-2fa"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class ProConnect:
    """Whoever comes is `person`; `told` and `shown` alter what its two tokens say, `key` what signs them."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    acr: str = TWO_FACTORS
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    known_key: rsa.RSAPrivateKey = field(init=False)
    algorithm: str = "RS256"
    userinfo: str = "jwt"
    codes: dict[str, str] = field(default_factory=dict)
    issuer: str = ""
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known_key = self.key

    def sent_back(self, onward: str) -> dict[str, str]:
        """Somebody goes where the site led them, and shows who they are: what the site is then asked with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(onward).query).items()}
        assert urlsplit(onward).path == "/api/v2/authorize"
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["nonce"]
        return {"code": code, "state": asked["state"], "iss": self.issuer or self.url}

    def answer(self, request: Request) -> Any:
        self.requests.append(request)
        page = getattr(self, "_" + urlsplit(request.path).path.rsplit("/", 1)[-1].replace("-", "_"))
        return page(request)

    def _openid_configuration(self, _request: Request) -> Any:
        pages = {
            "authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo",
            "jwks_uri": "jwks", "end_session_endpoint": "session/end",
        }  # fmt: skip
        said = {name: f"{self.url}/{page}" for name, page in pages.items()}
        return _json({"issuer": self.issuer or self.url, **said})

    def _jwks(self, _request: Request) -> Any:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.known_key.public_key(), as_dict=True)
        return _json({"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]})

    def _token(self, request: Request) -> Any:
        sent = {name: values[0] for name, values in request.form.items()}
        nonce = self.codes.pop(sent["code"], None)
        if (sent["client_id"], sent["client_secret"]) != (CLIENT, SECRET) or nonce is None:
            return 400, {"Content-Type": "application/json"}, '{"error": "invalid_grant"}'
        now = int(time.time())
        said = {
            "iss": self.url, "aud": CLIENT, "sub": self.person["sub"], "exp": now + 60, "iat": now, "nonce": nonce,
            "acr": self.acr, **self.told,
        }  # fmt: skip
        return _json({"access_token": "for-userinfo", "token_type": "Bearer", "id_token": self._signed(said)})

    def _userinfo(self, request: Request) -> Any:
        assert request.headers["Authorization"] == "Bearer for-userinfo"
        said = {"iss": self.url, "aud": CLIENT, **self.person, **self.shown}
        if self.userinfo == "plain":
            return _json(said)
        if self.userinfo == "elsewhere":
            return 302, {"Location": f"{self.url}/userinfo"}, ""
        return 200, {"Content-Type": "application/jwt"}, self._signed(said)

    def _signed(self, said: dict[str, Any]) -> str:
        key: Any = self.key
        if self.algorithm != "RS256":
            key = "a-secret-that-anybody-may-know-of-32-signs" if self.algorithm == "HS256" else None
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            key, algorithm=self.algorithm, headers={"kid": "k1"},
        )  # fmt: skip


@contextmanager
def listening() -> Iterator[ProConnect]:
    """ProConnect on a port of this machine, for this block."""
    provider = ProConnect()
    with http_server.listening() as server:
        provider.url = f"{server.url}/api/v2"
        server.answer = provider.answer
        yield provider


def _json(said: Any) -> Any:
    return 200, {"Content-Type": "application/json"}, json.dumps(said)
