"""While a message of a match has its reason, what has happened once it has none, and until when it is answered."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import DateField, Exists, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy

from matching import turns
from matching.lifecycle import ACTIVE, ARROWS, GOING_ON
from matching.models import CONTACT_STATES, ConditionQuestion, Match
from matching.models import MatchState as S
from matching.selectors import left_to_town
from matching.telling import LONGER_ASKED, REMINDED, TOLD
from needs.models import OPEN_STATES, Need
from notifications.reasons import Words, subject_id, subject_part
from offers.models import OfferState


def reasons() -> dict[str, Callable[[], Exists]]:
    """While a message of an event has its reason: as long as the match is where the act led, or contacts are open."""
    states: dict[str, set[S]] = {}
    for arrow, told in TOLD.items():
        if told.event:
            states.setdefault(told.event, set()).add(ARROWS[arrow].to)
    for state, (_asked, told) in REMINDED.items():
        states[told.event] = {state}
    states["match_confirmed"] = set(CONTACT_STATES)
    states["match_moved"] = {S.CONFIRMED, S.UNDER_WAY}
    found = {event: partial(_is_in, frozenset(states_of)) for event, states_of in states.items()}
    return found | {
        "match_home_changed": _is_to_visit,
        "match_waits": lambda: Exists(turns.waiting().filter(pk=subject_id())),
        "match_held_back": _is_held_back,
        "match_to_rehouse": lambda: Exists(
            Match.objects.filter(pk=subject_id(), rehouse_from__isnull=False, need__state__in=OPEN_STATES)
        ),
        "match_two_homes": lambda: Exists(
            Match.objects.filter(pk=subject_id(), rehouse_from__isnull=False).exclude(
                offer__state=OfferState.FROZEN
            )
        ),
        LONGER_ASKED: lambda: Exists(
            Match.objects.filter(pk=subject_id(), longer_until=Cast(subject_part(3), DateField()))
        ),
        "match_longer": partial(_is_in, frozenset(GOING_ON | {S.COMPLETED})),
        "match_left_to_town": lambda: Exists(left_to_town().filter(pk=subject_id())),
        "match_to_review": partial(_is_in, frozenset({S.UNDER_WAY})),
        "match_still_holds": _is_asked_again,
        "match_silent": _is_asked_again,
        "condition_asked": _is_unanswered,
        "need_suggestions": _need_is_open,
        "need_tonight": _need_is_open,
    }


def deadlines() -> dict[tuple[str, str], Callable[[], QuerySet[Match, Any]]]:
    """Until when the answer to a message is waited for."""
    to_answer = partial(_moment, S.PROPOSED, "answer_by")
    to_confirm = partial(_moment, S.ACCEPTED, "confirm_by")
    return {
        ("match_question", "match"): to_answer,
        ("match_question_again", "match"): to_answer,
        ("call_wanted", "match"): to_answer,
        ("match_accepted", "match"): to_confirm,
        ("match_accepted_again", "match"): to_confirm,
        (LONGER_ASKED, "match"): lambda: Match.objects.filter(pk=subject_id()).values("longer_by"),
    }


def _moment(state: S, name: str) -> QuerySet[Match, Any]:
    return Match.objects.filter(pk=subject_id(), state=state).values(name)


def gone() -> Words:
    """What has happened when a message of an event has no reason any more."""
    answered = gettext_lazy("la question a déjà sa réponse, ou n’est plus posée")
    closed = gettext_lazy("le besoin n’est plus ouvert")
    known = {
        "match_question": answered,
        "match_question_again": answered,
        "match_accepted": answered,
        "match_accepted_again": answered,
        "match_still_holds": answered,
        "match_silent": answered,
        LONGER_ASKED: answered,
        "condition_asked": answered,
        "match_waits": gettext_lazy("la question est partie, ou n’est plus à poser"),
        "match_home_changed": gettext_lazy("la visite est faite, ou plus rien n’est prévu"),
        "match_held_back": gettext_lazy("la proposition n’est plus retenue, ou plus rien n’est prévu"),
        "match_to_rehouse": gettext_lazy("plus personne n’est à reloger"),
        "match_two_homes": gettext_lazy("un seul logement reste prévu"),
        "need_suggestions": closed,
        "need_tonight": closed,
    }
    return dict.fromkeys(reasons(), gettext_lazy("la mise en relation en est à une autre étape")) | known


def _is_in(states: frozenset[S]) -> Exists:
    return Exists(Match.objects.filter(pk=subject_id(), state__in=sorted(states)))


def _is_to_visit() -> Exists:
    return Exists(
        Match.objects.filter(pk=subject_id(), state__in=sorted(ACTIVE), offer__vetted_at__isnull=True)
    )


def _is_held_back() -> Exists:
    return Exists(
        Match.objects.filter(pk=subject_id(), state__in=sorted(ACTIVE), offer__state=OfferState.FROZEN)
    )


def _is_asked_again() -> Exists:
    return Exists(Match.objects.filter(pk=subject_id(), state=S.CONFIRMED, confirm_by__isnull=False))


def _is_unanswered() -> Exists:
    return Exists(ConditionQuestion.objects.filter(pk=subject_id(), answer=""))


def _need_is_open() -> Exists:
    return Exists(Need.objects.open().filter(pk=subject_id()))
