"""What the years say: differences between the same year without the change and with it, and what is not established."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.measures import interval
from whatif.replaying import Year

# So many years at least and at most; between them, until the difference is narrow or so much was worked.
LEAST_YEARS, MOST_YEARS = 3, 8
NARROW, SAME = 0.25, 1.0
CPU_SECONDS = 110.0


@dataclass(frozen=True, slots=True)
class Compared:
    """Means, each with half of its 95 % interval (NaN of one year alone); `more`: of the differences, year by year."""

    without: tuple[float, float]
    changed: tuple[float, float]
    more: tuple[float, float]

    @property
    def least(self) -> float:
        return self.more[0] - self.more[1]

    @property
    def most(self) -> float:
        return self.more[0] + self.more[1]

    @property
    def is_established(self) -> bool:
        """Whether the years agree that it is more, or that it is less; one year agrees with nothing."""
        return self.least > 0 or self.most < 0


def compared(years: Sequence[Sequence[Year]], name: str) -> Compared | None:
    """Of the years that tell it; None where none does."""
    pairs = [
        (before, after)
        for without, changed in years
        if (before := without[name]) is not None and (after := changed[name]) is not None
    ]
    if not pairs:
        return None
    more, half = interval([after - before for before, after in pairs])
    return Compared(
        interval([before for before, _ in pairs]),
        interval([after for _, after in pairs]),
        # Few years that say the same by chance would leave no doubt at all: a unit more or less is never told apart.
        (more, max(half, SAME)),
    )


def is_enough(years: Sequence[Sequence[Year]], *, cpu_seconds: float) -> bool:
    """Whether to stop: by the people housed, whose difference is to be known to a quarter or one person."""
    done = len(years)
    if done < LEAST_YEARS:
        return False
    if done >= MOST_YEARS or cpu_seconds * (done + 1) / done > CPU_SECONDS:
        return True
    people = compared(years, "people")
    return people is not None and people.more[1] <= max(SAME, NARROW * abs(people.more[0]))
