"""The models of matching, a module for each package that owns them."""

from matching.models.agreements import TownAgreement
from matching.models.conditions import ConditionQuestion
from matching.models.desk import DeskQuerySet
from matching.models.desk_alerts import CaseTaken, DeskReminder
from matching.models.households import HouseholdVerdict
from matching.models.matches import (
    CHANGED,
    CONTACT_STATES,
    LIVE_STATES,
    Decision,
    Hold,
    Match,
    MatchQuerySet,
    MatchState,
)
from matching.models.plans import Plan, PlanGap, PlanLine
from matching.models.scans import Rescan, RescanPart, Scan
from matching.models.weights import WeightsChange

__all__ = [
    "CHANGED",
    "CONTACT_STATES",
    "LIVE_STATES",
    "CaseTaken",
    "ConditionQuestion",
    "Decision",
    "DeskQuerySet",
    "DeskReminder",
    "Hold",
    "HouseholdVerdict",
    "Match",
    "MatchQuerySet",
    "MatchState",
    "Plan",
    "PlanGap",
    "PlanLine",
    "Rescan",
    "RescanPart",
    "Scan",
    "TownAgreement",
    "WeightsChange",
]
