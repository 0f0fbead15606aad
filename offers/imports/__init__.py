"""Offers from a spreadsheet: their columns, what a row becomes, and the one call that takes a list in."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from accounts.models import User
from catalogue.imports import Note, Outcome, take_in
from catalogue.spreadsheets import Answers, Table
from cities.models import City
from offers.columns import columns_for
from offers.imports.keeper import OfferKeeper

__all__ = ["import_offers"]


def import_offers(
    *,
    table: Table,
    city: City,
    list_name: str = "",
    dry_run: bool = False,
    answers: Answers | None = None,
    by: User | None,
    now: datetime,
    after: int = 0,
    note: Note | None = None,
    ids: Callable[[], Collection[str]] | None = None,
) -> Iterator[Outcome]:
    """Register each good row for the person whose contact it gives; what became of each line.

    Running it twice registers nothing twice: a row is known by its `id` within `list_name`, else by who and what. What
    a row that is known says anew is taken where nobody has changed it since. No mail leaves. `by` is who enters the
    rows; None lets them stand as the citizens' own. `after` and `note` as `take_in`. `ids`: all numbers of the file,
    asked for when a row may be one that bore another number; without it none is. Raises Unreadable at once.
    """
    return take_in(
        table=table,
        columns=columns_for(city),
        keeper=OfferKeeper(city, list_name, by, now, ids),
        dry_run=dry_run,
        answers=answers,
        after=after,
        note=note,
    )
