"""Scanning: what has changed since the engine last looked is looked at again, and suggestions follow.

Rows are the queue, and a scan goes one way, each module knowing only those after it:

`due_needs`    claims needs that are due, and enters the `barrier`
`results`      has the engine compare them with as many offers as it takes
`snapshots`    is what one call of the engine reads, a set at a time (`reading`)
`found`        is what the engine said, as rows
`writing`      writes the differences
`announcing`   tells the desk; `matches_in_hand` wakes for what is asked or promised already

Needs also become due when an offer came, changed or went (`due_offers`), and by what nobody announces (`unannounced`).
`rescans` go the same way for everything, part by part, each under its lock (`work_locks`).
"""

from matching.scanning.due_needs import scan_due_needs
from matching.scanning.due_offers import scan_due_offers
from matching.scanning.unannounced import mark_pressing, set_suspended_aside

__all__ = ["mark_pressing", "scan_due_needs", "scan_due_offers", "set_suspended_aside"]
