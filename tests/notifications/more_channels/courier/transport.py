"""One line of text over the courier's own server."""

import contextlib
import smtplib
from datetime import timedelta

from django.conf import settings

from notifications.channel_transport import NotSent


class Transport:
    def __enter__(self):
        try:
            self.line = smtplib.SMTP("127.0.0.1", settings.COURIER_PORT, timeout=5)
        except OSError as error:
            raise NotSent("connect", retry=True, stop=True) from error
        return self

    def __exit__(self, *exit):
        with contextlib.suppress(OSError):
            self.line.close()

    def send(self, message):
        try:
            self.line.sendmail("accueil@mairie.exemple.fr", message.recipient.email, message.subject_key)
        except smtplib.SMTPException as error:
            is_busy = "busy" in str(error)
            wait = timedelta(minutes=20 if is_busy else 0)
            raise NotSent("refused", retry=True, stop=is_busy, wait=wait) from error
        return message.subject_key
