"""The transition table: state × act × role → state. The only place that knows these arrows.

Pure: no database, no clock. `services.py` locks, asks `arrow()`, and writes.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from matching.models import MatchState as S


class Act(StrEnum):
    """What can be done to a match."""

    PROPOSE = "propose"
    DISMISS = "dismiss"
    SUPERSEDE = "supersede"
    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    CONFIRM = "confirm"
    RECONFIRM = "reconfirm"
    REFUSE = "refuse"
    START = "start"
    COMPLETE = "complete"
    BREAK_OFF = "break_off"
    CANCEL = "cancel"
    ASK_LONGER = "ask_longer"
    STAY_LONGER = "stay_longer"
    NOT_LONGER = "not_longer"
    SHORTEN = "shorten"
    HAND_OVER = "hand_over"
    REHOUSE = "rehouse"
    COUNT_AGAIN = "count_again"


class Role(StrEnum):
    """In what capacity somebody acts. `town` is a setting of the town standing in for a consent it presumes;
    `host_town` the desk of the offer's town, where that is a linked one.
    """

    COORDINATOR = "coordinator"
    OPERATOR = "operator"
    CITIZEN = "citizen"
    ASSOCIATION = "association"
    ENGINE = "engine"
    SCHEDULER = "clock"  # as it stands in every decision, which nothing changes
    FOLLOW_UP = "follow_up"
    TOWN = "town"
    HOST_TOWN = "host_town"


class Reason(TextChoices):
    """Why, in words that blame nobody."""

    NOT_SUITABLE = "not_suitable", _("ne convient pas à ce besoin")
    SAFETY = "safety", _("question de sécurité")
    OTHER_SOLUTION = "other_solution", _("une autre solution a été trouvée")
    NOT_AVAILABLE = "not_available", _("plus disponible à ces dates")
    NOT_FOR_ME = "not_for_me", _("pas pour moi cette fois")
    UNREACHABLE = "unreachable", _("la personne n’a pas pu être jointe")
    CHANGED_MIND = "changed_mind", _("quelqu’un a changé d’avis")
    NO_SHOW = "no_show", _("la personne n’est pas venue")
    LOST_CONTACT = "lost_contact", _("le contact est perdu")
    DUPLICATE = "duplicate", _("en double")
    OFFER_GONE = "offer_gone", _("la proposition n’est plus là")
    NEED_GONE = "need_gone", _("le besoin n’est plus là")
    CHANGED = "changed", _("ce qui était prévu n’est plus possible")
    ANSWERED_FIRST = "answered_first", _("quelqu’un d’autre a dit oui le premier")
    OTHER = "other", _("autre raison")


COORDINATION = frozenset({Role.COORDINATOR})
DESK = COORDINATION | {Role.OPERATOR}
CITIZEN = DESK | {Role.CITIZEN, Role.HOST_TOWN}  # the desk notes what a caller says
ASSOCIATION = COORDINATION | {Role.ASSOCIATION}
ANYONE = frozenset({Role.CITIZEN, Role.ASSOCIATION, Role.COORDINATOR, Role.SCHEDULER})
# Whoever said yes may take it back; an operator notes it of a caller.
ANYONE_OR_CALLER = ANYONE | {Role.OPERATOR, Role.HOST_TOWN}
# What somebody concerned sees with their own eyes.
WITNESS = ANYONE_OR_CALLER - {Role.SCHEDULER}


@dataclass(frozen=True, slots=True)
class Arrow:
    """Where an act leads from a state, who may do it, whether it needs a reason."""

    to: S
    roles: frozenset[Role]
    needs_reason: bool = False


ARROWS: dict[tuple[S, Act], Arrow] = {
    (S.SUGGESTED, Act.PROPOSE): Arrow(S.PROPOSED, COORDINATION | {Role.HOST_TOWN}),
    (S.SUGGESTED, Act.DISMISS): Arrow(S.DISMISSED, COORDINATION | {Role.HOST_TOWN}, needs_reason=True),
    (S.SUGGESTED, Act.SUPERSEDE): Arrow(S.SUPERSEDED, frozenset({Role.ENGINE})),
    (S.PROPOSED, Act.ACCEPT): Arrow(S.ACCEPTED, CITIZEN | {Role.TOWN}),
    (S.PROPOSED, Act.DECLINE): Arrow(S.DECLINED, CITIZEN, needs_reason=True),
    (S.PROPOSED, Act.LAPSE): Arrow(S.LAPSED, frozenset({Role.SCHEDULER})),
    (S.PROPOSED, Act.CANCEL): Arrow(S.CANCELLED, ANYONE - {Role.CITIZEN}, needs_reason=True),
    (S.ACCEPTED, Act.CONFIRM): Arrow(S.CONFIRMED, ASSOCIATION | {Role.TOWN}),
    (S.ACCEPTED, Act.REFUSE): Arrow(S.REFUSED, ASSOCIATION, needs_reason=True),
    (S.ACCEPTED, Act.LAPSE): Arrow(S.LAPSED, frozenset({Role.SCHEDULER})),
    (S.ACCEPTED, Act.CANCEL): Arrow(S.CANCELLED, ANYONE_OR_CALLER, needs_reason=True),
    (S.CONFIRMED, Act.RECONFIRM): Arrow(S.CONFIRMED, ASSOCIATION),
    (S.CONFIRMED, Act.START): Arrow(S.UNDER_WAY, ANYONE_OR_CALLER | {Role.FOLLOW_UP}),
    (S.CONFIRMED, Act.CANCEL): Arrow(S.CANCELLED, ANYONE_OR_CALLER, needs_reason=True),
    (S.CONFIRMED, Act.BREAK_OFF): Arrow(S.BROKEN_OFF, ANYONE | {Role.FOLLOW_UP}, needs_reason=True),
    (S.UNDER_WAY, Act.COMPLETE): Arrow(S.COMPLETED, frozenset({Role.FOLLOW_UP, Role.SCHEDULER})),
    (S.UNDER_WAY, Act.BREAK_OFF): Arrow(S.BROKEN_OFF, ANYONE_OR_CALLER | {Role.FOLLOW_UP}, needs_reason=True),
    **{
        (state, act): found
        for state in (S.CONFIRMED, S.UNDER_WAY)
        for act, found in (
            (Act.ASK_LONGER, Arrow(state, ASSOCIATION)),
            (Act.STAY_LONGER, Arrow(state, CITIZEN | {Role.TOWN})),
            (Act.NOT_LONGER, Arrow(state, CITIZEN | {Role.SCHEDULER})),
            (Act.SHORTEN, Arrow(state, WITNESS, needs_reason=True)),
            (Act.HAND_OVER, Arrow(S.COMPLETED, WITNESS)),
            # An incident holds the home back, and does no more.
            (Act.REHOUSE, Arrow(state, frozenset({Role.SCHEDULER}))),
            (Act.COUNT_AGAIN, Arrow(state, frozenset({Role.SCHEDULER}))),
        )
    },
}

# In these a match holds or has used a part of the offer, and of the need.
HOLDING = frozenset({S.PROPOSED, S.ACCEPTED, S.CONFIRMED, S.UNDER_WAY, S.COMPLETED})
# What counts as served for the need: people said yes on both sides.
SERVED = frozenset({S.CONFIRMED, S.UNDER_WAY, S.COMPLETED})
# Proposed, and not over.
ACTIVE = frozenset({S.PROPOSED, S.ACCEPTED, S.CONFIRMED, S.UNDER_WAY})
# What people have met for, or are about to: it can be made longer, shorter, or handed over.
GOING_ON = frozenset({S.CONFIRMED, S.UNDER_WAY})
# Somebody is waited for, until `answer_by` or `confirm_by`.
WAITING = frozenset({S.PROPOSED, S.ACCEPTED})
# Set aside until the need or the offer changes: people have answered this pair already.
ANSWERED = frozenset({S.DISMISSED, S.DECLINED, S.REFUSED, S.CANCELLED, S.BROKEN_OFF})


# What the person who offers is asked, and answers.
HOSTS_ANSWERS = frozenset({Act.ACCEPT, Act.DECLINE, Act.STAY_LONGER, Act.NOT_LONGER})


def entitled(act: Act, roles: frozenset[Role], *, across: bool) -> frozenset[Role]:
    """The roles that count for an act: across two towns a citizen's answer is noted by the desk of their own."""
    return roles - DESK if across and act in HOSTS_ANSWERS else roles


def way_back(state: str, roles: frozenset[Role]) -> Act | None:
    """The act by which a side of the match takes back its yes from this state; None where it has said none."""
    said = roles & ({Role.CITIZEN} if state == S.ACCEPTED else {Role.CITIZEN, Role.ASSOCIATION})
    possible = acts_for(state, said) if state in ACTIVE - {S.PROPOSED} else frozenset()
    return next((act for act in (Act.CANCEL, Act.BREAK_OFF) if act in possible), None)


class NotPossible(Exception):
    """The act is not possible from the match's state, or not for that role, or lacks its reason.

    `state` is where the match stands, so that a stale page can say what happened meanwhile.
    """

    def __init__(self, act: Act, state: S, why: str) -> None:
        super().__init__(f"{act} from {state}: {why}")
        self.act, self.state, self.why = act, state, why


def arrow(state: str, act: Act, roles: frozenset[Role], *, reason: str) -> tuple[Arrow, Role]:
    """The arrow for this act, with the first of the caller's roles that allows it. Raises NotPossible."""
    found = ARROWS.get((S(state), act))
    if found is None:
        raise NotPossible(act, S(state), "state")
    allowed = [role for role in Role if role in roles & found.roles]
    if not allowed:
        raise NotPossible(act, S(state), "role")
    if found.needs_reason and reason not in Reason.values:
        raise NotPossible(act, S(state), "reason")
    return found, allowed[0]


def acts_for(
    state: str,
    roles: frozenset[Role],
    *,
    across: bool = False,
    asked_again: bool = False,
    asked_longer: bool = False,
    lasts: bool = True,
) -> frozenset[Act]:
    """What somebody with these roles can do from this state: what a page shows as buttons.

    `asked_again`: whether a confirmed stay still holds is being asked; `asked_longer`: whether it can go on for longer.
    `lasts`: it is given day by day; what is given once is handed over.
    """
    without = {
        *(() if asked_again else (Act.RECONFIRM,)),
        *((Act.ASK_LONGER,) if asked_longer or not lasts else ()),
        *(() if asked_longer else (Act.STAY_LONGER, Act.NOT_LONGER)),
        Act.HAND_OVER if lasts else Act.SHORTEN,
    }
    return frozenset(
        act
        for (at, act), found in ARROWS.items()
        if at == state and entitled(act, roles, across=across) & found.roles and act not in without
    )
