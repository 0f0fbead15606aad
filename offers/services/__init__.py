"""Every write to an offer. None calls anything above: it marks the row as changed and wakes a worker."""

from offers.services.consents import (
    ASKED_FOR,
    share_again,
    share_no_more,
    stop_all,
    take_up_again,
    to_take_up_again,
    unshared,
)
from offers.services.desk import (
    close_double,
    end_visit,
    exclude,
    freeze,
    note_address_read,
    reopen_double,
    unfreeze,
    vet,
)
from offers.services.marks import mark_due, mark_scanned
from offers.services.owners import (
    change,
    change_owner,
    expire_stale,
    pause,
    pause_until,
    prove_contact,
    reconfirm,
    register,
    resume,
    resume_paused,
    withdraw,
)
from offers.services.writing import SCAN_TASK

__all__ = [
    "ASKED_FOR",
    "SCAN_TASK",
    "change",
    "change_owner",
    "close_double",
    "end_visit",
    "exclude",
    "expire_stale",
    "freeze",
    "mark_due",
    "mark_scanned",
    "note_address_read",
    "pause",
    "pause_until",
    "prove_contact",
    "reconfirm",
    "register",
    "reopen_double",
    "resume",
    "resume_paused",
    "share_again",
    "share_no_more",
    "stop_all",
    "take_up_again",
    "to_take_up_again",
    "unfreeze",
    "unshared",
    "vet",
    "withdraw",
]
