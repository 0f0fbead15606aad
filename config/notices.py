"""What a page says once, after something was done: kept by the browser until the next page, sealed, for it may name
somebody; what has no room there, by the session.
"""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from sealing.seals import SealBroken, seal, unseal

_OF = "config.notices"


class SealedCookie(CookieStorage):
    """Django's, which signs, read by nobody on the way."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]  # of the settings, which production has its own of
        return str(settings.NOTICES_COOKIE_NAME)

    def _encode_parts(self, messages: Any, encode_empty: bool = False) -> str | None:
        signed = super()._encode_parts(messages, encode_empty)  # type: ignore[misc]  # the stubs leave it out
        return seal(signed, of=_OF) if signed else None

    def _decode(self, data: str) -> Any:
        try:
            return super()._decode(unseal(data, of=_OF) if data else data)  # type: ignore[misc]  # likewise
        except SealBroken:
            self.used = True  # so that it goes
            return None


class Notices(FallbackStorage):
    storage_classes = (SealedCookie, SessionStorage)
