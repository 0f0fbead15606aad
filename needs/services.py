"""Every write to a need. None calls anything above: it marks the row as changed and wakes a worker."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from catalogue import changes
from catalogue.constraints import IN_USE, clean_fields_of, insert_checked, refusal_of, violated
from catalogue.fields import NEED
from catalogue.inserting import insert_many
from catalogue.references import NEED_LETTER, new_reference
from catalogue.vocabulary import Source
from cities.days import local_day
from cities.models import City
from needs import messages
from needs.models import OPEN_STATES, Need, NeedChange, NeedEdit, NeedState
from needs.progress import Given
from notifications.services import queue
from notifications.wake_up import wake_on_commit
from webhooks import services as webhooks
from webhooks.events import Happening

SCAN_TASK = "matching.tasks.scan_due"
# What the database refuses of a need to which something is promised (matching's migrations).
_PROMISED: dict[str, dict[str, Any]] = {
    "hold_within_quantity": {
        "quantity": _("Une partie est déjà promise. La quantité ne peut pas descendre en dessous.")
    },
    "asked_within_quantity": {
        "quantity": _(
            "Un hôte est interrogé pour davantage de personnes. Annulez d’abord cette demande, ou attendez sa réponse."
        )
    },
    "rehoused_within_quantity": {
        "quantity": _(
            "Un accueil mis en attente est prévu pour davantage de personnes. Mettez-y d’abord fin, ou appelez la "
            "ville."
        )
    },
    "rhythm_is_kept": {"rhythm": _("De l’aide est déjà promise à ce rythme. Postez un autre besoin.")},
}
# What only people read: changing it asks nothing of the engine.
WORDS = NEED.words

# Of which states other systems may be told.
HAPPENINGS = {
    NeedState.OPEN: Happening.NEED_OPENED,
    NeedState.MET: Happening.NEED_MET,
    NeedState.EXPIRED: Happening.NEED_CLOSED,
    NeedState.WITHDRAWN: Happening.NEED_CLOSED,
}

# What `register` is given as objects: the database need not be asked whether they exist.
REFERENCES = ("city", "organisation", "person", "commune", "entered_by")


def draft(
    *,
    city: City,
    organisation: Organisation | None,
    person: User | None,
    fields: Mapping[str, Any],
    source: Source,
    by: User,
    now: datetime,
    today: date,
    external_key: str = "",
    listed: Mapping[str, str] | None = None,
) -> Need:
    """A need that keeps all rules that need no database, not written yet; see `register`. ValidationError by field."""
    need = Need(
        **NEED.settled(fields, today=today),
        city=city,
        organisation=organisation,
        person=person,
        source=source,
        external_key=external_key,
        listed=dict(listed or {}),
        entered_by=by,
        reference=new_reference(NEED_LETTER),
        state=NeedState.OPEN,
        scan_due_at=now,
        created_at=now,
        changed_at=now,
    )
    _complete(need)
    _check_days(need, today=today)
    return need


@transaction.atomic
def register(
    *,
    city: City,
    organisation: Organisation | None,
    person: User | None,
    fields: Mapping[str, Any],
    source: Source,
    by: User,
    now: datetime,
    today: date,
    external_key: str = "",
    notify: bool = True,
    wake: bool = True,
) -> Need:
    """Register a need and give it a reference; the same `external_key` twice gives the first one back.

    For housing, quantity and people are the household's, whatever `fields` say. A need of an organisation that is
    not verified yet is registered and waits. ValidationError by field; days in the past are refused.
    """
    if external_key:
        known = Need.objects.filter(city=city, external_key=external_key).first()
        if known is not None:
            return known
    need = draft(
        city=city,
        organisation=organisation,
        person=person,
        fields=fields,
        source=source,
        by=by,
        now=now,
        today=today,
        external_key=external_key,
    )
    try:
        insert_checked(need, loaded=REFERENCES)
    except (IntegrityError, ValidationError):
        # The same form posted twice at the same moment: the other one is the need, whether the check of the
        # unique key or the insertion met it.
        twin = Need.objects.filter(city=city, external_key=external_key).exclude(external_key="").first()
        if twin is None:
            raise
        return twin
    _record(need, act="register", from_state=NeedState.DRAFT, by=by, now=now)
    if notify:
        queue(
            recipient=person or by,
            event="need_receipt",
            subject_key=f"need:{need.pk}",
            city=city,
            compose=lambda: messages.receipt(need),
            now=now,
            on_line_with=by if person and source == Source.PHONE else None,
        )
    if wake:
        wake_on_commit(SCAN_TASK)
    return need


@transaction.atomic
def register_many(*, needs: Sequence[Need], by: User, now: datetime) -> Sequence[Need]:
    """As `register` with each draft, in as few queries as can be, for lists: nobody is told, no worker woken. None of
    their keys is known yet. One that cannot be registered is an error for all: nothing is written then.
    """
    for need in needs:
        need.pk = None  # what was tried once with others, and undone
        need._state.adding = True
    clean_fields_of(needs, exclude=REFERENCES)
    for need in needs:
        need.clean()
    if len(needs) == 1:
        insert_checked(needs[0], loaded=REFERENCES)  # says which rule it was
    else:
        insert_many(needs)
    insert_many(
        NeedChange(need=need, act="register", from_state=NeedState.DRAFT, to_state=need.state, by=by, at=now)
        for need in needs
    )
    webhooks.record_many(
        happening=HAPPENINGS[NeedState.OPEN],
        at=now,
        of=[webhooks.Subject(need.city_id, need.pk, {"need": need.reference}) for need in needs],
    )
    return needs


def note_listed(*, need_id: int, listed: Mapping[str, str]) -> None:
    """What a list last said of a need (`catalogue.imports.again`): a mark of the import, and no change of the need."""
    Need.objects.filter(pk=need_id).update(listed=dict(listed))


@transaction.atomic
def take_import_back(*, need_id: int, by: User, now: datetime, reason: str) -> Need:
    """An import was a mistake: what it registered is withdrawn, and the same row may be imported again.

    ValidationError while it is being met.
    """
    need = withdraw(need_id=need_id, by=by, now=now, reason=reason)
    Need.objects.filter(pk=need.pk).update(external_key="", listed={})
    return need


@transaction.atomic
def change(*, need_id: int, fields: Mapping[str, Any], by: User, now: datetime, today: date) -> Need:
    """Change an open need's fields. ValidationError by field, as of a quantity below what is promised or asked."""
    need = _locked(need_id)
    if need.state not in OPEN_STATES:
        raise not_possible(need)
    before = changes.values(need)
    fields = NEED.settled(fields, today=today, before=need)
    for name, value in fields.items():
        setattr(need, name, value)
    if need.commune_id != before["commune"] and "latitude" not in fields:
        need.latitude, need.longitude = need.commune.latitude, need.commune.longitude
    _complete(need)
    what = changes.changed(need, before)
    if not what:
        return need
    if {"first_day", "last_day"} & set(what):
        _check_days(need, today=today)
    need.full_clean()
    also = [*what]
    if "item_words" in what:
        need.item_checked_at = None
        also.append("item_checked_at")
    try:
        with transaction.atomic():
            _touch(need, material=not WORDS.issuperset(what), now=now, also=also)
    except IntegrityError as error:
        refusal = _PROMISED.get(violated(error))
        if refusal is None:
            raise
        raise ValidationError(refusal) from error
    NeedEdit.objects.create(need=need, what=what, by=by, at=now)
    _happened(need, Happening.NEED_CHANGED, now=now)
    return need


@transaction.atomic
def retitle(*, need_id: int, title: str, by: User, now: datetime) -> Need:
    """Other words for what stays the same, also once the need is met. ValidationError by field, and of one that was
    taken back.
    """
    need = _locked(need_id)
    if need.state in (NeedState.WITHDRAWN, NeedState.DRAFT):
        raise not_possible(need)
    before = changes.values(need)
    need.title = title
    what = changes.changed(need, before)
    if what:
        need.full_clean()
        _touch(need, material=False, now=now, also=["title"])
        NeedEdit.objects.create(need=need, what=what, by=by, at=now)
        _happened(need, Happening.NEED_CHANGED, now=now)
    return need


@transaction.atomic
def lengthen(*, need: Need, last_day: date, by: User, now: datetime) -> Need:
    """A need that the caller has locked goes on for longer than was posted, also one that is met, or whose days are
    over; how far it is met then, `record_progress` says. Not beyond a day that it has already: nothing changes.

    ValidationError by field, and of one that was taken back.
    """
    if need.state in (NeedState.WITHDRAWN, NeedState.DRAFT):
        raise not_possible(need)
    if last_day <= need.last_day:
        return need
    before = changes.values(need)
    today = local_day(now, need.city)
    need.last_day = NEED.settled({"last_day": last_day}, today=today, before=need)["last_day"]
    need.full_clean()
    _touch(need, material=True, now=now, also=["last_day"])
    NeedEdit.objects.create(need=need, what=changes.changed(need, before), by=by, at=now)
    _happened(need, Happening.NEED_CHANGED, now=now)
    if need.state == NeedState.EXPIRED:
        _move(need, NeedState.OPEN, act="lengthen", by=by, now=now, revises=False)
    return need


@transaction.atomic
def withdraw(*, need_id: int, by: User, now: datetime, reason: str = "") -> Need:
    """Say that a need is no more. Doing it twice changes nothing. ValidationError while it is being met, and of a met
    one when its days are over.
    """
    need = _locked(need_id)
    if need.state == NeedState.WITHDRAWN:
        return need
    if not need.may_be_withdrawn(local_day(now, need.city)):
        raise not_possible(need)
    with refusal_of("need_is_in_use", IN_USE):
        _move(need, NeedState.WITHDRAWN, act="withdraw", by=by, now=now, reason=reason)
    return need


@transaction.atomic
def reopen(*, need_id: int, by: User, now: datetime) -> Need:
    """A need that was withdrawn by mistake is open again, as far as it is met. Another state stays as it is."""
    need = _locked(need_id)
    if need.state == NeedState.WITHDRAWN:
        _move(need, NeedState.OPEN, act="reopen", by=by, now=now)
    return need


@transaction.atomic
def expire_past(*, city: City, by: None, now: datetime) -> int:
    """Close the town's open needs whose last day has passed, by the town's own calendar; how many."""
    today = local_day(now, city)
    past = list(
        Need.objects.select_for_update(no_key=True, skip_locked=True).filter(
            city=city, state__in=OPEN_STATES, last_day__lt=today
        )[:500]
    )
    for need in past:
        _move(need, NeedState.EXPIRED, act="expire", by=None, now=now)
    return len(past)


@transaction.atomic
def record_progress(*, need_id: int, given: Iterable[Given], by: User | None, now: datetime) -> Need:
    """Write down how far a need has come with what is confirmed for it; an open one is open, partly met or met."""
    need = _locked(need_id)
    come = need.progress(given, today=local_day(now, need.city))
    found = {"given_days": come.days, "given_quantity": come.quantity, "uncovered_from": come.uncovered_from}
    if found != {name: getattr(need, name) for name in found}:
        for name, value in found.items():
            setattr(need, name, value)
        _touch(need, material=False, now=now, also=[*found])
    if need.state in (NeedState.WITHDRAWN, NeedState.EXPIRED, NeedState.DRAFT):
        return need
    to = NeedState.MET if come.is_all else NeedState.PARTLY_MET if come.quantity else NeedState.OPEN
    if to != need.state:
        _move(need, to, act="progress", by=by, now=now, revises=False)
    return need


def mark_scanned(*, need_ids: Iterable[int]) -> None:
    """Clear the marks of scanned needs. The caller has held their locks since before they were read, or has seen
    under the locks that nobody touched them meanwhile.
    """
    Need.objects.filter(pk__in=list(need_ids), scan_due_at__isnull=False).update(scan_due_at=None)


@transaction.atomic
def change_person(*, need_ids: Iterable[int], person: User, by: User, now: datetime) -> None:
    """These needs are somebody else's: the other row of a person who was in here twice."""
    locked = Need.objects.select_for_update(no_key=True).filter(pk__in=list(need_ids)).order_by("pk")
    edits = [
        NeedEdit(need=need, what={"person": [need.person_id, person.pk]}, by=by, at=now) for need in locked
    ]
    Need.objects.filter(pk__in=[edit.need_id for edit in edits]).update(person=person)
    NeedEdit.objects.bulk_create(edits)


@transaction.atomic
def mark_due(*, need_ids: Iterable[int], now: datetime) -> int:
    """Have the engine look at these open needs again; how many.

    Also those that are marked already: a scan under way may have read what has just changed, so this waits for it
    and marks again. Rows are locked in one order, so that two callers never wait for each other.
    """
    wanted = Need.objects.filter(pk__in=list(need_ids), state__in=OPEN_STATES)
    locked = list(wanted.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Need.objects.filter(pk__in=locked).update(scan_due_at=Coalesce("scan_due_at", Value(now)))
    if locked:
        wake_on_commit(SCAN_TASK)
    return len(locked)


def _locked(need_id: int) -> Need:
    return Need.objects.select_for_update(no_key=True).get(pk=need_id)


def _complete(need: Need) -> None:
    """Fill in the commune's centre, where no point is given."""
    if need.latitude is None or need.longitude is None:
        need.latitude, need.longitude = need.commune.latitude, need.commune.longitude


def _check_days(need: Need, *, today: date) -> None:
    if need.last_day < need.first_day:
        raise ValidationError({"last_day": _("La fin doit venir après le début.")})
    if need.last_day < today:
        raise ValidationError({"last_day": _("Ce jour est déjà passé.")})


def not_possible(need: Need) -> ValidationError:
    """It is too late, in its state, for what somebody wants to do."""
    return ValidationError(
        _("Ce besoin est «\u00a0%(state)s\u00a0»\u202f: ce n’est plus possible."),
        code="state",
        params={"state": need.get_state_display()},
    )


def _move(
    need: Need,
    to: NeedState,
    *,
    act: str,
    by: User | None,
    now: datetime,
    reason: str = "",
    revises: bool = True,
) -> None:
    before = need.state
    need.state = to
    _touch(need, material=True, now=now, also=["state"], revises=revises)
    _record(need, act=act, from_state=before, by=by, now=now, reason=reason)


def _touch(need: Need, *, material: bool, now: datetime, also: Sequence[str], revises: bool = True) -> None:
    """Write the named fields; a change that matters to the engine is marked as due and announced.

    `revises=False` leaves the revision alone: progress is no new question, so dismissed pairs stay dismissed.
    """
    names = [*also, "changed_at"]
    need.changed_at = now
    if material:
        if revises:
            need.revision = F("revision") + 1
            names.append("revision")
        need.scan_due_at = now
        names.append("scan_due_at")
        wake_on_commit(SCAN_TASK)
    need.save(update_fields=names)
    if material and revises:
        need.refresh_from_db(fields=["revision"])


def _record(
    need: Need, *, act: str, from_state: str, by: User | None, now: datetime, reason: str = ""
) -> None:
    NeedChange.objects.create(
        need=need, act=act, from_state=from_state, to_state=need.state, by=by, reason=reason[:500], at=now
    )
    if need.state in HAPPENINGS and need.state != from_state:
        _happened(need, HAPPENINGS[NeedState(need.state)], now=now)


def _happened(need: Need, happening: Happening, *, now: datetime) -> None:
    webhooks.record(
        city_id=need.city_id, happening=happening, subject_id=need.pk, at=now, need=need.reference
    )
