"""Every write to a list and to who sends it. A worker does what takes long (`lists.working`)."""

from lists.services.desk import (
    MOST_BYTES,
    answer,
    choose,
    empty,
    forget,
    may_undo,
    note_reading,
    open_as,
    receive,
    settle,
    start_import,
    undo,
)
from lists.services.senders import sender_of_needs, sender_of_offers
from lists.services.steps import TASK, Busy
from lists.services.work import bad_cells, begin_command, end, note, note_failure

__all__ = [
    "MOST_BYTES", "TASK", "Busy", "answer", "bad_cells", "begin_command", "choose", "empty", "end", "forget",
    "may_undo", "note", "note_failure", "note_reading", "open_as", "receive", "sender_of_needs", "sender_of_offers",
    "settle", "start_import", "undo",
]  # fmt: skip
