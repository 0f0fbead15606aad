"""What is offered and taken back: by its owner, whoever enters it for them, and the clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts
from accounts.models import PhoneProof, User
from accounts.services import prove_phone
from catalogue import changes
from catalogue.constraints import IN_USE, refusal_of, violated
from catalogue.fields.offers import OFFER, check_best_before, check_periods
from catalogue.vocabulary import Category
from cities.days import local_day
from cities.models import City
from notifications.services import queue
from notifications.wake_up import wake_on_commit
from offers import messages, selectors
from offers.asking import AT_ONCE, note_asked_answered
from offers.models import STANDS_ON, Offer, OfferEdit, OfferState, Window
from offers.periods import Period, as_days, checked_periods
from offers.services.consents import note_shared
from offers.services.marks import mark_due
from offers.services.registering import send_receipt
from offers.services.writing import (
    OF_PLACE,
    SCAN_TASK,
    TAKEN_BACK,
    check_place,
    do,
    forget_visit,
    happened,
    locked,
    move,
    refused,
    touch,
)
from webhooks.events import Happening

LONGEST_PAUSE = timedelta(days=366)

# What only people read: changing it asks nothing of the engine.
WORDS = OFFER.words | {
    "vetted_at",
    "vetted_by",
}  # a visit is asked for when a pair is proposed, not by the engine
# What was seen at a visit: the home at its place, of its form, shared or not.
VISITED = frozenset({"address", "commune", "latitude", "longitude", "category", "shared_home"})


@transaction.atomic
def prove_contact(*, owner: User, by: User, now: datetime, offer_id: int | None = None) -> int:
    """Activate the offers that waited for their owner's code; how many. Doing it twice changes nothing.

    `offer_id` activates that one alone: anybody can post an offer under somebody's address, so that pages
    never confirm more than the person was shown.
    """
    offers = Offer.objects.select_for_update(no_key=True).filter(owner=owner, state=OfferState.UNCONFIRMED)
    if offer_id is not None:
        offers = offers.filter(pk=offer_id)
    waiting = list(offers.order_by("id"))
    if waiting and by != owner and owner.phone:
        # The desk called, and it was them.
        prove_phone(user=owner, phone=owner.phone, how=PhoneProof.CALL, by=by, now=now)
    for offer in waiting:
        note_asked_answered(offer, by=by, now=now)
        offer.confirmed_at, offer.reminded_at = now, None
        also = ["confirmed_at", "reminded_at"]
        move(offer, OfferState.ACTIVE, act="prove_contact", by=by, now=now, also=also)
        send_receipt(offer, on_line_with=by if by != owner else None, now=now)
    return len(waiting)


@transaction.atomic
def change(
    *,
    offer_id: int,
    fields: Mapping[str, Any],
    windows: Sequence[Period] | None,
    by: User,
    now: datetime,
    of_place: bool = False,
) -> Offer:
    """Change an offer's fields, and its periods unless `windows` is None. ValidationError by field.

    A capacity below what is already promised is refused, by the database too. A visited home whose place, form or
    sharing changes needs another visit, and the desk is told. `of_place`: a place for many writes its own beds; nobody
    else changes those, or makes an offer one of them.
    """
    offer = locked(offer_id)
    check_place(offer, of_place=of_place)
    if offer.state in {OfferState.WITHDRAWN, OfferState.FROZEN}:
        raise refused(offer)
    today = local_day(now, offer.city)
    before = changes.values(offer)
    fields = OFFER.settled(fields, today=today, before=offer)
    for name, value in fields.items():
        setattr(offer, name, value)
    if offer.commune_id != before["commune"] and not {"latitude", "longitude"} & set(fields):
        offer.latitude, offer.longitude = offer.commune.latitude, offer.commune.longitude
    what = changes.changed(offer, before)
    if "category" in what and offer.category == Category.COLLECTIVE_PLACE:
        raise ValidationError({"category": OF_PLACE})
    needs_visit = offer.vetted_at is not None and not VISITED.isdisjoint(what)
    if needs_visit:
        offer.vetted_at = offer.vetted_by = None
        what = changes.changed(offer, before)
    periods = None if windows is None else checked_periods(windows)
    current = [(w.first_day, w.last_day) for w in offer.windows.all()]
    check_periods(periods or [], today=today, before=current)
    moved = periods is not None and periods != current
    if not what and not moved:
        return offer
    if moved or "best_before" in what:
        check_best_before(offer.best_before, periods or current)
    offer.full_clean()
    material = moved or not WORDS.issuperset(what)
    also = [*what]
    if "item_words" in what:
        offer.item_checked_at = None
        also.append("item_checked_at")
    try:
        with transaction.atomic():
            touch(offer, material=material, now=now, also=also)
    except IntegrityError as error:
        if violated(error) != "hold_within_capacity":
            raise
        raise ValidationError(
            {"capacity": _("Une partie est déjà promise. La capacité ne peut pas descendre en dessous.")}
        ) from error
    if moved and periods is not None:
        offer.windows.all().delete()
        Window.objects.bulk_create(Window(offer=offer, first_day=a, last_day=b) for a, b in periods)
        what["windows"] = [as_days(current), as_days(periods)]
    edit = OfferEdit.objects.create(offer=offer, what=what, by=by, at=now)
    happened(offer, Happening.OFFER_CHANGED, now=now)
    if what.get("share_with_linked") == [False, True]:
        note_shared(offer, by=by, now=now)
    if needs_visit:
        _ask_for_visit(offer, edit, now=now)
    return offer


@transaction.atomic
def pause(*, offer_id: int, by: User | None, now: datetime, of_place: bool = False) -> Offer:
    """Set an active offer aside for a while. `by` None: the clock, of a place that may take in nobody."""
    return do(offer_id, "pause", {OfferState.ACTIVE}, OfferState.PAUSED, by=by, now=now, of_place=of_place)


@transaction.atomic
def pause_until(*, offer_id: int, last_day: date, by: User, now: datetime) -> Offer:
    """Set an active or expired offer aside up to and with this day; it is then taken up again by itself.

    ValidationError by field on a day that is past or too far.
    """
    known = {OfferState.ACTIVE, OfferState.EXPIRED}
    offer = do(offer_id, "pause", known, OfferState.PAUSED, by=by, now=now, until=last_day)
    today = local_day(now, offer.city)
    if last_day < today:
        raise ValidationError({"paused_until": _("Ce jour est passé.")})
    if last_day > today + LONGEST_PAUSE:
        raise ValidationError({"paused_until": _("Choisissez un jour d’ici un an.")})
    return offer


@transaction.atomic
def resume_paused(*, city: City, by: None, now: datetime) -> int:
    """Take up again the offers whose pause has ended; how many. Who named the day has said that they hold then."""
    over = list(
        Offer.objects.select_for_update(no_key=True, skip_locked=True).filter(
            ~accounts.taken_back(OuterRef("owner"), STANDS_ON),
            city=city,
            state=OfferState.PAUSED,
            paused_until__lt=local_day(now, city),
        )[:AT_ONCE]
    )
    for offer in over:
        offer.confirmed_at, offer.reminded_at = now, None
        also = ["confirmed_at", "reminded_at"]
        move(offer, OfferState.ACTIVE, act="resume", by=None, now=now, also=also)
    return len(over)


@transaction.atomic
def resume(*, offer_id: int, by: User, now: datetime, of_place: bool = False) -> Offer:
    """Take a paused offer up again; saying so confirms that it holds."""
    known = {OfferState.PAUSED}
    return do(offer_id, "resume", known, OfferState.ACTIVE, by=by, now=now, confirms=True, of_place=of_place)


@transaction.atomic
def reconfirm(*, offer_id: int, by: User, now: datetime, of_place: bool = False) -> Offer:
    """Say that an active or expired offer still holds. Doing it twice changes only the date."""
    known = {OfferState.ACTIVE, OfferState.EXPIRED}
    return do(
        offer_id, "reconfirm", known, OfferState.ACTIVE, by=by, now=now, confirms=True, of_place=of_place
    )


@transaction.atomic
def withdraw(*, offer_id: int, by: User, now: datetime, reason: str = "", of_place: bool = False) -> Offer:
    """Take an offer back for good. Doing it twice changes nothing. ValidationError while somebody lives by it."""
    known = set(OfferState) - {OfferState.WITHDRAWN, OfferState.FROZEN}
    with refusal_of("offer_is_in_use", IN_USE):
        return do(
            offer_id,
            "withdraw",
            known,
            OfferState.WITHDRAWN,
            by=by,
            now=now,
            reason=reason,
            of_place=of_place,
        )


@transaction.atomic
def revive(*, offer_id: int, by: User, now: datetime) -> Offer:
    """Take up again an offer that its owner took back: it is active, as they say, from now on. Doing it twice changes
    nothing.

    ValidationError for anybody else, for one that the town, an import or a merger closed, and for days that are all
    over. A home is visited anew: nobody was asked to keep it as it was seen.
    """
    offer = locked(offer_id)
    check_place(offer, of_place=False)
    if by.pk != offer.owner_id:
        raise refused(offer)
    if offer.state == OfferState.ACTIVE:
        return offer
    if not selectors.may_be_revived(offer):
        raise refused(offer)
    last_days = [window.last_day for window in offer.windows.all()]
    today = local_day(now, offer.city)
    if all(day is not None and day < today for day in last_days):
        raise ValidationError(
            _("Ses dates sont passées. Proposez-la de nouveau avec d’autres dates."), code="days"
        )
    if accounts.has_taken_back(offer.owner, STANDS_ON):
        raise ValidationError(TAKEN_BACK, code="consent")
    offer.confirmed_at, offer.reminded_at = now, None
    also = ["confirmed_at", "reminded_at"]
    move(offer, OfferState.ACTIVE, act="revive", by=by, now=now, also=also)
    forget_visit(offer, by=by, now=now)
    return offer


@transaction.atomic
def expire_stale(*, city: City, by: None, now: datetime) -> int:
    """Expire the offers not confirmed for `expire_after_days`; how many. Not the beds of places: those hold until the
    place says otherwise.
    """
    limit = now - timedelta(days=city.expire_after_days)
    stale = list(
        Offer.objects.select_for_update(no_key=True, skip_locked=True).filter(
            ~Q(category=Category.COLLECTIVE_PLACE),
            city=city,
            state=OfferState.ACTIVE,
            confirmed_at__lte=limit,
        )[:AT_ONCE]
    )
    for offer in stale:
        move(offer, OfferState.EXPIRED, act="expire", by=None, now=now)
    return len(stale)


@transaction.atomic
def change_owner(*, offer_ids: Iterable[int], owner: User, by: User | None, now: datetime) -> None:
    """These offers are somebody else's: the other row of a person who was in here twice."""
    locked = Offer.objects.select_for_update(no_key=True).filter(pk__in=list(offer_ids)).order_by("pk")
    edits = [
        OfferEdit(offer=offer, what={"owner": [offer.owner_id, owner.pk]}, by=by, at=now) for offer in locked
    ]
    Offer.objects.filter(pk__in=[edit.offer_id for edit in edits]).update(owner=owner)
    OfferEdit.objects.bulk_create(edits)
    # How often somebody was asked is theirs.
    mark_due(offer_ids=[edit.offer_id for edit in edits], now=now)


def _ask_for_visit(offer: Offer, edit: OfferEdit, *, now: datetime) -> None:
    """Tell the desk once for each change; a worker looks for matches under way, whose desk is told too."""
    for person in accounts.coordinators_of(offer.city):
        queue(
            recipient=person,
            event="offer_visit_again",
            subject_key=f"offer:{offer.pk}:{edit.pk}",
            city=offer.city,
            compose=partial(messages.visit_again, offer),
            now=now,
        )
    wake_on_commit(SCAN_TASK)
