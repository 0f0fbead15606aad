"""Signed links: who may answer for which match, and about which condition."""

from datetime import timedelta

from django.urls import reverse

from accounts import acting
from accounts.links import Grant, LinkBroken, LinkExpired, sign
from accounts.links import read as read_link
from accounts.models import User
from matching.models import ConditionQuestion, Match

__all__ = [
    "VALID_FOR", "Grant", "LinkBroken", "LinkExpired", "answer_path", "condition_path", "read", "read_condition",
    "read_report", "report_path",
]  # fmt: skip

SALT = "matching.answer"
CONDITION_SALT = "matching.condition"
REPORT_SALT = "matching.report"
VALID_FOR = timedelta(days=30)
# As long as one may be asked how it goes.
REPORT_VALID_FOR = timedelta(days=60)


def answer_path(match: Match, user: User) -> str:
    """The path of the page on which this person answers for this match."""
    token = sign(salt=SALT, subject_id=match.pk, user=user)
    return reverse("matching:answer", args=[match.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link; its subject is the match. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)


def condition_path(question: ConditionQuestion, user: User) -> str:
    """The path of the page on which this person says whether a condition can give."""
    token = sign(salt=CONDITION_SALT, subject_id=question.pk, user=user)
    return reverse("matching:condition", args=[question.need.city.slug, token])


def read_condition(token: str) -> Grant:
    """The grant of such a link; its subject is the question. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=CONDITION_SALT, valid_for=VALID_FOR)


def report_path(match: Match, user: User) -> str:
    """The path of the page on which this person reports a problem with this match, without signing in; "" for the desk
    that has them on the phone.
    """
    if acting.is_noted_by_desk():
        return ""
    token = sign(salt=REPORT_SALT, subject_id=match.pk, user=user)
    return reverse("followups:signal_linked", args=[match.city.slug, token])


def read_report(token: str) -> Grant:
    """The grant of such a link; its subject is the match. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=REPORT_SALT, valid_for=REPORT_VALID_FOR)
