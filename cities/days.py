"""Days and hours by a town's own clocks (UTC+11 in Nouméa, UTC-4 in Fort-de-France)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models

from cities.models import City

_DAY = 24 * 60


class TownDay(models.Func):
    """`local_day` in SQL, of rows of several towns: `TownDay(now, "city__timezone")`."""

    template = "((%(expressions)s)::date)"
    arg_joiner = " AT TIME ZONE "
    output_field = models.DateField()

    def __init__(self, moment: datetime, timezone: str) -> None:
        super().__init__(models.Value(moment, models.DateTimeField()), models.F(timezone))


def local_day(moment: datetime, city: City) -> date:
    """The town's calendar day at this moment."""
    return local_time(moment, city).date()


def local_time(moment: datetime, city: City) -> datetime:
    """The same moment, as the town's clocks show it."""
    return moment.astimezone(ZoneInfo(city.timezone))


def midnight(day: date, city: City) -> datetime:
    """The moment at which this day begins in the town."""
    return at_hour(day, time.min, city)


def evening(day: date, city: City) -> datetime:
    """The moment at which the evening of this day ends for whoever is still to be reached: nine o'clock in the town."""
    return at_hour(day, time(21), city)


def at_hour(day: date, hour: time, city: City) -> datetime:
    """The moment at which the town's clocks show this hour of the day."""
    return datetime.combine(day, hour, tzinfo=ZoneInfo(city.timezone))


def hours(day: date, start_minute: int, end_minute: int, city: City) -> tuple[datetime, datetime]:
    """Two moments of a day by the town's clocks, in minutes after midnight, as instants.

    An hour that the clocks skip is the one that they then show, and what would end before it begins keeps its length;
    of an hour that they show twice the first is meant.
    """
    start, end = (
        at_hour(day + timedelta(days=minute // _DAY), time(*divmod(minute % _DAY, 60)), city).astimezone(UTC)
        for minute in (start_minute, end_minute)
    )
    return start, end if end > start else start + timedelta(minutes=end_minute - start_minute)


def waking_hour(moment: datetime, city: City, morning: time, night: time) -> datetime:
    """This moment; where the town's clocks show night, the morning that ends it. Who sleeps by day has its morning in
    the evening.
    """
    there = local_time(moment, city)
    hour = there.time()
    awake = morning <= hour < night if morning < night else hour >= morning or hour < night
    if awake:
        return moment
    wakes = at_hour(there.date() if hour < morning else there.date() + timedelta(days=1), morning, city)
    # In UTC: moments of one zone compare by what its clocks show, and in autumn an hour comes twice.
    if wakes.astimezone(UTC) <= moment:
        wakes = wakes.replace(fold=1)
    return wakes.astimezone(UTC)
