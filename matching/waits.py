"""Until when an answer is waited for: never longer than it is of use, by the town's own clocks."""

from datetime import UTC, datetime, time, timedelta

from catalogue.vocabulary import Kind, Urgency
from cities.days import at_hour, evening, local_day, midnight
from matching.models import Match

ONE_DAY = timedelta(days=1)
# Between a confirmation and a stay so much later, guests move on; so long before it, its association is asked again.
LONG_BEFORE, ASKED_AGAIN = timedelta(days=7), timedelta(days=3)
MORNING = time(10)


def deadline(match: Match, *, now: datetime) -> datetime:
    """Until when an answer that is asked for now is waited for: the town's hours, while it is of use."""
    hours = match.city.answer_hours(match.need.urgency_on(local_day(now, match.city)))
    return min(now + timedelta(hours=hours), useful_until(match, now=now))


def halfway(deadline: datetime, *, now: datetime) -> datetime:
    """When to remind of it, once."""
    return now + (deadline - now) / 2


def useful_until(match: Match, *, now: datetime) -> datetime:
    """The moment at which an answer comes too late to be of use.

    That is the evening before the first day, or the end of that day for what is asked later still; once the first day
    has come, tonight. Things and hours that do not press are of use until their last day.
    """
    today = local_day(now, match.city)
    if match.first_day > today:
        before = _utc(evening(match.first_day - ONE_DAY, match.city))
        return before if before > now else _utc(midnight(match.first_day, match.city))
    presses = match.need.kind == Kind.HOUSING or match.need.urgency_on(today) == Urgency.TONIGHT
    last = today if presses else match.last_day
    return _utc(midnight(last + ONE_DAY, match.city))


def ask_again_at(match: Match, *, now: datetime) -> datetime | None:
    """When to ask whether a stay that is confirmed now still holds; None where it begins soon, and of all else."""
    if match.need.kind != Kind.HOUSING or match.first_day - local_day(now, match.city) < LONG_BEFORE:
        return None
    return _utc(at_hour(match.first_day - ASKED_AGAIN, MORNING, match.city))


def asked_again_until(match: Match) -> datetime:
    """Until when that is waited for: the evening before the first day."""
    return _utc(evening(match.first_day - ONE_DAY, match.city))


def last_evening(match: Match, *, now: datetime) -> datetime:
    """The evening of its last day, or the end of that day for what is asked later still."""
    last = _utc(evening(match.last_day, match.city))
    return last if last > now else _utc(midnight(match.last_day + ONE_DAY, match.city))


def is_over(match: Match, *, now: datetime) -> bool:
    """Whether all of its days have passed."""
    return match.last_day < local_day(now, match.city)


def _utc(moment: datetime) -> datetime:
    """Moments of one zone compare by what its clocks show, which an hour that comes twice would confuse."""
    return moment.astimezone(UTC)
