"""What is written of the directory: entered, changed, said to hold, taken out, and read from a list.

The town's team keeps all of its services; a member of a verified association keeps that association's.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import TEAM, has_role, require
from accounts.models import Organisation, User
from accounts.selectors import coordinators_of, told_of
from catalogue.changes import given, save_changed, stored, values
from catalogue.languages import MOST_LANGUAGES
from catalogue.slots import MOST_SLOTS, parse_slot, refuse_clashes
from cities.days import local_day, midnight
from cities.models import City
from directory import messages, selectors
from directory.models import LONGEST_ABOUT, AgentCard, Service, ServiceEdit
from directory.themes import THEME_OF
from notifications.services import NewMessage, queue_many

log = logging.getLogger(__name__)

# Whoever keeps services is asked about them so often at most.
ASKED_EVERY = timedelta(days=30)
FIELDS = (
    "organisation", "run_by", "name", "about", "thematics", "languages", "slots", "hours_note", "commune", "address",
    "how_to_come", "phone", "email", "site", "fees",
)  # fmt: skip


class Fate(StrEnum):
    """What became of a service that was read from a list."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Taken:
    """`kept`: the fields that stay as the town has written them, though the list says something else."""

    fate: Fate
    service: Service
    kept: tuple[str, ...] = ()


@transaction.atomic
def add(*, city: City, fields: Mapping[str, Any], by: User, now: datetime) -> Service:
    """Enter a service; whoever does says that it holds. ValidationError by field."""
    service = Service(
        city=city, checked_at=now, checked_by=by, created_at=now, changed_at=now, **_known(fields)
    )
    require(selectors.may_keep(by, service))
    _checked(service)
    service.save(force_insert=True)
    _edit(service, by, now, what=given(FIELDS, service)).save(force_insert=True)
    return service


@transaction.atomic
def change(*, service_id: int, fields: Mapping[str, Any], by: User, now: datetime) -> Service:
    """Change what is said of it, and say that it holds now. ValidationError by field."""
    service = _locked(service_id, by)
    before = values(service)
    for name, value in _known(fields).items():
        setattr(service, name, value)
    # It may not be given away to an association that somebody else speaks for.
    require(selectors.may_keep(by, service))
    _checked(service)
    service.changed_at = now
    save_changed(service, before, edit=_edit(service, by, now), also=("changed_at",))
    _confirm(service, by, now)
    return service


@transaction.atomic
def confirm(*, service_id: int, by: User, now: datetime) -> Service:
    """Somebody who keeps it has looked: it holds as it stands."""
    service = _locked(service_id, by)
    _confirm(service, by, now)
    return service


@transaction.atomic
def close(*, service_id: int, by: User, now: datetime) -> Service:
    """Take it out of the directory; a list that has it still does not bring it back. Twice is once."""
    service = _locked(service_id, by)
    if service.closed_at is None:
        before = values(service)
        service.closed_at = service.changed_at = now
        save_changed(service, before, edit=_edit(service, by, now), also=("changed_at",))
    return service


@transaction.atomic
def reopen(*, service_id: int, by: User, now: datetime) -> Service:
    """Put it back, as it was; whoever does says that it holds. What the team took out, the team puts back."""
    service = _locked(service_id, by)
    if service.closed_at is not None:
        require(selectors.may_reopen(by, service))
    before = values(service)
    service.closed_at, service.changed_at = None, now
    save_changed(service, before, edit=_edit(service, by, now), also=("changed_at",))
    _confirm(service, by, now)
    return service


@transaction.atomic
def take(
    *,
    city: City,
    source: str,
    source_id: str,
    structure: str,
    fields: Mapping[str, Any],
    as_of: date,
    by: User | None,
    now: datetime,
) -> Taken:
    """Read one service from a list, again and again: it is known by its list and its name there.

    A field is as the list says unless the town has written something else since: that stays, and is named in what is
    answered. `as_of`: the day on which the list's own people last changed it. `by`: None at the server itself.
    ValidationError by field.
    """
    require(by is None or has_role(by, city, TEAM))
    said = _known(fields)
    same = Service.objects.filter(city=city, source=source, source_id=source_id)
    known = same.select_for_update(no_key=True).first()
    checked_at = min(midnight(as_of, city), now)
    if known is None:
        service = Service(
            city=city,
            source=source,
            source_id=source_id,
            source_structure=structure,
            checked_at=checked_at,
            created_at=now,
            changed_at=now,
            **said,
        )
        _checked(service)
        service.listed = _listed(service, said)
        try:
            with transaction.atomic():
                service.save(force_insert=True)
        except IntegrityError:
            # Another list was first, meanwhile.
            known = same.select_for_update(no_key=True).first()
            if known is None:
                raise
        else:
            _edit(service, by, now, what=given(FIELDS, service)).save(force_insert=True)
            return Taken(Fate.NEW, service)
    before, listed, kept = values(known), known.listed, []
    for name, value in said.items():
        told, here = stored(known, name, getattr(value, "pk", value)), stored(known, name, before[name])
        if name in listed and told == listed[name]:
            continue
        is_untouched = here == listed[name] if name in listed else here in (None, "", [])
        if is_untouched:
            setattr(known, name, value)
        elif told != here:
            kept.append(name)
    _checked(known)
    known.listed, known.source_structure = listed | _listed(known, said), structure
    known.changed_at = now
    what = save_changed(
        known,
        before,
        edit=_edit(known, by, now),
        also=("changed_at", "listed", "source_structure"),
    )
    if not what:
        known.save(update_fields=["listed", "source_structure"])
    if checked_at > known.checked_at:
        known.checked_at, known.checked_by, known.asked_at = checked_at, None, None
        known.save(update_fields=["checked_at", "checked_by", "asked_at"])
    return Taken(Fate.CHANGED if what else Fate.KNOWN, known, tuple(kept))


@transaction.atomic
def ask_to_check(*, by: None, now: datetime) -> int:
    """Ask those who keep services and cards that are old, once in a while, whether they hold; how many."""
    old: list[Service | AgentCard] = [
        one
        for model in (Service, AgentCard)
        for one in selectors.to_ask_about(model, now, asked_every=ASKED_EVERY)
        .select_related("city", "organisation")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
    ]
    of_towns: dict[City, Counter[type]] = {}
    of_associations: dict[Organisation, Counter[type]] = {}
    for one in old:
        if one.organisation is not None:
            of_associations.setdefault(one.organisation, Counter())[type(one)] += 1
        else:
            of_towns.setdefault(one.city, Counter())[type(one)] += 1
    drafts = [
        NewMessage(
            recipient=person,
            event="service_to_check",
            subject_key=f"organisation:{one.pk}:{local_day(now, one.city)}",
            city=one.city,
            compose=partial(messages.to_check, one.city, services=count[Service], cards=count[AgentCard]),
        )
        for one, count in of_associations.items()
        for person in told_of(one)
    ] + [
        NewMessage(
            recipient=person,
            event="directory_to_check",
            subject_key=f"city:{city.pk}:{local_day(now, city)}",
            city=city,
            compose=partial(messages.to_check, city, services=count[Service], cards=count[AgentCard]),
        )
        for city, count in of_towns.items()
        for person in coordinators_of(city)
    ]
    queue_many(drafts=drafts, now=now)
    for model in (Service, AgentCard):
        model.objects.filter(pk__in=[one.pk for one in old if isinstance(one, model)]).update(asked_at=now)
    return len(old)


# --- What several of them do ---------------------------------------------------------------------------


def _locked(service_id: int, by: User) -> Service:
    Service.objects.select_for_update(no_key=True).order_by().values_list("pk").get(pk=service_id)
    service = Service.objects.select_related("city", "organisation", "commune").get(pk=service_id)
    require(selectors.may_keep(by, service))
    return service


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only what may be written, each list in one order."""
    found = {name: value for name, value in fields.items() if name in FIELDS}
    if "thematics" in found:
        found["thematics"] = sorted(set(found["thematics"]))
    return found


def _checked(service: Service) -> None:
    """What a form refuses, a list and a program do not get through either."""
    errors: dict[str, Any] = {}
    try:
        service.full_clean(exclude=["city", "checked_by"], validate_unique=False)
    except ValidationError as refusal:
        errors = refusal.update_error_dict(errors)
    if len(service.about) > LONGEST_ABOUT:
        errors["about"] = ValidationError(_("Gardez deux mille signes au plus."))
    if any(code not in THEME_OF for code in service.thematics):
        errors["thematics"] = ValidationError(_("Ce besoin n’est pas dans notre liste."))
    if len(service.languages) > MOST_LANGUAGES:
        errors["languages"] = ValidationError(_("Gardez douze langues au plus."))
    if len(service.slots) > MOST_SLOTS:
        errors["slots"] = ValidationError(_("Gardez quarante créneaux au plus."))
    elif "slots" not in errors:
        try:
            refuse_clashes([parse_slot(slot) for slot in service.slots])
        except ValidationError as refusal:
            errors["slots"] = refusal
    if service.organisation is not None and service.organisation.city_id != service.city_id:
        errors["organisation"] = ValidationError(_("Cette association n’est pas de cette ville."))
    if errors:
        raise ValidationError(errors)


def _listed(service: Service, said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stored(service, name, getattr(value, "pk", value)) for name, value in said.items()}


def _edit(service: Service, by: User | None, now: datetime, what: Any = None) -> ServiceEdit:
    return ServiceEdit(service=service, by=by, at=now, what=what or {})


def _confirm(service: Service, by: User, now: datetime) -> None:
    service.checked_at, service.checked_by, service.asked_at = now, by, None
    service.save(update_fields=["checked_at", "checked_by", "asked_at"])
