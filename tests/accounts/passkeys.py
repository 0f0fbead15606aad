"""A device that keeps a passkey: what a browser sends of it, made with real keys and signatures."""

import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


class Passkey:
    """For one site, of whoever added it. `asks` is whether it asks for a finger or a PIN before it signs."""

    def __init__(self, origin: str, *, asks: bool = True) -> None:
        self.origin, self.flags = origin, PRESENT | (VERIFIED if asks else 0)
        self.key, self.id = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
        self.user = ""

    def added(self, options: dict[str, Any]) -> str:
        """The answer to what the page has to add one."""
        asked = options["publicKey"]
        self.user = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        data = AuthenticatorData.create(
            sha256(asked["rp"]["id"].encode()), self.flags | HAS_KEY, 0,
            AttestedCredentialData.create(bytes(16), self.id, public),
        )  # fmt: skip
        client = self._client_data("webauthn.create", asked)
        return self._sent(client, attestationObject=bytes(AttestationObject.create("none", data, {})))

    def used(self, options: dict[str, Any], **said: str) -> str:
        """The answer to what a page has to show it; `said` alters what the browser says of it."""
        asked = options["publicKey"]
        data = AuthenticatorData.create(sha256(asked["rpId"].encode()), self.flags, 0)
        client = self._client_data("webauthn.get", asked)
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        handle = websafe_decode(said.get("user", self.user))
        return self._sent(client, authenticatorData=bytes(data), signature=signature, userHandle=handle)

    def _client_data(self, kind: str, asked: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, asked["challenge"], self.origin)

    def _sent(self, client: CollectedClientData, **response: bytes) -> str:
        said = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "clientExtensionResults": {"credProps": {"rk": True}},
                "response": {"clientDataJSON": websafe_encode(bytes(client)), **said},
            }
        )
