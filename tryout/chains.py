"""The lines of chains.csv: of the needs of a slice that no home covers, the homes that could follow one another."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from engine import feasible_pairs, relay
from engine.arrays import Ints
from engine.results import Ranked
from engine.uncovered import Uncovered

AT_ONCE = 500  # needs of which all pairs are held

CHAIN_COLUMNS = "need,chain,position,offer,first_day,last_day,score"


def chain_lines(
    ranked: Ranked, today: date, need_names: Sequence[str], offer_names: Sequence[str]
) -> Iterator[str]:
    """Needs in their order, of each the best chain first. All feasible homes count, not only the best of the list."""
    rows_wanting = _wanting(ranked, today)
    for rows in (rows_wanting[begin : begin + AT_ONCE] for begin in range(0, len(rows_wanting), AT_ONCE)):
        pairs = feasible_pairs(ranked.needs.take(rows), ranked.offers, today=today)
        number, before = 0, -1
        for chain in relay.chains(pairs):
            number = number + 1 if chain.need == before else 1
            before = chain.need
            name = need_names[int(rows[chain.need])]
            for position, part in enumerate(chain.parts, 1):
                offer = offer_names[int(pairs.offer[part.row])]
                yield (
                    f"{name},{number},{position},{offer},{part.first_day.isoformat()},{part.last_day.isoformat()},"
                    f"{pairs.score[part.row]:.6f}\n"
                )


def _wanting(ranked: Ranked, today: date) -> Ints:
    """Rows of the needs of a home for which several could do, none of those listed on all days."""
    needs, best = ranked.needs, ranked.feasible
    days = Uncovered.of(needs, today.toordinal()).days
    most = np.zeros(len(needs), np.int64)
    np.maximum.at(most, best.need, best.run_last - best.run_first + 1)
    return np.flatnonzero(needs.is_housing & (ranked.feasible_count > 1) & (most < days))
