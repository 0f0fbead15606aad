"""Mail: plain text with a simple HTML twin, over one connection for a batch."""

import contextlib
import re
import smtplib
from dataclasses import dataclass
from email.utils import formataddr
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_bidi

from catalogue.contacts import with_numbers
from notifications import invitations, links
from notifications.channel_transport import NotSent, Unknown
from notifications.channels.email import gateways
from notifications.endings import Ending, ending_of
from notifications.events import sort_of
from notifications.models import Message

_ENHANCED = re.compile(rb"(5\.\d{1,3}\.\d{1,3})\b")
# No such mailbox, no such domain, no such form of an address, moved away, no mail taken there (RFC 7505); closed.
_NO_SUCH_ADDRESS = {b"5.1.1", b"5.1.2", b"5.1.3", b"5.1.6", b"5.1.10", b"5.2.1"}


@dataclass(frozen=True, slots=True)
class _Written:
    """A mail; with what SMTP is given of it, where it goes by that."""

    mail: EmailMultiAlternatives
    sender: str = ""
    recipient: str = ""
    content: bytes = b""


class Transport:
    """One connection to the mail server of the settings."""

    def __init__(self) -> None:
        self._backend = get_connection()
        self._prepared: tuple[Message, _Written] | None = None

    def __enter__(self) -> Self:
        try:
            self._backend.open()
        except OSError as error:  # smtplib's own errors included, a refused password among them
            self._close()
            raise NotSent(_code("connect", error), retry=True, stop=True) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @staticmethod
    def connections() -> int:
        return settings.EMAIL_CONNECTIONS

    @staticmethod
    def per_minute() -> int:
        return settings.EMAIL_PER_MINUTE

    def send(self, message: Message) -> str:
        """Send one message; a provider's reference: SMTP sends no receipts. Raises NotSent or Unknown."""
        if not message.recipient.email:
            raise NotSent("no address", retry=False, was_tried=False)
        prepared, self._prepared = self._prepared, None
        try:
            written = prepared[1] if prepared and prepared[0] is message else self._write(message)
        except Exception as error:
            # A mistake of ours: this message cannot be written, the next one can.
            raise NotSent(f"compose {type(error).__name__}", retry=False, was_tried=False) from error
        mail, smtp = written.mail, self._smtp()
        if smtp is not None:
            _hand_over(smtp, written)
            return ""
        if settings.EMAIL_PROVIDER:
            return gateways.hand_over(self._backend, mail)
        try:
            self._backend.send_messages([mail])
        except Exception as error:
            # Another backend than SMTP does not say how far it came.
            raise Unknown(type(error).__name__) from error
        return ""

    def prepare(self, message: Message) -> None:
        """Write a mail ahead; `send` writes one that asks the database, or cannot be written."""
        self._prepared = None
        try:
            self._prepared = message, self._write(message)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            return

    def _write(self, message: Message) -> _Written:
        mail = compose(message)
        if self._smtp() is None:
            return _Written(mail)
        sender, recipient = (sanitize_address(address, "utf-8") for address in (mail.from_email, *mail.to))
        content = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
        return _Written(mail, sender, recipient, content)

    def _smtp(self) -> smtplib.SMTP | None:
        return self._backend.connection if isinstance(self._backend, EmailBackend) else None

    def _close(self) -> None:
        # Whatever was sent is sent; a server that hangs up rudely changes nothing.
        with contextlib.suppress(OSError):
            self._backend.close()


def compose(message: Message) -> EmailMultiAlternatives:
    """The mail of a message, in its language and direction, with absolute addresses."""
    city, title = message.city, " ".join(message.title.split())
    said_first, ending = message.repeat_of or message, ending_of(message.event)
    with translation.override(message.language):
        rtl = get_language_bidi()
        context = {
            "message": message,
            # A number's groups would change places in a text written from right to left.
            "body": with_numbers(message.body, "\u2066{}\u2069".format) if rtl else message.body,
            "title": title,
            "action_url": settings.SITE_URL + message.action_url if message.action_url else "",
            "site_url": settings.SITE_URL,
            "language": message.language,
            "direction": "rtl" if rtl else "ltr",
            "city": city.name if city else "",
            "brand": city.brand_colour if city else "#0f5c5c",
            "ending": ending,
            "stop_url": ending.address(message),
        }
        mail = EmailMultiAlternatives(
            subject=title,
            body=render_to_string("email/email.txt", context),
            to=[message.recipient.email or ""],
            reply_to=_reply_to(message),
            headers={
                # Derived from the row that said it first: a copy that arrives twice is shown once.
                "Message-ID": f"<message.{said_first.pk}.{said_first.created_at:%Y%m%d%H%M%S}@{_host()}>",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
                "Content-Language": message.language,
                **_to_refuse(message, ending),
            },
        )
        mail.attach_alternative(render_to_string("email/email.html", context), "text/html")
        _invite(mail, message)
    return mail


def _invite(mail: EmailMultiAlternatives, message: Message) -> None:
    """The date of what it speaks of: as a part that mail programmes read by themselves, and a file for the others."""
    invitation = invitations.composed(
        event=message.event, subject_key=message.subject_key, reader=message.recipient
    )
    if invitation is None:
        return
    method, content = invitation
    mail.attach_alternative(content.decode(), f"text/calendar; method={method}")
    mail.attach("invitation.ics", content, "application/ics")


def _reply_to(message: Message) -> list[str] | None:
    """The address by which an answer is known as one, under the town's name; and the town's own mailbox."""
    city = message.city
    tagged = links.reply_address(message)
    named = formataddr((city.name, tagged), "utf-8") if city and tagged else ""
    return [address for address in (named, city.email if city else "") if address] or None


def _to_refuse(message: Message, ending: Ending) -> dict[str, str]:
    """What lets a mail programme show a button of its own (RFC 8058), where one may do without such mails."""
    sort = sort_of(message.event)
    if ending.is_list:
        address = ending.address(message)
    elif sort is None or message.city is None:
        return {}
    else:
        address = links.address_to_refuse(message.recipient, message.city, sort)
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _hand_over(smtp: smtplib.SMTP, written: _Written) -> None:
    """Speak SMTP step by step, since `sendmail()` does not tell before which step the line was cut."""
    try:
        _wait_at_most(smtp, settings.EMAIL_TIMEOUT)
        smtp.ehlo_or_helo_if_needed()
        options = ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else []
        code, _answer = smtp.mail(written.sender, options)
        if code != 250:
            # The sender is our own: whatever the server dislikes about it, the next message would meet it too.
            raise NotSent(f"mail {code}", retry=True, stop=True)
        code, answer = smtp.rcpt(written.recipient)
        if code not in (250, 251):
            _reset(smtp)
            raise NotSent(
                f"rcpt {code}",
                retry=code < 500,
                stop=code == 421,
                no_such_address=_is_no_address(code, answer),
            )
    except OSError as error:
        raise NotSent(_code("dialogue", error), retry=True, stop=True) from error
    try:
        # A server that looks a message over before it says yes is slow to answer here, and nowhere else.
        _wait_at_most(smtp, settings.EMAIL_DATA_TIMEOUT)
        code, _answer = smtp.data(written.content)
    except smtplib.SMTPDataError as error:
        code = error.smtp_code
    except OSError as error:
        # The line broke somewhere between the first byte and the server's receipt.
        raise Unknown(_code("data", error)) from error
    if code != 250:
        # The server said no: it did not take charge of it.
        _reset(smtp)
        raise NotSent(f"data {code}", retry=code < 500, stop=code == 421)


def _is_no_address(code: int, answer: bytes) -> bool:
    """Whether a refused recipient does not exist: not one whose box is full, nor one of a server that dislikes us.

    The enhanced code says it (RFC 3463: 5.1 of an address, 5.2.1 of a box that is closed), else the bare one.
    """
    if code < 500:
        return False
    enhanced = _ENHANCED.match(answer)
    if enhanced:
        return enhanced[1] in _NO_SUCH_ADDRESS
    return code in (550, 551, 553)


def _wait_at_most(smtp: smtplib.SMTP, seconds: float | None) -> None:
    if smtp.sock is not None:  # else the next command says that the line is cut
        smtp.sock.settimeout(seconds)


def _reset(smtp: smtplib.SMTP) -> None:
    """Make room for the next message on the same connection; a line that breaks here shows at that one."""
    with contextlib.suppress(OSError):
        smtp.rset()


def _code(step: str, error: OSError) -> str:
    number = getattr(error, "smtp_code", None) or type(error).__name__
    return f"{step} {number}"


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"
