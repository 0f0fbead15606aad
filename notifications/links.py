"""Signed links to what somebody chooses about the messages to them, which never expire: one may always refuse; and to
ask for a call, from the page of a question.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User
from cities.models import City
from notifications.events import Refusable

_SALT = "notifications.preferences"
_CALL_ME_SALT = "notifications.call_me"
_CALL_ME_FOR = timedelta(days=90)


def token(person: User) -> str:
    return signing.Signer(salt=_SALT).sign(str(person.pk))


def person_of(token: str) -> User | None:
    """Whose choices a link opens; None when it was cut or altered, or the account is closed."""
    try:
        key = signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=key, is_active=True).first()


def call_me_path(person_id: int, city: City, about: str) -> str:
    """The path of the page on which this person asks to be called about a thing ("match:12")."""
    signed = signing.TimestampSigner(salt=_CALL_ME_SALT).sign(f"{person_id}.{about}")
    return reverse("notifications:call_me", args=[city.slug, signed])


def who_wants_call(token: str) -> tuple[User, str] | None:
    """Who asks, and about what; None when the link was cut or altered, is too old, or the account closed."""
    try:
        said = signing.TimestampSigner(salt=_CALL_ME_SALT).unsign(token, max_age=_CALL_ME_FOR)
    except signing.BadSignature:
        return None
    key, _, about = said.partition(".")
    person = User.objects.filter(pk=key, is_active=True).first()
    return (person, about) if person else None


def address(person: User, city: City | None) -> str:
    """The whole address of the page; without a town, of the one for which one signs in."""
    path = (
        reverse("notifications:choose", args=[city.slug, token(person)]) if city else reverse("my_messages")
    )
    return settings.SITE_URL + path


def address_to_refuse(person: User, city: City, sort: Refusable) -> str:
    """The whole address to which a mail programme posts, to refuse this sort of messages."""
    return settings.SITE_URL + reverse("notifications:refuse", args=[city.slug, token(person), sort])
