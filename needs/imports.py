"""Needs of an association from a spreadsheet. What each column means is in docs/spreadsheets.md."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import Organisation, User
from catalogue.fields.needs import ADULTS, CHILDREN, NEED
from catalogue.fields.shared import LARGEST
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
from catalogue.meaning import PERSONS, People
from catalogue.saying import what
from catalogue.spreadsheets import (
    Answers,
    BadCell,
    Column,
    Row,
    Table,
    household,
    whole,
)
from catalogue.vocabulary import CATEGORIES, HOUSING_FORMS, Category, Kind, Source
from cities.days import local_day
from cities.models import City
from needs.models import Need
from needs.services import SCAN_TASK, register
from notifications.wake_up import wake_on_commit

COLUMNS = (
    ID,
    *columns_of(
        NEED,
        required=("kind", "commune", "first_day", "last_day"),
        # A household says its own number, and what a cell says must then agree.
        people={"default": None},
    ),
    CITY,
    *POINT,
    Column(
        "children",
        whole(least=0, most=LARGEST[Kind.HOUSING], units=PERSONS),
        ("enfants",),
        meaning="housing: their number, when ages are unknown; they are then recorded between 3 and 11 (a lone minor "
        "between 12 and 17), and the command says so",
    ),
    Column(
        "household",
        household,
        ("composition familiale", "composition du foyer"),
        meaning="housing: the household in words (`un couple avec 2 enfants (3 et 7 ans)`), in place of the columns "
        "above",
    ),
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
    "need_rhythm_of_skill": "rhythm",
    "need_items_of_goods": "items",
    "need_registered_once": "id",
}
AGE_BANDS = CHILDREN
ADOLESCENTS = "children_12_to_17"
LONGEST_NAME = NEED["social_worker"].longest


def import_needs(
    *,
    table: Table,
    city: City,
    organisation: Organisation,
    dry_run: bool = False,
    answers: Answers | None = None,
    by: User,
    now: datetime,
) -> Iterator[Outcome]:
    """Register each good row as a need of the association; what became of each line.

    Running it twice registers nothing twice: a row is known by its `id` within the association. No mail leaves.
    Raises Unreadable at once.
    """
    return take_in(
        table=table,
        columns=COLUMNS,
        keeper=_Keeper(city, organisation, by, now),
        dry_run=dry_run,
        answers=answers,
    )


class _Keeper:
    """What the rows of one file share while they are registered."""

    def __init__(self, city: City, organisation: Organisation, by: User, now: datetime) -> None:
        self.city, self.organisation, self.by, self.now = city, organisation, by, now
        self.today = local_day(now, city)
        # Two associations may both number their cases from 1.
        self.prefix = f"import/{organisation.pk}:"
        self.places = Places(city)
        self.ageless = self.moved = self.alone = 0

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
        self.moved += need.kind == Kind.GOODS and need.category != row["category"]
        return need.created_at == self.now

    def explain(self, row: Row, error: ValidationError) -> tuple[BadCell, ...]:
        """A refusal of a service as cells of the row."""
        return explained(row, error, model=Need, columns=FIELD_COLUMNS, constraints=CONSTRAINT_COLUMNS)

    def wake(self) -> None:
        """Have what was kept so far matched."""
        wake_on_commit(SCAN_TASK)

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        found = [*self.places.notices(), *moved_notices(self.moved)]
        if self.ageless:
            found.append(
                ngettext(
                    "%(n)s ligne compte des enfants sans âge\u202f: ils sont enregistrés entre 3 et 11 ans.",
                    "%(n)s lignes comptent des enfants sans âge\u202f: ils sont enregistrés entre 3 et 11 ans.",
                    self.ageless,
                )
                % {"n": self.ageless}
            )
        if self.alone:
            found.append(
                ngettext(
                    "%(n)s ligne compte des enfants sans adulte\u202f: ce sont des mineurs isolés.",
                    "%(n)s lignes comptent des enfants sans adulte\u202f: ce sont des mineurs isolés.",
                    self.alone,
                )
                % {"n": self.alone}
            )
        return found

    def _fields(self, row: Row) -> dict[str, Any]:
        kind = row["kind"]
        fields = {**answers_of(row, NEED), **self.places.fields(row)}
        if kind == Kind.HOUSING:
            fields |= self._housing(row)
        else:
            fields |= self._goods_or_skill(row)
        fields["title"] = fields["title"] or _usual_title(fields)
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
        if row["quantity"] is None:
            raise RowRefused(row.bad("quantity", _("cette cellule est vide.")))
        return {"people": row["people"] or 1}

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
        who = self._who(row)
        household = sum(who[name] for name in (*ADULTS, *AGE_BANDS))
        if household == 0:
            raise RowRefused(row.bad("adult_women", _("dites combien de personnes cherchent un logement.")))
        for column in ("quantity", "people"):
            if row[column] is not None and row[column] != household:
                message = _("le foyer compte %(household)s personnes, cette cellule dit %(number)s.") % {
                    "household": household,
                    "number": row[column],
                }
                raise RowRefused(row.bad(column, message))
        if not any(who[name] for name in ADULTS):
            # Adolescents without an adult are lone minors, ticked or not; of younger children an adult may have been
            # forgotten, and it is asked. Who posts the need of lone minors accompanies them.
            if not who["lone_minor"] and sum(who[name] for name in AGE_BANDS) == who[ADOLESCENTS]:
                self.alone += 1
                who["lone_minor"] = True
            if who["lone_minor"]:
                who["social_worker"] = row["social_worker"] or self.organisation.name[:LONGEST_NAME]
        return {**who, "forms": list(forms)}

    def _who(self, row: Row) -> dict[str, Any]:
        """The household: in words, or number by number."""
        told: People | None = row["household"]
        ages = self._ages(row)
        if told is None:
            return {**{name: row[name] for name in (*ADULTS, "couple", "lone_minor")}, **ages}
        if any(row[name] for name in (*ADULTS, *AGE_BANDS, "couple", "lone_minor")) or row["children"]:
            message = _("ce foyer est dit deux fois, ici et dans d’autres colonnes.")
            raise RowRefused(row.bad("household", message))
        return asdict(told)

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


def _usual_title(fields: dict[str, Any]) -> str:
    """What is asked for, in French, where the list has no title. ValidationError for an item that is not clear."""
    with override("fr"):
        if fields["kind"] != Kind.GOODS:
            return str(
                Category(fields["category"]).label if fields.get("category") else Kind(fields["kind"]).label
            )
        return capfirst(what(Need(**NEED.completed(fields))))
