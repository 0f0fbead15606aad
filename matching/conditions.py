"""Can this condition of the need give? The desk asks about a near miss; whoever posted the need answers.

The engine is asked each time, on the rows as they are: a question is put only where a yes makes the pair possible,
and a yes counts only while it still does. Lock order: need, then question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from accounts import selectors as accounts
from accounts.models import Membership, Role, User
from catalogue.times import ago
from cities.models import City
from matching import engine, messages, snapshots
from matching.models import ConditionQuestion, Scan
from matching.relaxations import Relaxation, asks_no_less, relaxation, relaxed
from matching.selectors import NearMissLine
from needs import services as needs
from needs.models import Need
from notifications.services import queue
from offers.models import Offer

Answer = ConditionQuestion.Answer
# Who may note what somebody says on the telephone.
DESK = frozenset({Role.COORDINATOR, Role.OPERATOR})
_ASKED = {
    "pk": "id", "offer": "offer_id", "rule": "rule", "change": "change", "params": "params",
    "revision": "need_revision", "answer": "answer", "asked_at": "asked_at", "answered_at": "answered_at",
}  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked about a need's condition, and when it was answered."""

    pk: int
    offer: int
    rule: str
    change: Mapping[str, Any]
    params: Mapping[str, Any]
    revision: int
    answer: str
    asked_at: datetime
    answered_at: datetime | None
    offer_is_open: bool

    def shows(self, need: Need) -> bool:
        """Whether it is about the need as it is. A yes made another one of it, and shows until that is looked at.

        While it waits it is about its offer too: with the offer gone there is nothing left to answer.
        """
        if self.answer == Answer.GIVES:
            return need.scan_due_at is not None and self.revision == need.revision - 1
        if not self.answer and not self.offer_is_open:
            return False
        return self.answer != Answer.MOOT and self.revision == need.revision

    def covers(self, miss: NearMissLine, found: Relaxation | None) -> bool:
        """Whether it is about this near miss and what would have to give for it; its own offer's, or another's."""
        if self.rule != miss.rule:
            return False
        is_own = self.offer == miss.offer.pk
        if self.answer == Answer.GIVES or found is None:
            return is_own
        if self.answer == Answer.STAYS:
            return asks_no_less(found, Relaxation(self.rule, self.change, self.params))
        return True  # one question on a condition is enough at a time


@dataclass(frozen=True, slots=True)
class Line:
    """A near miss on the desk: whether its condition can be asked about, and what was answered."""

    miss: NearMissLine
    relaxation: Relaxation | None
    question: Asked | None

    @property
    def key(self) -> str:
        return f"{self.miss.offer.pk}-{self.miss.rule}"

    @property
    def asks(self) -> bool:
        return self.relaxation is not None and self.question is None

    @property
    def change(self) -> str:
        """ "avec 24 km"; empty when only the offer could give."""
        found = self.relaxation
        return "" if found is None else messages.change_words(found.rule, found.params)


# --- Asking and answering ------------------------------------------------------------------------------


@transaction.atomic
def ask(*, need_id: int, offer_id: int, rule: str, by: User, now: datetime) -> ConditionQuestion:
    """Ask whoever posted the need whether this one condition can give. Raises CannotAsk."""
    need = _locked_need(need_id)
    if not accounts.is_coordinator(by, need.city):
        raise CannotAsk("role")
    offer = Offer.objects.open().filter(pk=offer_id).first()
    if offer is None or not _may_be_asked(need):
        raise CannotAsk("closed")
    _settle_stale(need, now=now)
    known = list(ConditionQuestion.objects.filter(need=need, rule=rule, need_revision=need.revision))
    if any(not one.answer for one in known):
        raise CannotAsk("asked")
    found, pairing = _relaxed_now(need, offer, rule, now=now)
    # A no to 24 km is a no to 30 km, and says nothing of 15 km.
    refused = [Relaxation(rule, one.change, one.params) for one in known if one.answer == Answer.STAYS]
    if any(asks_no_less(found, one) for one in refused):
        raise CannotAsk("stays")
    people = _posters(need)
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
    for person in people:
        queue(
            recipient=person,
            event="condition_asked",
            subject_key=f"condition:{question.pk}",
            city=need.city,
            compose=partial(messages.condition_question, question, person),
            now=now,
        )
    return question


@transaction.atomic
def answer(*, question_id: int, gives: bool, by: User, now: datetime) -> ConditionQuestion:
    """Say whether the condition gives; a yes changes the need, which the engine then looks at again.

    Whoever comes second gets the question as it was answered. A question that the need, or for a yes the offer, has
    outlived is moot, and changes nothing. Raises CannotAnswer, and ValidationError when the need cannot be changed so.
    """
    need = _locked_need(ConditionQuestion.objects.values_list("need_id", flat=True).get(pk=question_id))
    question = (
        ConditionQuestion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("offer", "answered_by")
        .get(pk=question_id)
    )
    question.need = need
    # The desk notes what somebody says on the telephone.
    if not (accounts.roles_in(by, need.city) & DESK or concerns(by, need)):
        raise CannotAnswer
    if question.answer:
        return question
    if not _still_stands(question) or (gives and not _would_suffice(question, now=now)):
        _settle(question, Answer.MOOT, by=by, now=now)
        return question
    if gives:
        today = snapshots.local_day(now, need.city)
        question.need = needs.change(need_id=need.pk, fields=question.change, by=by, now=now, today=today)
        question.need.city = need.city
        _settle(question, Answer.GIVES, by=by, now=now)
        _settle_stale(question.need, now=now)
    else:
        _settle(question, Answer.STAYS, by=by, now=now)
    for person in accounts.coordinators_of(need.city):
        if person != by:
            queue(
                recipient=person,
                event="condition_answered",
                subject_key=f"condition:{question.pk}",
                city=need.city,
                compose=partial(messages.condition_answered, question, person),
                now=now,
            )
    return question


def concerns(user: User, need: Need) -> bool:
    """Whether it is theirs: the person concerned, or the association's active members."""
    if need.person_id == user.pk:
        return True
    organisation = need.organisation
    return organisation is not None and accounts.members_of(organisation).filter(pk=user.pk).exists()


# --- Reading -------------------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[ConditionQuestion]:
    """Questions on the needs that somebody may see: one's own, one's associations', the town's for its desk."""
    return ConditionQuestion.objects.filter(need__in=Need.objects.visible_to(user))


def waiting_for(user: User, city: City) -> QuerySet[ConditionQuestion]:
    """What somebody is asked about their own needs and those of their associations, the latest first."""
    organisations = Membership.objects.filter(user=user).values("organisation")
    own = Q(need__person=user) | Q(need__organisation__in=organisations)
    return (
        ConditionQuestion.objects.filter(
            own,
            answer="",
            need_revision=F("need__revision"),
            need__city=city,
            need__in=Need.objects.open(),
            offer__in=Offer.objects.open(),
        )
        .select_related("need", "offer")
        .order_by("-asked_at", "-id")
    )


def is_moot(question: ConditionQuestion) -> bool:
    """Whether an open question has nothing left to ask about: the need changed or closed, or the offer is gone."""
    return not question.answer and not (_still_stands(question) and question.offer.is_open)


def scan_of(need: Need) -> Scan | None:
    """What the engine last found for a need, with what was asked about its conditions: one query for the two."""
    questions = ConditionQuestion.objects.filter(need=need).order_by("asked_at", "id")
    offer_is_open = Exists(Offer.objects.open().filter(pk=OuterRef("offer_id")))
    rows = ArraySubquery(questions.values(row=JSONObject(**_ASKED, offer_is_open=offer_is_open)))
    return Scan.objects.filter(need=need).annotate(asked=rows).first()


def lines(scan: Scan | None, misses: Sequence[NearMissLine], *, today: date) -> list[Line]:
    """The near misses of a scan (see `scan_of`) with what was asked about them.

    A condition that is being asked about stands for every offer; one that stays, for those that would ask as much.
    """
    if scan is None or not misses:
        return []
    asked = [one for one in _asked_of(scan) if one.shows(misses[0].need)]
    return [_line(miss, asked, today) for miss in misses]


def events(scan: Scan | None, *, now: datetime) -> list[dict[str, Any]]:
    """What was asked and answered, as lines of the case's thread (see presentation.thread)."""
    found = []
    for one in _asked_of(scan) if scan is not None else ():
        change = messages.change_words(one.rule, one.params)
        found.append((one.asked_at, _("Question posée\u202f: %(change)s") % {"change": change}))
        if one.answered_at is not None and one.answer != Answer.MOOT:
            said = (
                _("Réponse\u202f: oui, %(change)s")
                if one.answer == Answer.GIVES
                else _("Réponse\u202f: cela reste")
            )
            found.append((one.answered_at, said % {"change": change}))
    return [{"at": at, "text": text, "note": "", "when": ago(at, now), "state": ""} for at, text in found]


def gains(need: Need, found: Sequence[Line], *, now: datetime) -> dict[str, int]:
    """By line, how many more offers each change alone would make possible for this need: one reading, one ranking."""
    askable = [(line.key, line.relaxation) for line in found if line.relaxation is not None]
    if not askable:
        return {}
    snapshot = snapshots.of_needs([need], city=need.city, now=now)
    rankings = _trial(snapshot, need, [one for _key, one in askable], near=0, now=now)
    if not rankings:
        return {}
    before = rankings[0].feasible_count
    return {
        key: ranking.feasible_count - before
        for (key, _one), ranking in zip(askable, rankings[1:], strict=True)
    }


# --- The parts of it -----------------------------------------------------------------------------------


def _locked_need(need_id: int) -> Need:
    return (
        Need.objects.select_for_update(no_key=True, of=("self",))
        .select_related("city", "commune", "organisation", "person")
        .get(pk=need_id)
    )


def _posters(need: Need) -> list[User]:
    """Whom to ask: the person concerned, or the association's members."""
    if need.organisation is None:
        assert need.person is not None  # need_has_a_poster
        return [need.person] if need.person.is_active else []
    return list(accounts.members_of(need.organisation))


def _may_be_asked(need: Need) -> bool:
    return need.is_open and (need.organisation is None or need.organisation.is_verified)


def _still_stands(question: ConditionQuestion) -> bool:
    """The need is open, and is what the question was asked about."""
    return _may_be_asked(question.need) and question.need.revision == question.need_revision


def _would_suffice(question: ConditionQuestion, *, now: datetime) -> bool:
    """Whether a yes still makes the pair possible, which it is not already."""
    if not question.offer.is_open:
        return False
    need = question.need
    change = Relaxation(question.rule, question.change, question.params)
    snapshot = snapshots.of_pairs([need], [question.offer_id], city=need.city, now=now)
    rankings = _trial(snapshot, need, [change], near=0, now=now)
    return [ranking.feasible_count for ranking in rankings] == [0, 1]


def _relaxed_now(need: Need, offer: Offer, rule: str, *, now: datetime) -> tuple[Relaxation, engine.Pairing]:
    """The change to ask for, and the pair that it makes possible; the engine's word on the two rows as they are."""
    snapshot = snapshots.of_pairs([need], [offer.pk], city=need.city, now=now)
    as_it_is = _trial(snapshot, need, [], near=1, now=now)
    misses = as_it_is[0].near_misses if as_it_is else ()
    if not misses or misses[0].rule != rule:
        raise CannotAsk("changed")
    (miss,) = misses
    today = snapshots.local_day(now, need.city)
    found = relaxation(need, offer, rule=rule, gap=miss.gap, distance_km=miss.distance_km, today=today)
    if found is None:
        raise CannotAsk("cannot")
    ranking = _trial(snapshot, need, [found], near=0, now=now)[1]
    if not ranking.pairings:
        raise CannotAsk("cannot")  # part of it would do, and every part is held on those days
    return found, ranking.pairings[0]


def _trial(
    snapshot: snapshots.Snapshot, need: Need, changes: Sequence[Relaxation], *, near: int, now: datetime
) -> list[engine.Ranking]:
    """The engine's ranking of the need as it is, then with each change alone; empty when nothing of it is missing."""
    record = snapshot.need_records([need.pk]).get(need.pk)
    if record is None:
        return []
    variants = [relaxed(record, one.change, id=-number) for number, one in enumerate(changes, start=1)]
    tried = [record, *variants]
    aside = [offer for _need, offer in snapshot.excluded_pairs()]
    return engine.rank(
        tried,
        snapshot.offers,
        today=snapshots.local_day(now, need.city),
        weights=snapshot.weights,
        links=snapshot.links,
        excluded={(one.id, offer) for one in tried for offer in aside},
        near=near,
    )


def _line(miss: NearMissLine, asked: Sequence[Asked], today: date) -> Line:
    """With the latest question that covers it, its own offer's before another's."""
    found = relaxation(
        miss.need, miss.offer, rule=miss.rule, gap=miss.gap, distance_km=miss.distance_km, today=today
    )
    said = [one for one in asked if one.covers(miss, found)]
    said.sort(key=lambda one: one.offer == miss.offer.pk)  # stable: the earliest first
    return Line(miss, found, said[-1] if said else None)


def _asked_of(scan: Scan) -> list[Asked]:
    """What `scan_of` brought along, the earliest first."""
    return [
        Asked(
            **{
                **row,
                "asked_at": datetime.fromisoformat(row["asked_at"]),
                "answered_at": row["answered_at"] and datetime.fromisoformat(row["answered_at"]),
            }
        )
        for row in scan.asked  # type: ignore[attr-defined]
    ]


def _settle_stale(need: Need, *, now: datetime) -> None:
    """Open questions about the need as it was before, or about an offer that is gone, have nothing left to ask."""
    waiting = ConditionQuestion.objects.filter(need=need, answer="")
    stale = waiting.exclude(need_revision=need.revision, offer__in=Offer.objects.open())
    stale.update(answer=Answer.MOOT, answered_at=now)


def _settle(question: ConditionQuestion, said: str, *, by: User, now: datetime) -> None:
    question.answer, question.answered_by, question.answered_at = said, by, now
    question.save(update_fields=["answer", "answered_by", "answered_at"])
