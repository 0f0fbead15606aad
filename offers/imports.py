"""Offers from a spreadsheet. What each column means is in docs/spreadsheets.md."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from phonenumber_field.phonenumber import to_python

from accounts.models import LowerCaseEmailField, User
from accounts.services import ensure_person
from catalogue.fields import OFFER
from catalogue.imports import (
    CITY,
    ID,
    POINT,
    Outcome,
    Places,
    RowRefused,
    answers_of,
    columns_of,
    explained,
    moved_notices,
    take_in,
)
from catalogue.labels import listed
from catalogue.saying import what
from catalogue.spreadsheets import (
    Answers,
    BadCell,
    CellError,
    Column,
    Period,
    Row,
    Table,
    as_text,
    day,
    last_day_so_far,
    periods,
    text,
    whole,
    yes_no,
)
from catalogue.vocabulary import CATEGORIES, Kind, Source
from cities.days import local_day, midnight
from cities.models import City
from notifications.wake_up import wake_on_commit
from offers.models import Offer
from offers.services import SCAN_TASK, register


def _email(cell: Any) -> str:
    """An address; the complaint does not repeat it, for terminals are often kept as logs."""
    address = as_text(cell)
    try:
        validate_email(address)
    except ValidationError:
        raise CellError(_("cette adresse e-mail n’est pas valable.")) from None
    return address


def _phone(cell: Any) -> str:
    """A number as people write it, or as a spreadsheet leaves it without its first zero."""
    number = to_python(as_text(cell), region=settings.PHONENUMBER_DEFAULT_REGION)
    if not number or not number.is_valid():
        raise CellError(_("ce numéro de téléphone n’est pas complet."))
    return number.as_e164


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
    *POINT,
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
        day,
        ("disponible à partir du", "à partir du"),
        meaning="in place of `available`, for lists that have two columns: the first day; empty: today",
    ),
    Column(
        "available_until",
        day,
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
        text(most=120),
        ("nom", "nom contact"),
        default="",
        meaning="as the person likes to be called",
    ),
    Column(
        "contact_email",
        _email,
        ("email", "e-mail", "courriel", "mail"),
        default="",
        meaning="one of these two is required",
    ),
    Column(
        "contact_phone",
        _phone,
        ("téléphone", "tél", "portable"),
        default="",
        meaning="in any usual spelling",
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
        day,
        ("enregistrée le", "enregistré le"),
        meaning="a day; checked, not kept: an offer is registered when it is imported",
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


def import_offers(
    *,
    table: Table,
    city: City,
    list_name: str = "",
    dry_run: bool = False,
    answers: Answers | None = None,
    by: User | None,
    now: datetime,
) -> Iterator[Outcome]:
    """Register each good row for the person whose contact it gives; what became of each line.

    Running it twice registers nothing twice: a row is known by its `id` within `list_name`. No mail leaves. `by`
    is who enters the rows; None lets them stand as the citizens' own. Raises Unreadable at once.
    """
    return take_in(
        table=table,
        columns=COLUMNS,
        keeper=_Keeper(city, list_name, by, now),
        dry_run=dry_run,
        answers=answers,
    )


class _Keeper:
    """What the rows of one file share while they are registered."""

    def __init__(self, city: City, list_name: str, by: User | None, now: datetime) -> None:
        self.city, self.by, self.now = city, by, now
        self.today = local_day(now, city)
        self.prefix = f"import/{list_name}:" if list_name else "import:"
        self.places = Places(city)
        self.strangers = self.moved = 0

    def known(self, rows: list[Row]) -> set[str]:
        """The ids of these rows that were imported before."""
        keys = {self.prefix + row["id"]: row for row in rows}
        found = Offer.objects.filter(city=self.city, external_key__in=list(keys)).values_list(
            "external_key", "owner__email"
        )
        ids = set()
        for key, email in found:
            ids.add(keys[key]["id"])
            wanted = LowerCaseEmailField.normalised(keys[key]["contact_email"])
            # Perhaps another list whose numbers begin at 1 too; the phone, written in many ways, tells nothing.
            if wanted and email and wanted != email:
                self.strangers += 1
        return ids

    def keep(self, row: Row) -> bool:
        """Register one row; whether it was new. Raises RowRefused or ValidationError."""
        fields = self._fields(row)
        confirmed_at = self._confirmed_at(row["confirmed_on"], row)
        owner = self._owner(row)
        offer = register(
            city=self.city,
            owner=owner,
            fields=fields,
            windows=self._windows(row),
            source=Source.IMPORT,
            # Who holds the list vouches for it: these people have said so already.
            contact_proven=True,
            confirmed_at=confirmed_at,
            external_key=self.prefix + row["id"],
            notify=False,
            wake=False,
            by=self.by or owner,
            now=self.now,
        )
        self.moved += offer.category != row["category"]
        return offer.created_at == self.now

    def explain(self, row: Row, error: ValidationError) -> tuple[BadCell, ...]:
        """A refusal of a service as cells of the row."""
        return explained(row, error, model=Offer, columns=FIELD_COLUMNS, constraints=CONSTRAINT_COLUMNS)

    def wake(self) -> None:
        """Have what was kept so far matched."""
        wake_on_commit(SCAN_TASK)

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        found = [*self.places.notices(), *moved_notices(self.moved)]
        if self.strangers:
            found.append(
                ngettext(
                    "%(n)s ligne porte un identifiant déjà importé, mais un autre e-mail. Si ce fichier est une "
                    "autre liste, relancez avec --list NOM.",
                    "%(n)s lignes portent un identifiant déjà importé, mais un autre e-mail. Si ce fichier est "
                    "une autre liste, relancez avec --list NOM.",
                    self.strangers,
                )
                % {"n": self.strangers}
            )
        return found

    def _fields(self, row: Row) -> dict[str, Any]:
        kind, category = row["kind"], row["category"]
        if category not in CATEGORIES[kind]:
            message = _("cette catégorie n’est pas de la nature «\u00a0%(kind)s\u00a0»\u202f: %(known)s.") % {
                "kind": kind,
                "known": listed(CATEGORIES[kind]),
            }
            raise RowRefused(row.bad("category", message))
        fields = {**answers_of(row, OFFER), **self.places.fields(row)}
        if kind == Kind.HOUSING and row["smoke_free"] is not None:
            fields["smoking"] = not row["smoke_free"]
        fields["title"] = fields["title"] or _usual_title(fields)
        return fields

    def _windows(self, row: Row) -> tuple[Period, ...]:
        """The windows of one column, or of the two that say from when and until when."""
        try:
            return windows_of(row["available"], row["available_from"], row["available_until"], self.today)
        except CellError as error:
            raise RowRefused(row.bad("available_until", str(error))) from None

    def _confirmed_at(self, confirmed_on: date | None, row: Row) -> datetime | None:
        if confirmed_on is None:
            return None
        if confirmed_on > self.today:
            raise RowRefused(row.bad("confirmed_on", _("ce jour n’est pas encore venu.")))
        first_moment = midnight(confirmed_on, self.city)
        return min(first_moment, self.now)

    def _owner(self, row: Row) -> User:
        email, phone = row["contact_email"], row["contact_phone"]
        if not email and not phone:
            raise RowRefused(
                row.bad("contact_email", _("donnez un e-mail ou un téléphone\u202f: les deux sont vides."))
            )
        # `by` None: an address is the identity, so that two people of a home who share a number stay two.
        return ensure_person(email=email or None, phone=phone or None, name=row["contact_name"], now=self.now)


def _usual_title(fields: dict[str, Any]) -> str:
    """What it is, in French, where the list has no title. ValidationError for an item that is not clear."""
    with override("fr"):
        return capfirst(what(Offer(**OFFER.completed(fields))))
