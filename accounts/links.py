"""Signed links: this person may answer for this subject, without signing in.

The salt names what the subject is, so that a link for one thing opens no other. Links that were sent before a proven
contact of the person gave way to another open nothing: whoever has the old mailbox or number is not them any more.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing

from accounts import acting
from accounts.models import PersonEdit, User

logger = logging.getLogger(__name__)

# How long a change of contact can be stopped by whoever had it before.
STOPPED_FOR = timedelta(days=7)
_STOP = "accounts.stop_change"


class LinkBroken(Exception):
    """The link was cut or altered."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link allows: this person may answer for this subject."""

    subject_id: int
    user_id: int


class LinkExpired(Exception):
    """The link is genuine, and too old. `grant`: what it allowed."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(grant)
        self.grant = grant


def sign(*, salt: str, subject_id: int, user: User) -> str:
    """The token that stands in the link's path."""
    said = f"{subject_id}.{user.pk}"
    if user.contact_changes:
        said += f".{user.contact_changes}"
    return signing.TimestampSigner(salt=salt).sign(said)


def read(token: str, *, salt: str, valid_for: timedelta) -> Grant:
    """The grant of a token; whoever reads the link and is not signed in acts as its person from then on
    (`accounts.acting`). Raises LinkExpired or LinkBroken, which let nobody act.
    """
    signer = signing.TimestampSigner(salt=salt)
    try:
        grant = _grant(signer.unsign(token))
        signer.unsign(token, max_age=valid_for)
    except signing.SignatureExpired as error:
        raise LinkExpired(grant) from error
    except signing.BadSignature as error:
        note_altered()
        raise LinkBroken from error
    acting.by_link(grant.user_id)
    return grant


def stop_token(edit: PersonEdit) -> str:
    """Whoever had the contact that this change took away takes it back, for so long. No later change voids it."""
    return signing.TimestampSigner(salt=_STOP).sign(str(edit.pk))


def change_to_stop(token: str) -> int:
    """The key of the change. Raises LinkBroken, of one that is too old as well."""
    try:
        return int(signing.TimestampSigner(salt=_STOP).unsign(token, max_age=STOPPED_FOR))
    except signing.SignatureExpired as error:
        raise LinkBroken from error
    except signing.BadSignature as error:
        note_altered()
        raise LinkBroken from error


def secrets() -> tuple[str, ...]:
    """What a short signature of ours may be made with, as long ones are: the present key, and those before it."""
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def note_altered() -> None:
    """A line of log: a link that came back is not as we signed it. Which one, nobody is told."""
    logger.warning("a link was cut or altered")


def _grant(value: str) -> Grant:
    subject_id, user_id, *changes = value.split(".")
    if contact_changes(int(user_id)) != int(*changes):
        raise LinkBroken
    return Grant(int(subject_id), who_is_now(int(user_id)))


def contact_changes(user_id: int) -> int:
    """How often a contact of this person has given way to another; 0 of nobody."""
    return User.objects.filter(pk=user_id).values_list("contact_changes", flat=True).first() or 0


def who_is_now(user_id: int) -> int:
    """Who answers for this person: another row, where somebody was in here twice and is one now."""
    while into := User.objects.filter(pk=user_id).values_list("merged_into", flat=True).first():
        user_id = into
    return user_id
