"""What a provider needs, said at the start rather than at the first mail."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from notifications.channels.email.providers import PROVIDERS

OF_THIS_MACHINE = {"127.0.0.1", "::1", "localhost"}


def provider_is_complete(**_: Any) -> list[CheckMessage]:
    """One error for each setting that does not go with the others; by SMTP the host, and how fast."""
    chosen = settings.EMAIL_PROVIDER
    too_few = settings.EMAIL_PER_MINUTE < 0
    rate = [Error("EMAIL_PER_MINUTE is 0 (no limit) or more.", id="email.E005")] if too_few else []
    if not chosen:
        return [*_of_smtp(), *rate]
    if chosen not in PROVIDERS:
        return [Error(f"EMAIL_PROVIDER is one of {', '.join(PROVIDERS)}.", id="email.E001")]
    needed = ["EMAIL_PROVIDER_KEY", *(["EMAIL_PROVIDER_SECRET"] if PROVIDERS[chosen].needs_secret else [])]
    errors = [
        Error(f"{name} is missing: {chosen} needs it.", id="email.E002")
        for name in needed
        if not getattr(settings, name)
    ]
    if 0 < len(settings.EMAIL_WEBHOOK_SECRET) < 20:
        errors.append(Error("EMAIL_WEBHOOK_SECRET is shorter than 20 characters.", id="email.E003"))
    return [*errors, *rate]


def _of_smtp() -> Iterator[CheckMessage]:
    if not settings.EMAIL_HOST:
        yield Error("EMAIL_HOST is missing, or EMAIL_PROVIDER.", id="email.E004")
    elif settings.EMAIL_HOST not in OF_THIS_MACHINE and not (
        settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    ):
        yield Warning("EMAIL_USE_TLS is off: mails and sign-in codes leave in clear.", id="email.W001")
