"""Signed links: to say that one asked for the letter, and to leave it. The second never expires."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.links import LinkBroken, LinkExpired, note_altered, sign
from accounts.links import read as read_link
from outreach.models import Subscription

_CONFIRM = "outreach.confirm"
_LEAVE = "outreach.leave"
# Then an address that has not said so itself is forgotten.
VALID_FOR = timedelta(days=7)


def confirm_path(subscription: Subscription) -> str:
    token = sign(salt=_CONFIRM, subject_id=subscription.pk, user=subscription.person)
    return reverse("outreach:confirm", args=[subscription.city.slug, token])


def to_confirm(token: str) -> int | None:
    """The subscription of a link; None when it is too old, cut or altered."""
    try:
        return read_link(token, salt=_CONFIRM, valid_for=VALID_FOR).subject_id
    except (LinkBroken, LinkExpired):
        return None


def leave_path(subscription_id: int, city_slug: str) -> str:
    token = signing.Signer(salt=_LEAVE).sign(str(subscription_id))
    return reverse("outreach:leave", args=[city_slug, token])


def leave_address(subscription_id: int, city_slug: str) -> str:
    """The whole address at which one leaves, by the page and by a mail programme's own button (RFC 8058)."""
    return settings.SITE_URL + leave_path(subscription_id, city_slug)


def to_leave(token: str) -> int | None:
    """The subscription of a link; None when it was cut or altered."""
    try:
        return int(signing.Signer(salt=_LEAVE).unsign(token))
    except signing.BadSignature:
        note_altered()
        return None
