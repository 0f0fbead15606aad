"""By which channels a message reaches somebody, and at which hours: what is able to, less what the person refuses.

What nobody may refuse (`events.Event.always`) goes by every channel that works. The list of calls is never refused: it
is what remains.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef
from django.utils.crypto import salted_hmac

from accounts.models import User
from cities.days import at_hour, local_day, waking_hour
from cities.models import City
from notifications import channel_registry
from notifications.events import PRIVATE, PURSUED, Priority, goes_to_list, is_told_always, sort_of
from notifications.models import Bounce, Message, Preference

# Before the day's work, and after noon: for who has chosen no others.
DIGEST_HOURS = [time(8, 30), time(14)]


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody has chosen, and by which channels they can be reached, the preferred one first; never none."""

    wish: Preference
    able: list[str]

    def channels_for(self, event: str, *, quiet: bool = False) -> list[str]:
        """The channels by which they are told of this; none at most of what goes to a list, or
        is private.

        `quiet`: not by one that rings, unless they said that it may.
        """
        able = self.able
        if goes_to_list(event):
            able = [name for name in able if name in channel_registry.for_lists()]
        if event in PRIVATE:
            able = [name for name in able if name in channel_registry.by_machine()]
        if is_told_always(event):
            return able
        without = set(self.wish.refused_channels)
        if quiet and not self.wish.rings_at_night:
            without |= {name for name, channel in channel_registry.all_channels().items() if channel.rings}
        return [name for name in able if name not in without]

    def does_without(self, event: str) -> bool:
        """Whether they do without such messages, by whatever channel."""
        sort = sort_of(event)
        return sort is not None and sort in self.wish.refused_sorts


def known(people: Iterable[User]) -> Mapping[int, Known]:
    """The same of several people, by their keys: in a constant number of queries."""
    people = list(people)
    said = {wish.person_id: wish for wish in Preference.objects.filter(person__in=people)}
    out_of_reach = bounced(people)
    return {
        key: Known(
            said.get(key) or Preference(person_id=key),
            [name for name in able if name not in out_of_reach.get(key, ())],
        )
        for key, able in channel_registry.reaching_each(people).items()
    }


def reaching(person: User, event: str) -> list[str]:
    """The channels by which this person is told of this by day, the preferred one first, as `Known.channels_for`."""
    return known([person])[person.pk].channels_for(event)


def reaching_each(people: Iterable[User], event: str) -> Mapping[int, list[str]]:
    """The same of several people, by their keys."""
    return {key: of_person.channels_for(event) for key, of_person in known(people).items()}


def ways(message: Message, now: datetime) -> list[str]:
    """The channels by which a message may go at this moment, the preferred one first."""
    return ways_to(message.recipient, message.event, message.priority, message.city, now)


def ways_to(person: User, event: str, priority: int, city: City | None, now: datetime) -> list[str]:
    """The same of one that is not written yet."""
    of_person = known([person])[person.pk]
    quiet = is_quiet(of_person.wish, event, priority, city, now)
    return of_person.channels_for(event, quiet=quiet)


def is_quiet(wish: Preference, event: str, priority: int, city: City | None, now: datetime) -> bool:
    """Whether this is a question for tonight at an hour at which only who said so is rung."""
    if event not in PURSUED or priority != Priority.NIGHT:
        return False
    return wakes_at(wish, city, now) > now


def wish_of(person: User) -> Preference:
    """What somebody has chosen, as it was loaded with them, or else read now."""
    return getattr(person, "message_preference", None) or Preference(person_id=person.pk)


def wakes_at(wish: Preference, city: City | None, now: datetime) -> datetime:
    """From when somebody may be disturbed: now, or the end of their quiet hours, else the town's, by its clocks."""
    if city is None:
        return now
    return waking_hour(now, city, wish.quiet_until or city.quiet_until, wish.quiet_from or city.quiet_from)


def next_digest(wish: Preference, city: City, *, now: datetime) -> datetime:
    """The first moment to come at which somebody is told of what can wait: at their hours, or at the usual ones."""
    hours = sorted(map(time.fromisoformat, wish.digest_hours)) or DIGEST_HOURS
    today = local_day(now, city)
    days = (today + timedelta(days=more) for more in range(9))
    moments = (
        at_hour(day, hour, city) for day in days if day.weekday() not in wish.days_off for hour in hours
    )
    return next(moment for moment in moments if moment > now)


def paused(people: Collection[int], today: date) -> set[int]:
    """Which of these people (by key) want to be asked nothing new."""
    wishes = Preference.objects.filter(person__in=people, paused_until__gte=today)
    return set(wishes.values_list("person", flat=True))


def has_paused(person: str, today: date) -> Exists:
    """The same in SQL, of rows whose field `person` leads to somebody."""
    return Exists(Preference.objects.filter(person=OuterRef(person), paused_until__gte=today))


def bounced(people: Collection[User]) -> Mapping[int, set[str]]:
    """By person, the channels whose address of theirs does not exist. Nobody signs in with one that does not."""
    by_key = {person.pk: person for person in people}
    found: dict[int, set[str]] = defaultdict(set)
    for bounce in Bounce.objects.filter(person__in=by_key, is_general=False):
        person = by_key[bounce.person_id]
        is_theirs = bounce.address == blind(address_of(person, bounce.channel))
        if is_theirs and (person.last_login is None or person.last_login < bounce.at):
            found[person.pk].add(bounce.channel)
    return found


def address_of(person: User, channel: str) -> str:
    """Where this channel finds the person; "" where it needs no address."""
    known = channel_registry.all_channels().get(channel)
    return known.address(person) if known and known.address else ""


def blind(address: str) -> str:
    """By what an address is known again, without being kept."""
    return salted_hmac("notifications.bounce", address.lower(), algorithm="sha256").hexdigest()
