"""A match across two linked towns: the town of the offer agrees, after its own visit, before its citizen is asked.

The desk of the need asks; the desk of the offer says yes, and the citizen is asked at once, or no, and the suggestion
is set aside. Without an answer in time it lapses, and when the suggestion is gone nothing is left to answer: both are
told. The first sees no contact before the confirmation, the second of the need what its citizen would see.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext_lazy

from accounts import selectors as accounts
from accounts.access import COORDINATION, has_role
from accounts.models import User
from cities.models import City
from matching import services, standing, turns, waits
from matching.lifecycle import Act, NotPossible, Role, arrow
from matching.messages import to_desk, to_linked_town
from matching.models import Match, MatchState, TownAgreement
from matching.rewriting import RelayParts
from matching.roles import roles_of
from notifications.reasons import Words, subject_id
from notifications.services import Text, queue

Answer = TownAgreement.Answer


def reasons() -> dict[str, Callable[[], Exists]]:
    """A town's question has its reason as long as nobody has answered it."""
    return {"town_asked": lambda: Exists(_waiting().filter(pk=subject_id()))}


GONE: Words = {"town_asked": gettext_lazy("la ville a répondu, ou la piste n’est plus là")}


def _waiting() -> QuerySet[TownAgreement]:
    return TownAgreement.objects.filter(answer="", match__state=MatchState.SUGGESTED)


def asked_of(city: City) -> QuerySet[TownAgreement]:
    """What waits for this town's word, the most pressing first."""
    return (
        _waiting()
        .filter(city=city)
        .select_related("match__city", "match__offer__commune", "match__offer__city", "match__need__commune")
        .order_by("answer_by", "pk")
    )


def are_asked(matches: Iterable[Match]) -> frozenset[int]:
    """Of which of these suggestions a linked town is being asked, by their ids."""
    waiting = _waiting().filter(match__in=[match.pk for match in matches])
    return frozenset(waiting.values_list("match", flat=True))


def matches_across(city: City) -> QuerySet[Match]:
    """Matches of this town's offers for needs of other towns, once a citizen was asked, the latest first."""
    return (
        Match.objects.filter(offer__city=city)
        .exclude(city=city)
        .exclude(state__in=[MatchState.SUGGESTED, MatchState.SUPERSEDED, MatchState.DISMISSED])
        .select_related("city", "offer__commune", "need__commune")
        .order_by("-changed_at", "-pk")
    )


def days_asked(agreement: TownAgreement, match: Match) -> tuple[date, date]:
    """The days that the town was asked for, unless its home has not all of them any more."""
    first, last = agreement.first_day, agreement.last_day
    if first is None or last is None or first < match.first_day or match.last_day < last:
        return match.first_day, match.last_day
    return first, last


@transaction.atomic
def ask(
    *,
    match_id: int,
    by: User,
    now: datetime,
    plan_number: int | None = None,
    relay: RelayParts | None = None,
) -> TownAgreement:
    """Ask the offer's town for the days of the match; asked twice it is one question, for the days asked last.

    `plan_number` and `relay` (all parts of the relay of which this is one): as for a proposal. Raises NotPossible as
    that would, but for the visit, which is that town's to make.
    """
    match = services.locked(match_id)
    roles = roles_of(by, match) - {Role.HOST_TOWN}
    arrow(match.state, Act.PROPOSE, roles, reason="")
    if not match.is_across:
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "state")
    standing.check_may_be_asked(match, now=now)
    asked = match.agreements.filter(answer__in=["", Answer.AGREED]).first()
    if asked is not None:
        asked.first_day, asked.last_day = match.first_day, match.last_day
        asked.plan_number, asked.relay = plan_number, relay
        asked.save(update_fields=["first_day", "last_day", "plan_number", "relay"])
        return asked
    agreement = TownAgreement.objects.create(
        city=match.offer.city,
        match=match,
        asked_by=by,
        asked_at=now,
        answer_by=waits.deadline(match, now=turns.leaves_for(match, match.offer.city, now=now)),
        first_day=match.first_day,
        last_day=match.last_day,
        relay=relay,
        plan_number=plan_number,
    )
    for person in accounts.coordinators_of(match.offer.city):
        queue(
            recipient=person,
            event="town_asked",
            subject_key=f"agreement:{agreement.pk}",
            city=match.offer.city,
            compose=partial(to_linked_town.town_asked, match, agreement),
            priority=turns.priority_of(match.need, match.city, now=now),
            now=now,
        )
    return agreement


@transaction.atomic
def agree(*, agreement_id: int, by: User, now: datetime) -> Match:
    """The offer's town agrees, and its citizen is asked. Raises NotPossible as a proposal does ("vetting" first)."""
    agreement, match = _locked(agreement_id, by, now=now)
    _answer(agreement, Answer.AGREED, by=by, now=now)
    match.first_day, match.last_day = days_asked(agreement, match)
    match.save(update_fields=["first_day", "last_day"])
    return services.ask_citizen(
        match=match, by=by, now=now, plan_number=agreement.plan_number, relay=agreement.relay
    )


@transaction.atomic
def decline(*, agreement_id: int, by: User, now: datetime, reason: str, note: str = "") -> None:
    """The offer's town does not agree: the suggestion is set aside, and the desk of the need told."""
    agreement, match = _locked(agreement_id, by, now=now)
    services.set_aside(match=match, by=by, now=now, reason=reason, note=note)
    _answer(agreement, Answer.DECLINED, by=by, now=now)
    _tell(match.city, agreement, match, to_desk.town_declined, "town_declined", now=now)


def lapse(*, by: None, now: datetime) -> int:
    """What no town answered in time, or whose suggestion is gone, waits no longer; how many. Each by itself."""
    over = TownAgreement.objects.filter(
        Q(answer_by__lte=now) | ~Q(match__state=MatchState.SUGGESTED), answer=""
    ).order_by("answer_by", "pk")
    return sum(
        _lapse(agreement_id, now=now) for agreement_id in list(over.values_list("pk", flat=True)[:200])
    )


@transaction.atomic
def _lapse(agreement_id: int, *, now: datetime) -> bool:
    match = services.locked(TownAgreement.objects.values_list("match_id", flat=True).get(pk=agreement_id))
    agreement = TownAgreement.objects.select_for_update().select_related("city").get(pk=agreement_id)
    if agreement.answer:
        return False  # answered while we waited for the lock
    if match.state == MatchState.SUGGESTED:
        if agreement.answer_by > now:
            return False  # suggested once more
        _answer(agreement, Answer.LAPSED, by=None, now=now)
        _tell(match.city, agreement, match, to_desk.town_silent, "town_silent", now=now)
        return True
    _answer(agreement, Answer.MOOT, by=None, now=now)
    _tell(
        agreement.city, agreement, match, to_linked_town.agreement_not_needed, "agreement_not_needed", now=now
    )
    if match.state == MatchState.SUPERSEDED:  # set aside by the desk that asked, it knows
        _tell(match.city, agreement, match, to_desk.agreement_moot, "agreement_moot", now=now)
    return True


def _locked(agreement_id: int, by: User, *, now: datetime) -> tuple[TownAgreement, Match]:
    """The open question and its match, both locked, for a coordinator of the offer's town. Raises NotPossible."""
    match = services.locked(TownAgreement.objects.values_list("match_id", flat=True).get(pk=agreement_id))
    agreement = (
        TownAgreement.objects.select_for_update(of=("self",)).select_related("city").get(pk=agreement_id)
    )
    if not has_role(by, agreement.city, COORDINATION):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "role")
    if agreement.answer or agreement.answer_by <= now:
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "closed")
    return agreement, match


def _answer(agreement: TownAgreement, answer: str, *, by: User | None, now: datetime) -> None:
    agreement.answer, agreement.answered_by, agreement.answered_at = answer, by, now
    agreement.save(update_fields=["answer", "answered_by", "answered_at"])


def _tell(
    desk: City,
    agreement: TownAgreement,
    match: Match,
    compose: Callable[[Match, TownAgreement], Text],
    event: str,
    *,
    now: datetime,
) -> None:
    for person in accounts.coordinators_of(desk):
        queue(
            recipient=person,
            event=event,
            subject_key=f"agreement:{agreement.pk}",
            city=desk,
            compose=partial(compose, match, agreement),
            priority=turns.priority_of(match.need, match.city, now=now),
            now=now,
        )
