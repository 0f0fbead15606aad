"""What a town's score counts: the points of the six parts, what another choice would change, and who changed them."""

from matching.weighting.changing import (
    ChangedMeanwhile,
    OpinionMissing,
    Points,
    SameWeights,
    change,
    history,
    points_of,
)
from matching.weighting.effects import Case, Preview, preview

__all__ = [
    "Case",
    "ChangedMeanwhile",
    "OpinionMissing",
    "Points",
    "Preview",
    "SameWeights",
    "change",
    "history",
    "points_of",
    "preview",
]
