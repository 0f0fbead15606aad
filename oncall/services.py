"""Writing the rota: weeks shared out, a shift taken over, called off, somebody sought for it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts import selectors as accounts
from accounts.access import COORDINATION, STEERING, has_role
from accounts.models import User
from catalogue.changes import given, save_changed, values
from cities.days import at_hour, local_day
from cities.models import City
from notifications.services import queue
from oncall import messages, selectors
from oncall.models import Rank, Shift, ShiftChange

MOST_WEEKS = 26
LONGEST = timedelta(days=92)


class AlreadyCovered(Exception):
    """Somebody else has this rank then, or this person another one."""


class NoShift(Exception):
    """There is nothing to take: it is over, was called off, or never was."""


@transaction.atomic
def share_out(
    *,
    city: City,
    people: Sequence[User],
    first_day: date,
    weeks: int,
    hand_over: time,
    by: User,
    now: datetime,
) -> list[Shift]:
    """Share weeks out in turn, from one hand-over to the next: each week has its person, and the next one as deputy.

    Only what is not covered yet is filled; shifts that stand stay as they are. Raises PermissionDenied.
    """
    _check(city, by)
    if set(people) - set(accounts.coordinators_of(city)):
        raise PermissionDenied
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    made = []
    for week in range(weeks):
        start = at_hour(first_day + timedelta(weeks=week), hand_over, city)
        end = at_hour(first_day + timedelta(weeks=week + 1), hand_over, city)
        for rank in Rank:
            # Alone, nobody is one's own deputy.
            if rank == Rank.DEPUTY and len(people) < 2:
                continue
            person = people[(week + rank - Rank.FIRST) % len(people)]
            for starts_at, ends_at in list(selectors.holes(city, max(start, now), end, rank)):
                if not _is_busy(city, person, starts_at, ends_at):
                    made.append(_create(city, person, rank, starts_at, ends_at, by=by, now=now))
    return made


@transaction.atomic
def cover(*, city: City, rank: int, starts_at: datetime, ends_at: datetime, by: User, now: datetime) -> Shift:
    """Take what nobody covers. Raises AlreadyCovered, NoShift for what is past, too long or no span at all, and
    PermissionDenied for who does not coordinate.
    """
    _check_takes(city, by)
    if not max(starts_at, now) < ends_at <= starts_at + LONGEST:
        raise NoShift
    try:
        with transaction.atomic():
            return _create(city, by, rank, starts_at, ends_at, by=by, now=now)
    except IntegrityError as error:
        raise AlreadyCovered from error


@transaction.atomic
def take_over(*, shift_id: int, by: User, now: datetime) -> Shift:
    """Take a colleague's shift, who is told; one's own stays as it is. Raises NoShift, AlreadyCovered."""
    shift = _locked(shift_id, now=now)
    _check_takes(shift.city, by)
    former = shift.person
    if former == by:
        return shift
    before = values(shift)
    shift.person, shift.wanted_at = by, None
    try:
        with transaction.atomic():
            save_changed(shift, before, edit=ShiftChange(shift=shift, by=by, at=now))
    except IntegrityError as error:
        raise AlreadyCovered from error
    queue(
        recipient=former,
        event="shift_taken_over",
        subject_key=f"shift:{shift.pk}:{by.pk}",
        city=shift.city,
        compose=partial(messages.taken_over, shift),
        now=now,
    )
    return shift


@transaction.atomic
def ask_replacement(*, shift_id: int, by: User, now: datetime) -> Shift:
    """Ask the others of the desk whether one of them takes the shift. Raises NoShift, and PermissionDenied unless it is
    one's own.
    """
    shift = _locked(shift_id, now=now)
    if shift.person != by:
        raise PermissionDenied
    if shift.wanted_at is None:
        before = values(shift)
        shift.wanted_at = now
        save_changed(shift, before, edit=ShiftChange(shift=shift, by=by, at=now))
        for person in accounts.coordinators_of(shift.city).exclude(pk=by.pk):
            queue(
                recipient=person,
                event="shift_wanted",
                subject_key=f"shift:{shift.pk}:{now:%Y%m%d%H%M}",
                city=shift.city,
                compose=partial(messages.wanted, shift),
                now=now,
            )
    return shift


@transaction.atomic
def keep(*, shift_id: int, by: User, now: datetime) -> Shift:
    """Keep the shift for which somebody else was sought. Raises NoShift, PermissionDenied."""
    shift = _locked(shift_id, now=now)
    if shift.person != by:
        raise PermissionDenied
    before = values(shift)
    shift.wanted_at = None
    save_changed(shift, before, edit=ShiftChange(shift=shift, by=by, at=now))
    return shift


@transaction.atomic
def cancel(*, shift_id: int, by: User, now: datetime) -> Shift:
    """Call a shift off; its person is told. Raises NoShift, PermissionDenied."""
    shift = _locked(shift_id, now=now)
    _check(shift.city, by)
    before = values(shift)
    shift.cancelled_at = now
    save_changed(shift, before, edit=ShiftChange(shift=shift, by=by, at=now))
    if shift.person != by:
        queue(
            recipient=shift.person,
            event="shift_cancelled",
            subject_key=f"shift:{shift.pk}",
            city=shift.city,
            compose=partial(messages.cancelled, shift),
            now=now,
        )
    return shift


@transaction.atomic
def hand_over(*, shift_id: int, to: User | None, by: User, now: datetime) -> Shift:
    """What somebody who leaves still has: to a colleague, or to nobody, so that the rota shows the hole.

    Whoever asks tells the colleague. Raises NoShift, AlreadyCovered, and PermissionDenied for another who does not
    see to the rota, or a colleague who does not coordinate.
    """
    shift = _locked(shift_id, now=now)
    if shift.person_id != by.pk:
        _check(shift.city, by)
    before = values(shift)
    if to is None:
        shift.cancelled_at = now
    else:
        if not accounts.coordinators_of(shift.city).contains(to):
            raise PermissionDenied
        shift.person, shift.wanted_at = to, None
    try:
        with transaction.atomic():
            save_changed(shift, before, edit=ShiftChange(shift=shift, by=by, at=now))
    except IntegrityError as error:
        raise AlreadyCovered from error
    return shift


def tell_of_tomorrow(*, by: None, now: datetime) -> int:
    """The day before: who is on call is reminded, and where nobody is, the desk is told; how many messages."""
    told = 0
    towns = Shift.objects.within(now - selectors.KEPT, now + selectors.KEPT).values("city")
    for city in City.objects.filter(pk__in=towns).order_by("pk"):
        told += _tell_of_tomorrow(city, now=now)
    return told


@transaction.atomic
def _tell_of_tomorrow(city: City, *, now: datetime) -> int:
    tomorrow = local_day(now, city) + timedelta(days=1)
    start, end = (at_hour(tomorrow + timedelta(days=more), time.min, city) for more in (0, 1))
    told = 0
    for shift in selectors.coming(city, start, end):
        if shift.starts_at < start:
            continue
        message = queue(
            recipient=shift.person,
            event="shift_begins",
            subject_key=f"shift:{shift.pk}",
            city=city,
            compose=partial(messages.begins, shift),
            now=now,
        )
        told += message is not None
    for starts_at, ends_at in selectors.holes(city, start, end):
        for person in accounts.coordinators_of(city):
            message = queue(
                recipient=person,
                event="rota_hole",
                subject_key=f"rota:{city.pk}:{starts_at:%Y%m%d%H%M}",
                city=city,
                compose=partial(messages.hole, city, starts_at, ends_at),
                now=now,
            )
            told += message is not None
    return told


def _create(
    city: City, person: User, rank: int, starts_at: datetime, ends_at: datetime, *, by: User, now: datetime
) -> Shift:
    said = {"person": person, "rank": rank, "starts_at": starts_at, "ends_at": ends_at}
    shift = Shift(city=city, created_at=now, **said)
    shift.clean_fields()
    shift.save(force_insert=True)
    ShiftChange.objects.create(shift=shift, what=given(said, shift), by=by, at=now)
    return shift


def _is_busy(city: City, person: User, starts_at: datetime, ends_at: datetime) -> bool:
    return Shift.objects.within(starts_at, ends_at).filter(city=city, person=person).exists()


def _locked(shift_id: int, *, now: datetime) -> Shift:
    # Without its person: whom a join found before we waited may not be the one by now, and the row would be lost.
    found = Shift.objects.select_for_update(no_key=True).get(pk=shift_id)
    if found.cancelled_at is not None or found.ends_at <= now:
        raise NoShift
    return found


def _check(city: City, by: User) -> None:
    if not has_role(by, city, STEERING):
        raise PermissionDenied


def _check_takes(city: City, by: User) -> None:
    if not has_role(by, city, COORDINATION):
        raise PermissionDenied
