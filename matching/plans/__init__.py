"""Plans: whom to ask, so that together most people are helped. Asked for, worked out by a worker, accepted by line.

Rows are the queue here too (`plan_queue`). Whoever works on a plan holds its work lock for as long as the connection
lives (`making`): when a worker is killed, its plan is free in that moment, and the next one takes it up. Nothing else
is locked while the engine plans, so the town may have changed since: `freshness` tells, and each line is checked again
when it is accepted (`acceptance`). What lies ahead of a town is `looking_ahead`'s. How people read of it: `plan_words`,
`call_words`, `ahead_words`, `plan_presentation`, and its pages.
"""

from matching.plans.acceptance import Outcome, Refused, accept, askable, suggestion
from matching.plans.freshness import Standing, fingerprint, is_stale, look_at, refresh
from matching.plans.making import SEEN_KM, work_on_one
from matching.plans.plan_queue import (
    BUDGETS,
    TASK,
    NothingToPlan,
    are_waiting,
    ask,
    forget_old,
    of_city,
    open_needs,
    renew,
)

__all__ = [
    "BUDGETS",
    "SEEN_KM",
    "TASK",
    "NothingToPlan",
    "Outcome",
    "Refused",
    "Standing",
    "accept",
    "are_waiting",
    "ask",
    "askable",
    "fingerprint",
    "forget_old",
    "is_stale",
    "look_at",
    "of_city",
    "open_needs",
    "refresh",
    "renew",
    "suggestion",
    "work_on_one",
]
