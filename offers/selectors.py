"""Reading offers. Lists start from what the reader may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from catalogue.vocabulary import Category, Kind
from cities.models import City
from engine.goods import ANY
from notifications import channel_registry
from notifications.models import Message
from offers.models import Offer, OfferChange, OfferEdit, OfferPicture, OfferState, SharedDraft
from offers.periods import Period
from sealing.seals import NOTHING

# Offers in these states can still be changed by their owner or the desk.
EDITABLE = (OfferState.UNCONFIRMED, OfferState.ACTIVE, OfferState.PAUSED, OfferState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Possible:
    """What may be done with an offer in its state."""

    edit: bool
    pause: bool
    resume: bool
    reconfirm: bool
    withdraw: bool
    revive: bool


def get_offer(user: User | AnonymousUser, city: City, reference: str) -> Offer:
    """An offer of the town that this person may see. Raises Offer.DoesNotExist."""
    if not isinstance(user, User):
        raise Offer.DoesNotExist
    return (
        Offer.objects.visible_to(user)
        .filter(city=city)
        .select_related("city", "owner", "commune", "merged_into")
        .get(reference=reference.upper())
    )


def own_offers(user: User, city: City) -> QuerySet[Offer]:
    """What a person proposed in a town, what was withdrawn last."""
    return (
        Offer.objects.visible_to(user)
        .filter(owner=user, city=city)
        .select_related("owner", "commune", "merged_into")
        .prefetch_related("windows")
        .order_by("-created_at", "-id")
    )


def periods_of(offer: Offer) -> list[Period]:
    """An offer's days, in order."""
    return [(window.first_day, window.last_day) for window in offer.windows.all()]


def same_as(user: User, offer: Offer) -> list[Offer]:
    """What this offer is one with, as far as the reader may see it: the one that goes on, or those that were joined."""
    known = Offer.objects.visible_to(user).filter(Q(merged=offer) | Q(merged_into=offer))
    return list(known.order_by("pk"))


def changes_of(offer: Offer) -> list[OfferChange]:
    """An offer's history of states, the oldest first."""
    return list(offer.changes.select_related("by"))


def edits_of(offer: Offer) -> list[OfferEdit]:
    """An offer's history of fields, the oldest first."""
    return list(offer.edits.select_related("by"))


def possible(offer: Offer) -> Possible:
    """The acts that the services would not refuse for its state. The beds of a place are the place's to change."""
    if offer.category == Category.COLLECTIVE_PLACE:
        return Possible(edit=False, pause=False, resume=False, reconfirm=False, withdraw=False, revive=False)
    state = offer.state
    return Possible(
        edit=state in EDITABLE,
        pause=state == OfferState.ACTIVE,
        resume=state == OfferState.PAUSED,
        reconfirm=state in (OfferState.ACTIVE, OfferState.EXPIRED),
        withdraw=state in EDITABLE,
        revive=may_be_revived(offer),
    )


def may_be_revived(offer: Offer) -> bool:
    """Whether its owner may take it up again: they took it back themselves, when its contact was proven, and it is
    one with no other. What retention emptied is nothing to propose.
    """
    if offer.title == NOTHING:
        return False
    if offer.state != OfferState.WITHDRAWN or offer.merged_into_id is not None or offer.confirmed_at is None:
        return False
    last = offer.changes.order_by("at", "pk").last()
    return last is not None and last.act == "withdraw" and last.by_id == offer.owner_id


def is_asked(offer: Offer) -> bool:
    """Whether its owner has still to say if it holds, or if it was theirs at all. Of a place nobody is asked that."""
    if offer.category == Category.COLLECTIVE_PLACE:
        return False
    if offer.state == OfferState.ACTIVE:
        return offer.reminded_at is not None
    return offer.state in (OfferState.UNCONFIRMED, OfferState.EXPIRED)


def town_offers(
    user: User, city: City, *, q: str = "", category: str = "", state: str = ""
) -> QuerySet[Offer]:
    """The town's offers that the desk looks for, the latest first."""
    offers = (
        Offer.objects.visible_to(user)
        .filter(city=city)
        .select_related("owner", "commune")
        .prefetch_related("windows")
        .order_by("-created_at", "-id")
    )
    if words := q.strip():
        offers = offers.filter(
            Q(reference__icontains=words)
            | Q(title__icontains=words)
            | Q(owner__name__icontains=words)
            | Q(commune__name__icontains=words)
        )
    if category:
        offers = offers.filter(category=category)
    if state:
        offers = offers.filter(state=state)
    return offers


def to_call(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Those that wait for a call: their owner gave a number and no address, or is on the list of calls for it."""
    on_list = Exists(_calls_about_confirming())
    return offers.filter(Q(owner__email__isnull=True) | Q(on_list), state=OfferState.UNCONFIRMED).order_by(
        "created_at", "id"
    )


def unproven(city: City, *, now: datetime) -> QuerySet[Offer]:
    """The town's offers that wait for their confirmation, the oldest first; not those that came too long ago."""
    since = now - timedelta(days=city.expire_after_days)
    waiting = Offer.objects.filter(city=city, state=OfferState.UNCONFIRMED, created_at__gt=since)
    return waiting.select_related("owner", "city").order_by("created_at", "id")


def silent(offers: QuerySet[Offer], *, asked_before: datetime) -> QuerySet[Offer]:
    """Those whose owner was asked before that and has a number."""
    return offers.filter(reminded_at__lte=asked_before, owner__phone__isnull=False)


def not_on_list_of_calls(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Those about whose confirmation nobody was ever to be called."""
    return offers.exclude(Exists(_calls_about_confirming()))


def _calls_about_confirming() -> QuerySet[Message]:
    key = Concat(Value("offer:"), Cast(OuterRef("pk"), CharField()))
    return Message.objects.filter(
        recipient=OuterRef("owner"),
        event="offer_to_confirm",
        subject_key=key,
        channel=channel_registry.by_person(),
    )


def to_visit(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Active homes that nobody of the town has seen; places for many are seen from their own page."""
    unseen = offers.filter(kind=Kind.HOUSING, state=OfferState.ACTIVE, vetted_at__isnull=True)
    return unseen.exclude(category=Category.COLLECTIVE_PLACE).order_by("created_at", "id")


def counts(user: User, city: City) -> dict[str, int]:
    """How many offers wait for a call, and how many homes for a visit."""
    offers = Offer.objects.visible_to(user).filter(city=city)
    return {"to_call": to_call(offers).count(), "to_visit": to_visit(offers).count()}


def known_offers(user: User, city: City, person: User) -> list[Offer]:
    """What a caller already proposes in the town, for an operator who is about to enter it again."""
    return list(
        Offer.objects.visible_to(user)
        .filter(city=city, owner=person, state__in=EDITABLE)
        .select_related("commune")
        .order_by("-created_at")[:10]
    )


def doubles(
    user: User, city: City, *, owner: User | None, fields: Mapping[str, Any], external_key: str = ""
) -> list[Offer]:
    """Standing offers of the same person, or at the same address, that look like this one.

    `fields` may be half filled in. Goods look the same by their item, where both name one, all else by its category.
    Beds of a place are none: it has several rows of them.
    """
    category, item = fields.get("category"), fields.get("item")
    address, commune = (fields.get("address") or "").strip(), fields.get("commune")
    whose = Q(owner=owner) if owner is not None else Q(pk=None)
    if address and commune:
        whose |= Q(address__iexact=address, commune=commune)
    if not category or whose == Q(pk=None):
        return []
    alike = Q(category=category)
    if item and item != ANY:
        alike &= Q(item__in=[item, "", ANY])
    standing = Offer.objects.visible_to(user).filter(whose, alike, city=city, state__in=EDITABLE)
    standing = standing.exclude(category=Category.COLLECTIVE_PLACE)
    if external_key:  # the same page sent twice is no double
        standing = standing.exclude(external_key=external_key)
    return list(standing.select_related("commune").order_by("-created_at")[:10])


def shared_draft(city: City, key: int, *, now: datetime) -> SharedDraft | None:
    """The draft of this key that goes on in several browsers, unless its time is over."""
    return SharedDraft.objects.filter(city=city, pk=key, ends_at__gt=now).first()


def sent_as(city: City, external_key: str) -> Offer | None:
    """The offer that a form or a call with this key has become."""
    return Offer.objects.filter(city=city, external_key=external_key).first()


def picture_of(offer: Offer) -> OfferPicture | None:
    """What the goods look like, where somebody has added it."""
    return OfferPicture.objects.filter(offer=offer).first() if offer.kind == Kind.GOODS else None


def takes_picture(offer: Offer) -> bool:
    """Whether one may be added or changed."""
    return offer.kind == Kind.GOODS and offer.state in EDITABLE
