"""Offers from a spreadsheet. What each column means is in docs/spreadsheets.md."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from phonenumber_field.phonenumber import to_python

from accounts.models import LowerCaseEmailField, User
from accounts.services import ensure_person
from catalogue.imports import (
    FIRST_COLUMNS,
    PLACE_COLUMNS,
    Outcome,
    Places,
    RowRefused,
    explained,
    take_in,
)
from catalogue.labels import listed
from catalogue.spreadsheets import (
    BadCell,
    CellError,
    Column,
    Row,
    Table,
    as_text,
    day,
    languages,
    many_of,
    one_of,
    periods,
    slots,
    text,
    whole,
    yes_no,
)
from catalogue.vocabulary import CATEGORIES, Category, Household, Kind, Source
from cities.models import City
from notifications.wake_up import wake_on_commit
from offers.models import LARGEST_CAPACITY, Condition, DwellingState, HandOver, Offer
from offers.services import SCAN_TASK, register

HOUSEHOLD_WORDS = {
    "femmes": "women",
    "femme": "women",
    "hommes": "men",
    "homme": "men",
    "couple": "couples",
    "famille": "families",
    "familles": "families",
    "mineurs": "lone_minors",
    "mineurs_isoles": "lone_minors",
    "mineur_isole": "lone_minors",
}


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


COLUMNS = (
    *FIRST_COLUMNS,
    Column("category", one_of(Category), ("categorie",), required=True),
    *PLACE_COLUMNS,
    Column("languages", languages, ("langues", "langues_parlees"), default=()),
    Column("available", periods, ("disponible", "disponibilites", "periodes"), required=True),
    Column("capacity", whole(least=1, most=10_000), ("capacite", "places", "quantite"), required=True),
    Column("confirmed_on", day, ("confirmee_le", "confirme_le")),
    Column("title", text(most=120), ("titre",), default=""),
    Column("text", text(most=2000), ("texte", "precisions", "description"), default=""),
    Column("address", text(most=200), ("adresse",), default=""),
    Column("contact_name", text(most=120), ("nom", "nom_contact"), default=""),
    Column("contact_email", _email, ("email", "e_mail", "courriel", "mail"), default=""),
    Column("contact_phone", _phone, ("telephone", "tel", "portable"), default=""),
    Column("share_with_linked", yes_no, ("partager", "villes_voisines"), default=False),
    # Housing
    Column("shared_home", yes_no, ("logement_partage",), default=False),
    Column("accepts", many_of(Household, HOUSEHOLD_WORDS), ("accepte", "accueille"), default=()),
    Column("step_free", yes_no, ("plain_pied", "accessible"), default=False),
    Column("pets_accepted", yes_no, ("animaux", "animaux_acceptes"), default=False),
    Column("smoking", yes_no, ("fumeur",), default=False),
    Column("longest_stay_days", whole(least=1, most=36_500), ("duree_max_jours",)),
    Column("notice_days", whole(least=0, most=365), ("preavis_jours",), default=0),
    Column("nearest_stop", text(most=80), ("arret",), default=""),
    Column("rent", whole(least=0, most=100_000), ("loyer",)),
    Column("dwelling_state", one_of(DwellingState), ("etat_logement",), default=""),
    # Goods
    Column("condition", one_of(Condition), ("etat",), default=""),
    Column("best_before", day, ("a_consommer_avant",)),
    Column("hand_over", one_of(HandOver), ("remise",), default=""),
    # Skills
    Column("languages_from", languages, ("depuis_langues", "langues_de"), default=()),
    Column("languages_to", languages, ("vers_langues", "langues_vers"), default=()),
    Column("slots", slots, ("creneaux",), default=()),
    Column("remote", yes_no, ("a_distance",), default=False),
    Column("diploma", text(most=80), ("diplome",), default=""),
    # Facts of a trial on files, which a town's own records know better.
    Column("asked_last_30_days", whole(least=0, most=10_000), ("sollicitations_30_jours",)),
    Column("registered_at", day, ("enregistree_le", "enregistre_le")),
)
# A row may fill columns that are not its kind's: they are the other rows'.
OF_KIND: dict[str, tuple[str, ...]] = {
    Kind.HOUSING: (
        "shared_home", "accepts", "step_free", "pets_accepted", "smoking", "longest_stay_days", "notice_days",
        "nearest_stop", "rent", "dwelling_state",
    ),
    Kind.GOODS: ("condition", "best_before", "hand_over"),
    Kind.SKILL: ("languages_from", "languages_to", "slots", "remote", "diploma"),
}  # fmt: skip
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
    "offer_periods_few": "available",
    "offer_registered_once": "id",
}


def import_offers(
    *, table: Table, city: City, list_name: str = "", dry_run: bool = False, by: User | None, now: datetime
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
    )


class _Keeper:
    """What the rows of one file share while they are registered."""

    def __init__(self, city: City, list_name: str, by: User | None, now: datetime) -> None:
        self.city, self.by, self.now = city, by, now
        self.today = now.astimezone(ZoneInfo(city.timezone)).date()
        self.prefix = f"import/{list_name}:" if list_name else "import:"
        self.places = Places(city)
        self.strangers = 0

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
        return offer.created_at == self.now

    def explain(self, row: Row, error: ValidationError) -> tuple[BadCell, ...]:
        """A refusal of a service as cells of the row."""
        return explained(row, error, model=Offer, columns=FIELD_COLUMNS, constraints=CONSTRAINT_COLUMNS)

    def wake(self) -> None:
        """Have what was kept so far matched."""
        wake_on_commit(SCAN_TASK)

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        found = self.places.notices()
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
        if row["capacity"] > LARGEST_CAPACITY[Kind(kind)]:
            message = _("un nombre entier de 1 à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».") % {
                "most": LARGEST_CAPACITY[Kind(kind)],
                "text": row["capacity"],
            }
            raise RowRefused(row.bad("capacity", message))
        last_day = row["available"][-1][1]
        if last_day is not None and last_day < self.today:
            raise RowRefused(row.bad("available", _("ces jours sont déjà passés.")))
        fields = {
            "kind": kind,
            "category": category,
            "title": row["title"] or _usual_title(category),
            "reach_km": row["reach_km"],
            "text": row["text"],
            "address": row["address"],
            "capacity": row["capacity"],
            "languages": list(row["languages"]),
            "share_with_linked": row["share_with_linked"],
            **self.places.fields(row),
        }
        for name in OF_KIND[kind]:
            value = row[name]
            fields[name] = list(value) if isinstance(value, tuple) else value
        if (best_before := fields.get("best_before")) is not None and best_before < self.today:
            raise RowRefused(row.bad("best_before", _("ce jour est déjà passé.")))
        return fields

    def _confirmed_at(self, confirmed_on: date | None, row: Row) -> datetime | None:
        if confirmed_on is None:
            return None
        if confirmed_on > self.today:
            raise RowRefused(row.bad("confirmed_on", _("ce jour n’est pas encore venu.")))
        midnight = datetime.combine(confirmed_on, datetime.min.time(), ZoneInfo(self.city.timezone))
        return min(midnight, self.now)

    def _owner(self, row: Row) -> User:
        email, phone = row["contact_email"], row["contact_phone"]
        if not email and not phone:
            raise RowRefused(
                row.bad("contact_email", _("donnez un e-mail ou un téléphone\u202f: les deux sont vides."))
            )
        # `by` None: an address is the identity, so that two people of a home who share a number stay two.
        return ensure_person(email=email or None, phone=phone or None, name=row["contact_name"], now=self.now)


def _usual_title(category: str) -> str:
    with override("fr"):
        return str(Category(category).label)
