"""What comes in by the form or by the phone: the person, their consent and their offer, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Consent, User
from accounts.services import ensure_person, record_consent, write_phone
from catalogue.vocabulary import Source
from cities.models import City
from offers.models import Offer
from offers.periods import Period
from offers.services import WORDING_VERSION, end_taken, register


@transaction.atomic
def receive(
    *,
    city: City,
    contact: Mapping[str, Any],
    language: str,
    fields: Mapping[str, Any],
    windows: Sequence[Period],
    external_key: str,
    by: User | None,
    now: datetime,
    source: Source = Source.WEB,
    answers_need: str = "",
) -> Offer:
    """Register what somebody sent from the site: active when they are signed in (`by`), else to be confirmed.

    `contact` (name, email, phone) is a visitor's; of whoever is signed in, a number alone where they gave one.
    `answers_need` as in `services.register`. ValidationError by field.
    """
    if by is None:
        owner = ensure_person(**contact, language=language, by=None, now=now)
    else:
        phone = contact.get("phone")
        owner = write_phone(user=by, phone=phone, by=by, now=now) if phone and not by.phone else by
    # The offer before the consent: a form posted twice at once waits here for its twin.
    offer = register(
        city=city,
        owner=owner,
        fields=fields,
        windows=windows,
        source=source,
        contact_proven=by is not None,
        by=owner,
        now=now,
        external_key=external_key,
        answers_need=answers_need,
    )
    _record_consents(offer, how=Consent.How.WEB, by=owner, now=now)
    return offer


@transaction.atomic
def take_call(
    *,
    city: City,
    contact: Mapping[str, Any],
    fields: Mapping[str, Any],
    windows: Sequence[Period],
    external_key: str,
    by: User,
    now: datetime,
    source: Source = Source.PHONE,
    how: str = Consent.How.PHONE,
) -> Offer:
    """Register what a caller says to an operator (`by`), who heard their consent: active at once.

    `contact` as `accounts.services.ensure_person` takes it.
    """
    on_the_line = city if how == Consent.How.PHONE else None
    owner = ensure_person(**contact, on_the_line=on_the_line, by=by, now=now)
    offer = register(
        city=city,
        owner=owner,
        fields=fields,
        windows=windows,
        source=source,
        contact_proven=True,
        by=by,
        now=now,
        external_key=external_key,
    )
    _record_consents(offer, how=how, by=by, now=now)
    return offer


class SentOtherwise(Exception):
    """The draft was sent already, by its owner or by somebody else of the team: `offer`."""

    def __init__(self, offer: Offer) -> None:
        super().__init__(offer.reference)
        self.offer = offer


@transaction.atomic
def take_draft(*, city: City, number: str, key: str, by: User, **call: Any) -> Offer:
    """As `take_call`, of the draft with this number and key, which ends. Raises SentOtherwise where it is an offer
    already that is not this operator's; nothing of what they typed is written then.
    """
    offer = take_call(city=city, by=by, **call)
    if not is_entered_by(offer, by):
        raise SentOtherwise(offer)
    end_taken(city=city, number=number, key=key)
    return offer


def is_entered_by(offer: Offer, operator: User) -> bool:
    """Whether they registered it, of what somebody said to them."""
    return offer.source == Source.PHONE and (offer.entered_by_id or offer.owner_id) == operator.pk


def _record_consents(offer: Offer, *, how: str, by: User, now: datetime) -> None:
    purposes = [Consent.Purpose.RECORD]
    if offer.share_with_linked:
        purposes.append(Consent.Purpose.SHARING)
    for purpose in purposes:
        record_consent(
            user=offer.owner, purpose=purpose, wording_version=WORDING_VERSION, how=how, by=by, now=now
        )
