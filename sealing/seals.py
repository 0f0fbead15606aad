"""Sealing a text and opening it again: AES-256-GCM, another result each time, bound to the column it stands in.

A sealed text is `enc1:NAME OF KEY:INDEX:BASE64 OF NONCE AND CIPHERTEXT`; the index is empty where nobody finds it by
what it says. The empty text stays empty, so that conditions on
emptiness work. How long a text is can be read off its seal.
"""

import base64
import binascii
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from django.conf import settings

from sealing.keys import Keyring, key_bytes, keyring

# What says nothing stays as it is, so that rows that were emptied can be told: nothing, and what stands where a text
# has to stand.
NOTHING = "—"
CLEAR = ("", NOTHING)
PREFIX = "enc1:"
_NONCE = 12
_DIGEST = 16


class SealBroken(Exception):
    """What stands in a column does not open there. Says which column and why, never what stood in it."""


class NotSealed(SealBroken):
    """It stands there in clear."""


class UnknownKey(SealBroken):
    """It was sealed with a key that FIELD_KEYS does not hold."""


class Tampered(SealBroken):
    """It was changed, cut, or sealed for another column."""


def keys() -> Keyring:
    """Of the settings as they are now."""
    return _keyring(tuple(settings.FIELD_KEYS))


@lru_cache(maxsize=8)
def _keyring(written: tuple[str, ...]) -> Keyring:
    return keyring(written)


def seal(text: str, *, of: str, index: str = "") -> str:
    """`text` as the column `of` ("table.column") keeps it, found by `index` where it has one."""
    if text in CLEAR:
        return text
    known, nonce = keys(), os.urandom(_NONCE)
    raw = nonce + known.ciphers[known.newest].encrypt(nonce, text.encode(), _bound(of, index))
    return f"{PREFIX}{known.newest}:{index}:{base64.b64encode(raw).decode()}"


def unseal(sealed: str, *, of: str) -> str:
    """What was sealed for this column; SealBroken where it was not, or was changed since."""
    if sealed in CLEAR:
        return sealed
    if not is_sealed(sealed):
        raise NotSealed(f"{of} holds a value in clear: has it been migrated?")
    name, _, rest = sealed[len(PREFIX) :].partition(":")
    index, _, written = rest.partition(":")
    cipher = keys().ciphers.get(name)
    if cipher is None:
        raise UnknownKey(f"{of} holds a value of the key {name}, which is not in FIELD_KEYS.")
    try:
        raw = base64.b64decode(written, validate=True)
        return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], _bound(of, index)).decode()
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise Tampered(f"{of} holds a value that was changed, or sealed for another column.") from error


def seal_anew(sealed: str, *, of: str) -> str:
    """The same with the newest key; as it is where that has sealed it, or nothing is sealed."""
    if sealed in CLEAR or sealed.startswith(newest_prefix()):
        return sealed
    return seal(unseal(sealed, of=of), of=of, index=sealed.split(":")[2])


def _bound(of: str, index: str) -> bytes:
    """What a value cannot be moved away from, nor found by anything else."""
    return f"{of}:{index}".encode()


def is_sealed(text: str) -> bool:
    return text.startswith(PREFIX)


def newest_prefix() -> str:
    """How a text begins that was sealed with the newest key."""
    return f"{PREFIX}{keys().newest}:"


def blind(text: str, *, of: str) -> str:
    """By which the column `of` finds this very text: a digest under a key of its own. Whoever lacks it can neither
    undo it nor try texts out; whoever has a dump sees which rows hold the same.
    """
    if text in CLEAR:
        return text
    digest = hmac.digest(_index_key(settings.FIELD_INDEX_KEY), f"{of}\0{text}".encode(), hashlib.sha256)
    return digest[:_DIGEST].hex()


@lru_cache(maxsize=8)
def _index_key(written: str) -> bytes:
    return key_bytes(written)
