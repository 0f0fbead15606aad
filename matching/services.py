"""Every decision about a match: lock, ask the transition table, write, tell the people concerned.

Lock order, everywhere: offer, need, match (docs/adr/0003). The locks are FOR NO KEY UPDATE, so that inserting rows
that refer to the same offer or need never waits on them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import asking, capacity, given, happenings, standing, telling, turns, waits
from matching.lifecycle import GOING_ON, HOLDING, SERVED, Act, NotPossible, Reason, Role, arrow, entitled
from matching.models import Decision, Hold, Match, MatchState, TownAgreement
from matching.reasons import facts
from matching.rewriting import RelayParts
from matching.roles import check_may, roles_of
from needs import services as needs
from needs.models import Need
from notifications import reach
from notifications.wake_up import wake_on_commit
from offers import services as offers
from offers.models import Offer, OfferState

TURNS_TASK = "matching.tasks.ask_in_turn"
IN_HAND_TASK = "matching.tasks.look_after_matches"
TO_COME = (MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.CONFIRMED)


@transaction.atomic
def propose(
    *, match_id: int, by: User, now: datetime, note: str = "", plan_number: int | None = None
) -> Match:
    """Hold the capacity and ask the citizen; where the town presumes a consent, go on at once.

    `plan_number`: the plan of which this is a line, kept with the decision.
    Raises NotPossible ("state", "role", "vetting" for a home not visited, "unaccompanied" for a minor whom nobody
    accompanies yet, "town" while the linked town of the offer has not agreed, "paused" while its owner wants to be
    asked nothing new, "closed" when offer or need no longer is open, "changed" when either is not what the engine
    compared any more) and Taken.
    """
    return ask_citizen(match=locked(match_id), by=by, now=now, note=note, plan_number=plan_number)


def ask_citizen(
    *,
    match: Match,
    by: User,
    now: datetime,
    note: str = "",
    plan_number: int | None = None,
    relay: RelayParts | None = None,
) -> Match:
    """`propose` a match that the caller has `locked`. `relay`: all parts of the relay of which this is one."""
    found, role = arrow(match.state, Act.PROPOSE, roles_of(by, match), reason="")
    if match.is_across and not match.agreements.filter(answer=TownAgreement.Answer.AGREED).exists():
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "town")
    if match.offer.kind == Kind.HOUSING and match.offer.vetted_at is None:
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "vetting")
    if reach.paused([match.offer.owner_id], local_day(now, match.offer.city)):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "paused")
    standing.check_may_be_asked(match, now=now)
    asks = match.city.asks_citizen(match.offer.kind)
    held = turns.why_it_waits(match, now=now) if asks else ""
    asking.set_clock(match, held=held, now=now)
    _move(
        match,
        Act.PROPOSE,
        found.to,
        role=role,
        by=by,
        now=now,
        note=note,
        plan_number=plan_number,
        relay=relay,
        tells=asks,
        held=held,
    )
    if not asks:
        _accepted(match, role=Role.TOWN, by=None, now=now)
    return match


@transaction.atomic
def dismiss(*, match_id: int, by: User, now: datetime, reason: str, note: str = "") -> Match:
    """Set a suggestion aside until its offer or need changes. Raises NotPossible."""
    return set_aside(match=locked(match_id), by=by, now=now, reason=reason, note=note)


def set_aside(*, match: Match, by: User, now: datetime, reason: str, note: str = "") -> Match:
    """`dismiss` a match that the caller has `locked`."""
    return do(match, Act.DISMISS, by=by, now=now, reason=reason, note=note)


@transaction.atomic
def accept(*, match_id: int, by: User, now: datetime) -> Match:
    """The citizen says yes; the association is asked to confirm. Raises NotPossible (see `check_still_stands`).

    Taken when somebody else, who was asked beside them, was first.
    """
    match = locked(match_id)
    roles = entitled(Act.ACCEPT, roles_of(by, match), across=match.is_across)
    _found, role = arrow(match.state, Act.ACCEPT, roles, reason="")
    standing.check_still_stands(match, Act.ACCEPT, now=now)
    if match.offer.state == OfferState.EXPIRED:
        # A yes says that the offer still holds.
        match.offer = offers.reconfirm(offer_id=match.offer_id, by=by, now=now, of_place=True)
    if Hold.objects.filter(need=match.need_id, beside=True).exists():
        capacity.count(match)
        wake_on_commit(IN_HAND_TASK)
    _accepted(match, role=role, by=by, now=now)
    return match


@transaction.atomic
def decline(
    *, match_id: int, by: User, now: datetime, reason: str = Reason.NOT_FOR_ME, note: str = ""
) -> Match:
    """The citizen says no; what was held is free again. Raises NotPossible."""
    return _act(match_id, Act.DECLINE, by=by, now=now, reason=reason, note=note)


@transaction.atomic
def confirm(*, match_id: int, by: User, now: datetime) -> Match:
    """The association says yes; contacts are exchanged. Raises NotPossible ("closed": see `check_still_stands`)."""
    match = locked(match_id)
    _found, role = arrow(match.state, Act.CONFIRM, roles_of(by, match), reason="")
    standing.check_still_stands(match, Act.CONFIRM, now=now)
    _confirmed(match, role=role, by=by, now=now)
    return match


@transaction.atomic
def reconfirm(*, match_id: int, by: User, now: datetime) -> Match:
    """The association says that the stay still holds, as it was asked. Raises NotPossible ("state" when it was not)."""
    match = locked(match_id)
    found, role = arrow(match.state, Act.RECONFIRM, roles_of(by, match), reason="")
    if match.confirm_by is None:
        raise NotPossible(Act.RECONFIRM, MatchState(match.state), "state")
    match.confirm_by = None
    _move(match, Act.RECONFIRM, found.to, role=role, by=by, now=now)
    return match


@transaction.atomic
def refuse(*, match_id: int, by: User, now: datetime, reason: str, note: str = "") -> Match:
    """The association says no; what was held is free again. Raises NotPossible."""
    return _act(match_id, Act.REFUSE, by=by, now=now, reason=reason, note=note)


@transaction.atomic
def cancel(*, match_id: int, by: User | None, now: datetime, reason: str, note: str = "") -> Match:
    """End a match before it started. `by` None: the scheduler. Raises NotPossible."""
    return _act(match_id, Act.CANCEL, by=by, now=now, reason=reason, note=note)


@transaction.atomic
def break_off(
    *,
    match_id: int,
    by: User | None,
    now: datetime,
    reason: str,
    note: str = "",
    from_day: date | None = None,
) -> Match:
    """End a match early, or record that it never took place; free from today on, or from a day before it. Raises
    NotPossible ("days" where that is before its second day, or still to come).
    """
    match = locked(match_id)
    if from_day is not None and not match.first_day < from_day <= local_day(now, match.city):
        raise NotPossible(Act.BREAK_OFF, MatchState(match.state), "days")
    return do(match, Act.BREAK_OFF, by=by, now=now, reason=reason, note=note, from_day=from_day)


@transaction.atomic
def start(*, match_id: int, by: User | None, now: datetime) -> Match:
    """The stay, the hand-over or the lessons have begun. Raises NotPossible ("closed" when its days are over,
    or its offer or need is taken back, or held back by an incident; "rehoused" while its people are to be housed
    elsewhere, or are; "early" before the first day of what lasts).
    """
    match = locked(match_id)
    check_may(match, Act.START, by=by)
    if waits.is_over(match, now=now) or standing.is_taken_back(match):
        raise NotPossible(Act.START, MatchState(match.state), "closed")
    if match.rehouse_from is not None:
        raise NotPossible(Act.START, MatchState(match.state), "rehoused")
    if match.state in TO_COME and not standing.compared_again(match, now=now):
        raise NotPossible(Act.START, MatchState(match.state), "changed")
    if match.need.lasts and match.state in TO_COME and local_day(now, match.city) < match.first_day:
        raise NotPossible(Act.START, MatchState(match.state), "early")
    return do(match, Act.START, by=by, now=now)


@transaction.atomic
def complete(*, match_id: int, by: User | None, now: datetime) -> Match:
    """It took place and is over. Raises NotPossible."""
    return _act(match_id, Act.COMPLETE, by=by, now=now)


@transaction.atomic
def follow_up(*, match: Match, act: Act, by: User, now: datetime, reason: str = "", note: str = "") -> Match:
    """What an answer to the follow-up means for a match that the caller has `locked`, whoever gave the answer.

    Raises NotPossible.
    """
    found, role = arrow(match.state, act, frozenset({Role.FOLLOW_UP}), reason=reason)
    _move(match, act, found.to, role=role, by=by, now=now, reason=reason, note=note)
    return match


def locked(match_id: int) -> Match:
    """The match with its offer, need and town, all locked in the one order: what it reads stays true to the end."""
    offer_id, need_id = Match.objects.values_list("offer_id", "need_id").get(pk=match_id)
    Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    Need.objects.select_for_update(no_key=True).get(pk=need_id)
    return (
        Match.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            *("offer__owner__message_preference", "offer__commune", "offer__city", "city"),
            *("need__organisation", "need__person", "need__commune"),
        )
        .get(pk=match_id)
    )


def _act(
    match_id: int,
    act: Act,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    note: str = "",
) -> Match:
    return do(locked(match_id), act, by=by, now=now, reason=reason, note=note)


def do(
    match: Match,
    act: Act,
    *,
    by: User | None,
    now: datetime,
    role: Role | None = None,
    reason: str = "",
    note: str = "",
    from_day: date | None = None,
    change: Mapping[str, Sequence[Any]] | None = None,
    tells: bool = True,
) -> Match:
    """An act that asks nothing but the table, on a match that the caller has `locked`. `by` None: the scheduler, or
    whose `role` it is. `change`: what it changed beside the state, old and new, kept with its decision.
    """
    roles = frozenset({role}) if role else entitled(act, roles_of(by, match), across=match.is_across)
    found, role = arrow(match.state, act, roles, reason=reason)
    _move(
        match,
        act,
        found.to,
        role=role,
        by=by,
        now=now,
        reason=reason,
        note=note,
        from_day=from_day,
        change=change,
        tells=tells,
    )
    return match


def _accepted(match: Match, *, role: Role, by: User | None, now: datetime) -> None:
    found, role = arrow(match.state, Act.ACCEPT, frozenset({role}), reason="")
    asks = match.city.asks_association(match.need.kind)
    leaves = turns.leaves_for(match, match.city, now=now)
    match.confirm_by = waits.deadline(match, now=leaves)
    match.remind_at = waits.halfway(match.confirm_by, now=leaves)
    _move(match, Act.ACCEPT, found.to, role=role, by=by, now=now, tells=asks)
    if not asks:
        _confirmed(match, role=Role.TOWN, by=None, now=now)


def _confirmed(match: Match, *, role: Role, by: User | None, now: datetime) -> None:
    found, role = arrow(match.state, Act.CONFIRM, frozenset({role}), reason="")
    match.confirm_by, match.remind_at = None, waits.ask_again_at(match, now=now)
    _move(match, Act.CONFIRM, found.to, role=role, by=by, now=now)


def _move(
    match: Match,
    act: Act,
    to: MatchState,
    *,
    role: Role,
    by: User | None,
    now: datetime,
    reason: str = "",
    note: str = "",
    plan_number: int | None = None,
    relay: RelayParts | None = None,
    tells: bool = True,
    held: str = "",
    from_day: date | None = None,
    change: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write the new state, its decision, and what is held; have the engine look again; tell whom it concerns.

    The first decision freezes the reasons as they stand: they are what was decided upon. `tells` is False where the
    answer that would be asked for is presumed, and the next act follows at once; `held`: why the question waits.
    """
    before = MatchState(match.state)
    if before == MatchState.SUGGESTED:
        facts.explained([match], now=now)
    match.state, match.changed_at = to, now
    from_day = from_day or local_day(now, match.city)
    if to == MatchState.BROKEN_OFF:
        match.ended_on = from_day
    if to not in GOING_ON and match.longer_until is not None:
        # Nobody answers any more: what was held for it is free.
        capacity.keep_held(match, last_day=match.last_day)
        match.longer_until = match.longer_by = None
    if to not in GOING_ON:
        match.rehouse_from = None
    if to not in telling.REMINDED:
        match.remind_at = None
    if to != MatchState.PROPOSED:
        match.waits_since = None
    waited = ["asked_at", "waits_since", "answer_by", "confirm_by", "remind_at", "longer_until", "longer_by"]
    match.save(update_fields=["state", "changed_at", "facts", "ended_on", "rehouse_from", *waited])
    Decision.objects.create(
        match=match,
        act=act,
        from_state=before,
        to_state=to,
        by=by,
        role=role,
        reason=reason,
        note=note[:500],
        plan_number=plan_number,
        relay=relay,
        change=change,
        at=now,
    )
    happenings.record(match, before, now=now)
    if to in HOLDING and before not in HOLDING:
        # Homes in turn are asked for days of their own, and whoever is not asked does not think.
        may_be_beside = tells and relay is None and to == MatchState.PROPOSED
        capacity.hold(match, before, beside=may_be_beside and capacity.may_ask_another(match))
    elif before in HOLDING and to not in HOLDING:
        # The follow-up asks whether it took place.
        came = reason != Reason.NO_SHOW and role != Role.FOLLOW_UP
        capacity.release(match, from_day, came=came)
    if (to in HOLDING) != (before in HOLDING):
        offers.mark_due(offer_ids=[match.offer_id], now=now)
        needs.mark_due(need_ids=[match.need_id], now=now)
    elif to == MatchState.DISMISSED:
        needs.mark_due(need_ids=[match.need_id], now=now)
    if (to in SERVED) != (before in SERVED):
        recorded = given.record(match.need_id, by=by, now=now)
        # What falls through tonight is for tonight again. What is confirmed for tonight is told as what it was.
        if before in SERVED:
            match.need.state, match.need.uncovered_from = recorded.state, recorded.uncovered_from
    if tells:
        roles = roles_of(by, match) if role == Role.FOLLOW_UP else {role}
        done_by = telling.who_did(act, roles, reason=reason)
        telling.tell(match, before, act, done_by=done_by, by=by, now=now, held=held)
    if before == MatchState.PROPOSED and turns.waiting().filter(offer__owner=match.offer.owner_id).exists():
        wake_on_commit(TURNS_TASK)


# What people decide, each by the service that does so.
BY_HAND: Mapping[Act, Callable[..., Match]] = {
    Act.PROPOSE: propose,
    Act.DISMISS: dismiss,
    Act.ACCEPT: accept,
    Act.DECLINE: decline,
    Act.CONFIRM: confirm,
    Act.RECONFIRM: reconfirm,
    Act.REFUSE: refuse,
    Act.START: start,
    Act.CANCEL: cancel,
    Act.BREAK_OFF: break_off,
}
