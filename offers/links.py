"""Signed links: whoever offered something says, without signing in, whether it holds; a draft goes on elsewhere."""

from datetime import timedelta

from django.core import signing
from django.urls import reverse

from accounts.links import Grant, LinkBroken, note_altered, sign
from accounts.links import read as read_link
from accounts.models import User
from offers.models import Offer, SharedDraft

SALT = "offers.still_there"
# Longer than an offer that nobody confirms stays open: what was set aside is taken up again by the same link.
VALID_FOR = timedelta(days=90)
_DRAFT_SALT = "offers.draft"


def still_there_path(offer: Offer) -> str:
    """The path of the page on which the owner of this offer says whether it still holds."""
    token = sign(salt=SALT, subject_id=offer.pk, user=offer.owner)
    return reverse("matching:still_there", args=[offer.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link; its subject is the offer. Raises accounts.links.LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)


def owner_of(grant: Grant, offer: Offer) -> User | None:
    """Whom a link stands for; None when the offer is theirs no more, or their account closed."""
    is_theirs = grant.user_id == offer.owner_id and offer.owner.is_active
    return offer.owner if is_theirs else None


def draft_path(draft: SharedDraft) -> str:
    """The path of the page on which another browser goes on with a draft: whoever has it may read the answers."""
    token = signing.Signer(salt=_DRAFT_SALT).sign(str(draft.pk))
    return reverse("offers:go_on", args=[draft.city.slug, token])


def read_draft(token: str) -> int:
    """The key of the draft that a link leads to. Raises LinkBroken."""
    try:
        return int(signing.Signer(salt=_DRAFT_SALT).unsign(token))
    except signing.BadSignature as error:
        note_altered()
        raise LinkBroken from error
