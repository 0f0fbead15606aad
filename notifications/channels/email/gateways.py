"""Handing a mail to a provider's own interface, and what its answer means (`verdicts`)."""

from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from requests import RequestException

from notifications import verdicts
from notifications.channel_transport import NotSent, Unknown

_TAKEN = {"sent", "queued"}


def hand_over(backend: BaseEmailBackend, mail: EmailMultiAlternatives) -> str:
    """By what name the provider speaks of it. Raises NotSent or Unknown."""
    _leave_out_what_providers_refuse(mail)
    try:
        backend.send_messages([mail])
    except AnymailRecipientsRefused as error:
        raise NotSent("recipient refused", retry=False) from error
    except AnymailRequestsAPIError as error:
        if error.response is None and isinstance(error.__cause__, RequestException):
            raise verdicts.of_no_answer(error.__cause__) from error
        refusal = verdicts.of_status(error.response) if error.response is not None else None
        # It took the request, and its answer says nothing.
        raise refusal or Unknown("no reference", stop=False) from error
    except AnymailError as error:
        # Before anything has left: what anymail cannot write for this provider.
        raise NotSent(f"compose {type(error).__name__}", retry=False, was_tried=False) from error
    status = mail.anymail_status  # type: ignore[attr-defined]  # anymail's own
    if not status.status & _TAKEN:
        raise NotSent("provider refused", retry=False)
    return str(status.message_id or "")


def _leave_out_what_providers_refuse(mail: EmailMultiAlternatives) -> None:
    """Of a mail with more than they have fields for, anymail sends nothing at all."""
    # A provider gives each mail an identifier of its own.
    mail.extra_headers.pop("Message-ID", None)
    # A date goes as the file alone, an answer to the first address alone.
    mail.alternatives = [part for part in mail.alternatives if part[1] == "text/html"]
    del mail.reply_to[1:]
