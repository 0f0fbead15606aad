"""Signed links: who may answer for which match."""

from datetime import timedelta

from django.urls import reverse

from accounts.links import Grant, LinkBroken, LinkExpired, sign
from accounts.links import read as read_link
from accounts.models import User
from matching.models import Match

__all__ = ["VALID_FOR", "Grant", "LinkBroken", "LinkExpired", "answer_path", "read"]

SALT = "matching.answer"
VALID_FOR = timedelta(days=30)


def answer_path(match: Match, user: User) -> str:
    """The path of the page on which this person answers for this match."""
    token = sign(salt=SALT, subject_id=match.pk, user=user)
    return reverse("matching:answer", args=[match.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link; its subject is the match. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)
