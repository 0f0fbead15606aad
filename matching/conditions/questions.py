"""Asking whether a condition can give, and answering. Lock order: need, then question."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

import engine
from accounts import selectors as accounts
from accounts.access import COORDINATION, DESK, associations_of, has_role
from accounts.models import User
from cities.days import local_day
from matching import turns
from matching.conditions import condition_words
from matching.conditions.question_lists import may_be_asked, still_stands
from matching.conditions.relaxations import Relaxation, asks_no_less, relaxation
from matching.conditions.what_if import trial, would_suffice
from matching.models import ConditionQuestion
from matching.scanning import snapshots
from matching.selectors import told_of
from needs import services as needs
from needs.models import Need
from notifications.services import queue
from offers.models import Offer
from webhooks import services as webhooks
from webhooks.events import Happening

Answer = ConditionQuestion.Answer


class CannotAsk(Exception):
    """Why a question cannot be put.

    "role", "closed" (the need or the offer is no longer open), "changed" (no near miss by this rule any more),
    "cannot" (the need cannot give there, or it would not suffice), "asked", "stays" (answered no for the need as it
    is, to as much or less), "nobody" (nobody to ask).
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class CannotAnswer(Exception):
    """Somebody whom the need does not concern."""


@transaction.atomic
def ask(*, need_id: int, offer_id: int, rule: str, by: User, now: datetime) -> ConditionQuestion:
    """Ask whoever posted the need whether this one condition can give. Raises CannotAsk."""
    need = _locked_need(need_id)
    if not has_role(by, need.city, COORDINATION):
        raise CannotAsk("role")
    offer = Offer.objects.open().filter(pk=offer_id).first()
    if offer is None or not may_be_asked(need):
        raise CannotAsk("closed")
    _close_moot(need, now=now)
    known = list(ConditionQuestion.objects.filter(need=need, rule=rule, need_revision=need.revision))
    if any(not one.answer for one in known):
        raise CannotAsk("asked")
    found, pairing = _smallest_change(need, offer, rule, now=now)
    # A no to 24 km is a no to 30 km, and says nothing of 15 km.
    refused = [Relaxation(rule, one.change, one.params) for one in known if one.answer == Answer.STAYS]
    if any(asks_no_less(found, one) for one in refused):
        raise CannotAsk("stays")
    people = told_of(need)
    if not people:
        raise CannotAsk("nobody")
    question = ConditionQuestion.objects.create(
        need=need,
        offer=offer,
        rule=rule,
        params={
            **found.params,
            "first_day": pairing.run_first_day.isoformat(),
            "last_day": pairing.run_last_day.isoformat(),
            "quantity": pairing.quantity,
        },
        change=found.change,
        need_revision=need.revision,
        asked_by=by,
        asked_at=now,
    )
    _happened([question], Happening.CONDITION_ASKED, now=now)
    for person in people:
        queue(
            recipient=person,
            event="condition_asked",
            subject_key=f"condition:{question.pk}",
            city=need.city,
            compose=partial(condition_words.condition_question, question, person),
            priority=turns.priority_of(need, need.city, now=now),
            now=now,
        )
    return question


@transaction.atomic
def answer(*, question_id: int, gives: bool, by: User, now: datetime) -> ConditionQuestion:
    """Say whether the condition gives; a yes changes the need, which the engine then looks at again.

    Whoever comes second gets the question as it was answered. A question is moot, and changes nothing, when the need
    has changed since, or for a yes the offer. Raises CannotAnswer, and ValidationError when the need cannot change so.
    """
    need = _locked_need(ConditionQuestion.objects.values_list("need_id", flat=True).get(pk=question_id))
    question = (
        ConditionQuestion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("offer", "answered_by")
        .get(pk=question_id)
    )
    question.need = need
    # The desk notes what somebody says on the telephone.
    if not (has_role(by, need.city, DESK) or concerns(by, need)):
        raise CannotAnswer
    if question.answer:
        return question
    if not still_stands(question) or (gives and not would_suffice(question, now=now)):
        _close(question, Answer.MOOT, by=by, now=now)
        return question
    if gives:
        today = local_day(now, need.city)
        question.need = needs.change(need_id=need.pk, fields=question.change, by=by, now=now, today=today)
        question.need.city = need.city
        _close(question, Answer.GIVES, by=by, now=now)
        _close_moot(question.need, now=now)
    else:
        _close(question, Answer.STAYS, by=by, now=now)
    for person in accounts.coordinators_of(need.city):
        if person != by:
            queue(
                recipient=person,
                event="condition_answered",
                subject_key=f"condition:{question.pk}",
                city=need.city,
                compose=partial(condition_words.condition_answered, question, person),
                priority=turns.priority_of(question.need, need.city, now=now),
                now=now,
            )
    return question


def concerns(user: User, need: Need) -> bool:
    """Whether it is theirs: the person concerned, or the association's active members; of a suspended one too, whose
    questions are moot.
    """
    if need.person_id == user.pk:
        return True
    return user.is_active and associations_of(user).filter(organisation=need.organisation_id).exists()


def _locked_need(need_id: int) -> Need:
    return (
        Need.objects.select_for_update(no_key=True, of=("self",))
        .select_related("city", "commune", "organisation", "person")
        .get(pk=need_id)
    )


def _smallest_change(
    need: Need, offer: Offer, rule: str, *, now: datetime
) -> tuple[Relaxation, engine.Pairing]:
    """The change to ask for, and the pair that it makes possible; as the engine judges the two rows now."""
    snapshot = snapshots.of_pairs([need], [offer.pk], city=need.city, now=now)
    as_it_is = trial(snapshot, need, [], near=1, now=now)
    misses = as_it_is[0].near_misses if as_it_is else ()
    if not misses or misses[0].rule != rule:
        raise CannotAsk("changed")
    (miss,) = misses
    today = local_day(now, need.city)
    least_days = engine.least_days(snapshot.need_records()[need.pk], today=today)
    found = relaxation(
        need, offer, rule=rule, gap=miss.gap, distance_km=miss.distance_km, least_days=least_days
    )
    if found is None:
        raise CannotAsk("cannot")
    ranking = trial(snapshot, need, [found], near=0, now=now)[1]
    if not ranking.pairings:
        raise CannotAsk("cannot")  # part of it would do, and every part is held on those days
    return found, ranking.pairings[0]


def _close_moot(need: Need, *, now: datetime) -> None:
    """Open questions about the need as it was before, or about an offer that is gone, have nothing left to ask."""
    waiting = ConditionQuestion.objects.filter(need=need, answer="")
    stale = list(waiting.exclude(need_revision=need.revision, offer__in=Offer.objects.open()).order_by("pk"))
    ConditionQuestion.objects.filter(pk__in=[one.pk for one in stale]).update(
        answer=Answer.MOOT, answered_at=now
    )
    for question in stale:
        question.need = need
    _happened(stale, Happening.CONDITION_ANSWERED, now=now)


def _close(question: ConditionQuestion, said: str, *, by: User, now: datetime) -> None:
    question.answer, question.answered_by, question.answered_at = said, by, now
    question.save(update_fields=["answer", "answered_by", "answered_at"])
    _happened([question], Happening.CONDITION_ANSWERED, now=now)


def _happened(questions: Sequence[ConditionQuestion], happening: Happening, *, now: datetime) -> None:
    """Other systems are told; of which offer it is, the town's coordinators alone may read."""
    of = [
        webhooks.Subject(one.need.city_id, one.pk, {"need": one.need.reference, "condition": one.pk})
        for one in questions
    ]
    webhooks.record_many(happening=happening, at=now, of=of)
