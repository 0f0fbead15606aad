"""Signed links: who may answer which question, without signing in."""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.urls import reverse

from accounts.models import User
from followups.models import FollowUp

SALT = "followups.answer"
VALID_FOR = timedelta(days=60)


class LinkExpired(Exception):
    """The link is genuine, and too old."""


class LinkBroken(Exception):
    """The link was cut or altered."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link allows: this person may answer this question."""

    followup_id: int
    user_id: int


def answer_path(followup: FollowUp, user: User) -> str:
    """The path of the page on which this person answers this question."""
    token = signing.TimestampSigner(salt=SALT).sign(f"{followup.pk}.{user.pk}")
    return reverse("followups:answer", args=[followup.match.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link. Raises LinkExpired or LinkBroken."""
    try:
        value = signing.TimestampSigner(salt=SALT).unsign(token, max_age=VALID_FOR)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkBroken from error
    followup_id, _, user_id = value.partition(".")
    return Grant(int(followup_id), int(user_id))
