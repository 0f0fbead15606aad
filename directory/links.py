"""The signed link by which a service answers, without signing in."""

from datetime import timedelta

from django.urls import reverse

from accounts.links import Grant, LinkBroken, LinkExpired, sign
from accounts.links import read as read_link
from accounts.models import User
from directory.models import Referral

__all__ = ["VALID_FOR", "Grant", "LinkBroken", "LinkExpired", "answer_path", "read"]

SALT = "directory.referral"
# As far as a day may be given, and a month: how the person is reached stands behind it.
VALID_FOR = timedelta(days=120)


def answer_path(referral: Referral, user: User) -> str:
    """The path of the page on which this person answers for the service."""
    token = sign(salt=SALT, subject_id=referral.pk, user=user)
    return reverse("directory:answer", args=[referral.service.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link; its subject is the referral. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)
