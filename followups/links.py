"""Signed links: who may answer which question."""

from datetime import timedelta

from django.urls import reverse

from accounts.links import Grant, LinkBroken, LinkExpired, sign
from accounts.links import read as read_link
from accounts.models import User
from followups.models import CheckIn, FollowUp

__all__ = [
    "VALID_FOR", "Grant", "LinkBroken", "LinkExpired", "answer_path", "check_in_path", "read", "read_check_in",
]  # fmt: skip

SALT = "followups.answer"
CHECK_IN_SALT = "followups.check_in"
VALID_FOR = timedelta(days=60)


def answer_path(followup: FollowUp, user: User) -> str:
    """The path of the page on which this person answers this question."""
    token = sign(salt=SALT, subject_id=followup.pk, user=user)
    return reverse("followups:answer", args=[followup.match.city.slug, token])


def check_in_path(check_in: CheckIn, user: User) -> str:
    """The path of the page on which this person says how it is going."""
    token = sign(salt=CHECK_IN_SALT, subject_id=check_in.pk, user=user)
    return reverse("followups:check_in", args=[check_in.match.city.slug, token])


def read_check_in(token: str) -> Grant:
    """The grant of such a link; its subject is the check-in. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=CHECK_IN_SALT, valid_for=VALID_FOR)


def read(token: str) -> Grant:
    """The grant of a link; its subject is the follow-up. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)
