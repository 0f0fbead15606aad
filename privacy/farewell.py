"""The last message: that somebody's data are gone, to the address that they had.

It is no row of the outbox, which would keep to whom it went: written before the address goes, handed to the mail server
once all is done, and forgotten. Where that server does not take it, it is lost; the page has said the same.
"""

import logging
import smtplib

from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sign_in import has_proven_address
from notifications.services import language_of

log = logging.getLogger(__name__)
SECONDS_FOR_AN_ANSWER = 10


def compose(person: User) -> EmailMessage | None:
    """In their language; None for whoever has no address, or never proved it and would be written to for nothing."""
    if not person.email or not has_proven_address(person):
        return None
    with translation.override(language_of(person)):
        return EmailMessage(
            subject=_("Vos données sont effacées"),
            body=_(
                "Bonjour,\n\nVos données sont effacées de ce service\u202f: votre nom, cette adresse, votre numéro, "
                "vos propositions, vos besoins et vos messages. Il en reste des lignes sans nom, pour les chiffres et "
                "pour savoir qui a décidé quoi.\n\nC’est notre dernier message. Si vous revenez un jour, vous serez "
                "pour nous une nouvelle personne.\n\nMerci pour tout."
            ),
            to=[person.email],
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )


def send(mail: EmailMessage | None) -> None:
    if mail is None:
        return
    try:
        mail.connection = get_connection(timeout=SECONDS_FOR_AN_ANSWER)
        mail.send()
    except (OSError, smtplib.SMTPException) as failure:
        # A server's refusal repeats the address.
        log.warning("last message not sent: %s", type(failure).__name__)
