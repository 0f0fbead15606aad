"""Can this condition of the need give? The desk asks about a near miss; whoever posted the need answers.

The engine is asked each time, on the rows as they are (`trial`): a question is put only where a yes makes the pair
possible, and a yes counts only while it still does (`asking`). What each rule could give stands in `relaxations`, what
was asked in `lists` and `thread`, and how people read of it in `words` and `views`.
"""

from matching.conditions.question_lists import (
    Asked,
    Line,
    gains,
    is_moot,
    lines,
    scan_of,
    visible_to,
    waiting_for,
)
from matching.conditions.questions import CannotAnswer, CannotAsk, answer, ask, concerns
from matching.conditions.thread import events

__all__ = [
    "Asked",
    "CannotAnswer",
    "CannotAsk",
    "Line",
    "answer",
    "ask",
    "concerns",
    "events",
    "gains",
    "is_moot",
    "lines",
    "scan_of",
    "visible_to",
    "waiting_for",
]
