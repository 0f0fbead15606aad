"""What is offered comes in: one offer at a time, or many of a list at once. What an offer must be, `draft` checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import selectors as accounts
from accounts.models import User
from catalogue.constraints import IN_USE, clean_fields_of, insert_checked, refusal_of
from catalogue.fields.offers import OFFER, check_best_before, check_periods
from catalogue.inserting import insert_many
from catalogue.references import OFFER_LETTER, new_reference
from catalogue.vocabulary import Category, Source
from cities.days import local_day
from cities.models import City
from notifications.services import queue
from notifications.wake_up import wake_on_commit
from offers import messages
from offers.models import STANDS_ON, Offer, OfferChange, OfferState, Window
from offers.periods import Period, as_kept, checked_periods
from offers.services.writing import HAPPENINGS, OF_PLACE, SCAN_TASK, TAKEN_BACK, locked, move, record
from webhooks import services as webhooks

# What `register` is given as objects: the database need not be asked whether they exist.
REFERENCES = ("city", "owner", "commune", "entered_by")


@dataclass(frozen=True, slots=True)
class NewOffer:
    """An offer that keeps all rules that need no database, and its periods; whose it is comes when it is registered."""

    offer: Offer
    periods: list[Period]


def draft(
    *,
    city: City,
    fields: Mapping[str, Any],
    windows: Sequence[Period],
    source: Source,
    contact_proven: bool,
    now: datetime,
    external_key: str = "",
    answers_need: str = "",
    confirmed_at: datetime | None = None,
    listed: Mapping[str, str] | None = None,
    of_place: bool = False,
) -> NewOffer:
    """See `register`. ValidationError by field."""
    today = local_day(now, city)
    offer = Offer(
        **OFFER.settled(fields, today=today),
        city=city,
        source=source,
        external_key=external_key,
        answers_need=answers_need,
        listed=dict(listed or {}),
        reference=new_reference(OFFER_LETTER),
        state=OfferState.ACTIVE if contact_proven else OfferState.UNCONFIRMED,
        confirmed_at=(confirmed_at or now) if contact_proven else None,
        scan_due_at=now if contact_proven else None,
        created_at=now,
        changed_at=now,
    )
    if offer.category == Category.COLLECTIVE_PLACE and not of_place:
        raise ValidationError({"category": OF_PLACE})
    if offer.latitude is None or offer.longitude is None:
        offer.latitude, offer.longitude = offer.commune.latitude, offer.commune.longitude
    periods = checked_periods(windows)
    check_periods(periods, today=today)
    check_best_before(offer.best_before, periods)
    return NewOffer(offer=offer, periods=periods)


@transaction.atomic
def register(
    *,
    city: City,
    owner: User,
    fields: Mapping[str, Any],
    windows: Sequence[Period],
    source: Source,
    contact_proven: bool,
    by: User,
    now: datetime,
    external_key: str = "",
    answers_need: str = "",
    notify: bool = True,
    wake: bool = True,
    confirmed_at: datetime | None = None,
    of_place: bool = False,
) -> Offer:
    """Register an offer and give it a reference; the same `external_key` twice gives the first one back.

    `fields` are the model's own; a missing point is the commune's centre. `contact_proven` makes it active at
    once (a signed-in owner, a caller on the line, an import), confirmed now unless an earlier `confirmed_at` is
    known; else it waits for the code. `answers_need` is the reference of the need for which it was begun, taken on
    trust: `matching.answering` looks whether there is one. `of_place`: these are the beds of a place for many, which
    nobody else enters. ValidationError by field.
    """
    if external_key:
        known = Offer.objects.filter(city=city, external_key=external_key).first()
        if known is not None:
            return known
    if source == Source.IMPORT and accounts.has_taken_back(owner, STANDS_ON):
        raise ValidationError(TAKEN_BACK, code="consent")
    drafted = draft(
        city=city,
        fields=fields,
        windows=windows,
        source=source,
        contact_proven=contact_proven,
        now=now,
        external_key=external_key,
        answers_need=answers_need,
        confirmed_at=confirmed_at,
        of_place=of_place,
    )
    offer = _signed(drafted, owner, by)
    try:
        insert_checked(offer, loaded=REFERENCES)
    except (IntegrityError, ValidationError):
        # The same form posted twice at the same moment: the other one is the offer.
        twin = Offer.objects.filter(city=city, external_key=external_key).exclude(external_key="").first()
        if twin is None:
            raise
        return twin
    Window.objects.bulk_create(_windows(drafted))
    record(offer, act="register", from_state=OfferState.DRAFT, by=by, now=now)
    if contact_proven:
        if notify:
            send_receipt(offer, on_line_with=by if source == Source.PHONE else None, now=now)
        if wake:
            wake_on_commit(SCAN_TASK)
    return offer


@transaction.atomic
def register_many(*, drafts: Sequence[tuple[NewOffer, User]], by: User | None, now: datetime) -> list[Offer]:
    """As `register` with each draft and its owner, in as few queries as can be, for lists: active, nobody is told, no
    worker woken. None of their keys is known yet. `by` None: each is entered by its owner.

    One that cannot be registered is an error for all: nothing is written then.
    """
    owners = [owner.pk for _drafted, owner in drafts]
    if accounts.who_has_taken_back(owners, STANDS_ON):
        raise ValidationError(TAKEN_BACK, code="consent")
    offers = [_signed(drafted, owner, by or owner) for drafted, owner in drafts]
    clean_fields_of(offers, exclude=REFERENCES)
    for offer in offers:
        offer.clean()
    if len(offers) == 1:
        insert_checked(offers[0], loaded=REFERENCES)  # says which rule it was
    else:
        for offer, (drafted, _owner) in zip(offers, drafts, strict=True):
            # Its windows follow: an offer without days would be written again when they come.
            for name, value in as_kept(drafted.periods).items():
                setattr(offer, name, value)
        insert_many(offers)
    insert_many(window for drafted, _owner in drafts for window in _windows(drafted))
    insert_many(
        OfferChange(
            offer=offer,
            act="register",
            from_state=OfferState.DRAFT,
            to_state=offer.state,
            by=by or owner,
            at=now,
        )
        for offer, (_drafted, owner) in zip(offers, drafts, strict=True)
    )
    webhooks.record_many(
        happening=HAPPENINGS[OfferState.ACTIVE],
        at=now,
        of=[
            webhooks.Subject(offer.city_id, offer.pk, {"offer": offer.reference})
            for offer in offers
            if offer.is_open
        ],
    )
    return offers


def note_listed(*, offer_id: int, listed: Mapping[str, str]) -> None:
    """What a list last said of an offer (`catalogue.imports.again`): a mark of the import, no change of the offer."""
    Offer.objects.filter(pk=offer_id).update(listed=dict(listed))


@transaction.atomic
def take_import_back(*, offer_id: int, by: User, now: datetime, reason: str) -> Offer:
    """An import was a mistake: what it registered is withdrawn, and the same row may be imported again.

    Raises ValidationError while somebody lives by it.
    """
    offer = locked(offer_id)
    if offer.state != OfferState.WITHDRAWN:
        with refusal_of("offer_is_in_use", IN_USE):
            move(offer, OfferState.WITHDRAWN, act="take_back", by=by, now=now, reason=reason)
    Offer.objects.filter(pk=offer.pk).update(external_key="", listed={})
    return offer


def send_receipt(offer: Offer, *, on_line_with: User | None, now: datetime) -> None:
    """To its owner: that it is registered, and what comes next."""
    queue(
        recipient=offer.owner,
        event="offer_receipt",
        subject_key=f"offer:{offer.pk}",
        city=offer.city,
        compose=partial(messages.receipt, offer),
        now=now,
        on_line_with=on_line_with,
    )


def _signed(drafted: NewOffer, owner: User, by: User) -> Offer:
    offer = drafted.offer
    offer.pk = None  # what was tried once with others, and undone
    offer._state.adding = True
    offer.owner = owner
    offer.entered_by = None if by == owner else by
    return offer


def _windows(drafted: NewOffer) -> list[Window]:
    return [Window(offer=drafted.offer, first_day=first, last_day=last) for first, last in drafted.periods]
