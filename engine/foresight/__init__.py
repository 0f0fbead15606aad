"""What is scarce for those who are not here yet: what may come, and what each offer's days are worth to them.

    coming = expected(arrived, today=today, days=60)
    ahead = foresee(coming, offers, today=today, futures=50, seed=1)
    made = plan(needs, offers, today=today, ahead=ahead)

`arrivals` counts what came and says what may come; `futures` draws from that; `prices` finds what a day of a home, an
hour or an item is worth to these futures; `weighing` says what a plan takes off a pair for it, and for those who were
asked often. Nobody's record is read: only how many needs of one shape came on one day. docs/adr/0050 says why it is so.
"""

from engine.foresight.arrivals import Arrived, Coming, Shape, expected
from engine.foresight.futures import drawn
from engine.foresight.prices import Ahead, foresee
from engine.foresight.weighing import AGAIN, FLOOR, HALF_LIFE_DAYS, Weighing

__all__ = [
    "AGAIN",
    "FLOOR",
    "HALF_LIFE_DAYS",
    "Ahead",
    "Arrived",
    "Coming",
    "Shape",
    "Weighing",
    "drawn",
    "expected",
    "foresee",
]
