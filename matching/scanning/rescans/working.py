"""A part is taken, read, compared, written: by one worker at a time, and afresh each time."""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from cities.models import City
from matching.models import Rescan, RescanPart
from matching.scanning import announcing, barrier, results, snapshots, writing
from matching.scanning.found import Result
from matching.scanning.rescans import horizon
from matching.scanning.rescans.rescan_queue import PART_TASK, TRIES, undone
from matching.scanning.work_locks import Work, try_lock, unlock
from needs import services as needs
from notifications.wake_up import wake_on_commit
from offers import services as offers

log = logging.getLogger(__name__)

# Of a part that is larger, so many needs' results are held in memory, some 100 MB.
NEEDS_RANKED_AT_ONCE = 20_000
# Needs written in one transaction: a second or so.
NEEDS_AT_ONCE = 2000
# Whoever was asked in this much time before a rescan may have committed after it began.
COMMIT_WITHIN = timedelta(minutes=1)


def work_on_one(*, now: datetime, wake: bool = False) -> bool:
    """Take a part that nobody works on, and do it; False when there is none. `wake`: have another worker do alike.

    A part that fails is left to the next try; after `TRIES` it stays undone, and the rescan ends without it.
    """
    part = _taken(now=now)
    if part is None:
        return False
    if wake:
        wake_on_commit(PART_TASK)
    began = time.monotonic()
    try:
        fresh = _look_at(part, now=now)
        ended = now + timedelta(seconds=time.monotonic() - began)
        _done(part, has_fresh=fresh, now=ended)
    except Exception:
        log.exception("rescan %s failed", part)
        _failed(part, now=now)
    finally:
        unlock(Work.PART, part.pk)
    return True


def _taken(*, now: datetime) -> RescanPart | None:
    """A part that nobody works on, locked for us: of the oldest rescan, and the largest first, so that all end
    together.
    """
    waiting = undone().order_by("rescan_id", "-needs", "pk").values_list("pk", flat=True)
    for pk in list(waiting):
        if not try_lock(Work.PART, pk):
            continue
        # Somebody may have ended it since we read the list.
        part = undone().select_related("city", "rescan").filter(pk=pk).first()
        if part is not None and _begin(part, now=now):
            return part
        unlock(Work.PART, pk)
    return None


@transaction.atomic
def _begin(part: RescanPart, *, now: datetime) -> bool:
    """Set the part's figures to naught. When its last worker was killed in the midst, that was a try too."""
    if part.started_at is not None:
        part.failures += 1
    part.started_at = now
    part.feasible = part.written = part.unchanged = 0
    part.save(update_fields=["started_at", "failures", "feasible", "written", "unchanged"])
    if part.failures < TRIES:
        return True
    _end(part.rescan_id, now=now)
    return False


def _look_at(part: RescanPart, *, now: datetime) -> bool:
    """Read, compare and write one part; whether there are new suggestions. Reads without locks, see `horizon`."""
    began_at = horizon.current()
    whole = snapshots.of_part(
        part.city, kind=part.kind, categories=part.categories, departments=part.departments, now=now
    )
    has_fresh = False
    for snapshot in whole.slices(NEEDS_RANKED_AT_ONCE):
        # Those of which all is promised are looked at too, and have nothing.
        compared = snapshot.need_revisions()
        found = results.of_snapshot(snapshot, revisions=snapshot.left_out | compared)
        for some in found.slices(NEEDS_AT_ONCE):
            left_out = _write(part, some, compared=compared.keys(), began_at=began_at, now=now)
            has_fresh |= left_out.has_fresh
            needs.mark_due(need_ids=left_out.need_ids, now=now)
    return has_fresh


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """After a write: the needs that somebody has touched meanwhile, which are to be scanned by themselves."""

    need_ids: Collection[int]
    has_fresh: bool


@transaction.atomic
def _write(
    part: RescanPart, found: Result, *, compared: Collection[int], began_at: int, now: datetime
) -> _LeftOut:
    """Write what was found for needs that nobody has touched since the reading.

    An offer's scan that begins from now on waits until we have committed, and then finds what we write. What it has
    found before we are told by the rows themselves; the offers that we do not know of wait for the rescan's end.
    """
    writing.without_waiting_for_the_disk()
    barrier.enter(part.city)
    touched = horizon.touched_offers(found.offer_ids, since=began_at)
    untouched = horizon.lock_untouched(found.need_ids, since=began_at)
    known, incomplete = found.of(untouched).without(touched)
    written = writing.write(known, now=now)
    complete = set(untouched) - incomplete
    needs.mark_scanned(need_ids=complete & set(compared))
    RescanPart.objects.filter(pk=part.pk).update(
        feasible=F("feasible") + known.feasible,
        written=F("written") + sum(written.fresh.values()) + written.changed,
        unchanged=F("unchanged") + written.unchanged,
    )
    return _LeftOut(set(found.need_ids) - complete, bool(written.fresh))


@transaction.atomic
def _done(part: RescanPart, *, has_fresh: bool, now: datetime) -> None:
    RescanPart.objects.filter(pk=part.pk).update(finished_at=now)
    if has_fresh:
        announcing.tell_of_the_day(part.city, now=now)
    _end(part.rescan_id, now=now)


@transaction.atomic
def _failed(part: RescanPart, *, now: datetime) -> None:
    RescanPart.objects.filter(pk=part.pk).update(failures=F("failures") + 1, started_at=None)
    _end(part.rescan_id, now=now)


def _end(rescan_id: int, *, now: datetime) -> None:
    """End the rescan when none of its parts can go on.

    Offers that came or changed meanwhile may have been scanned before a part had written, and compared with
    suggestions that no longer stand: they are scanned once more.
    """
    rescan = Rescan.objects.select_for_update(no_key=True).get(pk=rescan_id)
    if rescan.finished_at is not None or undone().filter(rescan=rescan).exists():
        return
    towns = City.objects.filter(pk__in=rescan.parts.values("city"))
    concerned = {*towns.values_list("pk", flat=True), *towns.values_list("linked", flat=True)} - {None}
    touched = horizon.touched_offers_of(concerned, since=rescan.horizon)
    offers.mark_due(offer_ids=touched, now=rescan.asked_at - COMMIT_WITHIN)
    rescan.finished_at = max(now, rescan.asked_at)
    rescan.save(update_fields=["finished_at"])
