"""What the two sorts of lists have: their columns, and which of these a list may lack and say for all of its rows."""

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from catalogue.fields import NEED, OFFER
from catalogue.spreadsheets import Column
from lists.models import What
from needs.columns import COLUMNS as NEED_COLUMNS
from offers.columns import COLUMNS as OFFER_COLUMNS

COLUMNS: Mapping[str, Sequence[Column]] = {What.OFFERS: OFFER_COLUMNS, What.NEEDS: NEED_COLUMNS}
# What everybody's line says of everybody alike is often not written: "liste des hébergeurs".
FIXABLE: Mapping[str, Sequence[str]] = {
    What.OFFERS: ("kind", "category", "commune", "capacity", "available", "shared_home", "accepts"),
    What.NEEDS: ("kind", "category", "commune", "urgency", "first_day", "last_day", "quantity"),
}
# Cells that are each somebody's own: no question about one helps with another.
OWN = frozenset(
    {
        "id", "title", "text", "address", "nearest_stop", "diploma", "contact_name", "contact_email", "contact_phone",
        "social_worker", "case_reference", "lat", "lon", "city",
    }
)  # fmt: skip


def required(what: str) -> list[str]:
    """The columns that every list must have, or say for all rows."""
    return [column.name for column in COLUMNS[what] if column.required]


def says(what: str, name: str, chosen: Collection[str]) -> bool:
    """Whether a list with these columns says what a column holds, there or in another in its place."""
    column = next(column for column in COLUMNS[what] if column.name == name)
    return not {name, column.beside, *column.instead}.isdisjoint(chosen)


def label(what: str, name: str) -> str:
    """What people call a column."""
    own = {
        "id": _("identifiant"),
        "city": _("ville du service"),
        "commune": _("commune"),
        "kind": _("nature"),
        "category": _("catégorie"),
        "capacity": _("quantité ou places"),
        "quantity": _("quantité"),
        "accepts": _("qui est accueilli"),
        "lat": _("latitude"),
        "lon": _("longitude"),
        "available": _("disponibilités"),
        "confirmed_on": _("confirmée le"),
        "contact_name": _("nom de la personne"),
        "contact_email": _("adresse e-mail"),
        "contact_phone": _("téléphone"),
        "smoke_free": _("non fumeur"),
        "asked_last_30_days": _("sollicitations en 30 jours"),
        "registered_at": _("enregistrée le"),
        "children": _("enfants (nombre)"),
        "children_ages": _("âges des enfants"),
        "standing": _("statut"),
        "consent": _("consentement"),
        "first_day": _("premier jour"),
        "last_day": _("dernier jour"),
    }
    if name in own:
        return own[name]
    table = OFFER if what == What.OFFERS else NEED
    return str(table[name].label) if name in table else name
