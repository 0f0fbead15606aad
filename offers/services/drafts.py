"""A draft that goes on elsewhere: in another browser, or with an operator on the phone."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.access import DESK, has_role, require
from accounts.models import User
from cities.models import City
from offers.models import SharedDraft

VALID_FOR = timedelta(days=2)
BATCH = 500
_DIGITS = 6
_TRIES = 5


def share(*, city: City, key: str, answers: Mapping[str, Any], now: datetime) -> SharedDraft:
    """Keep the draft with this key where its link and its number find it, for two days: asked twice, once.

    Nobody is known yet who could be `by`.
    """
    SharedDraft.objects.filter(city=city, key=key, ends_at__lte=now).delete()
    for tries in range(_TRIES):
        number = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        try:
            with transaction.atomic():
                return SharedDraft.objects.create(
                    city=city,
                    key=key,
                    number=number,
                    answers=dict(answers),
                    made_at=now,
                    ends_at=now + VALID_FOR,
                )
        except IntegrityError:
            if known := SharedDraft.objects.filter(city=city, key=key).first():
                return known
            if tries == _TRIES - 1:
                raise
    raise AssertionError


def keep_shared(*, draft_id: int, answers: Mapping[str, Any]) -> None:
    """What was answered since, in any of its browsers; of a draft that has ended nothing."""
    SharedDraft.objects.filter(pk=draft_id).update(answers=dict(answers))


@transaction.atomic
def take_up(*, city: City, number: str, by: User, now: datetime) -> SharedDraft:
    """An operator of the town goes on with the draft of this number; who took it last is said on it.

    Raises DoesNotExist of a number that is not, not of this town, or over.
    """
    require(has_role(by, city, DESK))
    found = SharedDraft.objects.select_for_update(no_key=True)
    draft = found.get(city=city, number=number, ends_at__gt=now)
    draft.taken_by, draft.taken_at = by, now
    draft.save(update_fields=["taken_by", "taken_at"])
    return draft


def end_shared(*, draft_id: int) -> None:
    """It was sent: its answers are the offer's now. Once or twice is the same."""
    SharedDraft.objects.filter(pk=draft_id).delete()


def end_taken(*, city: City, number: str, key: str) -> None:
    """As `end_shared`, of the draft that an operator had by its number, whoever has taken it over since."""
    draft = SharedDraft.objects.filter(city=city, number=number).first()
    if draft is not None and str(draft.key) == key:
        end_shared(draft_id=draft.pk)


def forget_ended(*, by: None, now: datetime) -> int:
    """Those whose time is over go with all that they say; how many."""
    late = SharedDraft.objects.filter(ends_at__lte=now).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return SharedDraft.objects.filter(pk__in=list(late)).delete()[0]
