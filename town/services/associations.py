"""The desk learns which associations wait for it, and these what the desk decides, by whatever door."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from accounts import selectors as accounts
from accounts.models import Organisation
from notifications.services import NewMessage, queue_many
from town import messages, selectors

# What is older is known, or was there before anybody was told of any.
TOLD_WITHIN = timedelta(days=3)


@transaction.atomic
def tell_of_waiting(*, by: None, now: datetime) -> int:
    """Tell the coordinators of each town of the associations that wait to be verified; how many messages."""
    waiting = Organisation.objects.filter(
        state=Organisation.State.PENDING, created_at__gt=now - TOLD_WITHIN
    ).select_related("city")
    drafts = [
        NewMessage(
            recipient=person,
            event="association_waits",
            subject_key=f"organisation:{organisation.pk}",
            city=organisation.city,
            compose=partial(messages.association_waits, organisation),
        )
        for organisation in waiting.order_by("pk")
        for person in accounts.coordinators_of(organisation.city)
    ]
    return len(queue_many(drafts=drafts, now=now))


@transaction.atomic
def tell_of_decisions(*, by: None, now: datetime) -> int:
    """Tell the members of each association that the town has verified or suspended it; how many messages."""
    decided = selectors.decided().filter(at__gt=now - TOLD_WITHIN)
    drafts = [
        NewMessage(
            recipient=person,
            event="association_verified"
            if review.state == Organisation.State.VERIFIED
            else "association_suspended",
            subject_key=f"review:{review.pk}",
            city=review.organisation.city,
            compose=partial(messages.association_decided, review),
        )
        for review in decided.select_related("organisation__city").order_by("pk")
        for person in accounts.told_of(review.organisation)
        if person.pk != review.by_id
    ]
    return len(queue_many(drafts=drafts, now=now))
