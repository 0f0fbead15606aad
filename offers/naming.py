"""Offers of goods that name no item are given the one that their title says for certain, and sorted by the desk."""

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from catalogue import changes
from catalogue.fields.goods import name_offered
from catalogue.vocabulary import Kind
from cities.models import City
from engine.goods import ANY, OTHER
from notifications.wake_up import wake_on_commit
from offers.models import UNSORTED, Offer, OfferEdit
from offers.selectors import EDITABLE
from offers.services import SCAN_TASK, change

AT_ONCE = 500


@transaction.atomic
def name_items(*, by: None, now: datetime, after: int = 0) -> tuple[int, Counter[str]]:
    """Name the next offers behind this id that name none, or have words that the catalogue did not know before.

    The last id, 0 when there was none; how many became an item, `ANY` or `OTHER`. How many pieces there are stays:
    parts of them may be promised. Doing it twice changes nothing.
    """
    rows = (
        Offer.objects.select_for_update(no_key=True)
        .filter(Q(item="") | Q(item=OTHER, item_checked_at__isnull=True), kind=Kind.GOODS, pk__gt=after)
        .order_by("pk")[:AT_ONCE]
    )
    last, tally = 0, Counter[str]()
    for offer in rows:
        last, before = offer.pk, changes.values(offer)
        words = offer.item_words if offer.item == OTHER else offer.title
        named = name_offered({"kind": offer.kind, "category": offer.category, "title": words})
        for name in ("item", "size", "item_words", "category"):
            setattr(offer, name, named[name])
        what = changes.changed(offer, before)
        if not what:
            continue
        tally[offer.item if offer.item in (ANY, OTHER) else "item"] += 1
        offer.changed_at = now
        offer.scan_due_at = offer.scan_due_at or (now if offer.is_open else None)
        offer.save(update_fields=[*what, "changed_at", "scan_due_at"])
        OfferEdit.objects.create(offer=offer, what=what, by=by, at=now)
    if tally:
        wake_on_commit(SCAN_TASK)
    return last, tally


@transaction.atomic
def sort_item(*, offer_id: int, item: str, by: User, now: datetime) -> Offer:
    """Say what an offer is: an item by its code or in words, or that it is none (`OTHER`). ValidationError in doubt."""
    offer = Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    if item != OTHER:
        offer = change(offer_id=offer_id, fields={"item": item}, windows=None, by=by, now=now)
    offer.item_checked_at = now
    offer.save(update_fields=["item_checked_at"])
    return offer


def to_sort(user: User, city: City) -> QuerySet[Offer]:
    """The town's offers that still stand, of which nobody knows what item they are; the oldest first."""
    return (
        Offer.objects.visible_to(user)
        .filter(city=city, kind=Kind.GOODS, state__in=EDITABLE, item_checked_at__isnull=True)
        .filter(item__in=UNSORTED)
        .select_related("owner", "city")
        .order_by("created_at", "pk")
    )
