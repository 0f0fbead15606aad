"""What becomes of somebody's offers when they take back what they agreed to, and when they give it again."""

from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from accounts import selectors as accounts
from accounts.models import Consent, User
from accounts.services import record_consent
from catalogue import changes
from offers.models import STANDS_ON, Offer, OfferChange, OfferEdit, OfferState
from offers.services.writing import happened, move, touch
from webhooks.events import Happening

# The texts stand in forms; a new wording takes a new version.
WORDING_VERSION = "2026-1"
STOPPED = "consent_taken_back"
ASKED_FOR = (OfferState.UNCONFIRMED, OfferState.ACTIVE, OfferState.EXPIRED)


@transaction.atomic
def stop_all(*, owner: User, by: User, now: datetime) -> list[Offer]:
    """Pause whatever somebody offers, at once; which. Nobody takes it up again until they agree again."""
    stopped = [offer for offer in _locked(owner) if offer.state in ASKED_FOR]
    for offer in stopped:
        move(offer, OfferState.PAUSED, act=STOPPED, by=by, now=now)
    return stopped


@transaction.atomic
def take_up_again(*, owner: User, by: User, now: datetime) -> list[Offer]:
    """The same offers are as they were, but those that something else has befallen since; which."""
    if accounts.has_taken_back(owner, STANDS_ON):
        return []
    _locked(owner)
    back = to_take_up_again(owner)
    for offer in back:
        before: str = offer.stopped_from  # type: ignore[attr-defined]
        also: list[str] = []
        if before == OfferState.ACTIVE:
            offer.confirmed_at, offer.reminded_at = now, None
            also = ["confirmed_at", "reminded_at"]
        move(offer, OfferState(before), act="consent_given_again", by=by, now=now, also=also)
    return back


def to_take_up_again(owner: User) -> list[Offer]:
    """Which `take_up_again` would, each with the state that it had (`stopped_from`)."""
    last = OfferChange.objects.filter(offer=OuterRef("pk")).order_by("-at", "-pk")
    stopped = Offer.objects.filter(owner=owner, state=OfferState.PAUSED).annotate(
        last_act=Subquery(last.values("act")[:1]), stopped_from=Subquery(last.values("from_state")[:1])
    )
    return list(stopped.filter(last_act=STOPPED).order_by("pk"))


@transaction.atomic
def share_no_more(*, owner: User, by: User, now: datetime) -> list[Offer]:
    """Whatever somebody offers is for their own town alone; which was not."""
    return [offer for offer in _locked(owner) if _share(offer, False, by=by, now=now)]


@transaction.atomic
def share_again(*, owner: User, taken_back_at: datetime, by: User, now: datetime) -> list[Offer]:
    """What was shared until they took it back at this moment is shared again; which."""
    was_shared = set(unshared(owner, taken_back_at).values_list("pk", flat=True))
    return [o for o in _locked(owner) if o.pk in was_shared and _share(o, True, by=by, now=now)]


def unshared(owner: User, at: datetime) -> QuerySet[Offer]:
    """What `share_no_more` took from the linked towns at this moment, and is still not shared."""
    edits = OfferEdit.objects.filter(offer__owner=owner, at=at, what__has_key="share_with_linked")
    taken = [edit.offer_id for edit in edits if edit.what["share_with_linked"] == [True, False]]
    still = Offer.objects.filter(owner=owner, share_with_linked=False).exclude(state=OfferState.WITHDRAWN)
    return still.filter(pk__in=taken)


def note_shared(offer: Offer, *, by: User, now: datetime) -> None:
    """Whoever has an offer shown to linked towns agrees to that. Where they did already nothing waits for the consent,
    so that whoever takes it back at this moment, and waits for the offer, is not waited for.
    """
    sharing = Consent.Purpose.SHARING
    if Consent.objects.filter(user=offer.owner, purpose=sharing, withdrawn_at=None).exists():
        return
    record_consent(
        user=offer.owner,
        purpose=sharing,
        wording_version=WORDING_VERSION,
        how=Consent.How.WEB if by == offer.owner else Consent.How.PHONE,
        by=by,
        now=now,
    )


def _share(offer: Offer, shares: bool, *, by: User, now: datetime) -> bool:
    if offer.share_with_linked == shares or offer.state == OfferState.WITHDRAWN:
        return False
    before = changes.values(offer)
    offer.share_with_linked = shares
    touch(offer, material=True, now=now, also=["share_with_linked"])
    OfferEdit.objects.create(
        offer=offer, what={"share_with_linked": [before["share_with_linked"], shares]}, by=by, at=now
    )
    happened(offer, Happening.OFFER_CHANGED, now=now)
    return True


def _locked(owner: User) -> list[Offer]:
    """All of theirs, whatever their state: what it is now is read once nobody else writes it."""
    return list(Offer.objects.select_for_update(no_key=True).filter(owner=owner).order_by("pk"))
