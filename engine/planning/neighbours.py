"""From offer to offer through the needs that could take either."""

from collections.abc import Iterator

import numpy as np

from engine.arrays import Floats, Ints

NEEDS = 6  # of each offer, through which others are found


class Neighbours:
    """Of pairs sorted by need. With a `loss`, only so many of each offer and of each need that lose least count."""

    def __init__(
        self,
        need: Ints,
        offer: Ints,
        offers: int,
        *,
        loss: Floats | None = None,
        of_offer: int | None = None,
        of_need: int | None = None,
    ) -> None:
        self._need, self._offer, self._of_offer, self._of_need = need, offer, of_offer, of_need
        key = np.zeros(len(need)) if loss is None else loss
        self._by_offer, self._by_need = np.lexsort((key, offer)), np.lexsort((key, need))
        self._offer_starts = np.searchsorted(offer[self._by_offer], np.arange(offers + 1))
        self._need_starts = np.searchsorted(need, np.arange(int(need.max(initial=-1)) + 2))
        self.has_pairs = np.diff(self._offer_starts) > 0
        self.used = int(np.count_nonzero(self.has_pairs))

    def pairs_of(self, offer: int) -> Ints:
        """The pairs of the offer, those that lose least first."""
        return self._by_offer[self._offer_starts[offer] : self._offer_starts[offer + 1]]

    def near(self, offer: int, size: int, chance: np.random.Generator) -> Ints:
        """About `size` offers, the given one first, then those that share needs with it, and so on."""
        found = {offer: None}
        for one in self._widening(offer, found, chance):
            found.setdefault(one)
            if len(found) >= size:
                break
        return np.fromiter(found, np.int64)

    def _widening(self, offer: int, found: dict[int, None], chance: np.random.Generator) -> Iterator[int]:
        queue, place = [offer], 0
        while place < len(queue):
            here = queue[place]
            place += 1
            needs = self._need[self.pairs_of(here)[: self._of_offer]]
            for need in chance.permutation(needs)[:NEEDS].tolist():
                pairs = self._by_need[self._need_starts[need] : self._need_starts[need + 1]]
                for one in self._offer[pairs[: self._of_need]].tolist():
                    if one not in found:
                        queue.append(one)
                        yield one
