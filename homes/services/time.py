"""What time brings to visits: the desk is told a month before one runs out, and when it has."""

from datetime import datetime
from functools import partial

from django.db import transaction

from accounts import selectors as accounts
from cities.days import local_day
from cities.models import City
from homes import messages, selectors
from homes.models import Visit
from homes.services import visits as visiting
from notifications.services import NewMessage, queue_many
from offers import services as offers
from offers.models import Offer, OfferState

AT_ONCE = 200


@transaction.atomic
def remind_running_out(*, city: City, by: None, now: datetime) -> int:
    """Tell the coordinators of visits that end within a month, each once, but of none of their own homes; how many."""
    limit = local_day(now, city) + selectors.WARNED_BEFORE
    ending = selectors.standing_in(city).filter(valid_until__lte=limit, reminded_at__isnull=True)
    visits = list(ending.select_for_update(no_key=True, skip_locked=True, of=("self",))[:AT_ONCE])
    for visit in visits:
        visit.reminded_at = now
        visit.save(update_fields=["reminded_at"])
    _tell(visits, "visit_runs_out", messages.runs_out, now=now)
    return len(visits)


@transaction.atomic
def run_out(*, city: City, by: None, now: datetime) -> int:
    """End the visits that are valid no more: nothing new is proposed, and the desk is told; how many.

    What is promised already stays (docs/flow.md): the desk of each case is told by the worker.
    """
    over = selectors.standing_in(city).filter(valid_until__lt=local_day(now, city))
    ended = []
    for pk, offer_id in list(over.order_by("offer_id").values_list("pk", "offer_id")[:AT_ONCE]):
        Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
        visit = over.filter(pk=pk).first()  # visited anew while we waited for the lock?
        if visit is not None:
            offers.end_visit(offer_id=offer_id, by=None, now=now)
            visiting.happened(visit, now=now)
            ended.append(visit)
    _tell(ended, "visit_ran_out", messages.ran_out, now=now)
    return len(ended)


@transaction.atomic
def call_off_closed(*, city: City, by: None, now: datetime) -> int:
    """Call off the visits of homes that were taken back: nobody goes there, and it goes from calendars; how many."""
    closed = Visit.objects.planned().filter(offer__city=city, offer__state=OfferState.WITHDRAWN)
    called_off = list(closed.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    for pk in called_off:
        visiting.call_off(visit_id=pk, by=None, now=now)
    return len(called_off)


def _tell(visits: list[Visit], event: str, compose: messages.Compose, *, now: datetime) -> None:
    if not visits:
        return
    city = visits[0].offer.city
    drafts = [
        NewMessage(
            recipient=person,
            event=event,
            # Each time that it was concluded.
            subject_key=f"visit:{visit.pk}:{visit.valid_until:%Y%m%d}",
            city=city,
            compose=partial(compose, visit),
        )
        for visit in visits
        for person in accounts.coordinators_of(city)
        if person.pk != visit.offer.owner_id
    ]
    queue_many(drafts=drafts, now=now)
