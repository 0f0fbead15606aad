"""What people choose about the messages to them, and what it means for those that wait."""

import logging
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field
from django.utils.translation import gettext as _

from accounts.models import User
from catalogue import changes
from notifications import channel_registry
from notifications.events import Refusable
from notifications.models import Preference, PreferenceEdit
from notifications.queued import send_otherwise
from notifications.services import NOT_THIS_WAY

log = logging.getLogger(__name__)


@transaction.atomic
def choose(
    *,
    person: User,
    refused_channels: Collection[str],
    refused_sorts: Collection[Refusable],
    paused_until: date | None,
    rings_at_night: bool,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
    digest_hours: Collection[str] = (),
    days_off: Collection[int] = (),
    by: User,
    now: datetime,
) -> Preference:
    """Keep what somebody chose. Raises ValidationError when nothing would be left by which to tell them anything."""
    refused = channel_registry.by_machine().intersection(refused_channels)
    left = set(channel_registry.reaching(person)) - refused
    if not person.phone and not left & channel_registry.by_machine():
        raise ValidationError(
            _("Gardez une façon de vous joindre\u202f: nous n’avons pas votre numéro de téléphone.")
        )
    preference = _locked(person)
    before = changes.values(preference)
    preference.refused_channels = sorted(refused)
    preference.refused_sorts = sorted(Refusable(sort) for sort in refused_sorts)
    preference.paused_until, preference.rings_at_night = paused_until, rings_at_night
    preference.quiet_from, preference.quiet_until = quiet_from, quiet_until
    preference.digest_hours, preference.days_off = sorted(digest_hours), sorted(days_off)
    preference.full_clean(exclude=["person"])
    return _keep(preference, before, by=by, now=now)


@transaction.atomic
def refuse(*, person: User, sort: Refusable, by: User, now: datetime) -> Preference:
    """Do without this sort of messages from now on. Twice changes nothing."""
    preference = _locked(person)
    before = changes.values(preference)
    preference.refused_sorts = sorted({*preference.refused_sorts, sort})
    return _keep(preference, before, by=by, now=now)


@transaction.atomic
def refuse_channel(*, person: User, channel: str, by: User, now: datetime) -> Preference:
    """Be told by this channel no more; the next one has what is for them, the list of calls at last."""
    preference = _locked(person)
    before = changes.values(preference)
    preference.refused_channels = sorted({*preference.refused_channels, channel})
    return _keep(preference, before, by=by, now=now)


@transaction.atomic
def unite(*, kept: User, other: User, by: User, now: datetime) -> PreferenceEdit | None:
    """One person had chosen twice: what either refused is refused, until the later of the two days. What changed of
    kept's choice, by which `part` takes it back; None where one of them has none, or nothing changed.
    """
    theirs = Preference.objects.filter(person=other).first()
    if theirs is None or not Preference.objects.filter(person=kept).exists():
        return None
    preference = _locked(kept)
    before = changes.values(preference)
    preference.refused_channels = sorted({*preference.refused_channels, *theirs.refused_channels})
    preference.refused_sorts = sorted({*preference.refused_sorts, *theirs.refused_sorts})
    days = [day for day in (preference.paused_until, theirs.paused_until) if day is not None]
    preference.paused_until = max(days, default=None)
    if not changes.changed(preference, before):
        return None
    _keep(preference, before, by=by, now=now)
    return preference.edits.order_by("pk").last()


@transaction.atomic
def part(*, edit: PreferenceEdit, by: User, now: datetime) -> None:
    """As it was before `unite` changed it; what was chosen since stays."""
    preference = _locked(edit.preference.person)
    before = changes.values(preference)
    for name, (old, _new) in changes.still_so(preference, edit.what).items():
        field = Preference._meta.get_field(name)
        assert isinstance(field, Field)
        setattr(preference, name, field.to_python(old))
    _keep(preference, before, by=by, now=now)


def _locked(person: User) -> Preference:
    Preference.objects.get_or_create(person=person)
    return (
        Preference.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(person=person)
    )


def _keep(preference: Preference, before: Mapping[str, Any], *, by: User, now: datetime) -> Preference:
    person = preference.person
    if changes.save_changed(preference, before, edit=PreferenceEdit(preference=preference, by=by, at=now)):
        send_otherwise(person=person, why=NOT_THIS_WAY, by=by, now=now)
        log.info("preferences of user %s changed by user %s", person.pk, by.pk)
    return preference
