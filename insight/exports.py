"""What a coordinator takes home to count with: offers, needs or matches of a town, one row each, without a word that
somebody typed but the names of associations, and without a name, number or address of a person.

Each is one query read through one cursor of the server: all rows are of the moment at which it began, whatever is
written meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.labels import item_label, listed
from catalogue.spreadsheets.writing import as_file
from catalogue.vocabulary import Category, Kind, Source, Urgency
from cities.models import City
from followups.models import Answer
from matching.models import Match, MatchState
from needs.models import Need, NeedState
from offers.models import Offer, OfferState

CHUNK = 2_000


class What(TextChoices):
    OFFERS = "offers", _("Propositions")
    NEEDS = "needs", _("Besoins")
    MATCHES = "matches", _("Mises en relation")


@dataclass(frozen=True, slots=True)
class Column:
    """A field by its path; `said` puts its value into words."""

    path: str
    label: Any
    said: Callable[[Any], Any] | None = None


def _word(words: type[TextChoices]) -> Callable[[Any], Any]:
    return lambda value: str(words(value).label) if value else ""


def _items(codes: list[str]) -> str:
    return listed(item_label(code) for code in codes)


_ENTRY = (
    Column("reference", _("Référence")),
    Column("kind", _("Nature"), _word(Kind)),
    Column("category", _("Catégorie"), _word(Category)),
)
_PLACE = (
    Column("commune__name", _("Commune")),
    Column("commune", _("Code INSEE")),
    Column("source", _("Arrivé par"), _word(Source)),
    Column("created_at", _("Enregistré le")),
    Column("first_day", _("Premier jour")),
    Column("last_day", _("Dernier jour")),
)
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    What.OFFERS: (
        *_ENTRY,
        Column("item", _("Objet"), lambda code: item_label(code) if code else ""),
        Column("capacity", _("Quantité")),
        Column("state", _("État"), _word(OfferState)),
        *_PLACE,
        Column("confirmed_at", _("Confirmée le")),
    ),
    What.NEEDS: (
        *_ENTRY,
        Column("items", _("Objet"), _items),
        Column("quantity", _("Quantité")),
        Column("state", _("État"), _word(NeedState)),
        *_PLACE,
        Column("people", _("Personnes")),
        Column("urgency", _("Urgence"), _word(Urgency)),
        Column("organisation__name", _("Association")),
    ),
    What.MATCHES: (
        Column("need__reference", _("Besoin")),
        Column("offer__reference", _("Proposition")),
        Column("need__kind", _("Nature"), _word(Kind)),
        Column("need__commune__name", _("Commune")),
        Column("quantity", _("Quantité")),
        Column("state", _("État"), _word(MatchState)),
        Column("score", _("Note")),
        Column("distance_km", _("Distance (km)")),
        Column("asked_at", _("Demandée le")),
        Column("first_day", _("Premier jour")),
        Column("last_day", _("Dernier jour")),
        Column("ended_on", _("Finie le")),
        Column("outcome__answer", _("Suite"), _word(Answer)),
    ),
}


@transaction.atomic
def export(*, city: City, what: What, form: str, by: User, now: datetime) -> IO[bytes]:
    """The file, complete, from its beginning; it is deleted when it is closed. It is kept who took how many rows.

    Nothing of it leaves before that row is there. Raises PermissionDenied.
    """
    require(has_role(by, city, COORDINATION))
    columns = COLUMNS[what]
    header = [str(column.label) for column in columns]
    file, number = as_file(form, header, _rows(_of(by, city, what), columns, city))
    log_contact_reading(
        subject=None,
        reason="export",
        reference=f"{city.slug} {what}.{form} {number}",
        city=city,
        by=by,
        now=now,
    )
    return file


def _of(user: User, city: City, what: What) -> QuerySet:
    match what:
        case What.OFFERS:
            return Offer.objects.visible_to(user).filter(city=city).order_by("created_at", "pk")
        case What.NEEDS:
            return Need.objects.visible_to(user).filter(city=city).order_by("created_at", "pk")
        case What.MATCHES:
            asked = Match.objects.visible_to(user).filter(city=city, asked_at__isnull=False)
            return asked.order_by("asked_at", "pk")


def _rows(found: QuerySet, columns: tuple[Column, ...], city: City) -> Iterator[list[Any]]:
    zone = ZoneInfo(city.timezone)

    def cell(column: Column, value: Any) -> Any:
        if column.said is not None:
            return column.said(value)
        # The town's clocks: a spreadsheet knows no zone.
        return (
            value.astimezone(zone).replace(tzinfo=None, microsecond=0)
            if isinstance(value, datetime)
            else value
        )

    for row in found.values_list(*(column.path for column in columns)).iterator(chunk_size=CHUNK):
        yield [cell(column, value) for column, value in zip(columns, row, strict=True)]
