"""The secret address of an agenda. Whoever reads the database alone does not know it."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.links import note_altered
from agenda.models import Subscription


def token(subscription: Subscription) -> str:
    return _signer().sign(subscription.key)


def address(subscription: Subscription) -> str:
    return settings.SITE_URL + reverse("agenda:feed", args=[token(subscription)])


def key_of(token: str) -> str | None:
    """None when the address was cut or altered."""
    try:
        return _signer().unsign(token)
    except signing.BadSignature:
        note_altered()
        return None


def _signer() -> signing.Signer:
    # No colon: some calendar programs write it otherwise in an address.
    return signing.Signer(salt="agenda.subscription", sep=".")
