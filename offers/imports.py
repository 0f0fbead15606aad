"""Offers from a spreadsheet. What each column means is in docs/spreadsheets.md."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import User
from accounts.services import ensure_person
from catalogue.contacts import Emails, Phones, read_emails, read_name, read_phones, region_of
from catalogue.fields import OFFER
from catalogue.imports import (
    CITY,
    ID,
    POINT,
    POSTCODE,
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
    BadCell,
    CellError,
    Column,
    Row,
    Table,
    as_text,
    day,
    periods,
    sentence,
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


COLUMNS = (
    ID,
    *columns_of(OFFER, required=("kind", "category", "commune", "capacity")),
    CITY,
    POSTCODE,
    *POINT,
    Column(
        "available",
        periods,
        ("disponible", "disponibilités", "périodes"),
        required=True,
        meaning="windows of days, at most 50, both ends included, the last may be open: "
        "`2026-03-01..2026-05-31|2026-07-01..`; the last day not past, none more than three years ahead",
    ),
    Column(
        "confirmed_on",
        day,
        ("confirmée le", "confirmé le"),
        meaning="the last day on which the citizen said that it still holds",
    ),
    Column(
        "contact_name",
        _name,
        ("nom", "nom contact"),
        default="",
        meaning="as the person likes to be called",
    ),
    Column(
        "contact_email",
        _email,
        ("email", "e-mail", "courriel", "mail"),
        meaning="one of these two is required; of several the first is used, the others go to `text`",
    ),
    Column(
        "contact_phone",
        _phones("FR"),
        ("téléphone", "tél", "portable"),
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


def _columns(city: City) -> tuple[Column, ...]:
    """The columns, with the numbers of the town's region."""
    region = region_of(city.seat_id)
    return tuple(
        replace(column, parse=_phones(region)) if column.name == "contact_phone" else column
        for column in COLUMNS
    )


def import_offers(
    *, table: Table, city: City, list_name: str = "", dry_run: bool = False, by: User | None, now: datetime
) -> Iterator[Outcome]:
    """Register each good row for the person whose contact it gives; what became of each line.

    Running it twice registers nothing twice: a row is known by its `id` within `list_name`. No mail leaves. `by`
    is who enters the rows; None lets them stand as the citizens' own. Raises Unreadable at once.
    """
    return take_in(
        table=table,
        columns=_columns(city),
        keeper=_Keeper(city, list_name, by, now),
        dry_run=dry_run,
    )


class _Keeper:
    """What the rows of one file share while they are registered."""

    def __init__(self, city: City, list_name: str, by: User | None, now: datetime) -> None:
        self.city, self.by, self.now = city, by, now
        self.today = local_day(now, city)
        self.prefix = f"import/{list_name}:" if list_name else "import:"
        self.places = Places(city)
        self.strangers = self.moved = 0
        self.slips: set[str] = set()

    def known(self, rows: list[Row]) -> set[str]:
        """The ids of these rows that were imported before."""
        keys = {self.prefix + row["id"]: row for row in rows}
        found = Offer.objects.filter(city=self.city, external_key__in=list(keys)).values_list(
            "external_key", "owner__email"
        )
        ids = set()
        for key, email in found:
            ids.add(keys[key]["id"])
            said = keys[key]["contact_email"]
            wanted = said.address if said else ""
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
            windows=row["available"],
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
        if self.slips:
            found.append(
                _(
                    "Des adresses e-mail ont peut-être une faute\u202f: %(domains)s. Elles sont gardées telles quelles."
                )
                % {"domains": listed(sorted(self.slips))}
            )
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
        fields["text"] = self._with_rest(fields["text"], row)
        if kind == Kind.HOUSING and row["smoke_free"] is not None:
            fields["smoking"] = not row["smoke_free"]
        fields["title"] = fields["title"] or _usual_title(fields)
        return fields

    def _confirmed_at(self, confirmed_on: date | None, row: Row) -> datetime | None:
        if confirmed_on is None:
            return None
        if confirmed_on > self.today:
            raise RowRefused(row.bad("confirmed_on", _("ce jour n’est pas encore venu.")))
        first_moment = midnight(confirmed_on, self.city)
        return min(first_moment, self.now)

    def _with_rest(self, words: str, row: Row) -> str:
        """The text, with what the cells of the contact say beyond the number and the address that are used."""
        phone, email = row["contact_phone"], row["contact_email"]
        parts = [words]
        if phone and phone.rest:
            parts.append(_("Téléphone\u202f: %(rest)s") % {"rest": phone.rest})
        if email and email.others:
            parts.append(_("E-mail\u202f: aussi %(others)s") % {"others": ", ".join(email.others)})
        both = "\n".join(part for part in parts if part)
        return both if len(both) <= (OFFER["text"].longest or 0) else words

    def _owner(self, row: Row) -> User:
        written, numbers = row["contact_email"], row["contact_phone"]
        email, phone = written and written.address, numbers and numbers.number
        # Without the number or the address: terminals are often kept as logs.
        if numbers and numbers.rest:
            self.places.heard.add(
                _(
                    "plusieurs numéros ou des mots dans une cellule\u202f: le premier sert, le reste est dans le texte"
                )
            )
        if written and written.others:
            self.places.heard.add(
                _("plusieurs e-mails dans une cellule\u202f: le premier sert, les autres sont dans le texte")
            )
        if written and written.slip:
            self.slips.add(f"{written.address.rpartition('@')[2]} ({written.slip}\u202f?)")
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
