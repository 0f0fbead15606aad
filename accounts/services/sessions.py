"""Beginning a session, and ending those that a person has elsewhere."""

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone

from accounts import contact_mails, sessions, sign_in
from accounts.access import is_in_a_team
from accounts.models import Session, User

log = logging.getLogger(__name__)


def end_elsewhere(*, session_key: str | None, user: User) -> int:
    """Sign the person out in every browser but the one with this key, if any; how many there were."""
    others = Session.objects.filter(user=user, expire_date__gt=timezone.now()).exclude(
        session_key=session_key
    )
    ended, _by_model = others.delete()
    return ended


def end_one(*, mark: str, session_key: str | None, user: User) -> bool:
    """Sign the person out in the browser of this `Session.mark`, which is not the one with this key; False when it has
    ended meanwhile, or is another's.
    """
    theirs = Session.objects.filter(user=user, expire_date__gt=timezone.now()).exclude(
        session_key=session_key
    )
    keys = [one.pk for one in theirs.only("pk") if one.mark == mark]
    ended, _by_model = Session.objects.filter(pk__in=keys).delete()
    return bool(ended)


def end_all(*, by: None) -> int:
    """Sign everybody out; how many sessions there were. Of a backup: one may have been ended since, for a reason."""
    ended, _by_model = Session.objects.all().delete()
    return ended


def _begin(*, request: HttpRequest, user: User, **_of_the_signal: Any) -> None:
    sign_in.note_outcome(sign_in.Outcome.IN, user)
    sessions.begin(
        request.session,
        description=request.headers.get("User-Agent", ""),
        of_a_team=is_in_a_team(user),
        now=timezone.now(),
    )


def _end_those_without_it(*, request: HttpRequest, user: User, **_of_the_signal: Any) -> None:
    end_elsewhere(session_key=request.session.session_key, user=user)
    if not is_mfa_enabled(user):
        sign_in.forget_second_factor(request)


def _renew(*, request: HttpRequest, reauthenticated: bool, **_of_the_signal: Any) -> None:
    """Whoever shows their factor once more goes on under a new key: who saw the one before has nothing of it."""
    if reauthenticated:
        request.session.cycle_key()


def _tell(*, user: User, authenticator: Authenticator, signal: Any, **_of_the_signal: Any) -> None:
    """The spare codes come and go with what they stand in for: one mail for both. It has happened, told or not."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    is_passkey, is_added = authenticator.type == sign_in.PASSKEY, signal is authenticator_added
    try:
        contact_mails.tell_of_factor(user, is_added=is_added, is_passkey=is_passkey)
    except sign_in.MailNotSentError:
        log.warning("user %s was not told of their second factor", user.pk)


def listen() -> None:
    """To signing in, and to a second factor that is added, removed, made anew or shown."""
    user_logged_in.connect(_begin, dispatch_uid="accounts.begin")
    for signal in (authenticator_added, authenticator_removed, authenticator_reset):
        signal.connect(_end_those_without_it, dispatch_uid="accounts.end_those_without_it")
    authenticator_used.connect(_renew, dispatch_uid="accounts.renew")
    for signal in (authenticator_added, authenticator_removed):
        signal.connect(_tell, dispatch_uid="accounts.tell_of_factor")
