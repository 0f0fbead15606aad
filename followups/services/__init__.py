"""Asking what happened, writing the answer down, and reports that freeze an offer."""

from followups.services.incidents import (
    AlreadyDone,
    NoSecondPerson,
    confirm_end,
    keep_from,
    leaves_team,
    name_reader,
    no_longer_reads,
    propose_end,
    read,
    report_incident,
    take_back_end,
)
from followups.services.questions import (
    FOLLOWED_STATES,
    answer,
    check_in,
    complete_over,
    plan_due,
    say_how_it_goes,
)

__all__ = [
    "FOLLOWED_STATES",
    "AlreadyDone",
    "NoSecondPerson",
    "answer",
    "check_in",
    "complete_over",
    "confirm_end",
    "keep_from",
    "leaves_team",
    "name_reader",
    "no_longer_reads",
    "plan_due",
    "propose_end",
    "read",
    "report_incident",
    "say_how_it_goes",
    "take_back_end",
]  # fmt: skip
