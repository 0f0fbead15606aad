"""Everything that is known about somebody, in one archive for them: a page to read and a file for machines.

Built from `privacy.rows` (whose each row is) and `privacy.told` (what of it is shown, and what is not theirs to read).
The rows are read as they are written out, so that a long history takes no more memory than a short one. The keys of
the JSON are the names of tables and fields; docs/privacy.md documents them.
"""

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from typing import IO, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey, Model, QuerySet
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from catalogue.labels import language_names, listed
from catalogue.times import day_and_hour
from cities.models import City, Commune
from needs.models import Need, NeedState
from notifications import channel_registry
from offers.models import Offer, OfferState
from privacy import others, rows
from privacy.rows import As
from privacy.told import REASONS, SECTIONS, TOLD, WORDS, Out, Section, Shown

FORMAT = "accorde-data/1"
PAGE, FILE = "mes-donnees.html", "mes-donnees.json"
# Of each table the page shows the latest; the file has all.
MOST_SHOWN = 200
# Beyond this the archive is written to disk and not to memory.
_IN_MEMORY = 5_000_000

SOMEONE_ELSE = "someone_else"
_STATES = {"offers.OfferChange": OfferState, "needs.NeedChange": NeedState, "town.OfferDouble": OfferState}


@dataclass(frozen=True, slots=True)
class Table:
    """A table on the page: its name, its rows as (label, value), and how many more stand in the file alone."""

    title: str
    rows: list[list[tuple[str, str]]] = field(default_factory=list)
    more: int = 0


def archive(person: User, *, now: datetime) -> IO[bytes]:
    """The archive, as a file to be read from its beginning."""
    told = Dossier(person, now=now)
    # Whoever answers with it closes it.
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(PAGE, told.page())
        with packed.open(FILE, "w") as stream:
            for part in told.as_json():
                stream.write(part.encode())
    out.seek(0)
    return out


class Dossier:
    """All of one person, read once for one copy. `read_by_desk`: somebody of a town's desk has it in hand first."""

    def __init__(self, person: User, *, now: datetime, read_by_desk: bool = False) -> None:
        self.person, self.now, self.read_by_desk = person, now, read_by_desk
        self.veil = others.Veil(person)
        self.cut: Callable[[str], str] = others.cutter(person)

    # --- The file for machines

    def as_json(self) -> Iterator[str]:
        """The JSON, part by part."""
        head = {
            "format": FORMAT,
            "made_at": self.now,
            "left_out": {out.value: _fields_out(out) for out in Out},
            "done_for_others": self.done_for_others,
        }
        yield _dumped(head)[:-1] + ', "tables": {'
        for number, (label, told) in enumerate(_told_tables()):
            yield f'{"," if number else ""}\n"{label}": ['
            for place, row in enumerate(self.rows(label).iterator(chunk_size=500)):
                yield f"{',' if place else ''}\n{_dumped(self._as_record(label, told, row))}"
            yield "]"
        yield "}}\n"

    def _as_record(self, label: str, told: Shown, row: Model) -> dict[str, Any]:
        hidden = self.veil.hidden(label, row)
        names = [name for name in (*told.shown.split(), *told.codes.split()) if name not in hidden]
        return {"id": row.pk} | {name: self._raw(row, name) for name in names}

    def _raw(self, row: Model, name: str) -> Any:
        value = _value(row, name)
        if isinstance(value, User):
            return "me" if value.pk == self.person.pk else SOMEONE_ELSE
        if name in ("actor", "about") and isinstance(value, int):
            return "me" if value == self.person.pk else SOMEONE_ELSE
        if isinstance(value, Offer | Need):
            return value.reference
        if isinstance(value, Model):
            return value.pk
        if isinstance(value, bytes | memoryview):
            return None
        if name == "what" and isinstance(value, dict):
            value = self._without_people(row, value)
        return self._cut_all(value)

    def _without_people(self, row: Model, what: Mapping[str, Any]) -> dict[str, Any]:
        """Of a key to a person only that it changed."""
        about = _edited(type(row))
        return {name: [None, None] if _leads_to_person(about, name) else pair for name, pair in what.items()}

    def _cut_all(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.cut(value)
        if isinstance(value, list | tuple):
            return [self._cut_all(part) for part in value]
        if isinstance(value, dict):
            return {key: self._cut_all(part) for key, part in value.items()}
        return (
            value if isinstance(value, int | float | bool | date | datetime | None) else self.cut(str(value))
        )

    # --- The page

    def page(self) -> str:
        """One HTML page that needs nothing else, in the person's language."""
        with translation.override(self.person.language):
            return render_to_string("privacy/dossier.html", self.context())

    def context(self) -> dict[str, Any]:
        """What the page shows, in the language that is active."""
        sections = [
            {"title": title, "tables": tables}
            for section, title in SECTIONS.items()
            if (tables := [table for table in self._tables(section) if table.rows])
        ]
        return {
            "person": self.person,
            "made_at": self.now,
            "sections": sections,
            "done": [
                (_title(label, TOLD.get(label)), count) for label, count in self.done_for_others.items()
            ],
            "reasons": REASONS.values(),
        }

    def _tables(self, section: Section) -> Iterator[Table]:
        for label, told in _told_tables():
            if told.section == section:
                found = self.rows(label)
                shown = [self._lines(label, told, row) for row in islice(found.reverse(), MOST_SHOWN)]
                more = found.count() - MOST_SHOWN if len(shown) == MOST_SHOWN else 0
                yield Table(_title(label, told), [lines for lines in shown if lines], max(0, more))

    def _lines(self, label: str, told: Shown, row: Model) -> list[tuple[str, str]]:
        hidden = self.veil.hidden(label, row)
        lines = []
        for name in told.shown.split():
            if name not in hidden and (words := self._said(label, row, name)):
                lines.append((_word(type(row), name), words))
        return lines

    def _said(self, label: str, row: Model, name: str) -> str:
        value = _value(row, name)
        if value in (None, "", [], {}):
            return ""
        if isinstance(value, User):
            return _("vous") if value.pk == self.person.pk else _("une autre personne")
        if isinstance(value, Offer | Need):
            return value.reference
        if isinstance(value, City | Commune | Organisation):
            return str(value)
        if isinstance(value, Model):
            return str(value.pk)
        if label == "town.AuditRow" and name == "table":
            return _table_words(value)
        if name in ("from_state", "to_state") and label in _STATES:
            return str(dict(_STATES[label].choices).get(value, value))
        if name == "channel":
            channel = channel_registry.all_channels().get(value)
            return str(channel.label) if channel is not None else value
        if name == "what" and isinstance(value, dict):
            return listed(_edit_words(type(row), value))
        display = getattr(row, f"get_{name}_display", None)
        return self.cut(str(display()) if display is not None else _plain(row, name, value))

    # --- Their rows

    def rows(self, label: str) -> "QuerySet[Any, Any]":
        """Those that tell of them and are theirs to read, the oldest first."""
        found = rows.of(label, self.person, As.SUBJECT).exclude(others.not_theirs(label, self.person))
        if self.read_by_desk:
            found = found.exclude(others.of_a_report(label))
        keys = [f.name for f in found.model._meta.local_concrete_fields if isinstance(f, ForeignKey)]
        if label == "followups.CheckIn":
            keys += ["match__offer", "match__need"]
        return found.select_related(*keys) if keys else found

    @cached_property
    def done_for_others(self) -> dict[str, int]:
        """How much they wrote, decided and read that tells of others, by table."""
        counts = {
            label: rows.of(label, self.person, As.AUTHOR, As.READER)
            .exclude(pk__in=rows.of(label, self.person, As.SUBJECT).order_by().values("pk"))
            .count()
            for label, _whose in rows.tables(As.AUTHOR, As.READER)
        }
        return {label: count for label, count in counts.items() if count}


def _told_tables() -> Iterator[tuple[str, Shown]]:
    for label, told in TOLD.items():
        if isinstance(told, Shown):
            yield label, told


def table_title(label: str) -> str:
    """What people call this table."""
    return _title(label, TOLD.get(label))


def fields_in_words(label: str) -> list[str]:
    """What people call the fields of it that are shown."""
    told = TOLD[label]
    assert isinstance(told, Shown)
    return list(dict.fromkeys(_word(apps.get_model(label), name) for name in told.shown.split()))


def _fields_out(out: Out) -> dict[str, list[str]]:
    """By table, the fields that are left out for this reason; all of it where none is named."""
    found: dict[str, list[str]] = {}
    for label, told in TOLD.items():
        if told == out:
            found[label] = ["*"]
        elif isinstance(told, Shown) and out in told.out:
            found[label] = told.out[out].split()
    return found


def _dumped(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _value(row: Model, name: str) -> Any:
    model_field = row._meta.get_field(name)
    if model_field.many_to_many:
        return [str(one) for one in getattr(row, name).all()]
    return getattr(row, name)


def _title(label: str, told: Shown | Out | None) -> str:
    if isinstance(told, Shown) and told.title is not None:
        return str(told.title)
    return capfirst(str(apps.get_model(label)._meta.verbose_name_plural))


def _word(model: type[Model], name: str) -> str:
    model_field: Any = model._meta.get_field(name)
    return capfirst(str(model_field.verbose_name if _is_named(model_field) else WORDS[name]))


def _is_named(model_field: Any) -> bool:
    """Whether it has a name of its own, in whatever language; Django makes one of its English name otherwise."""
    return isinstance(model_field.verbose_name, Promise)


def _table_words(table: str) -> str:
    model = next((m for m in apps.get_models(include_auto_created=True) if m._meta.db_table == table), None)
    return table if model is None else _title(model._meta.label, TOLD.get(model._meta.label))


def _edited(model: type[Model]) -> type[Model]:
    """What an edit changed the fields of: the key that it has beside who did it."""
    keys = [
        f
        for f in model._meta.local_concrete_fields
        if isinstance(f, ForeignKey) and f.name not in ("by", "city")
    ]
    related = keys[0].related_model if keys else model
    return related if isinstance(related, type) else model


def _leads_to_person(model: type[Model], name: str) -> bool:
    model_field = {f.name: f for f in model._meta.get_fields()}.get(name)
    return isinstance(model_field, ForeignKey) and model_field.related_model is User


def _edit_words(model: type[Model], what: Mapping[str, Any]) -> list[str]:
    """The names of what changed; old and new stand in the file."""
    about = _edited(model)
    known = {f.name for f in about._meta.get_fields() if hasattr(f, "verbose_name")}
    return [_known_word(about, name) for name in what if name in known] or [_("un réglage")]


def _known_word(model: type[Model], name: str) -> str:
    model_field: Any = model._meta.get_field(name)
    return str(model_field.verbose_name) if _is_named(model_field) else str(WORDS.get(name, _("un réglage")))


def _plain(row: Model, name: str, value: Any) -> str:
    if name in ("languages", "languages_from", "languages_to"):
        return language_names(value)
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, datetime):
        return day_and_hour(timezone.localtime(value))
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, list | tuple):
        base = getattr(row._meta.get_field(name), "base_field", None)
        words = dict(base.flatchoices) if base is not None and base.choices else {}
        return listed(words.get(part, part) for part in value)
    if isinstance(value, dict):
        return listed(f"{key}\u202f: {part}" for key, part in value.items())
    return str(value)
