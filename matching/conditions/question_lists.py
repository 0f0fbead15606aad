"""What was asked about conditions, as pages list it: to whoever is asked, and beside a case's near misses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from accounts.access import associations_of
from accounts.models import User
from cities.models import City
from engine.rules import OF_DAYS
from matching.conditions.condition_words import change_words
from matching.conditions.relaxations import Relaxation, asks_no_less, relaxation
from matching.conditions.what_if import trial
from matching.models import ConditionQuestion, Scan
from matching.reasons import engine_records
from matching.reasons.near_misses import NearMissLine
from matching.scanning import snapshots
from needs.models import Need
from offers.models import Offer

Answer = ConditionQuestion.Answer
_ASKED = {
    "pk": "id", "offer": "offer_id", "rule": "rule", "change": "change", "params": "params",
    "revision": "need_revision", "answer": "answer", "asked_at": "asked_at", "answered_at": "answered_at",
}  # fmt: skip


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
        return "" if found is None else change_words(found.rule, found.params)


def visible_to(user: User) -> QuerySet[ConditionQuestion]:
    """Questions on the needs that somebody may see: one's own, one's associations', the town's for its desk."""
    return ConditionQuestion.objects.filter(need__in=Need.objects.visible_to(user))


def waiting_for(user: User, city: City) -> QuerySet[ConditionQuestion]:
    """What somebody is asked about their own needs and those of their associations, the latest first."""
    own = Q(need__person=user) | Q(need__organisation__in=associations_of(user))
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


def may_be_asked(need: Need) -> bool:
    return need.is_open and (need.organisation is None or need.organisation.is_verified)


def still_stands(question: ConditionQuestion) -> bool:
    """The need is open, and is what the question was asked about."""
    return may_be_asked(question.need) and question.need.revision == question.need_revision


def is_moot(question: ConditionQuestion) -> bool:
    """Whether an open question has nothing left to ask about: the need changed or closed, or the offer is gone."""
    return not question.answer and not (still_stands(question) and question.offer.is_open)


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
    asked = [one for one in asked_of(scan) if one.shows(misses[0].need)]
    of_days = any(miss.rule in OF_DAYS for miss in misses)
    least_days = misses[0].least_days or (
        engine_records.least_days(misses[0].need, today=today) if of_days else 1
    )
    return [_line(miss, asked, least_days) for miss in misses]


def gains(need: Need, found: Sequence[Line], *, now: datetime) -> dict[str, int]:
    """By line, how many more offers each change alone would make possible for this need: one reading, one ranking."""
    askable = [(line.key, line.relaxation) for line in found if line.relaxation is not None]
    if not askable:
        return {}
    snapshot = snapshots.of_needs([need], city=need.city, now=now)
    rankings = trial(snapshot, need, [one for _key, one in askable], near=0, now=now)
    if not rankings:
        return {}
    before = rankings[0].feasible_count
    return {
        key: ranking.feasible_count - before
        for (key, _one), ranking in zip(askable, rankings[1:], strict=True)
    }


def asked_of(scan: Scan) -> list[Asked]:
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


def _line(miss: NearMissLine, asked: Sequence[Asked], least_days: int) -> Line:
    """With the latest question that covers it, its own offer's before another's."""
    found = relaxation(
        miss.need,
        miss.offer,
        rule=miss.rule,
        gap=miss.gap,
        distance_km=miss.distance_km,
        least_days=least_days,
    )
    said = [one for one in asked if one.covers(miss, found)]
    said.sort(key=lambda one: one.offer == miss.offer.pk)  # stable: the earliest first
    return Line(miss, found, said[-1] if said else None)
