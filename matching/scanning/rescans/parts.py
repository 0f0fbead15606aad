"""Into which parts a rescan falls: some thousands of needs each, that have as few offers as possible in common.

An offer is read by every part that has a need within its reach. Needs of different categories share no offer, so
categories are parted first; then the country is halved, across its longer side, and each half again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

# A worker needs about a second for so many where offers are dense. More would leave the last worker alone at the end,
# fewer read the offers more often.
MOST_NEEDS = 10_000


class Cell(NamedTuple):
    """The needs of one kind, category and département; homes have no category."""

    category: str
    department: str
    lat: float
    lon: float
    needs: int


@dataclass(frozen=True, slots=True)
class Share:
    """The needs of these categories in these départements; empty: of all."""

    categories: tuple[str, ...]
    departments: tuple[str, ...]
    needs: int


def shares(cells: Sequence[Cell]) -> Iterator[Share]:
    """Every cell is of one share. One has no more than `MOST_NEEDS`, but where a single cell has."""
    for some in _parted(cells):
        categories = {cell.category for cell in some}
        alike = [cell for cell in cells if cell.category in categories]
        yield Share(
            () if len(alike) == len(cells) else tuple(sorted(categories)),
            () if len(alike) == len(some) else tuple(sorted(cell.department for cell in some)),
            _count(some),
        )


def _parted(cells: Sequence[Cell]) -> Iterator[Sequence[Cell]]:
    if len(cells) == 1 or _count(cells) <= MOST_NEEDS:
        yield cells
        return
    for half in _halves(cells):
        yield from _parted(half)


def _halves(cells: Sequence[Cell]) -> tuple[Sequence[Cell], Sequence[Cell]]:
    """Of as many needs as can be; between categories as long as there are several."""
    tall, wide = (max(values) - min(values) for values in zip(*((c.lat, c.lon) for c in cells), strict=True))
    several = len({cell.category for cell in cells}) > 1

    def place(cell: Cell) -> tuple[str | float, str]:
        if several:
            return cell.category, ""
        return cell.lat if tall > wide else cell.lon, cell.department

    cells = sorted(cells, key=place)
    before = list(accumulate((cell.needs for cell in cells), initial=0))
    cuts = [row for row in range(1, len(cells)) if place(cells[row - 1]) != place(cells[row])]
    cut = min(cuts, key=lambda row: abs(2 * before[row] - before[-1]))
    return cells[:cut], cells[cut:]


def _count(cells: Sequence[Cell]) -> int:
    return sum(cell.needs for cell in cells)
