"""The mailbox for replies, over IMAP."""

import contextlib
import imaplib
import logging
import ssl
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

log = logging.getLogger(__name__)

AT_ONCE = 50
TIMEOUT = 10
# A longer one is left where it is, for a person.
LONGEST = 25 * 1024 * 1024


class OutOfReach(Exception):
    """No mailbox, or it broke off; what was not taken is there next time."""


def _connected() -> imaplib.IMAP4:
    """To the mailbox's server, whose certificate is looked at: the library would take any."""
    if not settings.IMAP_SSL:
        return imaplib.IMAP4(settings.IMAP_HOST, settings.IMAP_PORT, timeout=TIMEOUT)
    context = ssl.create_default_context()
    return imaplib.IMAP4_SSL(settings.IMAP_HOST, settings.IMAP_PORT, ssl_context=context, timeout=TIMEOUT)


def read_new(take: Callable[[bytes], object]) -> int:
    """Hand over what is unread, oldest first, and mark it as read once it is taken; how many. Raises OutOfReach."""
    try:
        line = _connected()
        try:
            line.login(settings.IMAP_USER, settings.IMAP_PASSWORD)
            _checked(line.select(_quoted(settings.IMAP_FOLDER)))
            found = _checked(line.uid("SEARCH", "UNSEEN"))[0] or b""
            numbers = found.split()[:AT_ONCE]
            for number in numbers:
                _take_one(line, number.decode(), take)
        finally:
            _close(line)
    except (OSError, imaplib.IMAP4.error) as error:
        # An answer of the server may hold an address: its kind alone is said.
        raise OutOfReach(type(error).__name__) from None
    return len(numbers)


def _take_one(line: imaplib.IMAP4, number: str, take: Callable[[bytes], object]) -> None:
    flags = r"(\Seen)"
    size = _checked(line.uid("FETCH", number, "(RFC822.SIZE)"))[0]
    if size is None or int(size.split(b"RFC822.SIZE ")[1].split()[0].rstrip(b")")) <= LONGEST:
        answer = _checked(line.uid("FETCH", number, "(BODY.PEEK[])"))
        raw = next((part[1] for part in answer if isinstance(part, tuple)), None)
        if raw is not None:
            flags = _taken(take, raw)
    else:
        log.warning("a mail of the mailbox for replies is too long: it stays there")
    _checked(line.uid("STORE", number, "+FLAGS", flags))


def _taken(take: Callable[[bytes], object], raw: bytes) -> str:
    """How it is marked then: one that cannot be taken is passed over, with a star for whoever looks there."""
    try:
        take(raw)
    except (OperationalError, InterfaceError) as error:
        # The database is away, whatever the mail: it is there next time.
        raise OutOfReach(type(error).__name__) from None
    except Exception as error:
        # What it says may hold words of the mail.
        log.error("a mail of the mailbox for replies cannot be taken: %s", type(error).__name__)
        return r"(\Seen \Flagged)"
    return r"(\Seen)"


def _close(line: imaplib.IMAP4) -> None:
    """Politely where it still listens: on a line that broke, imaplib leaves the socket open."""
    try:
        line.logout()
    except (OSError, imaplib.IMAP4.error):
        with contextlib.suppress(OSError):
            line.shutdown()


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, content = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(kind)
    return content


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
