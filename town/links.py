"""The signed link of an invitation. How long it holds the invitation itself says."""

from datetime import timedelta

from django.urls import reverse

from accounts.links import LinkBroken, LinkExpired, read, sign
from town.models import Invitation

_SALT = "town.invitation"
VALID_FOR = timedelta(days=7)
# Longer than any invitation holds: what is too late is told apart from what was altered.
_READABLE = timedelta(days=3650)


def invitation_path(invitation: Invitation) -> str:
    token = sign(salt=_SALT, subject_id=invitation.pk, user=invitation.person)
    return reverse("town:invitation", args=[invitation.city.slug, token])


def invited(token: str) -> int | None:
    """The invitation of a link; None when it was cut or altered."""
    try:
        return read(token, salt=_SALT, valid_for=_READABLE).subject_id
    except (LinkBroken, LinkExpired):
        return None
