"""The secret address of an agenda: made, renewed, closed."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.access import require
from accounts.models import User
from agenda.models import Subscription

# Each reading would otherwise write a row.
READING_NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def renew(*, person: User, by: User, now: datetime) -> Subscription:
    """A new address; the one before, if any, opens nothing from now on. Raises PermissionDenied for another's."""
    revoke(person=person, by=by, now=now)
    return Subscription.objects.create(person=person, key=secrets.token_urlsafe(18), created_at=now)


@transaction.atomic
def revoke(*, person: User, by: User, now: datetime) -> int:
    """From now on the address opens nothing; how many were in force. Raises PermissionDenied for another's."""
    require(by == person)
    return _close(person, now)


@transaction.atomic
def end_since(*, person: User, since: datetime, by: None, now: datetime) -> None:
    """Somebody else was in the account and may have read the address, however old it is: it opens nothing any more."""
    _close(person, now)


def _close(person: User, now: datetime) -> int:
    # The person's row: two requests at once would each find none, and the second make what the database refuses.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    return Subscription.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=now)


def note_read(*, subscription: Subscription, by: None, now: datetime) -> None:
    """A program has read it; noted once an hour."""
    last = subscription.last_read_at
    if last is None or now - last >= READING_NOTED_EVERY:
        Subscription.objects.filter(pk=subscription.pk).update(last_read_at=now)
