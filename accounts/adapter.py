"""How allauth behaves here: no password, French words, a mail server that may be down."""

import logging
import smtplib
import threading
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.mail import get_connection
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.sign_in import APPLICATION, PASSKEY, MailNotSentError, code_mail_context, factors_of
from sealing.rotation import FACTORS
from sealing.seals import seal, unseal

logger = logging.getLogger(__name__)

# A code is sent while its reader waits: it is a secret, which the outbox would keep for all who read the messages. So a
# mail server that is silent holds a thread of the site for each. It may hold half of a web process's threads
# (config/run.py), for this many seconds an answer; whoever finds no place is told at once, and the site goes on.
# Each answer has its time, not the whole: a distant server with encryption and a password takes a dozen of them.
CODES_AT_ONCE = 2
SECONDS_FOR_AN_ANSWER = 2
_places = threading.BoundedSemaphore(CODES_AT_ONCE)


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in as this product does it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("Ce compte est fermé."),
        "incorrect_code": _("Ce code n’est pas le bon."),
        "too_many_login_attempts": _(
            "Trop d’essais. Attendez quelques minutes, puis demandez un nouveau code."
        ),
        "rate_limited": _("Trop d’essais. Attendez quelques minutes."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send now, for somebody waits in front of the page; raise MailNotSentError when the server does not take it,
        or when it keeps others waiting.

        Neither the address nor the code is logged.
        """
        if "code" in context:
            context = {**context, **code_mail_context(context["request"], context["code"])}
        message = self.render_mail(
            template_prefix, email, {"email": email, "site_url": settings.SITE_URL, **context}
        )
        if not _places.acquire(blocking=False):
            logger.warning(
                "%s not sent: %d others are waiting for the server", template_prefix, CODES_AT_ONCE
            )
            raise MailNotSentError
        try:
            message.connection = get_connection(timeout=SECONDS_FOR_AN_ANSWER)
            message.send()
        except (OSError, smtplib.SMTPException) as failure:
            logger.warning("%s not sent: %s", template_prefix, type(failure).__name__)
            # Not chained: a server's refusal repeats the address.
            raise MailNotSentError from None
        finally:
            _places.release()

    def format_email_subject(self, subject: str) -> str:
        return subject

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are opened by what people post, never for their own sake."""
        return False

    def should_send_confirmation_mail(self, request: HttpRequest, email_address: Any, signup: bool) -> bool:
        """The sign-in code is the proof of the address; there is no second mail."""
        return False

    def respond_email_verification_sent(
        self, request: HttpRequest, user: AbstractBaseUser | None
    ) -> HttpResponseRedirect:
        """An address that could not be proven: begin again."""
        return HttpResponseRedirect(reverse("account_login"))

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """The second factor alone: nobody is ever asked for a password."""
        if not user.is_authenticated or not (factors := factors_of(user)):
            return []
        codes = _("Un code de votre application, ou un code de secours")
        if APPLICATION not in factors:
            codes = _("Un code de secours")
        by_code = {"id": "mfa_reauthenticate", "description": codes, "url": reverse("mfa_reauthenticate")}
        if PASSKEY not in factors:
            return [by_code]
        url = reverse("mfa_reauthenticate_webauthn")
        return [
            {"id": "mfa_reauthenticate_webauthn", "description": _("Votre clé d’accès"), "url": url},
            by_code,
        ]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Once there is a second factor, ask for it again before it is changed."""
        user = self.request.user
        return user.is_authenticated and is_mfa_enabled(user)


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors and seeds of recovery codes are sealed, as all that is kept of people."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey is for the address that people know, whatever name the request came in by."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": "Accorde"}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:
        """Nobody is asked for a name: the browser and system in which it was added tell one from another."""
        return sessions.device_of(context.request.headers.get("User-Agent", "")) or str(_("Clé d’accès"))

    def encrypt(self, text: str) -> str:
        return seal(text, of=FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, of=FACTORS)
