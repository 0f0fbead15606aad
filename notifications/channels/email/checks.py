"""What a provider needs, said at the start rather than at the first mail."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from notifications.channels.email.providers import PROVIDERS


def provider_is_complete(**_: Any) -> list[CheckMessage]:
    """One error for each setting that does not go with the others; by SMTP the host alone."""
    chosen = settings.EMAIL_PROVIDER
    if not chosen:
        return (
            []
            if settings.EMAIL_HOST
            else [Error("EMAIL_HOST is missing, or EMAIL_PROVIDER.", id="email.E004")]
        )
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
    return list(errors)
