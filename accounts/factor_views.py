"""Second factors: an application added; passkeys added, removed, shown, and signing in by one alone.

Each page brings what the browser has to sign, and a script (config/static/js/passkeys.js) sends what it signed. Without
that script a page says so, and leads on by a code.
"""

import base64
import json
from typing import Any

from allauth.account.stages import LoginStage
from allauth.mfa.base import views as allauth_mfa
from allauth.mfa.totp import views as allauth_totp
from allauth.mfa.webauthn import views as allauth_webauthn
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy

from accounts import sign_in
from accounts.access import person


class AddsFactor:
    """Whoever adds one has just shown who they are; with it their session begins anew."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and (
            proof_url := sign_in.proof_url(request, request.user, next_url=request.get_full_path())
        ):
            return redirect(proof_url)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)  # type: ignore[misc]
        sign_in.note_second_factor(request=self.request, user=person(self.request))
        self.request.session.cycle_key()
        return response


class AddPasskeyView(AddsFactor, allauth_webauthn.AddWebAuthnView):
    """Whoever adds one has just shown who they are, as for an application; the first spare codes come next."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        # One that the device keeps and asks a finger, a face or a PIN for: it signs in by itself.
        options = auth.begin_registration(person(self.request), passwordless=True)
        return {**context, "options": json.dumps(options)}


class RemovePasskeyView(allauth_webauthn.RemoveWebAuthnView):
    success_url = reverse_lazy("mfa_index")


class ShowPasskeyView(allauth_webauthn.ReauthenticateWebAuthnView):
    """Whoever is signed in shows their passkey once more."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, **kwargs, "options": json.dumps(context["js_data"]["request_options"])}


class SecondFactorView(allauth_mfa.AuthenticateView):
    """After the code of the mail: the passkey, a code of the application, or a spare one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        factors = sign_in.factors_of(self.stage.login.user)
        options = json.dumps(context["js_data"]["request_options"]) if sign_in.PASSKEY in factors else ""
        return {**context, "options": options, "has_application": sign_in.APPLICATION in factors}


class PasskeySignInView(allauth_webauthn.LoginWebAuthnView):
    """By a passkey alone, which is two factors in one: the device, and what it asks before it signs."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: LoginStage) -> None:
        """Somebody who waits for a code may use their passkey instead."""


class ActivateSecondFactorView(AddsFactor, allauth_totp.ActivateTOTPView):
    """Add an authenticator application; the spare codes come next. Whoever adds one has just shown who they are: a
    browser that was left open would else let its finder be the one who is asked from then on.
    """

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        # The drawing has no ground of its own: black on black in dark mode.
        head, tag, rest = context["totp_svg"].partition("<path")
        svg = f'{head}<rect width="100%" height="100%" fill="#fff"/>{tag}{rest}'
        drawing = base64.b64encode(svg.encode()).decode()
        return {**context, "totp_svg_data_uri": f"data:image/svg+xml;base64,{drawing}"}
