"""Windows and holds, cut into stretches of days on which the same is left."""

from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Bools, Ints
from engine.columns import OfferColumns


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Windows, cut wherever what is held changes; by owner, then in order of time."""

    owner: Ints
    first: Ints
    last: Ints
    held: Ints
    window: Ints  # the number of its window, counted by owner and first day


def cut_windows(
    *,
    window_owner: Ints,
    window_first: Ints,
    window_last: Ints,
    hold_owner: Ints,
    hold_first: Ints,
    hold_last: Ints,
    hold_quantity: Ints,
) -> Cut:
    """Days are inclusive day numbers (FOREVER: for good), `…_owner` says whose row it is, in any order."""
    none, one = np.zeros(len(window_owner), np.int64), np.ones(len(window_owner), np.int64)
    no_hold = np.zeros(len(hold_owner), np.int64)

    # Every day on which something begins or has just ended, in order; running sums then tell what holds from
    # there on. The sums need no restart at each owner, because every owner's own changes add up to zero.
    owner = np.concatenate([window_owner, window_owner, hold_owner, hold_owner])
    day = np.concatenate([window_first, window_last + 1, hold_first, hold_last + 1])
    order = np.lexsort((day, owner))
    owner, day = owner[order], day[order]
    held = np.cumsum(np.concatenate([none, none, hold_quantity, -hold_quantity])[order])
    available = np.cumsum(np.concatenate([one, -one, no_hold, no_hold])[order])
    window = np.cumsum(np.concatenate([one, none, no_hold, no_hold])[order])

    real = np.flatnonzero((owner[:-1] == owner[1:]) & (day[:-1] < day[1:]) & (available[:-1] > 0))
    return Cut(owner[real], day[real], day[real + 1] - 1, held[real], window[real] - 1)


def stretches(
    *,
    window_offer: Ints,
    window_first: Ints,
    window_last: Ints,
    hold_offer: Ints,
    hold_first: Ints,
    hold_last: Ints,
    hold_quantity: Ints,
    capacity: Ints,
    is_stock: Bools,
) -> dict[str, Ints]:
    """The `stretch…` columns of all offers: each window is cut wherever what is left changes; windows that touch are
    joined where it does not.

    Days are inclusive day numbers (FOREVER: for good), `…_offer` says whose row it is, in any order. What is
    held of a stock is gone on every day; of a capacity that is renewed, on the days of the hold.
    """
    gone = np.bincount(hold_offer, hold_quantity, len(capacity)).astype(np.int64)
    cut = cut_windows(
        window_owner=window_offer,
        window_first=window_first,
        window_last=window_last,
        hold_owner=hold_offer,
        hold_first=hold_first,
        hold_last=hold_last,
        hold_quantity=np.where(is_stock[hold_offer], 0, hold_quantity),
    )
    left = (capacity - np.where(is_stock, gone, 0))[cut.owner] - cut.held
    return stretch_columns(cut.owner, cut.first, cut.last, left, rows=len(capacity))


def stretch_columns(owner: Ints, first: Ints, last: Ints, left: Ints, *, rows: int) -> dict[str, Ints]:
    """The `stretch…` columns of stretches by offer, in order of time; what goes on as before is one."""
    begins = np.ones(len(owner), np.bool_)
    begins[1:] = (owner[1:] != owner[:-1]) | (first[1:] > last[:-1] + 1) | (left[1:] != left[:-1])
    if not begins.all():
        last = last[np.append(begins[1:], True)]
        owner, first, left = owner[begins], first[begins], left[begins]
    return {
        "stretches_from": np.searchsorted(owner, np.arange(rows + 1)),
        "stretch_first": first.astype(np.int32),
        "stretch_last": last.astype(np.int32),
        "stretch_left": left,
    }


def with_stretches(offers: OfferColumns, owner: Ints, first: Ints, last: Ints, left: Ints) -> OfferColumns:
    """The same offers with other stretches, by offer, in order of time."""
    own = stretch_columns(owner, first, last, left, rows=len(offers))
    return replace(
        offers,
        stretches_from=own["stretches_from"],
        stretch_first=own["stretch_first"],
        stretch_last=own["stretch_last"],
        stretch_left=own["stretch_left"],
    )
