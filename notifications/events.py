"""Each event that the outbox tells of: how urgent it is, whether it may be told twice rather than not at all, and who
may refuse it.

docs/messages.md shows the same tables, and a test holds that every event that the code queues stands in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import IntegerChoices, Q, TextChoices
from django.utils.translation import gettext_lazy as _


class Priority(IntegerChoices):
    """What leaves first; the lowest number does."""

    NIGHT = 1  # somebody's next night hangs on it
    ASK = 2  # a question whose answer is waited for until a deadline
    NORMAL = 3
    DIGEST = 4


class Told(StrEnum):
    """What becomes of a message of which nobody knows whether it arrived."""

    AT_MOST_ONCE = "at most once"  # a person decides
    AT_LEAST_ONCE_AT_NIGHT = "at least once when it is for tonight"
    AT_LEAST_ONCE = "at least once"


class Refusable(TextChoices):
    """What somebody may do without altogether, as they read it where they choose."""

    REMINDERS = "reminders", _("Les rappels, quand une réponse manque ou qu’une proposition est à confirmer")
    FOLLOW_UP = "follow_up", _("Des nouvelles\u202f: une mise en relation a-t-elle eu lieu\u202f?")
    DIGEST = "digest", _("Le résumé du jour, pour l’équipe de la ville")


@dataclass(frozen=True, slots=True)
class Event:
    """`priority`: what it has unless whoever queues it knows that it is for tonight.

    Whoever refuses a channel is told by the next one. What has a `sort` may be refused altogether; what is told
    `always`, and why, heeds no refusal and no quiet hour. Of what `is_weekly` a citizen gets so much a week at most
    (`holding`), unless it is for tonight. What goes `to_list` is never the desk's to hand on. What is `in_team` stands
    in the team's own channel as well, where there is one. What is `private` is between the service and its reader: it
    goes by what delivers by itself or not at all, and the desk neither sees it nor sends it on.
    """

    priority: Priority
    told: Told = Told.AT_MOST_ONCE
    why: str = ""
    sort: Refusable | None = None
    always: str = ""
    is_weekly: bool = False
    # To those who subscribed: it goes by the channels that take lists, and who is reached by none is not told.
    to_list: bool = False
    in_team: bool = False
    private: bool = False


_DUTY = "it rings with the desk for tonight: whoever is on call has said yes to that"
_ON_CALL = Event(
    Priority.NIGHT,
    Told.AT_LEAST_ONCE,
    "a household has no bed tonight, and nobody else is told",
    always=_DUTY,
    in_team=True,
)
_HELD_FOR_NOBODY = "without an answer tonight, the home is held for nobody"
_ASKED = Event(Priority.ASK, Told.AT_LEAST_ONCE_AT_NIGHT, _HELD_FOR_NOBODY)
_WAITED_FOR = Event(Priority.ASK)
_REMINDER = Event(Priority.ASK, sort=Refusable.REMINDERS, is_weekly=True)
_NEWS = Event(Priority.NORMAL)
_RECEIPT = Event(Priority.NORMAL, always="it answers what they have just done")
# That somebody is told says who has reported, or who reads it: the desk is not to find that in a list.
_CONFIDENTIAL = Event(Priority.NORMAL, private=True)
_SHIFT = Event(Priority.NORMAL, always="somebody has to know who is on call", in_team=True)

EVENTS: Mapping[str, Event] = {
    # --- Decides a night
    "need_tonight": _ON_CALL,
    "need_suggestions": _ON_CALL,
    "tonight_waits": _ON_CALL,
    "match_to_rehouse": _ON_CALL,
    "match_confirmed": Event(
        Priority.ASK,
        Told.AT_LEAST_ONCE,
        "the contacts stand in it: without them nobody finds the other",
        always="both have said yes, and the contacts stand in it",
    ),
    "match_question": Event(Priority.ASK, Told.AT_LEAST_ONCE_AT_NIGHT, _HELD_FOR_NOBODY, is_weekly=True),
    "match_accepted": _ASKED,
    # One in doubt about another would have no end.
    "message_in_doubt": Event(Priority.NIGHT, always=_DUTY, in_team=True),
    # Told to those alone who may read it, never to a whole team.
    "incident_danger": Event(
        Priority.NIGHT,
        Told.AT_LEAST_ONCE,
        "somebody says that they are in danger, and few may read it",
        always="somebody is in danger, and few may read it",
        private=True,
    ),
    # --- Waits for an answer
    "match_question_again": _REMINDER,
    "match_accepted_again": _REMINDER,
    "match_still_holds": _WAITED_FOR,
    "condition_asked": _WAITED_FOR,
    "match_longer_asked": Event(
        Priority.ASK,
        Told.AT_LEAST_ONCE_AT_NIGHT,
        "without an answer tonight, the household has no bed tomorrow",
    ),
    "town_asked": _WAITED_FOR,
    # --- Says what has changed
    "match_declined": _NEWS,
    "match_lapsed": _NEWS,
    "match_refused": _NEWS,
    "match_cancelled": _NEWS,
    "match_broken_off": _NEWS,
    "match_longer": _NEWS,
    "match_not_longer": _NEWS,
    "match_shortened": _NEWS,
    "match_in_part": _NEWS,
    "match_across": _NEWS,
    "match_to_review": _NEWS,
    "match_silent": _NEWS,
    "association_silent": _NEWS,
    "match_waits": _NEWS,
    "match_left_to_town": _NEWS,
    "match_held_back": _NEWS,
    "match_two_homes": _NEWS,
    "match_home_changed": _NEWS,
    "match_moved": _NEWS,
    "condition_answered": _NEWS,
    "town_declined": _NEWS,
    "town_silent": _NEWS,
    "agreement_moot": _NEWS,
    "agreement_not_needed": _NEWS,
    "case_handed_over": _NEWS,
    "case_mention": _NEWS,
    "need_answered": _NEWS,
    "need_joined": _NEWS,
    "need_open_again": _NEWS,
    "need_receipt": _RECEIPT,
    "statement_received": _RECEIPT,
    "statement_waits": _NEWS,
    "statement_offered": _WAITED_FOR,
    "referral_asked": _WAITED_FOR,
    "referral_asked_again": _REMINDER,
    "referral_withdrawn": _NEWS,
    "referral_answered": _NEWS,
    "referral_silent": _NEWS,
    "service_to_check": Event(Priority.DIGEST, sort=Refusable.REMINDERS),
    "directory_to_check": Event(Priority.DIGEST, sort=Refusable.REMINDERS),
    "statement_adopted": _NEWS,
    "statement_give_back": Event(Priority.DIGEST, sort=Refusable.FOLLOW_UP),
    "offer_receipt": _RECEIPT,
    "offer_to_confirm": _NEWS,
    "newsletter_confirm": Event(Priority.NORMAL, always=_RECEIPT.always, to_list=True),
    "offer_visit_again": _NEWS,
    "visit_planned": _NEWS,
    "visit_moved": _NEWS,
    "visit_cancelled": _NEWS,
    "visit_answered": _NEWS,
    "visit_passed": _NEWS,
    "visit_refused": _NEWS,
    "visit_runs_out": _NEWS,
    "visit_ran_out": _NEWS,
    "incident_reported": _CONFIDENTIAL,
    "incident_to_confirm": _CONFIDENTIAL,
    "incident_without_reader": _CONFIDENTIAL,
    # To the owner, that their offer is suspended no more: the desk reads that on the offer's page.
    "incident_closed": _NEWS,
    "incident_answered": _CONFIDENTIAL,
    "followup_to_read": _NEWS,
    "webhook_stopped": _NEWS,
    "team_invitation": Event(
        Priority.NORMAL, always="a town or an association waits for them by name, and nothing else tells them"
    ),
    "data_to_go": Event(
        Priority.NORMAL, always="their data go on the day that it names, and nothing else tells them"
    ),
    "work_handed_over": _NEWS,
    "association_waits": _NEWS,
    "association_verified": _NEWS,
    "association_suspended": _NEWS,
    "town_link_asked": _NEWS,
    "town_link_answered": _NEWS,
    "shift_wanted": _SHIFT,
    "shift_taken_over": _SHIFT,
    "shift_cancelled": _SHIFT,
    "rota_hole": _SHIFT,
    # --- Says that an answer was heard
    "sms_acknowledged": Event(Priority.ASK, always=_RECEIPT.always),
    "mail_acknowledged": Event(Priority.ASK, always=_RECEIPT.always),
    "mail_to_read": _NEWS,
    "addresses_refused": _NEWS,
    "sms_nearly_spent": _NEWS,
    "sms_to_read": _NEWS,
    "call_wanted": _NEWS,
    # --- Can wait until nothing else does
    "suggestions_of_the_day": Event(Priority.DIGEST, sort=Refusable.DIGEST),
    "offer_reminder": Event(Priority.DIGEST, sort=Refusable.REMINDERS, is_weekly=True),
    "followup_check_in": Event(Priority.DIGEST, sort=Refusable.FOLLOW_UP, is_weekly=True),
    "followup_question": Event(Priority.DIGEST, sort=Refusable.FOLLOW_UP, is_weekly=True),
    "newsletter": Event(Priority.DIGEST, to_list=True),
    "appeal": Event(Priority.NORMAL, to_list=True, is_weekly=True),
    "shift_begins": Event(Priority.DIGEST, always=_SHIFT.always),
}


# Questions to which somebody's silence is no answer: who does not open them is told by another channel (`pursuit`).
PURSUED = ("match_question", "match_accepted", "match_longer_asked")

# Of these a citizen has one before them at a time. The app that asks knows which are open, and has the next one leave.
ONE_AT_A_TIME = ("match_question",)


def sort_of(event: str) -> Refusable | None:
    """As what this may be refused, if at all."""
    known = EVENTS.get(event)
    return known.sort if known else None


WEEKLY = frozenset(name for name, event in EVENTS.items() if event.is_weekly)


def goes_to_list(event: str) -> bool:
    """Whether it is for those who subscribed, by the channels that take lists."""
    return event in TO_LISTS


# What goes to those who subscribed.
TO_LISTS = tuple(name for name, event in EVENTS.items() if event.to_list)


# What is between the service and its reader.
PRIVATE = tuple(name for name, event in EVENTS.items() if event.private)


def is_told_always(event: str) -> bool:
    known = EVENTS.get(event)
    return known is not None and bool(known.always)


def is_told_again(event: str, priority: int) -> bool:
    """Whether such a message, when nobody knows that it arrived, is sent once more by itself."""
    known = EVENTS.get(event)
    if known is None:  # of an app that is no more
        return False
    if known.told is Told.AT_LEAST_ONCE_AT_NIGHT:
        return priority == Priority.NIGHT
    return known.told is Told.AT_LEAST_ONCE


def told_again() -> Q:
    """The same of rows."""
    named = {told: [name for name, event in EVENTS.items() if event.told is told] for told in Told}
    return Q(event__in=named[Told.AT_LEAST_ONCE]) | Q(
        event__in=named[Told.AT_LEAST_ONCE_AT_NIGHT], priority=Priority.NIGHT
    )
