"""A town's offers and needs given out in the columns in which lists come in: what goes out comes in (docs/adr/0041)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import override

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.fields import NEED, OFFER, Flag, Languages, Slots, Table, Thing, Word, Words
from catalogue.models import Entry
from catalogue.spreadsheets import Column
from catalogue.spreadsheets.writing import as_file
from catalogue.vocabulary import Kind
from cities.models import City
from lists.kinds import COLUMNS
from lists.models import What
from needs.models import Need
from offers.models import Offer

CHUNK = 500
# Said by another column, or of the sender's file alone.
_LEFT_OUT = frozenset(
    {
        "city", "available_from", "available_until", "smoke_free", "asked_last_30_days", "registered_at", "children",
        "household",
    }
)  # fmt: skip


@transaction.atomic
def give_out(*, city: City, what: What, form: str, by: User, now: datetime) -> IO[bytes]:
    """The file, complete, from its beginning; it is deleted when it is closed. It is kept who took how many rows, since
    it names people. Raises PermissionDenied.
    """
    require(has_role(by, city, COORDINATION))
    columns = [column for column in COLUMNS[what] if column.name not in _LEFT_OUT]
    with override("fr"):  # whatever the reader's language, these words are understood
        file, number = as_file(
            form,
            [_header(column) for column in columns],
            _rows(_of(by, city, what), columns, city, what, now),
        )
    log_contact_reading(
        subject=None,
        reason="export",
        reference=f"{city.slug} list {what}.{form} {number}",
        city=city,
        by=by,
        now=now,
    )
    return file


def _header(column: Column) -> str:
    """As people call it, in the first of the names by which it is known."""
    return column.synonyms[0] if column.synonyms else column.name


def _of(by: User, city: City, what: What) -> QuerySet[Any]:
    if what == What.OFFERS:
        found = Offer.objects.visible_to(by).filter(city=city).select_related("owner")
        return found.prefetch_related("windows").order_by("pk")
    return Need.objects.visible_to(by).filter(city=city).order_by("pk")


def _rows(
    found: QuerySet[Any], columns: Sequence[Column], city: City, what: What, now: datetime
) -> Iterator[list[Any]]:
    table = OFFER if what == What.OFFERS else NEED
    clock = now.astimezone(ZoneInfo(city.timezone)).replace(tzinfo=None, microsecond=0)
    for entry in found.iterator(chunk_size=CHUNK):
        own = _own(entry, clock)
        asked = {field.name for field in table.asked(entry.kind, entry.category or "")}
        if entry.kind == Kind.HOUSING and what == What.NEEDS:
            asked -= {"quantity", "people", "category"}
        yield [
            own[column.name] if column.name in own else _cell(entry, table, column.name, asked)
            for column in columns
        ]


def _own(entry: Any, clock: datetime) -> dict[str, Any]:
    """Of the columns that are no fields of the table."""
    cells = {
        "id": entry.reference,
        "as_of": clock,
        "kind": str(Kind(entry.kind).label),
        "lat": entry.latitude,
        "lon": entry.longitude,
        "commune": entry.commune_id,
    }
    if isinstance(entry, Offer):
        cells |= {
            "available": "|".join(f"{one.first_day}..{one.last_day or ''}" for one in entry.windows.all()),
            "confirmed_on": entry.confirmed_at.date() if entry.confirmed_at else None,
            "contact_name": entry.owner.name,
            "contact_email": entry.owner.email or "",
            "contact_phone": str(entry.owner.phone or ""),
        }
    return cells


def _cell(entry: Entry, table: Table, name: str, asked: set[str]) -> Any:
    if name not in table or (name not in asked and table[name].is_of_some):
        return None
    value = getattr(entry, name)
    match table[name].shape:
        case Flag():
            return None if value is None else "oui" if value else "non"
        case Word(choices=choices):
            return str(choices(value).label) if value else None
        case Words(choices=choices):
            return "|".join(str(choices(one).label) for one in value)
        case Languages() | Slots():
            return "|".join(value)
        case Thing(several=several):
            if several:
                return "|".join(value)
            return (getattr(entry, f"{name}_words", "") or value) if name == "item" else value
    return value
