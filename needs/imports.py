"""Needs of an association from a spreadsheet: what a row becomes, and the one call that takes a list in."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Organisation, User
from catalogue.fields.needs import ADULTS, CHILDREN, NEED
from catalogue.imports import (
    Note,
    Numbered,
    Outcome,
    Places,
    RowRefused,
    answers_of,
    compared,
    explained,
    listed,
    made_id,
    moved_notices,
    since_export,
    take_in,
)
from catalogue.imports.again import ROW
from catalogue.labels import kind_label, quantity_words
from catalogue.labels import listed as listed_words
from catalogue.references import is_reference
from catalogue.saying import what
from catalogue.spreadsheets import (
    Answers,
    BadCell,
    Row,
    Table,
)
from catalogue.times import day_range
from catalogue.vocabulary import CATEGORIES, Category, Kind, Source
from cities.days import local_day
from cities.models import City
from needs.columns import COLUMNS, CONSTRAINT_COLUMNS, FIELD_COLUMNS
from needs.households import Households
from needs.models import OPEN_STATES, Need
from needs.services import SCAN_TASK, change, draft, note_listed, register_many
from notifications.wake_up import wake_on_commit


def import_needs(
    *,
    table: Table,
    city: City,
    organisation: Organisation,
    dry_run: bool = False,
    answers: Answers | None = None,
    by: User,
    now: datetime,
    after: int = 0,
    note: Note | None = None,
) -> Iterator[Outcome]:
    """Register each good row as a need of the association; what became of each line.

    Running it twice registers nothing twice: a row is known by its `id` within the association, else by the
    association's own reference of the case, else by all that it says. What a row that is known says anew is taken where
    nobody has changed it since. No mail leaves. `after` and `note` as `take_in`. Raises Unreadable at once.
    """
    return take_in(
        table=table,
        columns=COLUMNS,
        keeper=_Keeper(city, organisation, by, now),
        dry_run=dry_run,
        answers=answers,
        after=after,
        note=note,
    )


class _Keeper:
    """What the rows of one file share while they are registered."""

    def __init__(self, city: City, organisation: Organisation, by: User, now: datetime) -> None:
        self.city, self.organisation, self.by, self.now = city, organisation, by, now
        self.city_id = city.pk
        self.today = local_day(now, city)
        # Two associations may both number their cases from 1.
        self.prefix = f"import/{organisation.pk}:"
        self.places = Places(city)
        self.households = Households(organisation.name)
        self.moved = 0

    def id_of(self, row: Row) -> str:
        """Without a number of its own: by the association's reference, else by all that the line says."""
        if row["id"]:
            return str(row["id"])
        if row["case_reference"]:
            names = ("case_reference", "kind", "category", "items")
            return made_id(row[name] for name in names)
        return made_id((name, row[name]) for name in sorted(row.raw) if name in row.values)

    def find(self, rows: Sequence[Numbered]) -> Mapping[int, Need]:
        """By number."""
        keys = {self.prefix + one.id: one.row.line for one in rows}
        kept = Need.objects.filter(city=self.city, external_key__in=list(keys))
        found = {keys[need.external_key]: need for need in kept}
        # What this service gave out bears its own references.
        named = {one.id.upper(): one.row.line for one in rows if is_reference(one.id.upper())}
        if named:
            given = Need.objects.filter(city=self.city, reference__in=list(named))
            found |= {named[need.reference]: need for need in given}
        for need in found.values():
            need.city = self.city
        return found

    def unchanged(self, known: Need, row: Numbered) -> Outcome | None:
        """Known, where the whole row is as its list last said it."""
        if known.listed.get(ROW) != row.digest or row.row["as_of"]:
            return None
        return Outcome(row.row.line, "known", row=known.pk)

    def again(self, known: Need, row: Numbered) -> Outcome:
        """Take what the list says anew where nobody has changed it; nothing else, and say what was not taken."""
        line = row.row.line
        if known.state not in OPEN_STATES:
            said = _("ce besoin n’est plus ouvert\u202f: il reste comme il est.")
            return Outcome(line, "known", said=(said,), row=known.pk)
        fields = self._fields(row.row)
        listed_row = self._as_listed(known, row.row, fields)
        news = compared(
            known,
            listed_row,
            _named(row.row, fields),
            whole=row.digest,
            edits=list(known.edits.all()),
            since=since_export(row.row, self.city),
        )
        edit = None
        if news.changed:
            change(
                need_id=known.pk,
                fields={name: fields.get(name, getattr(listed_row, name)) for name in news.changed},
                by=self.by,
                now=self.now,
                today=self.today,
            )
            edit = known.edits.order_by("-pk").first()
        note_listed(need_id=known.pk, listed=news.listed)
        if news.disputed:
            return Outcome(
                line, "disputed", row=known.pk, edit=edit.pk if edit else None, differs=news.disputed
            )
        if edit is None:
            return Outcome(line, "known", row=known.pk)
        return Outcome(line, "changed", row=known.pk, edit=edit.pk, differs=edit.what)

    def _as_listed(self, known: Need, row: Row, fields: Mapping[str, Any]) -> Need:
        """The need as the line says it; not saved."""
        if row["kind"] != known.kind:
            raise RowRefused(row.bad("kind", _("la nature d’un besoin ne change pas.")))
        if known.organisation_id != self.organisation.pk:
            message = _("ce besoin n’est pas de %(name)s.") % {"name": self.organisation.name}
            raise RowRefused(row.bad("id", message))
        known.commune = self.places.commune(known.commune_id) or known.commune
        says = copy(known)
        for name, value in NEED.settled(fields, today=self.today, before=known).items():
            setattr(says, name, value)
        return says

    def draft(self, row: Numbered) -> Need:
        """The need of a new row."""
        fields = self._fields(row.row)
        need = draft(
            city=self.city,
            organisation=self.organisation,
            person=None,
            fields=fields,
            source=Source.IMPORT,
            external_key=self.prefix + row.id,
            by=self.by,
            now=self.now,
            today=self.today,
        )
        need.listed = listed(need, _named(row.row, fields), whole=row.digest)
        self.moved += need.kind == Kind.GOODS and need.category != row.row["category"]
        return need

    def keep(self, drafts: Sequence[Need]) -> Sequence[Need]:
        """Register these."""
        return register_many(needs=drafts, by=self.by, now=self.now)

    def words(self, kept: Need) -> tuple[str, ...]:
        """What, how much, where and when, as the page of a need says it."""
        wanted = kind_label(kept.kind) if kept.kind == Kind.HOUSING else capfirst(what(kept))
        when = day_range(kept.first_day, kept.last_day, today=self.today)
        return (wanted, quantity_words(kept.kind, kept.quantity, kept.rhythm), kept.commune.name, when)

    def explain(self, row: Row, error: ValidationError) -> tuple[BadCell, ...]:
        """A refusal of a service as cells of the row."""
        return explained(row, error, model=Need, columns=FIELD_COLUMNS, constraints=CONSTRAINT_COLUMNS)

    def wake(self) -> None:
        """Have what was kept so far matched."""
        wake_on_commit(SCAN_TASK)

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        return [*self.places.notices(), *moved_notices(self.moved), *self.households.notices()]

    def _fields(self, row: Row) -> dict[str, Any]:
        kind = row["kind"]
        fields = {**answers_of(row, NEED), **self.places.fields(row)}
        if kind == Kind.HOUSING:
            fields |= self.households.fields(row)
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
                "known": listed_words(CATEGORIES[kind]),
            }
            raise RowRefused(row.bad("category", message))
        if row["quantity"] is None:
            raise RowRefused(row.bad("quantity", _("cette cellule est vide.")))
        return {"people": row["people"] or 1}


def _named(row: Row, fields: Mapping[str, Any]) -> list[str]:
    """The fields of which the line says something; of a household its members, not their sum."""
    named = {name for name in fields if name in row.raw}
    if fields["kind"] == Kind.HOUSING:
        named -= {"quantity", "people", "category"}
        if "children" in row.raw:
            named |= set(CHILDREN)
        if "children_ages" in row.raw:
            named |= set(CHILDREN)
        if "household" in row.raw:
            named |= {*ADULTS, *CHILDREN, "couple", "lone_minor"}
        if "category" in row.raw:
            named.add("forms")
    if "lat" in row.raw:
        named |= {"latitude", "longitude"}
    return sorted(named - {"kind"})


def _usual_title(fields: dict[str, Any]) -> str:
    """What is asked for, in French, where the list has no title. ValidationError for an item that is not clear."""
    with override("fr"):
        if fields["kind"] != Kind.GOODS:
            return str(
                Category(fields["category"]).label if fields.get("category") else Kind(fields["kind"]).label
            )
        return capfirst(what(Need(**NEED.completed(fields))))
