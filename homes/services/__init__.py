"""Every write of `homes`: visits, what time brings to them, a town's questions, dwellings on their way."""

from homes.services.dwellings import add_cost, change_dwelling, find_dwelling, move_to
from homes.services.time import call_off_closed, remind_running_out, run_out
from homes.services.visits import (
    ask_other_time,
    begin,
    cancel,
    conclude,
    decline,
    move,
    note,
    plan,
    refuse,
    reopen,
    set_questions,
)

__all__ = [
    "add_cost", "ask_other_time", "begin", "call_off_closed", "cancel", "change_dwelling", "conclude", "decline",
    "find_dwelling", "move", "move_to", "note", "plan", "refuse", "remind_running_out", "reopen", "run_out",
    "set_questions",
]  # fmt: skip
