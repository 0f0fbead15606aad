"""The signed link by which one is asked by no appeal any more, without signing in. It never expires."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts import acting
from accounts.links import note_altered, who_is_now
from accounts.models import User
from cities.models import City

_REFUSE = "outreach.appeals.refuse"


def refuse_path(person: User, city: City) -> str:
    token = signing.Signer(salt=_REFUSE).sign(str(person.pk))
    return reverse("outreach:appeals:refuse", args=[city.slug, token])


def refuse_address(person: User, city: City) -> str:
    """The whole address, for the page and for a mail programme's own button (RFC 8058)."""
    return settings.SITE_URL + refuse_path(person, city)


def to_refuse(token: str) -> int | None:
    """The person of a link, as they are known now, who acts by it; None when it was cut or altered."""
    try:
        person_id = who_is_now(int(signing.Signer(salt=_REFUSE).unsign(token)))
    except signing.BadSignature:
        note_altered()
        return None
    acting.by_link(person_id)
    return person_id
