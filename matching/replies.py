"""A yes or a no that somebody writes back to a message, taken by the services behind the page of its link."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User
from matching import conditions, counted_on, going_on, services
from matching.lifecycle import NotPossible
from matching.models import ConditionQuestion, Match, MatchState
from needs.models import Need
from notifications.answers import Answer, Outcome, Pages
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
            return _too_late(match_id, asked, MatchState(state), said_yes)
        if act is None:
            return Outcome.NEEDS_A_PERSON
        try:
            act(match_id=match_id, by=by, now=now)
        except NotPossible as refused:
            # Somebody ended it meanwhile, or it is not theirs to answer any more.
            return Outcome.NEEDS_A_PERSON if refused.why == "role" else Outcome.CLOSED
        return Outcome.TAKEN

    return take


# What stands after a yes and after a no to what is asked in a state.
_AFTER_YES = {
    MatchState.PROPOSED: {MatchState.ACCEPTED, MatchState.CONFIRMED, MatchState.UNDER_WAY},
    MatchState.ACCEPTED: {MatchState.CONFIRMED, MatchState.UNDER_WAY},
}
_AFTER_NO = {MatchState.PROPOSED: {MatchState.DECLINED}, MatchState.ACCEPTED: {MatchState.REFUSED}}


def _too_late(match_id: int, asked: MatchState, state: MatchState, said_yes: bool) -> Outcome:
    """The question has its answer, or its time is over."""
    if state in (_AFTER_NO if said_yes else _AFTER_YES).get(asked, ()):
        return Outcome.CONTRADICTS
    still_wanted = Need.objects.open().filter(matches=match_id)
    return (
        Outcome.LATE if said_yes and state == MatchState.LAPSED and still_wanted.exists() else Outcome.CLOSED
    )


def _condition(question_id: int, said_yes: bool, by: User, now: datetime) -> Outcome:
    known = ConditionQuestion.objects.values_list("answer", flat=True).get(pk=question_id)
    if known:
        against = ConditionQuestion.Answer.STAYS if said_yes else ConditionQuestion.Answer.GIVES
        return Outcome.CONTRADICTS if known == against else Outcome.CLOSED
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


def _cases(match_ids: Collection[int]) -> dict[int, str]:
    matches = Match.objects.filter(pk__in=match_ids).values_list("pk", "city__slug", "need__reference")
    return {pk: reverse("desk:case", args=[slug, reference]) for pk, slug, reference in matches}


def _cases_of_conditions(question_ids: Collection[int]) -> dict[int, str]:
    questions = ConditionQuestion.objects.filter(pk__in=question_ids)
    named = questions.values_list("pk", "need__city__slug", "need__reference")
    return {pk: reverse("desk:case", args=[slug, reference]) for pk, slug, reference in named}


def _offer_pages(offer_ids: Collection[int]) -> dict[int, str]:
    named = Offer.objects.filter(pk__in=offer_ids).values_list("pk", "city__slug", "reference")
    return {pk: reverse("offers:detail", args=[slug, reference]) for pk, slug, reference in named}


def _longer(match_id: int, said_yes: bool, by: User, now: datetime) -> Outcome:
    """Whether a stay can go on for longer."""
    act = going_on.stay_longer if said_yes else going_on.not_longer
    try:
        act(match_id=match_id, by=by, now=now)
    except NotPossible as refused:
        return Outcome.NEEDS_A_PERSON if refused.why == "role" else Outcome.CLOSED
    return Outcome.TAKEN


_QUESTION = _takes(MatchState.PROPOSED, yes=services.accept, no=services.decline)
_CONFIRMATION = _takes(MatchState.ACCEPTED, yes=services.confirm, no=None)

ANSWERS: Mapping[str, Answer] = {
    "match_question": _QUESTION,
    "match_question_again": _QUESTION,
    "match_accepted": _CONFIRMATION,
    "match_accepted_again": _CONFIRMATION,
    "match_still_holds": _takes(MatchState.CONFIRMED, yes=services.reconfirm, no=None),
    "match_longer_asked": _longer,
    "condition_asked": _condition,
    "offer_reminder": _offer,
    "offer_to_confirm": _offer,
}

PAGES: Mapping[str, Pages] = {
    **dict.fromkeys(
        (
            "match_question",
            "match_question_again",
            "match_accepted",
            "match_accepted_again",
            "match_still_holds",
            "match_longer_asked",
        ),
        _cases,
    ),
    "condition_asked": _cases_of_conditions,
    "offer_reminder": _offer_pages,
    "offer_to_confirm": _offer_pages,
}
