"""Who is told what of a match: one row for each arrow of `lifecycle.ARROWS`, one column for each side.

A side that did it knows already. docs/flow.md shows the same table, and a test compares the two.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from django.utils import translation

from accounts import selectors as accounts
from accounts.models import User
from matching import turns, waits
from matching.lifecycle import DESK, HOSTS_ANSWERS, Act, Reason, Role
from matching.messages import going_on, to_desk, to_linked_town, to_people
from matching.models import Match
from matching.models import MatchState as S
from matching.selectors import fallback_of, posters_of, told_of
from needs.models import Need
from notifications import outcomes, queued, reach
from notifications import selectors as outbox
from notifications.events import EVENTS, Priority
from notifications.fallbacks import Fallback
from notifications.models import Message
from notifications.selectors import waits_for_a_person
from notifications.services import NewMessage, Text, language_of, queue_many
from notifications.wording.models import Wording
from notifications.wording.selectors import said_with

Composer = Callable[[Match, User], Text]


class Side(StrEnum):
    """Whom a match concerns."""

    OWNER = "owner"
    # The person concerned, or those of their association to whom its messages go.
    POSTER = "poster"
    # The coordinators of the need's town.
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Told:
    """The message of each side, as one event; None where there is nothing to say."""

    event: str = ""
    owner: Composer | None = None
    poster: Composer | None = None
    desk: Composer | None = None
    # Also the side that did it: each is given the other's contact.
    themselves_too: bool = False
    # It may be told again of the same match: asked for another day, say.
    each_time: bool = False


NOBODY = Told()
_ENDED_EARLY = Told(
    "match_broken_off", to_people.broken_off_for_owner, to_people.broken_off_for_poster, to_desk.broken_off
)
_CANCELLED = Told(
    "match_cancelled", to_people.cancelled_for_owner, to_people.cancelled_for_poster, to_desk.cancelled
)
LONGER_ASKED = "match_longer_asked"
_LONGER_ASKED = Told(LONGER_ASKED, owner=going_on.can_it_go_on, each_time=True)
_LONGER = Told("match_longer", poster=going_on.goes_on, each_time=True)
_NOT_LONGER = Told(
    "match_not_longer", poster=going_on.does_not_go_on, desk=to_desk.does_not_go_on, each_time=True
)
_SHORTENED = Told(
    "match_shortened",
    going_on.ends_sooner_for_owner,
    going_on.ends_sooner_for_poster,
    to_desk.ends_sooner,
    each_time=True,
)
_IN_PART = Told("match_in_part", going_on.in_part_for_owner, going_on.in_part_for_poster, to_desk.in_part)

TOLD: Mapping[tuple[S, Act], Told] = {
    (S.SUGGESTED, Act.PROPOSE): Told("match_question", owner=to_people.question),
    (S.SUGGESTED, Act.DISMISS): NOBODY,
    (S.SUGGESTED, Act.SUPERSEDE): NOBODY,
    (S.PROPOSED, Act.ACCEPT): Told("match_accepted", poster=to_people.please_confirm),
    (S.PROPOSED, Act.DECLINE): Told("match_declined", owner=to_people.no_longer_asked, desk=to_desk.declined),
    (S.PROPOSED, Act.LAPSE): Told("match_lapsed", owner=to_people.no_longer_asked, desk=to_desk.lapsed),
    (S.PROPOSED, Act.CANCEL): _CANCELLED,
    (S.ACCEPTED, Act.CONFIRM): Told(
        "match_confirmed", to_people.associations_contact, to_people.citizens_contact, themselves_too=True
    ),
    (S.ACCEPTED, Act.REFUSE): Told(
        "match_refused", to_people.not_taken_up, to_people.cancelled_for_poster, to_desk.refused
    ),
    (S.ACCEPTED, Act.LAPSE): Told(
        "match_lapsed", to_people.not_confirmed, to_people.confirmation_over, to_desk.lapsed
    ),
    (S.ACCEPTED, Act.CANCEL): _CANCELLED,
    (S.CONFIRMED, Act.RECONFIRM): NOBODY,
    (S.CONFIRMED, Act.START): NOBODY,
    (S.CONFIRMED, Act.CANCEL): _CANCELLED,
    (S.CONFIRMED, Act.BREAK_OFF): _ENDED_EARLY,
    (S.UNDER_WAY, Act.COMPLETE): NOBODY,
    (S.UNDER_WAY, Act.BREAK_OFF): _ENDED_EARLY,
    **{
        (state, act): told
        for state in (S.CONFIRMED, S.UNDER_WAY)
        for act, told in (
            (Act.ASK_LONGER, _LONGER_ASKED),
            (Act.STAY_LONGER, _LONGER),
            (Act.NOT_LONGER, _NOT_LONGER),
            (Act.SHORTEN, _SHORTENED),
            (Act.HAND_OVER, _IN_PART),
            # The desk is told why by `held_back`.
            (Act.REHOUSE, NOBODY),
            (Act.COUNT_AGAIN, NOBODY),
        )
    },
}

# Whoever is waited for is reminded once: by state, the event that asked them, and the reminder. Of a stay that was
# confirmed long before, whether it still holds is asked.
REMINDED: Mapping[S, tuple[str, Told]] = {
    S.PROPOSED: ("match_question", Told("match_question_again", owner=to_people.question_again)),
    S.ACCEPTED: ("match_accepted", Told("match_accepted_again", poster=to_people.please_confirm_again)),
    S.CONFIRMED: ("match_confirmed", Told("match_still_holds", poster=to_people.does_it_still_hold)),
}

_QUESTION = TOLD[S.SUGGESTED, Act.PROPOSE]
QUESTION = _QUESTION.event
_TO_CONFIRM = TOLD[S.PROPOSED, Act.ACCEPT]
_WAITS = Told("match_waits", desk=to_desk.waits_its_turn)

# What answers the question of the state in which it is done (`REMINDED`), and whose answer it is.
ANSWERS: Mapping[Act, Side] = {
    Act.ACCEPT: Side.OWNER,
    Act.DECLINE: Side.OWNER,
    Act.CONFIRM: Side.POSTER,
    Act.REFUSE: Side.POSTER,
    Act.RECONFIRM: Side.POSTER,
}

# Across two towns, the desk of the offer's is told how it went.
ACROSS: frozenset[S] = frozenset({S.CONFIRMED, S.REFUSED, S.CANCELLED, S.BROKEN_OFF})

_SIDE_OF = {Role.CITIZEN: Side.OWNER, Role.ASSOCIATION: Side.POSTER, Role.COORDINATOR: Side.DESK}


def who_did(act: Act, roles: Iterable[Role], *, reason: str = "") -> frozenset[Side]:
    """The sides that know of an act because it was theirs.

    When the desk notes the answer of a caller, the caller gave it, unless they could not be reached.
    """
    if reason == Reason.ANSWERED_FIRST and Role.SCHEDULER in roles:
        return frozenset({Side.POSTER, Side.DESK})  # they know of the yes
    sides = frozenset(_SIDE_OF[role] for role in roles if role in _SIDE_OF)
    is_noted = act in HOSTS_ANSWERS and not (DESK | {Role.HOST_TOWN}).isdisjoint(roles)
    return sides | {Side.OWNER} if is_noted and reason != Reason.UNREACHABLE else sides


def note_opened(match: Match, person: User, *, by: User, now: datetime) -> None:
    """Somebody has the question before them: it need not go on by another channel."""
    asked = [event for event, again in REMINDED.values() for event in (event, again.event)]
    keys = {f"match:{match.pk}": asked}
    if match.longer_until is not None:
        keys[_key(match, _LONGER_ASKED)] = [LONGER_ASKED]
    for key, events in keys.items():
        outcomes.note_opened(recipient=person, events=events, subject_key=key, by=by, now=now)


def note_longer_answered(match: Match, *, by: User, now: datetime) -> None:
    """The host has said whether it can go on, also on the phone; of a match that still asks."""
    outcomes.note_answered(
        recipient=match.offer.owner,
        events=[LONGER_ASKED],
        subject_key=_key(match, _LONGER_ASKED),
        by=by,
        now=now,
    )


def _key(match: Match, told: Told) -> str:
    if not told.each_time:
        return f"match:{match.pk}"
    if match.longer_until is not None:
        return f"match:{match.pk}:{match.longer_until:%Y%m%d}:{match.longer_by:%Y%m%dT%H%M%S}"
    return f"match:{match.pk}:{match.changed_at:%Y%m%dT%H%M%S}"


def tell(
    match: Match,
    before: S,
    act: Act,
    *,
    done_by: frozenset[Side],
    by: User | None,
    now: datetime,
    held: str = "",
) -> None:
    """Queue the messages of an arrow, for each side that did not do it and never for `by`; `held`: why a question waits
    for its turn. Who was never asked is told of no end.
    """
    _note_answered(match, before, act, done_by=done_by, by=by, now=now)
    told = TOLD[before, act]
    if before == S.PROPOSED and _take_back_question(match, by=by, now=now):
        told = replace(told, owner=None, desk=to_desk.never_asked if act == Act.LAPSE else told.desk)
    of_poster = partial(_with_whoever_did, by) if told.themselves_too else told_of
    _queue(match, told, done_by=done_by, by=by, now=now, held=held, of_poster=of_poster)
    if match.is_across and match.state in ACROSS:
        host = match.offer.city
        drafts = [
            NewMessage(
                recipient=person,
                event="match_across",
                subject_key=f"match:{match.pk}:{match.state}",
                city=host,
                compose=partial(to_linked_town.across, match),
                priority=turns.priority_of(match.need, match.city, now=now),
            )
            for person in accounts.coordinators_of(host)
            if person != by
        ]
        queue_many(drafts=drafts, now=now)


def ways_to_ask_longer(match: Match, *, now: datetime) -> list[str]:
    """The channels by which the question whether it can go on may go at this moment, the preferred one first."""
    priority = _priority(match, _LONGER_ASKED, now=now) or EVENTS[LONGER_ASKED].priority
    return reach.ways_to(match.offer.owner, LONGER_ASKED, priority, match.offer.city, now)


def held_question(match: Match) -> Message | None:
    """The question to the citizen that waits for its turn."""
    return outbox.held(recipient=match.offer.owner, event=_QUESTION.event, subject_key=f"match:{match.pk}")


def ask_now(match: Match, message: Message | None, *, by: None, now: datetime) -> None:
    """The question that waited leaves, with the deadline that it has now."""
    if message is None:
        _queue(match, _QUESTION, by=by, now=now)
        return
    assert _QUESTION.owner is not None
    queued.let_go(
        message=message,
        compose=partial(_QUESTION.owner, match, match.offer.owner),
        priority=turns.priority_of(match.need, match.city, now=now),
        by=by,
        now=now,
    )


def still_waits(match: Match, message: Message | None, held: str, *, now: datetime) -> None:
    """What keeps it now may be another thing than at first."""
    if message is not None and message.why != held:
        queued.hold_on(message=message, why=held, by=None, now=now)


def tell_late(match: Match, *, now: datetime) -> None:
    """Tell the desk, once, of a question that waits and would leave too late: somebody else can be asked."""
    _queue(match, _WAITS, now=now)


def tell_fallback(match_id: int, by: None, now: datetime) -> int:
    """Ask the fallback person of the association to confirm as well; how many messages, none the second time."""
    match = Match.objects.select_related(
        "city", "offer__city", "offer__commune", "need__commune", "need__organisation", "need__person"
    ).get(pk=match_id)
    return _queue(match, _TO_CONFIRM, now=now, of_poster=fallback_of)


def _take_back_question(match: Match, *, by: User | None, now: datetime) -> bool:
    """Whether the citizen was never asked: what has not left yet does not leave any more."""
    asked, again = REMINDED[S.PROPOSED]
    return queued.take_back(
        recipient=match.offer.owner,
        events=[asked, again.event],
        subject_key=f"match:{match.pk}",
        by=by,
        now=now,
    )


def _note_answered(
    match: Match, before: S, act: Act, *, done_by: frozenset[Side], by: User | None, now: datetime
) -> None:
    """Whoever was asked has answered: the citizen, also on the phone; of an association, the member who did."""
    if act not in ANSWERS:
        return
    person = match.offer.owner if ANSWERS[act] is Side.OWNER else by
    if person is None or ANSWERS[act] not in done_by:
        return
    asked, again = REMINDED[before]
    outcomes.note_answered(
        recipient=person, events=[asked, again.event], subject_key=f"match:{match.pk}", by=by, now=now
    )


def preview(match: Match, *, own: Sequence[Wording], now: datetime) -> tuple[str, Text]:
    """What the citizen of a suggestion would read if they were asked now, and in which language. Queues nothing.

    Without the link, which is theirs. `own`: what their town says in its own words.
    """
    owner = match.offer.owner
    compose = _QUESTION.owner
    assert compose is not None
    asked = copy(match)
    asked.answer_by = waits.deadline(match, now=turns.leaves_at(match, now=now))
    language = language_of(owner)
    with translation.override(language):
        told = said_with(compose(asked, owner), own, language=language)
        return language, replace(told, action_url="")


def remind(match: Match, *, now: datetime) -> None:
    """Remind whoever is waited for, but nobody whom the desk has still to call for the first time."""
    asked, told = REMINDED[S(match.state)]
    _queue(match, told, now=now, unless_called_for=asked)


def _queue(
    match: Match,
    told: Told,
    *,
    done_by: frozenset[Side] = frozenset(),
    by: User | None = None,
    now: datetime,
    unless_called_for: str = "",
    held: str = "",
    of_poster: Callable[[Need], list[User]] = told_of,
) -> int:
    """Queue it for each side that it is for; how many messages are new."""
    people: Mapping[Side, Callable[[], list[User]]] = {
        Side.OWNER: lambda: [match.offer.owner],
        Side.POSTER: lambda: of_poster(match.need),
        Side.DESK: lambda: list(accounts.coordinators_of(match.city)),
    }
    key = _key(match, told)
    drafts = []
    for side in Side:
        compose: Composer | None = getattr(told, side)
        if compose is None or (side in done_by and not told.themselves_too):
            continue
        for person in people[side]():
            if person == by and not told.themselves_too:
                continue
            if unless_called_for and waits_for_a_person(
                recipient=person, event=unless_called_for, subject_key=key
            ):
                continue
            drafts.append(
                NewMessage(
                    recipient=person,
                    event=told.event,
                    subject_key=key,
                    # A citizen is called by their own town.
                    city=match.offer.city if side is Side.OWNER else match.city,
                    compose=partial(compose, match, person),
                    priority=_priority(match, told, now=now),
                    held=held,
                )
            )
    return len(queue_many(drafts=drafts, now=now))


def _priority(match: Match, told: Told, *, now: datetime) -> Priority | None:
    """Whether it can go on is for tonight where the stay ends, however urgent what its need lacks beside it."""
    if told.event == LONGER_ASKED:
        return Priority.NIGHT if turns.ends_tonight(match, now=now) else None
    return turns.priority_of(match.need, match.city, now=now)


def _with_whoever_did(by: User | None, need: Need) -> list[User]:
    """What they have done is answered, also to a member to whom no messages go."""
    told = told_of(need)
    return told + [person for person in posters_of(need) if person == by and person not in told]


# Who stands in where nobody who was told opens the question in its time.
FALLBACKS: Mapping[str, Fallback] = {_TO_CONFIRM.event: tell_fallback}
