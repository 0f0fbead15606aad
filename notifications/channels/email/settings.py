"""The mail server, or a provider in its place, by which sign-in codes go as well; and where answers to mails come in
(`notifications/inbox`).
"""

from typing import Any

from notifications.channel_folders import Variables
from notifications.channels.email.providers import PROVIDERS

VARIABLES: Variables = {
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_PORT": 587,
    "EMAIL_HOST_USER": "",
    "EMAIL_HOST_PASSWORD": "",
    # STARTTLS, unless told otherwise; with EMAIL_USE_SSL, TLS from the first byte in its place.
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
    # Seconds for its answer to a whole message, and how many deliveries at once.
    "EMAIL_DATA_TIMEOUT": 30,
    "EMAIL_CONNECTIONS": 2,
    # How many mails of the outbox a minute, where the server allows no more; 0: as many as it takes.
    "EMAIL_PER_MINUTE": 0,
    # The bare address of a mailbox that takes "name+tag@host" as its own; empty: answers go to the town's alone.
    "MAIL_REPLY_ADDRESS": "",
    # How that mailbox is read, each minute; or the secret word in the address to which a mail server posts.
    "IMAP_HOST": "",
    "IMAP_PORT": 993,
    "IMAP_SSL": True,
    "IMAP_USER": "",
    "IMAP_PASSWORD": "",
    "IMAP_FOLDER": "INBOX",
    "MAIL_REPLY_SECRET": "",
    "DEFAULT_FROM_EMAIL": "Accorde <ne-pas-repondre@localhost>",
    # "mailjet", "brevo": by its own interface, which says afterwards what became of each mail. Empty: SMTP.
    "EMAIL_PROVIDER": "",
    "EMAIL_PROVIDER_KEY": "",
    "EMAIL_PROVIDER_SECRET": "",
    # The secret word in the address that the provider calls; empty: it can call none.
    "EMAIL_WEBHOOK_SECRET": "",
}
FIXED: Variables = {
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_TIMEOUT": 10,
}


def derived(said: dict[str, Any]) -> dict[str, Any]:
    """What follows from the others: one kind of TLS, a provider's settings; one that is not known, a check names."""
    starttls = {"EMAIL_USE_TLS": said["EMAIL_USE_TLS"] and not said["EMAIL_USE_SSL"]}
    provider = PROVIDERS.get(said["EMAIL_PROVIDER"])
    if provider is None:
        return starttls
    waits = (said["EMAIL_TIMEOUT"], said["EMAIL_DATA_TIMEOUT"])
    keys = provider.settings(said["EMAIL_PROVIDER_KEY"], said["EMAIL_PROVIDER_SECRET"])
    return {**starttls, "EMAIL_BACKEND": provider.backend, "ANYMAIL": {"REQUESTS_TIMEOUT": waits, **keys}}
