"""ProConnect: the state's sign-in of its agents, where a town has it (settings.PROCONNECT_URL).

It is OpenID Connect with a few rules of its own: state and nonce of at least 32 signs, what it tells of a person as a
signed JWT, two factors by `claims` and told as `acr`. allauth finds a provider in the module of this name.
"""

import json
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

PROCONNECT = "proconnect"
# As many as it asks for of a state, and of a nonce.
PROCONNECT_SIGNS = 32
# As ProConnect signs; never what a token says of itself.
_ALGORITHMS = ("RS256", "ES256")
_LEEWAY_SECONDS = 30


class NotTwoFactorsError(OAuth2Error):
    """They are who they say, by one factor alone."""


class ProConnectAdapter(OpenIDConnectOAuth2Adapter):
    """Asks ProConnect, and believes what it has signed for this site, for this sign-in, with two factors."""

    @property
    def openid_config(self) -> Any:
        config = super().openid_config
        if config["issuer"].rstrip("/") != settings.PROCONNECT_URL:
            raise OAuth2Error("another issuer")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return build_absolute_uri(None, settings.SITE_URL + reverse("proconnect_callback"))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        try:
            signed = kwargs["response"]["id_token"]
            said = self._checked(app, signed, needs=["exp", "iat", "nonce"])
            if not constant_time_compare(str(said["nonce"]), nonce_of(request.GET["state"])):
                raise OAuth2Error("of another sign-in")
            if said.get("acr") not in settings.PROCONNECT_ACR:
                raise NotTwoFactorsError("one factor")
            person = self._checked(app, self._person_told(token.token), needs=[])
            if person["sub"] != said["sub"]:
                raise OAuth2Error("of another person")
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            raise OAuth2Error(type(error).__name__) from None
        login = self.get_provider().sociallogin_from_response(request, {"userinfo": person})
        login.signed = signed
        return login

    def _person_told(self, access_token: str) -> str:
        headers = {"Authorization": f"Bearer {access_token}"}
        return str(self._fetched(self.profile_url, headers=headers).text)

    def _checked(self, app: Any, token: str, *, needs: list[str]) -> dict[str, Any]:
        """What a JWT says, if ProConnect has signed it for this site and it has not run out."""
        keys = jwt.PyJWKSet.from_dict(self._fetched(self.openid_config["jwks_uri"]).json())
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=_ALGORITHMS,
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "sub", *needs]},
        )
        return claims

    def _fetched(self, url: str, **options: Any) -> Any:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, **options)
            answer.raise_for_status()
        return answer


class ProConnectProvider(OpenIDConnectProvider):
    """Nothing of what it tells of a person is kept but by which number they are known there."""

    id = PROCONNECT
    name = "ProConnect"
    oauth2_adapter_class = ProConnectAdapter

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("proconnect")

    def get_callback_url(self) -> str:
        return reverse("proconnect_callback")

    def get_default_scope(self) -> list[str]:
        return ["openid", "email"]

    def get_auth_params(self) -> dict[str, Any]:
        acr = {"essential": True, "values": settings.PROCONNECT_ACR}
        return {"claims": json.dumps({"id_token": {"acr": acr}})}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """An agent's address is proven by their administration, unless it says that it is not."""
        data["userinfo"].setdefault("email_verified", True)
        return list(super().extract_email_addresses(data))

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}


def nonce_of(state: str) -> str:
    """What the answer to this sign-in bears. The state is of one session and serves once; only this site makes both."""
    return salted_hmac("accounts.provider.nonce", state, algorithm="sha256").hexdigest()


provider_classes = [ProConnectProvider]
