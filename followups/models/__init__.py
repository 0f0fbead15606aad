"""What happened after contacts were exchanged: a dated question, its answer, reports that freeze an offer."""

from followups.models.incidents import (
    ENDS,
    Concerned,
    End,
    Incident,
    IncidentChange,
    IncidentState,
    Reader,
    ReportedAs,
    What,
    concerns,
)
from followups.models.questions import FOLLOWED_STATES, Answer, CheckIn, FollowUp, Going, Outcome, Side

__all__ = [
    "ENDS", "FOLLOWED_STATES", "Answer", "CheckIn", "Concerned", "End", "FollowUp", "Going", "Incident",
    "IncidentChange", "IncidentState", "Outcome", "Reader", "ReportedAs", "Side", "What", "concerns",
]  # fmt: skip
