"""What the desk sees ahead: looked at once a week, from what was posted before that day."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from engine import OfferColumns
from engine.foresight import Ahead, Arrived, Shape, expected, foresee
from engine.runs import DAYS_A_WEEK
from simulation.year import DAY, START, Year, day_of

FUTURES = 10


@dataclass(eq=False)
class Lookout:
    """`days`: how far it looks; 0: it sees nothing."""

    year: Year
    days: int
    seen: Ahead | None = field(default=None, init=False)

    def is_due(self, today: date) -> bool:
        return bool(self.days) and (self.seen is None or (today - self.seen.today).days >= DAYS_A_WEEK)

    def look(self, today: date, offers: OfferColumns, *, posted: int) -> None:
        """From the first so many needs of the year, and these offers."""
        arrived = [Arrived(shape, day) for shape, day in self._shapes[:posted] if day < today]
        coming = expected(arrived, today=today, days=self.days, since=START)
        self.seen = foresee(coming, offers, links=self.year.links, futures=FUTURES)

    @cached_property
    def _shapes(self) -> list[tuple[Shape, date]]:
        """In the order in which needs come."""
        days = (day_of(one.posted // DAY) for one in self.year.wanted)
        return [
            (Shape.of(one.record, posted=day), day) for one, day in zip(self.year.wanted, days, strict=True)
        ]
