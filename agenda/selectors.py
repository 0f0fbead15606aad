"""Which address of an agenda is in force, and whose it is."""

from accounts.models import User
from agenda import links
from agenda.models import Subscription


def subscription_of(person: User) -> Subscription | None:
    return Subscription.objects.filter(person=person, revoked_at__isnull=True).first()


def subscription_at(token: str) -> Subscription | None:
    """What an address opens: nothing once it was renewed or revoked, or its person's account is closed."""
    key = links.key_of(token)
    if key is None:
        return None
    in_force = Subscription.objects.filter(revoked_at__isnull=True, person__is_active=True)
    return in_force.filter(key=key).select_related("person").first()
