"""What replies by mail need, said at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def replies_can_come(**_: Any) -> list[CheckMessage]:
    """One error for each setting that does not go with the others; none as long as mails are answered elsewhere."""
    errors = []
    if settings.MAIL_REPLY_ADDRESS:
        try:
            validate_email(settings.MAIL_REPLY_ADDRESS)
        except ValidationError:
            errors.append(Error("MAIL_REPLY_ADDRESS is a bare address.", id="inbox.E001"))
        if not (settings.IMAP_HOST or settings.MAIL_REPLY_SECRET):
            errors.append(
                Error(
                    "MAIL_REPLY_ADDRESS needs IMAP_HOST or MAIL_REPLY_SECRET: nobody reads it.",
                    id="inbox.E002",
                )
            )
    if 0 < len(settings.MAIL_REPLY_SECRET) < 20:
        errors.append(Error("MAIL_REPLY_SECRET is shorter than 20 characters.", id="inbox.E003"))
    return list(errors)
