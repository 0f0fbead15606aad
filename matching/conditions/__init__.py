"""Can this condition of the need give? The desk asks about a near miss; whoever posted the need answers.

The engine is asked each time, on the rows as they are (`what_if`): a question is put only where a yes makes the pair
possible, and a yes counts only while it still does (`questions`). What a need could change for each rule is in
`relaxations`, what was asked in `question_lists` and `thread`, and how people read of it in `condition_words`.
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
