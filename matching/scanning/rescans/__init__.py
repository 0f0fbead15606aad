"""Everything of some towns looked at again: who asked, who takes which part, how far it is.

A part is some thousands of needs of one town and kind (`parts`). Workers, as many as there are and on as many
machines, each take one at a time (`working`). Whoever works on a part holds its lock (`scanning.work_locks`): when a
worker is killed, its part is free in that moment. A part begins afresh each time, and writing what stands already
changes nothing, so nothing is lost or done twice.
"""

from matching.scanning.rescans.progress import Progress, of_city, progress
from matching.scanning.rescans.rescan_queue import PART_TASK, TRIES, are_waiting, ask
from matching.scanning.rescans.working import work_on_one

__all__ = [
    "PART_TASK",
    "TRIES",
    "Progress",
    "are_waiting",
    "ask",
    "of_city",
    "progress",
    "work_on_one",
]
