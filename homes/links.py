"""Signed links: whoever is visited says that another time suits better, or that they cannot, without signing in."""

from datetime import timedelta

from django.urls import reverse

from accounts.links import Grant, LinkBroken, LinkExpired, sign
from accounts.links import read as read_link
from homes.models import Visit

__all__ = ["LinkBroken", "LinkExpired", "host_path", "read"]

SALT = "homes.visit"
VALID_FOR = timedelta(days=90)


def host_path(visit: Visit) -> str:
    """The path of the page on which the host reads of the visit, and answers."""
    token = sign(salt=SALT, subject_id=visit.pk, user=visit.offer.owner)
    return reverse("homes:host", args=[visit.offer.city.slug, token])


def read(token: str) -> Grant:
    """The grant of a link; its subject is the visit. Raises LinkExpired or LinkBroken."""
    return read_link(token, salt=SALT, valid_for=VALID_FOR)
