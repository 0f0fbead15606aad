"""The key by which push services know this installation (VAPID, RFC 8292), and that of a device (RFC 8291)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid

_CURVE = ec.SECP256R1()
_SECRET_LENGTH = 16
# As strict as the strictest of the push services.
_CONTACT = re.compile(r"mailto:[^@\s]+@[\w-]+(\.[\w-]+)+|https://[\w-]+(\.[\w-]+)+")


def new_private_key() -> str:
    """As PUSH_PRIVATE_KEY holds it: 32 bytes in URL-safe base 64."""
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return _written(number.to_bytes(32, "big"))


def vapid() -> Vapid:
    """What signs. ValueError for a PUSH_PRIVATE_KEY that is none."""
    raw = _read(settings.PUSH_PRIVATE_KEY)
    if len(raw) != 32:
        raise ValueError("not 32 bytes")
    return Vapid(ec.derive_private_key(int.from_bytes(raw, "big"), _CURVE))


def public_key() -> str:
    """What a browser is given, so that it takes messages of this installation alone."""
    key = vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _written(key)


def contact() -> str:
    return settings.PUSH_CONTACT or settings.SITE_URL


def is_contact(said: str) -> bool:
    return bool(_CONTACT.fullmatch(said))


def is_a_devices(p256dh: str, auth: str) -> bool:
    """Whether messages can be encrypted for these: a point of the curve, and a secret of 16 bytes."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _read(p256dh))
        return len(_read(auth)) == _SECRET_LENGTH
    except ValueError:
        return False


def _read(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (NoBase64, UnicodeEncodeError) as error:
        raise ValueError("not base 64") from error


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
