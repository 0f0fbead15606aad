"""The mails that the demonstration's own SMTP server took: a maildir in the data folder (config/together.py starts it).

The outbox's messages are rows; here are those that never were one, the sign-in codes.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.utils import timezone

# The outbox's own (notifications/channels/email): the mailbox shows their rows.
OF_THE_OUTBOX = re.compile(r"<message\.\d+\.")
# Only so many of the latest files are opened for one page.
LATEST = 80


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader sees it."""

    to: str
    subject: str
    body: str
    received_at: datetime


def folder() -> Path:
    return settings.DATA_DIR / "mail" / "new"


def codes(*, address: str = "", limit: int = 3) -> list[Mail]:
    """The latest mails that are not of the outbox, for one address or for all, the newest first."""
    found: list[Mail] = []
    for path in _latest():
        mail = _read(path)
        if mail is not None and (not address or mail.to == address):
            found.append(mail)
        if len(found) == limit:
            break
    return found


def _latest() -> list[Path]:
    try:
        with os.scandir(folder()) as entries:
            dated = sorted(((entry.stat().st_mtime, entry.path) for entry in entries), reverse=True)
    except FileNotFoundError:
        return []  # no mail yet, or a mail server of the user's own
    return [Path(path) for _moment, path in dated[:LATEST]]


def _read(path: Path) -> Mail | None:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    if OF_THE_OUTBOX.match(str(message["Message-ID"] or "")):
        return None
    body = message.get_body(preferencelist=("plain",))
    return Mail(
        to=parseaddr(str(message["To"]))[1].lower(),
        subject=str(message["Subject"]),
        body=body.get_content().strip() if body is not None else "",
        received_at=datetime.fromtimestamp(path.stat().st_mtime, timezone.get_default_timezone()),
    )
