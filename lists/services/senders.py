"""Who sends lists, entered once."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import Organisation
from cities.models import City
from lists.models import (
    LONGEST_KEY,
    LONGEST_NAME,
    Sender,
    What,
)

NAMELESS = "–"


@transaction.atomic
def sender_of_offers(*, city: City, name: str, now: datetime, key: str | None = None) -> Sender:
    """The sender of this name, or a new one. `key` of a command says it outright."""
    name = name.strip()[:LONGEST_NAME]
    known = Sender.objects.filter(city=city, what=What.OFFERS)
    found = known.filter(key=key).first() if key is not None else known.filter(name__iexact=name).first()
    if found is not None:
        return found
    if key is None:
        key = _free_key(slugify(name)[:LONGEST_KEY] or "liste", set(known.values_list("key", flat=True)))
    try:
        with transaction.atomic():
            return Sender.objects.create(
                city=city, what=What.OFFERS, name=name or key or NAMELESS, key=key, created_at=now
            )
    except IntegrityError:
        return known.get(key=key)  # entered at this very moment


@transaction.atomic
def sender_of_needs(*, organisation: Organisation, now: datetime) -> Sender:
    """An association that sends its needs."""
    sender, _is_new = Sender.objects.get_or_create(
        city=organisation.city,
        what=What.NEEDS,
        organisation=organisation,
        defaults={"name": organisation.name[:LONGEST_NAME], "created_at": now},
    )
    return sender


def _free_key(key: str, taken: set[str]) -> str:
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key[: LONGEST_KEY - 4]}-{number}"
    return free
