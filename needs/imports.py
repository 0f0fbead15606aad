"""Needs of an association from a spreadsheet. What each column means is in docs/spreadsheets.md."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import Organisation, User
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
    Column,
    Row,
    Table,
    day,
    languages,
    many_of,
    one_of,
    slots,
    text,
    whole,
    yes_no,
)
from catalogue.vocabulary import CATEGORIES, HOUSING_FORMS, Category, Kind, Source, Urgency
from cities.models import City
from needs.models import LARGEST_QUANTITY, Need
from needs.services import SCAN_TASK, register
from notifications.wake_up import wake_on_commit

COLUMNS = (
    *FIRST_COLUMNS,
    Column("category", one_of(Category), ("categorie",), default=""),
    *PLACE_COLUMNS,
    Column("languages", languages, ("langues", "langues_parlees"), default=()),
    Column("first_day", day, ("du", "premier_jour", "debut"), required=True),
    Column("last_day", day, ("au", "dernier_jour", "fin"), required=True),
    Column("min_days", whole(least=1, most=36_500), ("duree_min_jours", "jours_min")),
    Column("quantity", whole(least=1, most=10_000), ("quantite",)),
    Column("part_useful", yes_no, ("partie_utile",), default=False),
    Column("people", whole(least=1, most=10_000), ("personnes",)),
    Column("urgency", one_of(Urgency), ("urgence",), default=Urgency.PLANNED.value),
    Column("title", text(most=120), ("titre",), default=""),
    Column("text", text(most=2000), ("texte", "precisions", "description"), default=""),
    Column("case_reference", text(most=40), ("reference_dossier", "dossier"), default=""),
    # Housing
    Column("adult_women", whole(least=0, most=50), ("femmes",), default=0),
    Column("adult_men", whole(least=0, most=50), ("hommes",), default=0),
    Column("children", whole(least=0, most=50), ("enfants",)),
    Column("children_under_3", whole(least=0, most=50), ("enfants_moins_de_3_ans", "enfants_0_2"), default=0),
    Column("children_3_to_11", whole(least=0, most=50), ("enfants_3_a_11_ans", "enfants_3_11"), default=0),
    Column("children_12_to_17", whole(least=0, most=50), ("enfants_12_a_17_ans", "enfants_12_17"), default=0),
    Column("couple", yes_no, ("en_couple",), default=False),
    Column("lone_minor", yes_no, ("mineur_isole",), default=False),
    Column("step_free_needed", yes_no, ("plain_pied", "accessible"), default=False),
    Column("pets", yes_no, ("animaux", "animal"), default=False),
    Column("shared_home_ok", yes_no, ("logement_partage_ok", "logement_partage"), default=True),
    Column("forms", many_of(Category), ("formes", "formes_de_logement"), default=()),
    Column("social_worker", text(most=120), ("accompagnement", "travailleur_social"), default=""),
    # Skills
    Column("languages_from", languages, ("depuis_langues", "langues_de"), default=()),
    Column("languages_to", languages, ("vers_langues", "langues_vers"), default=()),
    Column("slots", slots, ("creneaux",), default=()),
    Column("remote_ok", yes_no, ("a_distance",), default=False),
)
FIELD_COLUMNS = {"latitude": "lat", "longitude": "lon"}
CONSTRAINT_COLUMNS = {
    "need_category_of_kind": "category",
    "need_days_in_order": "last_day",
    "need_min_days_within": "min_days",
    "need_quantity_plausible": "quantity",
    "need_people_plausible": "people",
    "need_household_adds_up": "people",
    "need_lone_minor_is_alone": "lone_minor",
    "need_couple_is_two": "couple",
    "need_reach_plausible": "reach_km",
    "need_point_on_earth": "lat",
    "need_language_pair_given": "languages_from",
    "need_registered_once": "id",
}
AGE_BANDS = ("children_under_3", "children_3_to_11", "children_12_to_17")


def import_needs(
    *,
    table: Table,
    city: City,
    organisation: Organisation,
    dry_run: bool = False,
    by: User,
    now: datetime,
) -> Iterator[Outcome]:
    """Register each good row as a need of the association; what became of each line.

    Running it twice registers nothing twice: a row is known by its `id` within the association. No mail leaves.
    Raises Unreadable at once.
    """
    return take_in(table=table, columns=COLUMNS, keeper=_Keeper(city, organisation, by, now), dry_run=dry_run)


class _Keeper:
    """What the rows of one file share while they are registered."""

    def __init__(self, city: City, organisation: Organisation, by: User, now: datetime) -> None:
        self.city, self.organisation, self.by, self.now = city, organisation, by, now
        self.today = now.astimezone(ZoneInfo(city.timezone)).date()
        # Two associations may both number their cases from 1.
        self.prefix = f"import/{organisation.pk}:"
        self.places = Places(city)
        self.ageless = 0

    def known(self, rows: list[Row]) -> set[str]:
        """The ids of these rows that were imported before."""
        ids = {self.prefix + row["id"]: row["id"] for row in rows}
        found = Need.objects.filter(city=self.city, external_key__in=list(ids))
        return {ids[key] for key in found.values_list("external_key", flat=True)}

    def keep(self, row: Row) -> bool:
        """Register one row; whether it was new. Raises RowRefused or ValidationError."""
        need = register(
            city=self.city,
            organisation=self.organisation,
            person=None,
            fields=self._fields(row),
            source=Source.IMPORT,
            external_key=self.prefix + row["id"],
            notify=False,
            wake=False,
            by=self.by,
            now=self.now,
            today=self.today,
        )
        return need.created_at == self.now

    def explain(self, row: Row, error: ValidationError) -> tuple[BadCell, ...]:
        """A refusal of a service as cells of the row."""
        return explained(row, error, model=Need, columns=FIELD_COLUMNS, constraints=CONSTRAINT_COLUMNS)

    def wake(self) -> None:
        """Have what was kept so far matched."""
        wake_on_commit(SCAN_TASK)

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        found = self.places.notices()
        if self.ageless:
            found.append(
                ngettext(
                    "%(n)s ligne compte des enfants sans âge\u202f: ils sont enregistrés entre 3 et 11 ans.",
                    "%(n)s lignes comptent des enfants sans âge\u202f: ils sont enregistrés entre 3 et 11 ans.",
                    self.ageless,
                )
                % {"n": self.ageless}
            )
        return found

    def _fields(self, row: Row) -> dict[str, Any]:
        kind = row["kind"]
        fields = {
            "kind": kind,
            "title": row["title"],
            "text": row["text"],
            "case_reference": row["case_reference"],
            "reach_km": row["reach_km"],
            "languages": list(row["languages"]),
            "first_day": row["first_day"],
            "last_day": row["last_day"],
            "min_days": row["min_days"],
            "urgency": row["urgency"],
            **self.places.fields(row),
        }
        if kind == Kind.HOUSING:
            fields |= self._housing(row)
        else:
            fields |= self._goods_or_skill(row)
        fields["title"] = fields["title"] or _usual_title(kind, fields.get("category", ""))
        return fields

    def _goods_or_skill(self, row: Row) -> dict[str, Any]:
        kind, category = row["kind"], row["category"]
        if category not in CATEGORIES[kind]:
            message = _(
                "une catégorie de la nature «\u00a0%(kind)s\u00a0» est attendue\u202f: %(known)s."
            ) % {
                "kind": kind,
                "known": listed(CATEGORIES[kind]),
            }
            raise RowRefused(row.bad("category", message))
        most = LARGEST_QUANTITY[Kind(kind)]
        if row["quantity"] is None or row["quantity"] > most:
            message = _("un nombre entier de 1 à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».") % {
                "most": most,
                "text": "" if row["quantity"] is None else row["quantity"],
            }
            raise RowRefused(row.bad("quantity", message))
        fields = {
            "category": category,
            "quantity": row["quantity"],
            "part_useful": row["part_useful"],
            "people": row["people"] or 1,
        }
        if kind == Kind.SKILL:
            fields |= {name: list(row[name]) for name in ("languages_from", "languages_to", "slots")}
            fields["remote_ok"] = row["remote_ok"]
        return fields

    def _housing(self, row: Row) -> dict[str, Any]:
        # A list that has one column for the categories of all kinds names the one form wanted there.
        forms = row["forms"] or ((row["category"],) if row["category"] else ())
        foreign = [form for form in forms if form not in HOUSING_FORMS]
        if foreign:
            message = _("«\u00a0%(text)s\u00a0» n’est pas une forme de logement\u202f: %(known)s.") % {
                "text": foreign[0],
                "known": listed(HOUSING_FORMS),
            }
            raise RowRefused(row.bad("forms" if row["forms"] else "category", message))
        if row["category"] and row["category"] not in forms:
            message = _("cette forme n’est pas parmi celles de la colonne «\u00a0forms\u00a0».")
            raise RowRefused(row.bad("category", message))
        ages = self._ages(row)
        household = row["adult_women"] + row["adult_men"] + sum(ages.values())
        if household == 0:
            raise RowRefused(row.bad("adult_women", _("dites combien de personnes cherchent un logement.")))
        for column in ("quantity", "people"):
            if row[column] is not None and row[column] != household:
                message = _("le foyer compte %(household)s personnes, cette cellule dit %(number)s.") % {
                    "household": household,
                    "number": row[column],
                }
                raise RowRefused(row.bad(column, message))
        return {
            "adult_women": row["adult_women"],
            "adult_men": row["adult_men"],
            **ages,
            "quantity": household,
            "people": household,
            "couple": row["couple"],
            "lone_minor": row["lone_minor"],
            "step_free_needed": row["step_free_needed"],
            "pets": row["pets"],
            "shared_home_ok": row["shared_home_ok"],
            "forms": list(forms),
            "social_worker": row["social_worker"],
        }

    def _ages(self, row: Row) -> dict[str, int]:
        """Children by age band; those of whom the file only gives the number are counted in one band."""
        ages = {band: row[band] for band in AGE_BANDS}
        total = row["children"]
        if total is None or total == sum(ages.values()):
            return ages
        if any(ages.values()):
            message = _("%(total)s enfants ici, et %(sum)s par tranches d’âge.") % {
                "total": total,
                "sum": sum(ages.values()),
            }
            raise RowRefused(row.bad("children", message))
        # The engine asks whether there are children, not of what age; a minor alone is hardly under twelve.
        if row["lone_minor"]:
            ages["children_12_to_17"] = total
        else:
            ages["children_3_to_11"] = total
            self.ageless += 1
        return ages


def _usual_title(kind: str, category: str) -> str:
    with override("fr"):
        return str(Category(category).label if category else Kind(kind).label)
