"""A yes or a no that somebody writes back to a message, taken by the services behind the page of its link."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError

from accounts.models import User
from matching import conditions, counted_on, services
from matching.lifecycle import NotPossible
from matching.models import ConditionQuestion, Match, MatchState
from notifications.answers import Answer, Outcome
from offers import selectors as offers_read
from offers import services as offers
from offers.models import Offer, OfferState

Act = Callable[..., Match]


def _takes(asked: MatchState, *, yes: Act, no: Act | None) -> Answer:
    """The answer to what is asked in that state. Without `no`, the no needs a reason that somebody has to ask for."""

    def take(match_id: int, said_yes: bool, by: User, now: datetime) -> Outcome:
        act = yes if said_yes else no
        state = Match.objects.values_list("state", flat=True).get(pk=match_id)
        if state != asked:
            return Outcome.CLOSED
        if act is None:
            return Outcome.NEEDS_A_PERSON
        try:
            act(match_id=match_id, by=by, now=now)
        except NotPossible as refused:
            # Somebody ended it meanwhile, or it is not theirs to answer any more.
            return Outcome.NEEDS_A_PERSON if refused.why == "role" else Outcome.CLOSED
        return Outcome.TAKEN

    return take


def _condition(question_id: int, said_yes: bool, by: User, now: datetime) -> Outcome:
    if ConditionQuestion.objects.filter(pk=question_id).exclude(answer="").exists():
        return Outcome.CLOSED
    try:
        question = conditions.answer(question_id=question_id, gives=said_yes, by=by, now=now)
    except (conditions.CannotAnswer, ValidationError):
        return Outcome.NEEDS_A_PERSON
    is_moot = question.answer == ConditionQuestion.Answer.MOOT
    # Somebody else of the association may have been quicker.
    return Outcome.TAKEN if question.answered_by_id == by.pk and not is_moot else Outcome.CLOSED


def _offer(offer_id: int, said_yes: bool, by: User, now: datetime) -> Outcome:
    """Whether an offer still holds, or was theirs at all; a no that others count on is for a person."""
    offer = Offer.objects.get(pk=offer_id)
    if offer.owner_id != by.pk:
        return Outcome.NEEDS_A_PERSON
    if not offers_read.is_asked(offer):
        return Outcome.CLOSED
    try:
        if not said_yes:
            counted_on.withdraw_offer(offer_id=offer_id, read=frozenset(), by=by, now=now)
        elif offer.state == OfferState.UNCONFIRMED:
            offers.prove_contact(owner=by, by=by, now=now, offer_id=offer_id)
        else:
            offers.reconfirm(offer_id=offer_id, by=by, now=now)
    except (counted_on.NotRead, ValidationError):
        return Outcome.NEEDS_A_PERSON
    return Outcome.TAKEN


_QUESTION = _takes(MatchState.PROPOSED, yes=services.accept, no=services.decline)
_CONFIRMATION = _takes(MatchState.ACCEPTED, yes=services.confirm, no=None)

ANSWERS: Mapping[str, Answer] = {
    "match_question": _QUESTION,
    "match_question_again": _QUESTION,
    "match_accepted": _CONFIRMATION,
    "match_accepted_again": _CONFIRMATION,
    "match_still_holds": _takes(MatchState.CONFIRMED, yes=services.reconfirm, no=None),
    "condition_asked": _condition,
    "offer_reminder": _offer,
    "offer_to_confirm": _offer,
}
