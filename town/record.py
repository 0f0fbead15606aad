"""The record of a town: every write that concerns it, and every look at somebody's contact, in one list.

It reads the rows that the database itself writes (`AuditRow`, docs/adr/0028). The services keep tables beside their
writes that say what was meant (docs/flow.md, "Every change is a row"); these are noted too. Where a transaction has
such a row, that is what its line says, and what else it wrote is folded below; where it has none, the writes speak.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import F, Model, Q, QuerySet

from accounts.models import ContactReading, OrganisationReview, User
from accounts.townspeople import people_of, who_works_for
from catalogue.models import FieldChange, StateChange
from cities.models import City
from matching.models import Decision, WeightsChange
from offers.models import SharedDraft
from town.models import AuditRow

PER_PAGE = 50
# One act may write many rows: so many are read for a page at most, and so many of what was meant are one line.
_READ = 500
_READABLE = 20
_KEY = re.compile(r"(\d{1,16})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the record somebody looks for. `kind`: a word of KINDS."""

    person: int | None = None
    colleague: int | None = None
    reference: str = ""
    since: datetime | None = None
    until: datetime | None = None
    kind: str = ""


@dataclass(slots=True)
class Line:
    """What one transaction wrote: `says` what was meant, `folded` what it wrote beside."""

    at: datetime
    actor: int | None = None
    says: list[AuditRow] = field(default_factory=list)
    folded: list[AuditRow] = field(default_factory=list)

    def takes(self, row: AuditRow) -> bool:
        """Whether a row of the same transaction is said here: by the same person, and while one can read it."""
        if row.table not in histories() or not self.says:
            return True
        return len(self.says) < _READABLE and self.says[0].actor == row.actor


@dataclass(frozen=True, slots=True)
class Page:
    lines: list[Line]
    # Where the page of what is older begins; empty on the last one.
    older: str


# What may be asked for alone, and the tables of each: all of an app, or one.
KINDS: dict[str, tuple[str, ...]] = {
    "readings": ("accounts.ContactReading",),
    "offers": ("offers", "homes", "shelters", "town.OfferDouble"),
    "needs": ("needs", "statements", "desk", "directory.Referral", "directory.ReferralChange"),
    "lists": ("lists",),
    "matches": ("matching", "stays", "followups", "between"),
    "people": (
        "accounts.User", "accounts.PersonEdit", "accounts.Consent", "notifications.Preference",
        "notifications.PreferenceEdit", "account", "mfa", "socialaccount", "town.Double", "accounts.DataCopy",
    ),
    "team": (
        "accounts.CityRole", "accounts.RoleChange", "accounts.Membership", "accounts.MembershipChange",
        "accounts.Organisation", "accounts.OrganisationEdit", "accounts.OrganisationReview", "accounts.FactorReset",
        "town.Invitation", "oncall",
    ),
    "settings": (
        "cities", "accounts.CityEdit", "matching.WeightsChange", "town.LinkRequest", "webhooks", "wording", "team",
        "front", "directory.Service", "directory.ServiceEdit", "directory.AgentCard", "town.OfficialRequest", "voice",
        "whatif",
    ),
}  # fmt: skip


def page(city: City, asked: Asked, *, after: str = "") -> Page:
    """A page of the record, the latest first: one query. `after` as `Page.older`."""
    found = list(_found(city, asked, after=_parsed(after))[: _READ + 1])
    lines: list[Line] = []
    current: dict[Any, Line] = {}
    shown = 0
    for row in found[:_READ]:
        # What was kept before there were such rows knows of no transaction.
        act = row.transaction or f"before {row.pk}"
        line = current.get(act)
        if line is None or not line.takes(row):
            if len(lines) == PER_PAGE:
                break
            line = current[act] = Line(row.at)
            lines.append(line)
        (line.says if row.table in histories() else line.folded).append(row)
        shown += 1
    for line in lines:
        line.actor = next((row.actor for row in (*line.says, *line.folded) if row.actor), None)
        if not line.says:
            line.says, line.folded = line.folded, []
    last = found[shown - 1] if shown < len(found) else None
    return Page(lines, f"{_microseconds(last.at)}-{last.pk}" if last else "")


@cache
def histories() -> frozenset[str]:
    """The tables that services keep beside their writes: what each says is what was meant."""
    kept: Iterable[type[Model]] = (
        model for model in apps.get_models() if issubclass(model, FieldChange | StateChange)
    )
    others: tuple[type[Model], ...] = (
        ContactReading,
        Decision,
        OrganisationReview,
        apps.get_model("team", "RoomChange"),
        SharedDraft,
        WeightsChange,
    )
    return frozenset(model._meta.db_table for model in (*kept, *others))


@cache
def tables(kind: str) -> tuple[str, ...]:
    """The tables of a word of KINDS."""
    wanted = KINDS[kind]
    return tuple(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label in wanted or model._meta.app_label in wanted
    )


def _found(city: City, asked: Asked, *, after: tuple[datetime, int] | None) -> "QuerySet[AuditRow, AuditRow]":
    rows = AuditRow.objects.filter(_condition(asked, after))
    # Of no town by itself: about a person who is here, by themselves or by who answers for something here.
    of_people = rows.filter(
        Q(actor=F("about"))
        | Q(actor=None)
        | Q(actor__in=_keys(who_works_for(city)))
        | Q(actor__in=_keys(Q(is_staff=True))),
        city=None,
        about__in=_keys(people_of(city)),
    )
    parts = [
        part.order_by("-at", "-id")[: _READ + 1]
        for part in (rows.filter(city=city.pk), of_people, rows.filter(_exports_before(city)))
    ]
    return parts[0].union(*parts[1:], all=True).order_by("-at", "-id")


def _condition(asked: Asked, after: tuple[datetime, int] | None) -> Q:
    found = Q()
    if asked.person is not None:
        # And who they were in here before they were made one.
        found &= Q(about__in=[asked.person, *_merged_into(asked.person)])
    if asked.colleague is not None:
        found &= Q(actor=asked.colleague)
    if asked.reference:
        found &= Q(reference=asked.reference)
    if asked.since is not None:
        found &= Q(at__gte=asked.since)
    if asked.until is not None:
        found &= Q(at__lt=asked.until)
    if asked.kind:
        found &= Q(table__in=tables(asked.kind))
    if after is not None:
        at, key = after
        found &= Q(at__lte=at) & ~Q(at=at, id__gte=key)
    return found


def _merged_into(person: int) -> list[int]:
    return list(User.objects.filter(merged_into=person).order_by().values_list("pk", flat=True))


def _exports_before(city: City) -> Q:
    """Exports that name their town in their reference alone, as they did once."""
    return Q(
        city=None,
        about=None,
        table=ContactReading._meta.db_table,
        reference__startswith=f"{city.slug} ",
    )


def _keys(condition: Q) -> "QuerySet[User, dict[str, Any]]":
    return User.objects.filter(condition).order_by().values("pk")


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - _BEGINNING) // timedelta(microseconds=1)


def _parsed(after: str) -> tuple[datetime, int] | None:
    """The place in the record that a link names; None where it names none."""
    match = _KEY.fullmatch(after)
    if match is None:
        return None
    moment, key = map(int, match.groups())
    return _BEGINNING + timedelta(microseconds=moment), key
