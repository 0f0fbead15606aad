"""What every endpoint of the API shares: how a program shows who it is."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts import services
from accounts.models import ApiToken, Scope, User


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`, with a key of one's account page."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != self.keyword.lower().encode():
            return None
        token = None
        if len(words) == 2:
            secret = words[1].decode("ascii", errors="replace")
            token = services.use_token(secret=secret, now=timezone.now())
        if token is None:
            raise exceptions.AuthenticationFailed(_("Cette clé n’est pas valable."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


def has_scope(request: Request, scope: Scope) -> bool:
    """Whether the key was made for it; whoever is signed in has none, and does what they may."""
    return not isinstance(request.auth, ApiToken) or scope in request.auth.scopes


class HasScope(BasePermission):
    """A key does what it was made for; whoever is signed in does what they may."""

    def has_permission(self, request: Request, view: Any) -> bool:
        needed = Scope.READ if request.method in SAFE_METHODS else view.area
        if not has_scope(request, needed):
            said = _("Il manque à cette clé le droit «\u00a0%(scope)s\u00a0».") % {"scope": needed}
            raise exceptions.PermissionDenied(said, code="missing_scope")
        return True


class TokenScheme(OpenApiAuthenticationExtension):
    """The same, said in the schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        said = (
            "An API key of the account page, for a year at most. It has scopes: `read` (see what its person sees), "
            "`offers`, `needs`, `matches` (write there what its person may write). Without the scope: 403, of the type "
            "`missing_scope`, which names it. The key of somebody who works for a town is dead as long as they have no "
            "second factor."
        )
        return {"type": "http", "scheme": "bearer", "description": said}
