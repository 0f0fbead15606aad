"""Hours in common: what a need can take of the weekly slots of an offer, counted in halves of an hour."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

HALF_MINUTES = 30
HALVES = 2  # of an hour
DAY_MINUTES = 24 * 60

Ints = NDArray[np.signedinteger]


class Slotted(Protocol):
    """A table with weekly slots in minutes of the week; those of one row do not overlap."""

    @property
    def slots_from(self) -> Ints: ...
    @property
    def slot_start(self) -> Ints: ...
    @property
    def slot_end(self) -> Ints: ...


def halves_in_common(needs: Slotted, offers: Slotted, need: Ints, offer: Ints) -> NDArray[np.int32]:
    """(pairs, 7): of each weekday, the halves of an hour that a need can take."""
    found = np.zeros((len(need), 7), np.int32)
    of_slot = halves_of_slots(needs, offers, need, offer)
    for place in range(of_slot.shape[1]):
        rows = np.flatnonzero(of_slot[:, place])
        start = offers.slot_start[offers.slots_from[offer[rows]] + place]
        found[rows, start // DAY_MINUTES] += of_slot[rows, place]
    return found


def halves_of_slots(needs: Slotted, offers: Slotted, need: Ints, offer: Ints) -> NDArray[np.int32]:
    """(pairs, most slots of an offer here): of each slot of the offer, the halves of an hour that a need can take: at
    most what it and all the need's slots have in common, rounded down.
    """
    need_from, need_count = needs.slots_from[need], np.diff(needs.slots_from)[need]
    offer_from, offer_count = offers.slots_from[offer], np.diff(offers.slots_from)[offer]
    found = np.zeros((len(need), offer_count.max(initial=0)), np.int32)
    for place in range(found.shape[1]):
        rows = np.flatnonzero((place < offer_count) & (need_count > 0))
        slot = offer_from[rows] + place
        start, end = offers.slot_start[slot], offers.slot_end[slot]
        common = np.zeros(len(rows), np.int64)
        for other in range(need_count[rows].max(initial=0)):
            some = np.flatnonzero(other < need_count[rows])
            asked = need_from[rows[some]] + other
            first, last = (
                np.maximum(needs.slot_start[asked], start[some]),
                np.minimum(needs.slot_end[asked], end[some]),
            )
            common[some] += np.maximum(last - first, 0)
        found[rows, place] = common // HALF_MINUTES
    return found


def longest_in_halves(slots_from: Ints, slot_start: Ints, slot_end: Ints) -> NDArray[np.int64]:
    """Of each row the length of its longest slot in halves of an hour, rounded down; 0 without slots."""
    longest = np.zeros(len(slots_from) - 1, np.int64)
    owner = np.repeat(np.arange(len(longest)), np.diff(slots_from))
    np.maximum.at(longest, owner, (slot_end - slot_start) // HALF_MINUTES)
    return longest
