"""Signed links: whoever is visited says that another time suits better, or that they cannot, without signing in."""

from datetime import datetime, timedelta

from django.urls import reverse

from accounts.links import Grant, LinkBroken, LinkExpired, sign
from accounts.links import read as read_link
from homes.models import Visit
from homes.models.visits import FARTHEST

__all__ = ["LinkBroken", "LinkExpired", "host_path", "is_over", "read"]

SALT = "homes.visit"
# Each visit's link is good until so long after it. As a signature knows nothing of a visit's day, it holds as long as
# the farthest visit needs.
READABLE_AFTER = timedelta(days=30)
VALID_FOR = FARTHEST + READABLE_AFTER


def host_path(visit: Visit) -> str:
    """The path of the page on which the host reads of the visit, and answers."""
    token = sign(salt=SALT, subject_id=visit.pk, user=visit.offer.owner)
    return reverse("homes:host", args=[visit.offer.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link; its subject is the visit. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)


def is_over(visit: Visit, *, now: datetime) -> bool:
    """Whether the links to this visit are too old, wherever it was moved to since they were sent."""
    return visit.starts_at + READABLE_AFTER < now
