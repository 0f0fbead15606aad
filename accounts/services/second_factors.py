"""Somebody has lost their second factor, and the spare codes with it."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import ADMINISTRATION, TEAM, has_role, require
from accounts.models import FactorReset, User
from accounts.services.sessions import end_elsewhere
from cities.models import City


@transaction.atomic
def reset_second_factor(
    *, user: User, city: City | None, note: str, by: User | None, now: datetime
) -> FactorReset:
    """Take it away, and ProConnect with it: the person is signed out everywhere and adds another one before anything
    opens again.

    By an administrator of a town for somebody of its team, never for themselves; `by` None: by the installation, for
    the last administrator. Raises ValidationError without a reason.
    """
    if by is not None:
        of_the_team = city is not None and has_role(by, city, ADMINISTRATION) and has_role(user, city, TEAM)
        require(by != user and of_the_team)
    if not note.strip():
        raise ValidationError({"note": _("Dites pourquoi.")})
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    reset = FactorReset.objects.create(person=user, by=by, at=now, note=note.strip())
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    end_elsewhere(session_key=None, user=user)
    return reset
