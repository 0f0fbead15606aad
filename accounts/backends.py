"""Who is signed in, read with what they are in each town: every page asks both."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.access import with_roles
from accounts.models import User


class Backend(AuthenticationBackend):
    """allauth's, with the roles in the query that reads the user."""

    def get_user(self, user_id: int) -> User | None:
        user = with_roles(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
