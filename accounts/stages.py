"""What signing in asks for beside the code, as allauth's steps (`accounts.adapter`)."""

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from accounts import sign_in


class SecondFactorStage(AuthenticateStage):
    """The second factor that somebody has, unless ProConnect has just asked for two."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        return not sign_in.came_by_proconnect(request, user) and bool(super()._should_handle(request))
