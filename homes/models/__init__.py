"""A home that is looked at before anybody lives there, and a dwelling that is to become one."""

from homes.models.dwellings import Cost, Dwelling, DwellingChange, Stage
from homes.models.visits import (
    Checklist,
    ChecklistChange,
    Extract,
    Refusal,
    Visit,
    VisitChange,
    VisitState,
    Wish,
)

__all__ = [
    "Checklist", "ChecklistChange", "Cost", "Dwelling", "DwellingChange", "Extract", "Refusal", "Stage", "Visit",
    "VisitChange", "VisitState", "Wish",
]  # fmt: skip
