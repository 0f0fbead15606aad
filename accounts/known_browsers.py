"""The browsers in which a code for an address came back: wrong codes that others type for it do not hold these back.

The cookie holds a number of the browser and, of the last few addresses, a mark that only this installation can make: it
tells nobody an address, signs nobody in, and is worth nothing for any other one.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

KEPT_FOR = timedelta(days=180)
# Of a computer that several share, whoever signed in last.
MOST_ADDRESSES = 8
_SALT = "accounts.known_browsers"


def number(request: HttpRequest, email: str) -> str:
    """The number of the browser, if this address has been proven in it; else ""."""
    browser, marks = _read(request)
    return browser if _mark(email) in marks else ""


def remember(response: HttpResponse, *, request: HttpRequest, email: str) -> None:
    """A code that was sent to this address has just come back in this browser."""
    browser, marks = _read(request)
    mark = _mark(email)
    kept = [mark, *(each for each in marks if each != mark)][:MOST_ADDRESSES]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps([browser or secrets.token_urlsafe(12), kept], salt=_SALT),
        max_age=KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    cookie = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")
    try:
        browser, marks = signing.loads(cookie, salt=_SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return "", []
    return browser, marks


def _mark(email: str) -> str:
    return salted_hmac(_SALT, email.lower(), algorithm="sha256").hexdigest()[:24]
