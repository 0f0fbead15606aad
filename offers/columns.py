"""The columns of a list of offers. What each means is in docs/spreadsheets.md."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalogue.contacts import Emails, Phones, read_emails, read_name, read_phones, region_of
from catalogue.fields import OFFER
from catalogue.imports import (
    AS_OF,
    CITY,
    CONSENT,
    ID,
    POINT,
    POSTCODE,
    STANDING,
    columns_of,
)
from catalogue.spreadsheets import (
    CellError,
    Column,
    Period,
    as_text,
    day_at,
    last_day_so_far,
    periods,
    sentence,
    text,
    whole,
    yes_no,
)
from cities.models import City

LONGEST_NAME = 120


def _email(cell: Any) -> Emails | None:
    """An address; the complaint does not repeat it, for terminals are often kept as logs."""
    with _complaint():
        return read_emails(as_text(cell))


def _phones(region: str) -> Callable[[Any], Phones | None]:
    def phones(cell: Any) -> Phones | None:
        with _complaint():
            return read_phones(as_text(cell), region=region)

    return phones


@contextmanager
def _complaint() -> Iterator[None]:
    """A sentence of a form, as it stands behind the name of a column."""
    try:
        yield
    except ValidationError as error:
        said = sentence(error)
        raise CellError(said[:1].lower() + said[1:]) from None


def _name(cell: Any) -> str:
    return read_name(text(most=LONGEST_NAME)(cell))


def windows_of(
    windows: tuple[Period, ...], first: date | None, last: date | None, today: date
) -> tuple[Period, ...]:
    """The windows that a row says, in one column or in two. CellError."""
    if windows:
        if first or last:
            raise CellError(_("ces jours sont donnés deux fois, dans des colonnes différentes."))
        return windows
    if not first and not last:
        raise CellError(_("dites à partir de quand."))
    start = first or today
    if last is not None and last < start:
        raise CellError(_("la fin doit venir après le début."))
    return ((start, last),)


COLUMNS = (
    ID,
    *columns_of(OFFER, required=("kind", "category", "commune", "capacity")),
    CITY,
    POSTCODE,
    AS_OF,
    *POINT,
    STANDING,
    CONSENT,
    Column(
        "available",
        periods,
        ("disponible", "disponibilités", "périodes"),
        required=True,
        instead=("available_from", "available_until"),
        default=(),
        meaning="windows of days, at most 50, both ends included, the last may be open: "
        "`2026-03-01..2026-05-31"
        "|2026-07-01..`, or in words (`du 1er au 15 décembre`); the last day not past, none more "
        "than three years ahead",
    ),
    Column(
        "available_from",
        day_at["first"],
        ("disponible à partir du", "à partir du"),
        meaning="in place of `available`, for lists that have two columns: the first day; empty: today",
    ),
    Column(
        "available_until",
        day_at["last"],
        ("disponible jusqu'au", "jusqu'au"),
        meaning="the last day, itself included; empty: no end",
    ),
    Column(
        "confirmed_on",
        last_day_so_far(),
        ("confirmée le", "confirmé le"),
        meaning="the last day on which the citizen said that it still holds",
    ),
    Column(
        "contact_name",
        _name,
        ("nom", "nom contact"),
        joined_by=" ",
        default="",
        meaning="as the person likes to be called",
    ),
    Column(
        "contact_email",
        _email,
        ("email", "e-mail", "courriel", "mail"),
        joined_by=" ; ",
        meaning="one of these two is required; of several the first is used, the others go to `text`",
    ),
    Column(
        "contact_phone",
        _phones("FR"),
        ("téléphone", "tél", "portable"),
        joined_by=" / ",
        meaning="in any usual spelling; of several the first is used, the others and words beside them go to `text`",
    ),
    Column(
        "smoke_free",
        yes_no,
        ("non fumeur", "sans fumée"),
        meaning="nobody smokes indoors: the contrary of `smoking`, for lists that say it so",
    ),
    # Facts of a trial on files, which a town's own records know better.
    Column(
        "asked_last_30_days",
        whole(least=0, most=10_000),
        ("sollicitations 30 jours",),
        meaning="checked, not kept: the town's own records know better",
    ),
    Column(
        "registered_at",
        text(most=LONGEST_NAME),
        ("enregistrée le", "enregistré le"),
        meaning="not kept: an offer is registered when it is imported. A day in a file that is tried",
    ),
)
FIELD_COLUMNS = {
    "windows": "available",
    "latitude": "lat",
    "longitude": "lon",
    "email": "contact_email",
    "phone": "contact_phone",
    "name": "contact_name",
    "confirmed_at": "confirmed_on",
}
CONSTRAINT_COLUMNS = {
    "offer_category_of_kind": "category",
    "offer_capacity_plausible": "capacity",
    "offer_reach_plausible": "reach_km",
    "offer_point_on_earth": "lat",
    "offer_language_pair_given": "languages_from",
    "offer_item_of_goods": "item",
    "offer_periods_few": "available",
    "offer_registered_once": "id",
}


def columns_for(city: City) -> tuple[Column, ...]:
    """The columns, with the numbers of the town's region."""
    region = region_of(city.seat_id)
    return tuple(
        replace(column, parse=_phones(region)) if column.name == "contact_phone" else column
        for column in COLUMNS
    )
