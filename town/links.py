"""Signed links: of an invitation, which says itself how long it holds; of the page that opens the first town."""

from datetime import timedelta

from django.core import signing
from django.db import connection
from django.urls import reverse

from accounts.links import LinkBroken, LinkExpired, note_altered, read, sign
from cities.models import City
from town.models import Invitation

_SALT = "town.invitation"
VALID_FOR = timedelta(days=7)
# Longer than any invitation holds: what is too late is told apart from what was altered.
_READABLE = timedelta(days=3650)


def invitation_path(invitation: Invitation) -> str:
    token = sign(salt=_SALT, subject_id=invitation.pk, user=invitation.person)
    return reverse("town:invitation", args=[invitation.city.slug, token])


def invited(token: str) -> int | None:
    """The invitation of a link; None when it was cut or altered."""
    try:
        return read(token, salt=_SALT, valid_for=_READABLE).subject_id
    except (LinkBroken, LinkExpired):
        return None


_FIRST_TOWN = "town.first_town"
FIRST_TOWN_FOR = timedelta(days=1)


def first_town_path() -> str | None:
    """Where the first town is opened, by whoever has the link; None where there is a town already."""
    if City.objects.exists():
        return None
    token = signing.TimestampSigner(salt=_FIRST_TOWN).sign(str(_towns_made()))
    return reverse("first_town:open", args=[token])


def opens_first_town(token: str) -> bool:
    """Whether the link is genuine, not too old, and no town was made since, be it removed again: it opens one."""
    try:
        made = signing.TimestampSigner(salt=_FIRST_TOWN).unsign(token, max_age=FIRST_TOWN_FOR)
    except signing.SignatureExpired:
        return False
    except signing.BadSignature:
        note_altered()
        return False
    return made == str(_towns_made()) and not City.objects.exists()


def _towns_made() -> int:
    """How many numbers of towns were given out, those of towns that are gone among them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(pg_sequence_last_value('cities_city_id_seq'), 0)")
        return int(cursor.fetchone()[0])
