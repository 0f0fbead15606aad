"""Scanning: what has changed since the engine last looked is looked at again, and suggestions follow.

Rows are the queue. A scan claims due rows with FOR NO KEY UPDATE SKIP LOCKED and writes in the same transaction: two
workers never scan one need at the same time, and a worker that dies leaves its rows due.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum

import engine
from accounts import selectors as accounts
from accounts.models import Organisation, User
from catalogue.vocabulary import Urgency
from cities.models import City
from matching import messages
from matching.lifecycle import SERVED
from matching.models import Match, MatchState
from matching.scanning import reading, snapshots, writing
from needs import services as needs
from needs.models import Need
from notifications.selectors import who_was_told
from notifications.services import queue
from offers import services as offers
from offers.models import Offer

# Needs of one town and kind share one reading of the offers; locks are held for a fraction of a second.
NEEDS_AT_ONCE = 25
OFFERS_AT_ONCE = 100
# The first half of the advisory locks below; the second is the town.
SCANS_OF_TOWN = 0x5CA4


@transaction.atomic
def scan_due_needs(*, by: None, now: datetime) -> int:
    """Scan the most urgent due needs, those of one town and kind together; how many. Twice changes nothing."""
    due = (
        Need.objects.due_for_scan()
        .only("city", "kind", "urgency", "state", "quantity", "revision")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
    )
    first = due.select_related("city").first()
    if first is None:
        return 0
    announce_scan(first.city)
    alike = due.filter(city=first.city, kind=first.kind, urgency=first.urgency).exclude(pk=first.pk)
    claimed = [first, *alike[: NEEDS_AT_ONCE - 1]]
    met = _settle_progress(claimed, now=now)
    # Open ones that may not be matched are not due (`due_for_scan`).
    still_open = [need for need in claimed if need.is_open and need.pk not in met]
    _scan(still_open, city=first.city, now=now)
    if closed := [need for need in claimed if need not in still_open]:
        _supersede(Match.objects.filter(need__in=closed, state=MatchState.SUGGESTED), now=now)
    needs.mark_scanned(need_ids=[need.pk for need in claimed])
    return len(claimed)


@transaction.atomic
def scan_due_offers(*, by: None, now: datetime) -> int:
    """Find the needs for which due offers may have changed something, and make them due; how many offers.

    An offer that went makes the needs due that had it as a suggestion; one that came or changed also those among
    whose best it would now stand. The needs' own scans then do the rest, so there is one way to a suggestion.
    """
    claimed = list(
        Offer.objects.due_for_scan().select_for_update(no_key=True, skip_locked=True, of=("self",))[
            :OFFERS_AT_ONCE
        ]
    )
    if not claimed:
        return 0
    ids = [offer.pk for offer in claimed]
    cities = City.objects.filter(pk__in={offer.city_id for offer in claimed}).prefetch_related("linked")
    towns = {town.pk: town for city in cities for town in (city, *city.linked.all())}
    _wait_for_scans(towns)
    suggested = Match.objects.filter(state=MatchState.SUGGESTED).values_list("need", flat=True)
    touched = set(suggested.filter(offer__in=ids))
    # Whoever was asked since is less readily asked again: the score of all that they offer has changed.
    asked = Match.objects.filter(offer__in=ids, asked_at__gte=F("offer__scan_due_at"))
    if owners := set(asked.values_list("offer__owner", flat=True)):
        touched.update(suggested.filter(offer__owner__in=owners))
    for town in towns.values():
        shown = [offer for offer in claimed if offer.city_id == town.pk or offer.share_with_linked]
        if still_open := [offer.pk for offer in shown if offer.is_open]:
            touched.update(_needs_improved_by(still_open, town, now=now))
    needs.mark_due(need_ids=touched, now=now)
    for offer in claimed:
        offers.mark_scanned(offer_id=offer.pk, revision=offer.revision)
    return len(claimed)


@transaction.atomic
def set_suspended_aside(*, by: None, now: datetime) -> int:
    """Supersede the suggestions of organisations suspended since; how many. Their needs stay due until verified again.

    Accounts know nothing of matching, so this looks for itself; there is nothing to find on most days.
    """
    suspended = Match.objects.filter(
        state=MatchState.SUGGESTED, need__organisation__state=Organisation.State.SUSPENDED
    )
    needs.mark_due(need_ids=suspended.values_list("need", flat=True).distinct(), now=now)
    return _supersede(suspended, now=now)


def mark_begun(*, by: None, now: datetime) -> int:
    """Have the needs that have begun looked at again each morning, for fewer days are left to help with; how many."""
    marked = 0
    for city in City.objects.order_by("pk"):
        today = snapshots.local_day(now, city)
        midnight = datetime.combine(today, time.min, tzinfo=ZoneInfo(city.timezone))
        begun = Need.objects.open().filter(
            city=city, scan_due_at__isnull=True, first_day__lt=today, scan__scanned_at__lt=midnight
        )
        marked += needs.mark_due(need_ids=begun.values_list("pk", flat=True), now=now)
    return marked


def announce_scan(city: City) -> None:
    """Until our transaction ends, have `_wait_for_scans` of this town wait for us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [SCANS_OF_TOWN, city.pk])


def _wait_for_scans(city_ids: Iterable[int]) -> None:
    """Wait for the scans under way in these towns.

    They may have read the offers before the change that we announce, and not yet have written the suggestions by
    which we find the needs to look at again. Scans that begin from now on read the change. The lock is given back
    at once, with the savepoint: it is a barrier, and nobody waits for us while we wait for rows.
    """
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        for city_id in sorted(city_ids):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SCANS_OF_TOWN, city_id])
    transaction.savepoint_rollback(before)


def _needs_improved_by(offer_ids: Collection[int], town: City, *, now: datetime) -> list[int]:
    """The open needs of a town that would keep one of these offers among their best."""
    snapshot = snapshots.of_offers(offer_ids, city=town, now=now)
    best = snapshot.rank_columns(today=snapshots.local_day(now, town), keep=1, near=0).feasible
    return reading.would_keep(np.asarray(snapshot.needs.ids)[best.need], best.score)


def _scan(claimed: Sequence[Need], *, city: City, now: datetime) -> None:
    """Rank, and write what differs from what stands."""
    if not claimed:
        return
    fresh: dict[int, int] = {}
    for result in results_for(claimed, city=city, now=now):
        fresh.update(writing.write(result, now=now).fresh)
    _tell_desk(city, claimed, fresh, now=now)


def results_for(claimed: Sequence[Need], *, city: City, now: datetime) -> list[writing.Result]:
    """The engine's word on needs of one town, ready to be written; each need is in one of these results.

    Where many can help, those who nearly can are many more: they are read for the needs alone whose list is not full.
    """
    asked = snapshots.asked(claimed, city=city, now=now)
    revisions = {need.pk: need.revision for need in claimed}
    found: list[writing.Result] = []
    able = asked.able()
    if len(able.offers) >= engine.KEEP:
        ranked = result_of(able, revisions=revisions, near=0)
        if full := ranked.full:
            found.append(ranked.of(full))
            revisions = {need: revisions[need] for need in revisions.keys() - full}
    if revisions:
        found.append(result_of(asked.only(revisions).around(), revisions=revisions))
    return found


def result_of(
    snapshot: snapshots.Snapshot, *, revisions: Mapping[int, int], near: int = engine.NEAR
) -> writing.Result:
    """The engine's word on what was read, ready to be written; `revisions` of all needs that were looked at.

    Near misses are for the needs that lack offers (docs/algorithm.md).
    """
    today = snapshots.local_day(snapshot.now, snapshot.city)
    return writing.result(
        snapshot.rank_columns(today=today, near=near, near_when_full=False),
        city=snapshot.city,
        weights=snapshot.weights[snapshot.city.pk],
        revisions=revisions,
        offer_revisions=snapshot.offer_revision,
    )


def _supersede(suggestions: QuerySet[Match], *, now: datetime) -> int:
    """Set suggestions aside; how many. Locked in one order, so that two callers never wait for each other."""
    locked = suggestions.select_for_update(no_key=True, of=("self",)).order_by("pk").only("pk")
    gone = Match.objects.filter(pk__in=[match.pk for match in locked])
    return gone.update(state=writing.SUPERSEDED, changed_at=now)


def _settle_progress(claimed: Sequence[Need], *, now: datetime) -> set[int]:
    """A need that was lowered to what is confirmed already is met, needs themselves know nothing of matches; which."""
    confirmed = Match.objects.filter(need__in=claimed, state__in=SERVED).values("need")
    served = dict(confirmed.annotate(total=Sum("quantity")).values_list("need", "total"))
    met = {need.pk for need in claimed if served.get(need.pk, 0) >= need.quantity}
    for need_id in sorted(met):
        needs.record_progress(need_id=need_id, served=served[need_id], by=None, now=now)
    return met


def _tell_desk(city: City, claimed: Sequence[Need], fresh: Mapping[int, int], *, now: datetime) -> None:
    """Tonight's needs are announced one by one, the rest once a day, so that nobody learns to ignore mails.

    `fresh`: how many suggestions are new, by need.
    """
    told = [need for need in claimed if need.pk in fresh]
    coordinators = accounts.coordinators_of(city)
    for need in told:
        if need.urgency == Urgency.TONIGHT:
            for person in coordinators:
                queue(
                    recipient=person,
                    event="need_suggestions",
                    subject_key=f"need:{need.pk}",
                    city=city,
                    compose=partial(messages.new_suggestions, need, fresh[need.pk]),
                    now=now,
                )
    if any(need.urgency != Urgency.TONIGHT for need in told):
        announce_of_the_day(city, coordinators, now=now)


def announce_of_the_day(city: City, coordinators: QuerySet[User], *, now: datetime) -> None:
    """Say that there are new suggestions, once a day however many."""
    event, subject_key = "suggestions_of_the_day", f"day:{city.pk}:{snapshots.local_day(now, city)}"
    for person in coordinators.exclude(pk__in=who_was_told(event=event, subject_key=subject_key)):
        queue(
            recipient=person,
            event=event,
            subject_key=subject_key,
            city=city,
            compose=partial(messages.suggestions_of_the_day, city),
            now=now,
        )
