"""Providers of mail, one row each: how anymail speaks to them, and what of their news it leaves unsaid.

The settings read this file, so it needs neither them nor Django.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Provider:
    """`is_for_good`: whether a bounce says that there is no such address.

    `is_a_machine`: whether it was no person who opened the mail.
    """

    backend: str
    # The class of anymail that reads what the provider calls us with.
    webhook: str
    settings: Callable[[str, str], dict[str, Any]]
    needs_secret: bool
    is_for_good: Callable[[Mapping[str, Any]], bool]
    is_a_machine: Callable[[Mapping[str, Any]], bool] = lambda event: False


# Of Mailjet's reasons, those that are of an address or its domain: others are of a full box, or of us.
_NO_SUCH_ADDRESS = {"user unknown", "mailbox inactive", "invalid domain", "no mail host"}

PROVIDERS: Mapping[str, Provider] = {
    "mailjet": Provider(
        backend="anymail.backends.mailjet.EmailBackend",
        webhook="anymail.webhooks.mailjet.MailjetTrackingWebhookView",
        settings=lambda key, secret: {
            "MAILJET_API_KEY": key,
            "MAILJET_SECRET_KEY": secret,
            # What people open and press is theirs.
            "MAILJET_SEND_DEFAULTS": {"track_opens": False, "track_clicks": False},
        },
        needs_secret=True,
        is_for_good=lambda event: bool(event.get("hard_bounce")) and event.get("error") in _NO_SUCH_ADDRESS,
    ),
    "brevo": Provider(
        backend="anymail.backends.brevo.EmailBackend",
        webhook="anymail.webhooks.brevo.BrevoTrackingWebhookView",
        settings=lambda key, secret: {"BREVO_API_KEY": key},
        needs_secret=False,
        is_for_good=lambda event: event.get("event") in ("hard_bounce", "invalid_email"),
        is_a_machine=lambda event: "proxy" in str(event.get("event")),
    ),
}
