"""Every decision about a match: lock, ask the transition table, write, tell the people concerned.

Lock order, everywhere: offer, need, match (docs/adr/0003). The locks are FOR NO KEY UPDATE, so that inserting rows
that refer to the same offer or need never waits on them.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce

from accounts.access import DESK, has_role, roles_in, speaks_for
from accounts.models import Organisation, User
from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from matching import progress, telling, waits
from matching.lifecycle import HOLDING, SERVED, WAITING, Act, NotPossible, Reason, Role, arrow, entitled
from matching.models import CHANGED, Decision, Hold, Match, MatchState, TownAgreement
from matching.reasons import facts, still_fits
from matching.selectors import posters_of
from needs import services as needs
from needs.models import Need, NeedState
from offers import services as offers
from offers.models import Offer, OfferState

# An offer in one of these keeps no promise; of one that an incident holds back, not until it is closed.
GONE = (OfferState.WITHDRAWN, OfferState.FROZEN)


TO_COME = (MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.CONFIRMED)

# Of each home, in turn: `offer`, its reference, with `first_day` and `last_day`.
RelayParts = list[dict[str, str]]


class Taken(NotPossible):
    """What the match would hold is held already: the offer was taken, or the need served, in the meantime."""

    def __init__(self, state: MatchState) -> None:
        super().__init__(Act.PROPOSE, state, "taken")


@transaction.atomic
def propose(
    *, match_id: int, by: User, now: datetime, note: str = "", plan_number: int | None = None
) -> Match:
    """Hold the capacity and ask the citizen; where the town presumes a consent, go on at once.

    `plan_number`: the plan of which this is a line, kept with the decision.
    Raises NotPossible ("state", "role", "vetting" for a home not visited, "town" while the linked town of the offer has
    not agreed, "closed" when offer or need no longer is open, "changed" when either is not what the engine compared any
    more) and Taken.
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
    check_may_be_asked(match, now=now)
    match.asked_at = now
    match.answer_by = waits.deadline(match, now=now)
    match.remind_at = waits.halfway(match.answer_by, now=now)
    asks = match.city.asks_citizen(match.offer.kind)
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
    return _do(match, Act.DISMISS, by=by, now=now, reason=reason, note=note)


@transaction.atomic
def accept(*, match_id: int, by: User, now: datetime) -> Match:
    """The citizen says yes; the association is asked to confirm. Raises NotPossible ("closed": see `_still_stands`)."""
    match = locked(match_id)
    roles = entitled(Act.ACCEPT, roles_of(by, match), across=match.is_across)
    _found, role = arrow(match.state, Act.ACCEPT, roles, reason="")
    _still_stands(match, Act.ACCEPT, now=now)
    if match.offer.state == OfferState.EXPIRED:
        # A yes says that the offer still holds.
        match.offer = offers.reconfirm(offer_id=match.offer_id, by=by, now=now)
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
def break_off(*, match_id: int, by: User | None, now: datetime, reason: str, note: str = "") -> Match:
    """End a match early, or record that it never took place; free from today on. Raises NotPossible."""
    return _act(match_id, Act.BREAK_OFF, by=by, now=now, reason=reason, note=note)


@transaction.atomic
def start(*, match_id: int, by: User | None, now: datetime) -> Match:
    """The stay, the hand-over or the lessons have begun. Raises NotPossible ("closed" when its days are over, or its
    offer or need is taken back, or held back by an incident).
    """
    match = locked(match_id)
    if waits.is_over(match, now=now) or _is_taken_back(match):
        raise NotPossible(Act.START, MatchState(match.state), "closed")
    if match.state in TO_COME and not _compared_again(match, now=now):
        raise NotPossible(Act.START, MatchState(match.state), "changed")
    return _act(match_id, Act.START, by=by, now=now)


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


def lapse_unanswered(*, by: None, now: datetime, limit: int = 200) -> int:
    """Release the matches whose answer, or confirmation, did not come in time; how many.

    Not atomic as a whole: each match is locked, and committed, by itself, so that no two locks are taken out of order.
    """
    late = Match.objects.filter(
        Q(state=MatchState.PROPOSED, answer_by__lte=now) | Q(state=MatchState.ACCEPTED, confirm_by__lte=now)
    ).order_by(Coalesce("confirm_by", "answer_by"), "id")
    return sum(_lapse(match_id, now=now) for match_id in list(late.values_list("pk", flat=True)[:limit]))


def remind_unanswered(*, by: None, now: datetime, limit: int = 200) -> int:
    """Remind, once and halfway, whoever has not answered or confirmed yet, and ask whether a stay that was confirmed
    long before still holds; of how many. Each by itself, as above.
    """
    due = Match.objects.filter(state__in=telling.REMINDED, remind_at__lte=now).order_by("remind_at", "id")
    return sum(_remind(match_id, now=now) for match_id in list(due.values_list("pk", flat=True)[:limit]))


def start_due(*, by: None, now: datetime, limit: int = 200) -> int:
    """Set under way the confirmed matches whose first day has come; how many. Each by itself, as above.

    Of what is over before anybody looked, the follow-up asks whether it took place.
    """
    started = 0
    confirmed = Match.objects.filter(state=MatchState.CONFIRMED).exclude(
        Q(offer__state__in=GONE) | Q(need__state=NeedState.WITHDRAWN)
    )
    for city in City.objects.filter(pk__in=confirmed.values("city")).order_by("pk"):
        today = local_day(now, city)
        begun = confirmed.filter(city=city, first_day__lte=today, last_day__gte=today).order_by(
            "first_day", "id"
        )
        for match_id in list(begun.values_list("pk", flat=True)[:limit]):
            started += _start(match_id, now=now)
    return started


def cancel_orphans(*, by: None, now: datetime, limit: int = 200) -> int:
    """Call off what was to come of a withdrawn need or offer, and what is still being asked for a suspended
    association or of a frozen offer; how many. What a suspended association was promised is the desk's from then on.

    Not atomic as a whole: each match is locked, and committed, by itself.
    """
    need_gone = Q(need__state=NeedState.WITHDRAWN) | Q(
        state=MatchState.PROPOSED, need__organisation__state=Organisation.State.SUSPENDED
    )
    # What an incident holds back goes on, or not, when it is closed; no more is asked meanwhile.
    offer_gone = Q(offer__state=OfferState.WITHDRAWN) | Q(
        state=MatchState.PROPOSED, offer__state=OfferState.FROZEN
    )
    orphans = Match.objects.filter(need_gone | offer_gone, state__in=TO_COME).annotate(
        reason=Case(When(need_gone, Value(Reason.NEED_GONE)), default=Value(Reason.OFFER_GONE))
    )
    cancelled = 0
    for match_id, reason in list(orphans.order_by("id").values_list("pk", "reason")[:limit]):
        try:
            cancel(match_id=match_id, by=None, now=now, reason=Reason(reason))
        except NotPossible:
            continue  # somebody answered in the meantime; the next look decides
        cancelled += 1
    return cancelled


def judge_again(*, by: None, now: datetime, limit: int = 200) -> int:
    """Compare anew what was promised before its offer or its need changed, and call off what is not possible any more;
    how many. Of what has begun the desk is told (`held_back`). Not atomic as a whole: each match by itself, as above.
    """
    changed = Match.objects.filter(CHANGED, state__in=TO_COME).exclude(
        Q(offer__state__in=GONE) | Q(need__state=NeedState.WITHDRAWN)
    )
    return sum(
        _judge_again(match_id, now=now)
        for match_id in list(changed.order_by("id").values_list("pk", flat=True)[:limit])
    )


@transaction.atomic
def _judge_again(match_id: int, *, now: datetime) -> bool:
    match = locked(match_id)
    if match.state not in TO_COME or _is_taken_back(match) or _compared_again(match, now=now):
        return False
    found, role = arrow(match.state, Act.CANCEL, frozenset({Role.SCHEDULER}), reason=Reason.CHANGED)
    _move(match, Act.CANCEL, found.to, role=role, by=None, now=now, reason=Reason.CHANGED)
    return True


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
    """Raise NotPossible ("closed", "changed") when a suggestion is not what the engine compared any more."""
    if not (match.offer.is_open and match.need.is_open and _poster_may_ask(match.need)):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "closed")
    if waits.is_over(match, now=now):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "closed")
    if _has_changed(match):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "changed")


def locked(match_id: int) -> Match:
    """The match with its offer, need and town, all locked in the one order: what it reads stays true to the end."""
    offer_id, need_id = Match.objects.values_list("offer_id", "need_id").get(pk=match_id)
    Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    Need.objects.select_for_update(no_key=True).get(pk=need_id)
    return (
        Match.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            *("offer__owner", "offer__commune", "offer__city", "city"),
            *("need__organisation", "need__person", "need__commune"),
        )
        .get(pk=match_id)
    )


def _still_stands(match: Match, act: Act, *, now: datetime) -> None:
    """Raise "closed" when a yes would come too late: its days over, an offer frozen or withdrawn, a need withdrawn, its
    association suspended before the first yes; "changed" when what was promised is not possible any more.
    `cancel_orphans` and `judge_again` call such matches off, but not in the same instant.
    """
    if waits.is_over(match, now=now):
        raise NotPossible(act, MatchState(match.state), "closed")
    is_moot = act == Act.ACCEPT and not _poster_may_ask(match.need)
    if _is_taken_back(match) or is_moot:
        raise NotPossible(act, MatchState(match.state), "closed")
    if not _compared_again(match, now=now):
        raise NotPossible(act, MatchState(match.state), "changed")


def _compared_again(match: Match, *, now: datetime) -> bool:
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


def _is_taken_back(match: Match) -> bool:
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
    return _do(locked(match_id), act, by=by, now=now, reason=reason, note=note)


def _do(match: Match, act: Act, *, by: User | None, now: datetime, reason: str, note: str) -> Match:
    roles = entitled(act, roles_of(by, match), across=match.is_across)
    found, role = arrow(match.state, act, roles, reason=reason)
    _move(match, act, found.to, role=role, by=by, now=now, reason=reason, note=note)
    return match


@transaction.atomic
def _lapse(match_id: int, *, now: datetime) -> bool:
    match = locked(match_id)
    until = match.answer_by if match.state == MatchState.PROPOSED else match.confirm_by
    if match.state not in WAITING or until is None or until > now:
        return False  # somebody answered while we waited for the lock
    found, role = arrow(match.state, Act.LAPSE, frozenset({Role.SCHEDULER}), reason="")
    _move(match, Act.LAPSE, found.to, role=role, by=None, now=now)
    return True


@transaction.atomic
def _remind(match_id: int, *, now: datetime) -> bool:
    match = locked(match_id)
    if match.state not in telling.REMINDED or match.remind_at is None or match.remind_at > now:
        return False  # somebody answered while we waited for the lock, or another worker reminded
    match.remind_at = None
    is_heard = True
    if match.state == MatchState.CONFIRMED:
        # Where an association is suspended, or nobody is left of it, the desk takes over (`held_back`).
        is_heard = bool(posters_of(match.need))
        match.confirm_by = waits.asked_again_until(match) if is_heard else now
    match.save(update_fields=["remind_at", "confirm_by"])
    if is_heard:
        telling.remind(match, now=now)
    return True


@transaction.atomic
def _start(match_id: int, *, now: datetime) -> bool:
    match = locked(match_id)
    if match.state != MatchState.CONFIRMED or _is_taken_back(match) or waits.is_over(match, now=now):
        return False  # while we waited for the lock
    if not _compared_again(match, now=now):
        return False
    found, role = arrow(match.state, Act.START, frozenset({Role.SCHEDULER}), reason="")
    _move(match, Act.START, found.to, role=role, by=None, now=now)
    return True


def _accepted(match: Match, *, role: Role, by: User | None, now: datetime) -> None:
    found, role = arrow(match.state, Act.ACCEPT, frozenset({role}), reason="")
    asks = match.city.asks_association(match.need.kind)
    match.confirm_by = waits.deadline(match, now=now)
    match.remind_at = waits.halfway(match.confirm_by, now=now)
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
) -> None:
    """Write the new state, its decision, and what is held; have the engine look again; tell whom it concerns.

    The first decision freezes the reasons as they stand: they are what was decided upon. `tells` is False where the
    answer that would be asked for is presumed, and the next act follows at once.
    """
    before = MatchState(match.state)
    if before == MatchState.SUGGESTED:
        facts.explained([match], now=now)
    match.state, match.changed_at = to, now
    if to == MatchState.BROKEN_OFF:
        match.ended_on = local_day(now, match.city)
    if to not in telling.REMINDED:
        match.remind_at = None
    waited = ["asked_at", "answer_by", "confirm_by", "remind_at"]
    match.save(update_fields=["state", "changed_at", "facts", "ended_on", *waited])
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
        at=now,
    )
    if to in HOLDING and before not in HOLDING:
        _hold(match, before)
    elif before in HOLDING and to not in HOLDING:
        # The follow-up asks whether it took place.
        came = reason != Reason.NO_SHOW and role != Role.FOLLOW_UP
        _release(match, local_day(now, match.city), came=came)
    if (to in HOLDING) != (before in HOLDING):
        offers.mark_due(offer_ids=[match.offer_id], now=now)
        needs.mark_due(need_ids=[match.need_id], now=now)
    elif to == MatchState.DISMISSED:
        needs.mark_due(need_ids=[match.need_id], now=now)
    if (to in SERVED) != (before in SERVED):
        progress.record(match.need_id, by=by, now=now)
    if tells:
        roles = roles_of(by, match) if role == Role.FOLLOW_UP else {role}
        done_by = telling.who_did(act, roles, reason=reason)
        telling.tell(match, before, act, done_by=done_by, by=by, now=now)


def _hold(match: Match, before: MatchState) -> None:
    """Hold the match's part of the offer; the database refuses what is not there (migrations 0002, 0011)."""
    try:
        with transaction.atomic():
            Hold.objects.create(
                match=match,
                offer=match.offer,
                need=match.need,
                quantity=match.quantity,
                first_day=match.first_day,
                last_day=match.last_day,
            )
    except IntegrityError as error:
        if not violated(error).startswith("hold_within_"):
            raise
        raise Taken(before) from error


def _release(match: Match, today: date, *, came: bool) -> None:
    """Free what was held: all of it, or of a stay to which somebody came, from today on. Goods come back whole."""
    hold = Hold.objects.get(match=match)
    begun = match.state == MatchState.BROKEN_OFF and hold.first_day < today and came
    if begun and match.offer.kind != Kind.GOODS:
        hold.last_day = min(hold.last_day, today - timedelta(days=1))
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
    Act.CANCEL: cancel,
    Act.BREAK_OFF: break_off,
}
