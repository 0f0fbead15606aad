"""Every decision about a match: lock, ask the transition table, write, tell the people concerned.

Lock order, everywhere: offer, need, match (docs/adr/0003). The locks are FOR NO KEY UPDATE, so that inserting rows
that refer to the same offer or need never waits on them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.access import DESK, has_role, roles_in, speaks_for
from accounts.models import User
from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import progress, telling, turns, waits
from matching.lifecycle import (
    GOING_ON,
    HOLDING,
    SERVED,
    Act,
    NotPossible,
    Reason,
    Role,
    acts_for,
    arrow,
    entitled,
)
from matching.models import Decision, Hold, Match, MatchState, TownAgreement
from matching.reasons import facts, still_fits
from matching.rewriting import RelayParts
from needs import services as needs
from needs.models import Need, NeedState
from notifications import reach
from notifications.wake_up import wake_on_commit
from offers import services as offers
from offers.models import Offer, OfferState
from webhooks import services as webhooks
from webhooks.events import Happening

# An offer in one of these keeps no promise; of one that an incident holds back, not until it is closed.
GONE = (OfferState.WITHDRAWN, OfferState.FROZEN)
TURNS_TASK = "matching.tasks.ask_in_turn"
IN_HAND_TASK = "matching.tasks.look_after_matches"

# Of which states other systems may be told: of nothing that the desk alone has looked at.
HAPPENINGS = {
    MatchState.PROPOSED: Happening.MATCH_PROPOSED,
    MatchState.ACCEPTED: Happening.MATCH_ACCEPTED,
    MatchState.CONFIRMED: Happening.MATCH_CONFIRMED,
    MatchState.UNDER_WAY: Happening.MATCH_BEGUN,
    MatchState.COMPLETED: Happening.MATCH_COMPLETED,
    **dict.fromkeys(
        (
            MatchState.DECLINED,
            MatchState.LAPSED,
            MatchState.REFUSED,
            MatchState.CANCELLED,
            MatchState.BROKEN_OFF,
        ),
        Happening.MATCH_ENDED,
    ),
}
TO_COME = (MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.CONFIRMED)


class Taken(NotPossible):
    """What the match would hold is held already: the offer was taken, or the need served, in the meantime."""

    def __init__(self, state: MatchState, act: Act = Act.PROPOSE) -> None:
        super().__init__(act, state, "taken")


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
    check_may_be_asked(match, now=now)
    asks = match.city.asks_citizen(match.offer.kind)
    held = turns.why_it_waits(match, now=now) if asks else ""
    _set_clock(match, held=held, now=now)
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


def ask_in_turn(*, match: Match, by: None, now: datetime) -> bool:
    """Ask the citizen of a match that the caller has `locked`, whose question waits for its turn; False, and it goes on
    waiting, while it has not come.
    """
    message = telling.held_question(match)
    held = turns.why_it_waits(match, now=now, message=message, is_next=True)
    if held:
        telling.still_waits(match, message, held, now=now)
        return False
    _set_clock(match, held="", now=now)
    match.save(update_fields=["asked_at", "answer_by", "remind_at", "waits_since"])
    telling.ask_now(match, message, by=by, now=now)
    return True


def _set_clock(match: Match, *, held: str, now: datetime) -> None:
    """The time to answer begins when the question leaves; of one that waits, it ends with the use of an answer."""
    match.asked_at = now
    if held:
        match.waits_since, match.answer_by, match.remind_at = now, waits.useful_until(match, now=now), None
        return
    leaves = turns.leaves_at(match, now=now)
    match.waits_since, match.answer_by = None, waits.deadline(match, now=leaves)
    match.remind_at = waits.halfway(match.answer_by, now=leaves)


@transaction.atomic
def dismiss(*, match_id: int, by: User, now: datetime, reason: str, note: str = "") -> Match:
    """Set a suggestion aside until its offer or need changes. Raises NotPossible."""
    return set_aside(match=locked(match_id), by=by, now=now, reason=reason, note=note)


def set_aside(*, match: Match, by: User, now: datetime, reason: str, note: str = "") -> Match:
    """`dismiss` a match that the caller has `locked`."""
    return do(match, Act.DISMISS, by=by, now=now, reason=reason, note=note)


@transaction.atomic
def accept(*, match_id: int, by: User, now: datetime) -> Match:
    """The citizen says yes; the association is asked to confirm. Raises NotPossible ("closed": see `_still_stands`).

    Taken when somebody else, who was asked beside them, was first.
    """
    match = locked(match_id)
    roles = entitled(Act.ACCEPT, roles_of(by, match), across=match.is_across)
    _found, role = arrow(match.state, Act.ACCEPT, roles, reason="")
    _still_stands(match, Act.ACCEPT, now=now)
    if match.offer.state == OfferState.EXPIRED:
        # A yes says that the offer still holds.
        match.offer = offers.reconfirm(offer_id=match.offer_id, by=by, now=now)
    if Hold.objects.filter(need=match.need_id, beside=True).exists():
        count(match)
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
    """The association says yes; contacts are exchanged. Raises NotPossible ("closed": see `_still_stands`)."""
    match = locked(match_id)
    _found, role = arrow(match.state, Act.CONFIRM, roles_of(by, match), reason="")
    _still_stands(match, Act.CONFIRM, now=now)
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
    or its offer or need is taken back, or held back by an incident; "early" before the first day of what lasts).
    """
    match = locked(match_id)
    check_may(match, Act.START, by=by)
    if waits.is_over(match, now=now) or is_taken_back(match):
        raise NotPossible(Act.START, MatchState(match.state), "closed")
    if match.state in TO_COME and not compared_again(match, now=now):
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


def roles_of(user: User | None, match: Match) -> frozenset[Role]:
    """In what capacities somebody may act on a match; the scheduler alone when nobody."""
    if user is None:
        return frozenset({Role.SCHEDULER})
    in_town = roles_in(user, match.city)
    roles = {role for role in (Role.COORDINATOR, Role.OPERATOR) if role in in_town}
    if match.is_across and has_role(user, match.offer.city, DESK):
        roles.add(Role.HOST_TOWN)
    if match.offer.owner_id == user.pk:
        roles.add(Role.CITIZEN)
    if match.need.person_id == user.pk:
        roles.add(Role.ASSOCIATION)
    organisation = match.need.organisation
    if organisation is not None and speaks_for(user, organisation):
        roles.add(Role.ASSOCIATION)
    return frozenset(roles)


def check_may_be_asked(match: Match, *, now: datetime) -> None:
    """Raise NotPossible ("closed", "changed") when a suggestion is not what the engine compared any more, and
    "unaccompanied" while it is not known who accompanies a lone minor.
    """
    if not (match.offer.is_open and match.need.is_open and _poster_may_ask(match.need)):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "closed")
    if waits.is_over(match, now=now):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "closed")
    if _has_changed(match):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "changed")
    if match.need.lone_minor and not match.need.social_worker:
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "unaccompanied")


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


def _still_stands(match: Match, act: Act, *, now: datetime) -> None:
    """Raise "closed" when a yes would come too late: its days over, an offer frozen or withdrawn, a need withdrawn, its
    association suspended before the first yes; "changed" when what was promised is not possible any more.
    The sweeps `cancel_orphans` and `judge_again` call such matches off, but not in the same instant.
    """
    if waits.is_over(match, now=now):
        raise NotPossible(act, MatchState(match.state), "closed")
    is_moot = act == Act.ACCEPT and not _poster_may_ask(match.need)
    if is_taken_back(match) or is_moot:
        raise NotPossible(act, MatchState(match.state), "closed")
    if not compared_again(match, now=now):
        raise NotPossible(act, MatchState(match.state), "changed")


def compared_again(match: Match, *, now: datetime) -> bool:
    """Whether it can still be kept as both sides are now; what can goes on with the new facts."""
    if not _has_changed(match):
        return True
    if still_fits.broken(match, now=now):
        return False
    match.offer_revision, match.need_revision = match.offer.revision, match.need.revision
    match.save(update_fields=["offer_revision", "need_revision"])
    return True


def _has_changed(match: Match) -> bool:
    return (match.offer_revision, match.need_revision) != (match.offer.revision, match.need.revision)


def is_taken_back(match: Match) -> bool:
    """For good, or for as long as an incident is open."""
    return match.offer.state in GONE or match.need.state == NeedState.WITHDRAWN


def _poster_may_ask(need: Need) -> bool:
    return need.organisation is None or need.organisation.is_verified


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


def possible(match: Match, roles: frozenset[Role]) -> frozenset[Act]:
    """What somebody with these roles can do to it now: what a page shows as buttons, and the API as words."""
    return acts_for(
        match.state,
        roles,
        across=match.is_across,
        asked_again=match.is_asked_again,
        asked_longer=match.is_asked_longer,
        lasts=match.need.lasts,
    )


def check_may(match: Match, act: Act, *, by: User | None, reason: str = "") -> None:
    """Raise NotPossible unless the table lets them do it now: before anything is written for it."""
    arrow(match.state, act, entitled(act, roles_of(by, match), across=match.is_across), reason=reason)


def keep_held(match: Match, *, quantity: int | None = None, last_day: date | None = None) -> None:
    """Hold so much, or until that day, of the offer of a match that the caller has `locked`. Raises Taken."""
    held = Hold.objects.get(match=match)
    held.quantity, held.last_day = quantity or held.quantity, last_day or held.last_day
    with _within_capacity(MatchState(match.state)):
        held.save(update_fields=["quantity", "last_day"])


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
        keep_held(match, last_day=match.last_day)
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
    if to in HAPPENINGS and to != before:
        webhooks.record(
            city_id=match.city_id,
            happening=HAPPENINGS[to],
            at=now,
            need=match.need.reference,
            offer=match.offer.reference,
        )
    if to in HOLDING and before not in HOLDING:
        # Homes in turn are asked for days of their own, and whoever is not asked does not think.
        may_be_beside = tells and relay is None and to == MatchState.PROPOSED
        _hold(match, before, beside=may_be_beside and _may_ask_another(match))
    elif before in HOLDING and to not in HOLDING:
        # The follow-up asks whether it took place.
        came = reason != Reason.NO_SHOW and role != Role.FOLLOW_UP
        _release(match, from_day, came=came)
    if (to in HOLDING) != (before in HOLDING):
        offers.mark_due(offer_ids=[match.offer_id], now=now)
        needs.mark_due(need_ids=[match.need_id], now=now)
    elif to == MatchState.DISMISSED:
        needs.mark_due(need_ids=[match.need_id], now=now)
    if (to in SERVED) != (before in SERVED):
        recorded = progress.record(match.need_id, by=by, now=now)
        # What falls through tonight is for tonight again. What is confirmed for tonight is told as what it was.
        if before in SERVED:
            match.need.state, match.need.uncovered_from = recorded.state, recorded.uncovered_from
    if tells:
        roles = roles_of(by, match) if role == Role.FOLLOW_UP else {role}
        done_by = telling.who_did(act, roles, reason=reason)
        telling.tell(match, before, act, done_by=done_by, by=by, now=now, held=held)
    if before == MatchState.PROPOSED and turns.waiting().filter(offer__owner=match.offer.owner_id).exists():
        wake_on_commit(TURNS_TASK)


def count(match: Match) -> None:
    """Of several homes that are asked for the same, the first yes counts for the need, and those that still think do
    not. Raises Taken for a later one.
    """
    others = Hold.objects.filter(
        need=match.need_id,
        match__state=MatchState.PROPOSED,
        first_day__lte=match.last_day,
        last_day__gte=match.first_day,
    ).exclude(match=match)
    try:
        with transaction.atomic():
            others.update(beside=True)
            Hold.objects.filter(match=match).update(beside=False)
    except IntegrityError as error:
        if violated(error) != "hold_within_quantity":
            raise
        raise Taken(MatchState(match.state), Act.ACCEPT) from error


def would_count(match: Match) -> bool:
    """Whether a yes to what is only asked could still count."""
    try:
        with transaction.atomic():
            count(match)
            transaction.set_rollback(True)
    except Taken:
        return False
    return True


def _may_ask_another(match: Match) -> bool:
    """Whether one home more may be asked for this need while this one thinks; the need is locked."""
    if match.need.kind != Kind.HOUSING or match.city.homes_asked_at_once == 1:
        return False
    beside = Hold.objects.filter(need=match.need_id, beside=True).count()
    return beside < match.city.homes_asked_at_once - 1


def _hold(match: Match, before: MatchState, *, beside: bool) -> None:
    """Hold the match's part of the offer; the database refuses what is not there (migrations 0002, 0011, 0022)."""
    with _within_capacity(before):
        Hold.objects.create(
            match=match,
            offer=match.offer,
            need=match.need,
            quantity=match.quantity,
            first_day=match.first_day,
            last_day=match.last_day,
            beside=beside,
        )


@contextmanager
def _within_capacity(state: MatchState) -> Iterator[None]:
    """Raise Taken for what the database refuses to hold."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not violated(error).startswith("hold_within_"):
            raise
        raise Taken(state) from error


def _release(match: Match, from_day: date, *, came: bool) -> None:
    """Free what was held: all of it, or of a stay to which somebody came, from that day on. Goods come back whole."""
    hold = Hold.objects.get(match=match)
    begun = match.state == MatchState.BROKEN_OFF and hold.first_day < from_day and came
    if begun and match.offer.kind != Kind.GOODS:
        hold.last_day = min(hold.last_day, from_day - timedelta(days=1))
        hold.released = True
        hold.save(update_fields=["last_day", "released"])
    else:
        hold.delete()


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
