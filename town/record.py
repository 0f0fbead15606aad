"""The record of a town: every change that a person made there, and every look at somebody's contact, in one list.

The rows stand in many tables, one beside each service that writes them (docs/flow.md, "Every change is a row"). Each
table that holds such rows is found by what it is made of, so that a new one is in the record from its first row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import BigIntegerField, F, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, JSONObject

from accounts.models import ContactReading, Organisation, OrganisationReview, User
from accounts.townspeople import people_of, who_works_for
from catalogue.models import FieldChange, StateChange
from cities.models import City
from matching.models import Decision, Match

PER_PAGE = 50
_KEY = re.compile(r"(\d{1,16})-(\d{1,4})-(\d{1,18})")
_COLUMNS = ("moment", "source", "key", "actor", "about", "reference", "said")


@dataclass(frozen=True, slots=True)
class Source:
    """A table of such rows. `city`, `about` (whom a row is about) and `reference` are paths from it, or ""."""

    model: type[Model]
    city: str
    about: str
    reference: str
    owner: type[Model]
    at: str = "at"
    by: str = "by"

    @property
    def name(self) -> str:
        return self.model._meta.label


@dataclass(frozen=True, slots=True)
class Row:
    """One change or look: when, by whom (by key; None: the service itself), about whom, and what the row says."""

    at: datetime
    source: Source
    key: int
    actor: int | None
    about: int | None
    reference: str
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the record somebody looks for."""

    person: int | None = None
    colleague: int | None = None
    reference: str = ""
    since: datetime | None = None
    until: datetime | None = None
    only_readings: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    # Where the page of what is older begins; empty on the last one.
    older: str


def rows(city: City, asked: Asked, *, after: str = "") -> Page:
    """A page of the record, the latest first: one query, whatever the number of tables. `after` as `Page.older`."""
    found = [
        _of_source(number, source, city, asked, after=_parsed(after))
        for number, source in enumerate(sources())
        if not asked.only_readings or source.model is ContactReading
    ]
    if len(found) > 1:
        all_of_them = found[0].union(*found[1:], all=True).order_by("-moment", "-source", "-key")
        latest = list(all_of_them[: PER_PAGE + 1])
    else:
        latest = list(found[0])
    shown = [
        Row(moment, sources()[number], key, actor, about, reference, said)
        for moment, number, key, actor, about, reference, said in latest[:PER_PAGE]
    ]
    older = ""
    if len(latest) > PER_PAGE:
        moment, number, key = latest[PER_PAGE - 1][:3]
        older = f"{_microseconds(moment)}-{number}-{key}"
    return Page(shown, older)


@cache
def sources() -> tuple[Source, ...]:
    """Every table of such rows, in an order that does not change while the process runs."""
    kept = (model for model in apps.get_models() if issubclass(model, FieldChange | StateChange))
    return (
        *map(_described, kept),
        Source(Decision, "match__city", "match__offer__owner", "match__need__reference", Match),
        Source(OrganisationReview, "organisation__city", "", "organisation__name", Organisation),
        Source(ContactReading, "city", "subject", "reference", ContactReading, at="read_at", by="reader"),
    )


def _keys(condition: Q) -> QuerySet[User, dict[str, Any]]:
    return User.objects.filter(condition).order_by().values("pk")


def _read_before(city: City) -> Q:
    """Of the readings that say no town: those of its people by who works for it, and the exports that name it."""
    return Q(subject__in=_keys(people_of(city)), reader__in=_keys(who_works_for(city))) | Q(
        subject=None, reference__startswith=f"{city.slug} "
    )


def _described(model: type[Model]) -> Source:
    """The paths of a table: what a row is about stands in a key of it other than who did it."""
    keys = {
        field.name: field.related_model
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.name != "by"
    }
    city = next(_paths(keys, "city", City), "")
    about = next(_paths(keys, "owner", User), "") or next(_paths(keys, "person", User), "")
    reference = next(
        (f"{name}__{word}" for word in ("reference", "name") for name, to in keys.items() if _has(to, word)),
        "",
    )
    if reference.startswith(("city__", "person__")):
        reference = ""
    return Source(model, city, about, reference, next(iter(keys.values())))


def _paths(keys: dict[str, Any], word: str, wanted: type[Model]) -> Iterator[str]:
    yield from (name for name, to in keys.items() if to is wanted)
    yield from (
        f"{name}__{word}"
        for name, to in keys.items()
        if _has(to, word) and to._meta.get_field(word).related_model is wanted
    )
    # Of what stands below something else: a visit below the offer of its home.
    yield from (
        f"{name}__{field.name}__{word}"
        for name, to in keys.items()
        for field in to._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and _has(field.related_model, word)
        and field.related_model._meta.get_field(word).related_model is wanted
    )


def _has(model: type[Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _of_source(
    number: int, source: Source, city: City, asked: Asked, *, after: tuple[datetime, int, int] | None
) -> QuerySet[Any, Any]:
    found = source.model._default_manager.order_by()
    if source.model is ContactReading:
        found = found.filter(Q(city=city) | Q(city=None) & _read_before(city))
    elif source.city:
        found = found.filter(**{source.city: city})
    else:
        # Of no town by itself: about a person who is here, by themselves or by who answers for something here.
        by = f"{source.by}__in"
        found = found.filter(
            Q(**{source.by: F(source.about)})
            | Q(**{source.by: None})
            | Q(**{by: _keys(who_works_for(city))})
            | Q(**{by: User.objects.filter(is_staff=True).order_by().values("pk")}),
            **{f"{source.about}__in": _keys(people_of(city))},
        )
    if asked.person is not None:
        found = found.filter(**{source.about: asked.person}) if source.about else found.none()
    if asked.colleague is not None:
        found = found.filter(**{source.by: asked.colleague})
    if asked.reference:
        found = found.filter(**{source.reference: asked.reference}) if source.reference else found.none()
    if asked.since is not None:
        found = found.filter(**{f"{source.at}__gte": asked.since})
    if asked.until is not None:
        found = found.filter(**{f"{source.at}__lt": asked.until})
    if after is not None:
        moment, at_source, key = after
        older = Q(**{f"{source.at}__lt": moment})
        if number < at_source:
            older |= Q(**{source.at: moment})
        elif number == at_source:
            older |= Q(**{source.at: moment}, pk__lt=key)
        found = found.filter(older)
    said: Any = JSONObject()
    if issubclass(source.model, FieldChange):
        said = F("what")
    elif source.model is not ContactReading:
        said = JSONObject(state="state" if source.model is OrganisationReview else "to_state")
    return (
        found.annotate(
            moment=F(source.at),
            source=Value(number),
            key=Cast("pk", BigIntegerField()),
            actor=F(source.by),
            about=Cast(F(source.about) if source.about else Value(None), BigIntegerField()),
            reference_=Cast(F(source.reference) if source.reference else Value(""), TextField()),
            said=said,
        )
        .order_by("-moment", "-pk")
        .values_list(*("reference_" if name == "reference" else name for name in _COLUMNS))[: PER_PAGE + 1]
    )


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - _BEGINNING) // timedelta(microseconds=1)


def _parsed(after: str) -> tuple[datetime, int, int] | None:
    """The place in the record that a link names; None where it names none."""
    match = _KEY.fullmatch(after)
    if match is None:
        return None
    moment, source, key = map(int, match.groups())
    return _BEGINNING + timedelta(microseconds=moment), source, key
