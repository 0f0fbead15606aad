"""Needs of goods that name no item are given the one that their title says for certain, and sorted by the desk."""

from collections import Counter
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from catalogue import changes
from catalogue.fields.goods import name_needed
from catalogue.vocabulary import Kind
from cities.models import City
from engine.goods import ANY, OTHER
from needs.models import OPEN_STATES, Need, NeedEdit
from needs.services import SCAN_TASK, change
from notifications.wake_up import wake_on_commit

AT_ONCE = 500


@transaction.atomic
def name_items(*, by: None, now: datetime, after: int = 0) -> tuple[int, Counter[str]]:
    """Name the next needs behind this id that name none, or have words that the catalogue did not know before.

    The last id, 0 when there was none; how many became an item, `ANY` or `OTHER`. How many pieces are asked stays:
    parts of them may be promised. Doing it twice changes nothing.
    """
    rows = (
        Need.objects.select_for_update(no_key=True)
        .filter(Q(items=[]) | Q(items=[OTHER], item_checked_at__isnull=True), kind=Kind.GOODS, pk__gt=after)
        .order_by("pk")[:AT_ONCE]
    )
    last, tally = 0, Counter[str]()
    for need in rows:
        last, before = need.pk, changes.values(need)
        words = need.item_words if need.items else need.title
        named = name_needed({"kind": need.kind, "category": need.category, "title": words})
        for name in ("items", "sizes", "item_words", "category"):
            setattr(need, name, named[name])
        what = changes.changed(need, before)
        if not what:
            continue
        tally[need.items[0] if need.items[0] in (ANY, OTHER) else "item"] += 1
        need.changed_at = now
        need.scan_due_at = need.scan_due_at or (now if need.is_open else None)
        need.save(update_fields=[*what, "changed_at", "scan_due_at"])
        NeedEdit.objects.create(need=need, what=what, by=by, at=now)
    if tally:
        wake_on_commit(SCAN_TASK)
    return last, tally


@transaction.atomic
def sort_item(*, need_id: int, item: str, by: User, now: datetime, today: date) -> Need:
    """Say what a need asks for: an item by its code or in words, or that it is none (`OTHER`). ValidationError in
    doubt.
    """
    need = Need.objects.select_for_update(no_key=True).get(pk=need_id)
    if item != OTHER:
        need = change(need_id=need_id, fields={"items": [item]}, by=by, now=now, today=today)
    need.item_checked_at = now
    need.save(update_fields=["item_checked_at"])
    return need


def to_sort(user: User, city: City) -> QuerySet[Need]:
    """The town's open needs of which nobody knows what item they ask for; the most urgent first."""
    return (
        Need.objects.visible_to(user)
        .filter(city=city, kind=Kind.GOODS, state__in=OPEN_STATES, item_checked_at__isnull=True)
        .filter(Q(items=[]) | Q(items=[OTHER]))
        .select_related("city", "organisation")
        .order_by("urgency_rank", "created_at", "pk")
    )
