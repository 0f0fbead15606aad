"""Signed links to what somebody chooses about the messages to them. They never expire: one may always refuse."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User
from cities.models import City
from notifications.events import Refusable

_SALT = "notifications.preferences"


def token(person: User) -> str:
    return signing.Signer(salt=_SALT).sign(str(person.pk))


def person_of(token: str) -> User | None:
    """Whose choices a link opens; None when it was cut or altered, or the account is closed."""
    try:
        key = signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=key, is_active=True).first()


def address(person: User, city: City | None) -> str:
    """The whole address of the page; without a town, of the one for which one signs in."""
    path = (
        reverse("notifications:choose", args=[city.slug, token(person)]) if city else reverse("my_messages")
    )
    return settings.SITE_URL + path


def address_to_refuse(person: User, city: City, sort: Refusable) -> str:
    """The whole address to which a mail programme posts, to refuse this sort of messages."""
    return settings.SITE_URL + reverse("notifications:refuse", args=[city.slug, token(person), sort])
