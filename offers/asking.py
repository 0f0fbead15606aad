"""Asking the owners of offers: does it still hold, and will you confirm it? What they answer, `services` writes."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from accounts.models import User
from catalogue.vocabulary import Category
from cities.models import City
from notifications import channel_registry
from notifications.outcomes import note_answered, note_opened
from notifications.services import NewMessage, queue, queue_many
from offers import messages, selectors
from offers.models import Offer, OfferState

# Somebody who sent an offer and did not come back with the code is written to, then called.
REMIND_UNPROVEN_AFTER = timedelta(days=1)
CALL_UNPROVEN_AFTER = timedelta(days=3)
# So many rows in one transaction.
AT_ONCE = 500

_QUESTIONS = ("offer_reminder", "offer_to_confirm")


@transaction.atomic
def remind_stale(*, city: City, by: None, now: datetime) -> int:
    """Ask the owners of offers not confirmed for `remind_after_days` whether they still hold; how many. Nobody is asked
    about the beds of a place for many.
    """
    limit = now - timedelta(days=city.remind_after_days)
    stale = list(
        Offer.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("owner", "city")
        .filter(city=city, state=OfferState.ACTIVE, confirmed_at__lte=limit, reminded_at__isnull=True)
        .exclude(category=Category.COLLECTIVE_PLACE)[:AT_ONCE]
    )
    for offer in stale:
        offer.reminded_at = now
        offer.save(update_fields=["reminded_at"])
    drafts = [
        NewMessage(
            recipient=offer.owner,
            event="offer_reminder",
            subject_key=_asked_as(offer),
            city=city,
            compose=partial(messages.still_there, offer),
        )
        for offer in stale
    ]
    queue_many(drafts=drafts, now=now)
    return len(stale)


@transaction.atomic
def remind_unproven(*, city: City, by: None, now: datetime) -> int:
    """Ask those whose offer has waited a day for its confirmation; how many. Who has no address is to be called."""
    unproven = selectors.unproven(city, now=now).filter(
        reminded_at__isnull=True, created_at__lte=now - REMIND_UNPROVEN_AFTER
    )
    waiting = list(unproven.select_for_update(no_key=True, skip_locked=True, of=("self",))[:AT_ONCE])
    for offer in waiting:
        offer.reminded_at = now
        offer.save(update_fields=["reminded_at"])
        _ask_to_confirm(offer, now=now, channel=None if offer.owner.email else channel_registry.by_person())
    return len(waiting)


@transaction.atomic
def call_unproven(*, city: City, by: None, now: datetime) -> int:
    """Put on the list of calls those who have a number and have not answered that question in three days; how many."""
    silent = selectors.silent(selectors.unproven(city, now=now), asked_before=now - CALL_UNPROVEN_AFTER)
    uncalled = selectors.not_on_list_of_calls(silent)
    waiting = list(uncalled.select_for_update(no_key=True, skip_locked=True, of=("self",))[:AT_ONCE])
    for offer in waiting:
        _ask_to_confirm(offer, now=now, channel=channel_registry.by_person())
    return len(waiting)


def _ask_to_confirm(offer: Offer, *, now: datetime, channel: str | None) -> None:
    queue(
        recipient=offer.owner,
        event="offer_to_confirm",
        subject_key=_asked_as(offer),
        city=offer.city,
        compose=partial(messages.to_confirm, offer),
        now=now,
        channel=channel,
    )


def note_asked_opened(*, offer: Offer, by: User, now: datetime) -> int:
    """Note that the owner has opened the page of that question; how many messages led there."""
    key = _asked_as(offer)
    return note_opened(recipient=offer.owner, events=_QUESTIONS, subject_key=key, by=by, now=now)


def _asked_as(offer: Offer) -> str:
    """Under which key the owner is asked: once before the first confirmation, and once after each."""
    turn = f":{offer.confirmed_at:%Y%m%d%H%M%S}" if offer.confirmed_at else ""
    return f"offer:{offer.pk}{turn}"


def note_asked_answered(offer: Offer, *, by: User | None, now: datetime) -> None:
    """The question that was asked about it has its answer, however that came."""
    if offer.reminded_at is not None:
        key = _asked_as(offer)
        note_answered(recipient=offer.owner, events=_QUESTIONS, subject_key=key, by=by, now=now)
