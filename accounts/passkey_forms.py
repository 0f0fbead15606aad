"""What a browser signed with a passkey: nothing that it could send breaks a page or passes for another site's."""

import json
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.webauthn import forms as allauth_webauthn
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_decode
from fido2.webauthn import CollectedClientData

from accounts.forms import TOO_MANY
from accounts.sign_in import Outcome, note_outcome, tell_of_wrong_factors, too_many_factors_message

# What the libraries raise on what is no answer of a browser's.
_NOT_READ = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, struct.error)


class _Signed(forms.JSONField):
    """JSON from whoever sends some: Django's own field lets numbers and depths beyond measure through as a fault."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except _NOT_READ:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class _PasskeyForm(forms.Form):
    user: Any
    credential = _Signed(widget=forms.HiddenInput)

    def _checked(self, look: Callable[[], Any]) -> Any:
        """What `look` finds in it. What was signed for another address than this site's is looked at no further."""
        try:
            answer = json.loads(self.data.get("credential", ""))
            if CollectedClientData(websafe_decode(answer["response"]["clientDataJSON"])).origin != _origin():
                raise ValueError
            return look()
        except ValidationError as refusal:
            if refusal.code == TOO_MANY:
                note_outcome(Outcome.LIMIT, self.user)
                tell_of_wrong_factors(request=context.request, email=self.user.email)
                raise ValidationError(too_many_factors_message(context.request, self.user)) from None
        except _NOT_READ:
            pass
        note_outcome(Outcome.WRONG_PASSKEY, self.user)
        raise ValidationError(
            _("Cette clé d’accès n’est pas reconnue. Réessayez, ou choisissez un autre moyen.")
        )


class AddPasskeyForm(_PasskeyForm, allauth_webauthn.AddWebAuthnForm):
    """A new one; what it is called says the browser."""

    name = None
    passwordless = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self._checked(super().clean)
        return {**cleaned, "name": self.initial["name"]}


class _UsedForm(_PasskeyForm):
    def clean_credential(self) -> Any:
        return self._checked(super().clean_credential)  # type: ignore[misc]  # of the form beside it


class PasskeyForm(_UsedForm, allauth_webauthn.AuthenticateWebAuthnForm):
    """When signing in, after the code by mail."""


class ShowPasskeyForm(_UsedForm, allauth_webauthn.ReauthenticateWebAuthnForm):
    """Before something is changed."""


class PasskeySignInForm(_UsedForm, allauth_webauthn.LoginWebAuthnForm):
    """Signing in by it alone."""


def _origin() -> str:
    """The site's, as browsers write it."""
    address = urlsplit(settings.SITE_URL)
    return f"{address.scheme}://{address.netloc}"
