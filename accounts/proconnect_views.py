"""To ProConnect and back (`accounts.provider`); nobody has these pages where the settings name none."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from accounts.provider import PROCONNECT, PROCONNECT_SIGNS, ProConnectAdapter, nonce_of

_FAILED = (RequestException, OAuth2Error, KeyError, ValueError)
View = Callable[[HttpRequest], HttpResponse]


def _where_there_is_one(view: View) -> View:
    @wraps(view)
    def page(request: HttpRequest) -> HttpResponse:
        if not settings.PROCONNECT_URL:
            raise Http404
        return redirect(settings.LOGIN_REDIRECT_URL) if request.user.is_authenticated else view(request)

    return page


@require_POST
@_where_there_is_one
def begin(request: HttpRequest) -> HttpResponse:
    """On to ProConnect, which leads back here. A page, and no redirection: what a form is sent to is this site alone
    (Content-Security-Policy, form-action).
    """
    provider = get_adapter().get_provider(request, PROCONNECT)
    state = get_random_string(PROCONNECT_SIGNS)
    asked = {**provider.get_auth_params(), "nonce": nonce_of(state)}
    try:
        onward = provider.redirect(
            request,
            AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            auth_params=asked,
            state_id=state,
        )
    except _FAILED:
        messages.error(request, _("ProConnect ne répond pas. Réessayez, ou connectez-vous par un code."))
        return redirect("account_login")
    return render(request, "account/onward.html", {"url": onward.url, "is_leaving": False})


@require_GET
@login_not_required
@_where_there_is_one
def come_back(request: HttpRequest) -> HttpResponse:
    """What ProConnect says of whoever went there from this browser."""
    view: Any = OAuth2CallbackView.adapter_view(ProConnectAdapter(request, PROCONNECT))
    response: HttpResponse = view(request)
    return response


def leave_url(request: HttpRequest, signed: str) -> str:
    """Where whoever has signed out here signs out there as well; "" where that is not known now."""
    if not signed or not settings.PROCONNECT_URL:
        return ""
    try:
        page = ProConnectAdapter(request, PROCONNECT).openid_config["end_session_endpoint"]
    except _FAILED:
        return ""
    said = {
        "id_token_hint": signed,
        "state": get_random_string(PROCONNECT_SIGNS),
        "post_logout_redirect_uri": settings.SITE_URL + reverse("account_login"),
    }
    return f"{page}?{urlencode(said)}"
