"""Signed links: who may answer which question."""

from datetime import timedelta

from django.urls import reverse

from accounts.links import Grant, LinkBroken, LinkExpired, sign
from accounts.links import read as read_link
from accounts.models import User
from followups.models import FollowUp

__all__ = ["VALID_FOR", "Grant", "LinkBroken", "LinkExpired", "answer_path", "read"]

SALT = "followups.answer"
VALID_FOR = timedelta(days=60)


def answer_path(followup: FollowUp, user: User) -> str:
    """The path of the page on which this person answers this question."""
    token = sign(salt=SALT, subject_id=followup.pk, user=user)
    return reverse("followups:answer", args=[followup.match.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link; its subject is the follow-up. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)
