"""Passkeys: added, removed, shown as a second factor, and signing in by one alone. The keys are the browser's.

Each page brings what the browser has to sign, and a script (config/static/js/passkeys.js) sends what it signed. Without
that script a page says so, and leads on by a code.
"""

import json
from typing import Any

from allauth.account.stages import LoginStage
from allauth.mfa.base import views as allauth_mfa
from allauth.mfa.webauthn import views as allauth_webauthn
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy

from accounts import sign_in
from accounts.access import person


class AddPasskeyView(allauth_webauthn.AddWebAuthnView):
    """Whoever adds one has just shown who they are, as for an application; the first spare codes come next."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and (
            proof_url := sign_in.proof_url(request, request.user, next_url=request.get_full_path())
        ):
            return redirect(proof_url)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)
        sign_in.note_second_factor(request=self.request, user=person(self.request))
        self.request.session.cycle_key()
        return response

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
