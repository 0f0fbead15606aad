"""When people answer, and how long they stay together."""

from simulation.year import DAY

NIGHT = (8 * 60, 22 * 60)  # before and after, nobody answers
MONTH = 30


def by_day(minute: int) -> int:
    """Nobody answers at night: then it is the next morning."""
    within = minute % DAY
    if within < NIGHT[0]:
        return minute - within + NIGHT[0]
    return minute if within < NIGHT[1] else minute - within + DAY + NIGHT[0]


def days_until_conflict(share: float, a_month: float) -> int:
    """After how many days a stay breaks, of which this share breaks sooner; twice as many in the first month."""
    stay = 1 - share  # what part of all stays last at least as long
    left, day = 1.0, 0
    for rate in (min(1.0, 2 * a_month), *([a_month] * 24)):
        lost = left * rate
        if lost and stay > left - lost:
            return day + int((left - stay) / lost * MONTH)
        left, day = left - lost, day + MONTH
    return 1 << 20
