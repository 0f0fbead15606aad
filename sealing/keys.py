"""The keys that seal: `FIELD_KEYS`, newest first, and `FIELD_INDEX_KEY`, for what is found again without being opened.

Pure: settings are handed in. A key is 32 bytes in the alphabet of URLs, as `secrets.token_urlsafe(32)` writes it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32


class BadKey(ValueError):
    """No key, or not one of 32 bytes. Says which, never the key."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Ciphers by the name of their key. `newest` seals; all of them open."""

    newest: str
    ciphers: Mapping[str, AESGCM]


def key_bytes(written: str) -> bytes:
    """A key as settings write it; BadKey where it is none."""
    try:
        key = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey("it has signs that no key has") from error
    if len(key) != KEY_BYTES:
        raise BadKey(f"it has {len(key)} bytes, not {KEY_BYTES}")
    return key


def key_name(key: bytes) -> str:
    """By which a sealed value says its key: eight hexadecimal digits, from which nobody gets back to it."""
    return hashlib.sha256(b"accorde: name of a key" + key).hexdigest()[:8]


def keyring(written: Sequence[str]) -> Keyring:
    """Of keys as settings write them, newest first; BadKey where there is none, or one is none."""
    if not written:
        raise BadKey("there is none")
    keys = [key_bytes(each) for each in written]
    return Keyring(key_name(keys[0]), {key_name(key): AESGCM(key) for key in keys})
