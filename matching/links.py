"""Signed links: who may answer for which match, without signing in."""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.urls import reverse

from accounts.models import User
from matching.models import Match

SALT = "matching.answer"
VALID_FOR = timedelta(days=30)


class LinkExpired(Exception):
    """The link is genuine, and too old."""


class LinkBroken(Exception):
    """The link was cut or altered."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link allows: this person may answer for this match."""

    match_id: int
    user_id: int


def answer_path(match: Match, user: User) -> str:
    """The path of the page on which this person answers for this match."""
    token = signing.TimestampSigner(salt=SALT).sign(f"{match.pk}.{user.pk}")
    return reverse("matching:answer", args=[match.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link. Raises LinkExpired or LinkBroken."""
    try:
        value = signing.TimestampSigner(salt=SALT).unsign(token, max_age=VALID_FOR)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkBroken from error
    match_id, _, user_id = value.partition(".")
    return Grant(int(match_id), int(user_id))
