"""Days and hours by a town's own clocks (UTC+11 in Nouméa, UTC-4 in Fort-de-France)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from cities.models import City


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
