"""How allauth behaves here: no password, French words, a mail server that may be down."""

import logging
import smtplib
import threading
from typing import Any, NoReturn
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.mail import get_connection
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.access import is_in_a_team
from accounts.models import User
from accounts.provider import PROCONNECT, PROCONNECT_SIGNS, NotTwoFactorsError
from accounts.selectors import find_person
from accounts.services import link_proconnect
from accounts.sign_in import (
    APPLICATION,
    PASSKEY,
    MailNotSentError,
    Outcome,
    code_mail_context,
    factors_of,
    note_outcome,
    note_proconnect,
    unavailable_message,
)
from sealing.rotation import FACTORS
from sealing.seals import seal, unseal

logger = logging.getLogger(__name__)

# A code is sent while its reader waits: it is a secret, which the outbox would keep for all who read the messages. So a
# mail server that is silent holds a thread of the site for each. It may hold half of a web process's threads
# (config/processes.py), for this many seconds an answer; whoever finds no place is told at once, and the site goes on.
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
        "too_many_login_attempts": _("Trop d’essais. Demandez un nouveau code."),
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

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponseRedirect:
        note_outcome(Outcome.REFUSED, user)
        return HttpResponseRedirect(reverse("account_inactive"))

    def respond_email_verification_sent(
        self, request: HttpRequest, user: AbstractBaseUser | None
    ) -> HttpResponseRedirect:
        """An address that could not be proven: begin again."""
        return HttpResponseRedirect(reverse("account_login"))

    def get_login_stages(self) -> list[str]:
        """ProConnect has seen two factors: ours is not asked for after it."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "accounts.stages.SecondFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """The second factor alone: nobody is ever asked for a password."""
        if not isinstance(user, User) or not (factors := factors_of(user)):
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


class ProConnectRules(DefaultSocialAccountAdapter):
    """Who comes in by ProConnect: whoever works for a town already, at the address that both know. It opens no account
    and gives nobody a part.
    """

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The one of the settings, if there is one; none of the database."""
        if not settings.PROCONNECT_URL:
            return []
        app = SocialApp(
            provider=PROCONNECT,
            provider_id=PROCONNECT,
            name="ProConnect",
            client_id=settings.PROCONNECT_CLIENT_ID,
            secret=settings.PROCONNECT_CLIENT_SECRET,
            settings={"server_url": settings.PROCONNECT_URL, "token_auth_method": "client_secret_post"},
        )
        return [app] if client_id in (None, app.client_id) else []

    def generate_state_param(self, state: dict[str, Any]) -> str:
        return get_random_string(PROCONNECT_SIGNS)

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        for address in sociallogin.email_addresses:
            if address.verified and (found := find_person(email=address.email)):
                return found, address.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Raises ImmediateHttpResponse where they are to sign in by a code."""
        user, number = self._known(sociallogin), sociallogin.account.uid
        try:
            if user is not None and link_proconnect(user=user, number=number, by=user, now=timezone.now()):
                note_proconnect(request=request, user=user, signed=sociallogin.signed)
                return
        except MailNotSentError:
            self._refuse(request, unavailable_message())
        words = _(
            "Aucun compte d’équipe ne correspond à votre adresse chez ProConnect. Connectez-vous par un code, "
            "ou demandez à l’administration de votre ville."
        )
        self._refuse(request, str(words))

    def _known(self, sociallogin: SocialLogin) -> User | None:
        """Who of a team this is, whose address both know."""
        user: User | None = sociallogin.user if sociallogin.is_existing else None
        addresses = {one.email.lower() for one in sociallogin.email_addresses if one.verified}
        if user is None or not user.can_sign_in or user.email not in addresses or not is_in_a_team(user):
            return None
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        if isinstance(exception, NotTwoFactorsError):
            words = _(
                "ProConnect n’a pas demandé de double vérification. Activez-la chez votre employeur, ou connectez-vous "
                "par un code."
            )
        else:
            words = _("La connexion par ProConnect n’a pas abouti. Réessayez, ou connectez-vous par un code.")
        logger.warning("no sign-in by ProConnect: %s", type(exception).__name__ if exception else error)
        self._refuse(request, str(words))

    def get_requests_session(self) -> Any:
        """It answers where the settings say, and nowhere else."""
        session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def _refuse(self, request: HttpRequest, words: str) -> NoReturn:
        note_outcome(Outcome.REFUSED, None)
        messages.error(request, words)
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))
