"""By which channels a message reaches somebody: those that are able to, less what the person refuses.

What nobody may refuse (`events.Event.always`) goes by every channel that works. The list of calls is never refused: it
is what remains.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, time

from django.db.models import Exists, OuterRef
from django.utils.crypto import salted_hmac

from accounts.models import User
from cities.days import local_time
from cities.models import City
from notifications import channel_registry
from notifications.events import PURSUED, Priority, goes_to_list, is_told_always, sort_of
from notifications.models import Bounce, Message, Preference

# Between the two, people may be disturbed.
MORNING, EVENING = time(8), time(21)


def reaching(person: User, event: str, *, quiet: bool = False) -> list[str]:
    """The channels by which this person is told of this, the preferred one first; none at most of what goes to a list.

    `quiet`: it is night, and not everybody is to be rung (`is_quiet`).
    """
    return reaching_each([person], event, quiet=quiet)[person.pk]


def preferred(person: User, event: str, *, quiet: bool = False) -> str:
    """The channel by which this person is told of this."""
    return reaching(person, event, quiet=quiet)[0]


def reaching_each(people: Collection[User], event: str, *, quiet: bool = False) -> Mapping[int, list[str]]:
    """The same of several people, by their keys."""
    said = {wish.person_id: wish for wish in Preference.objects.filter(person__in=people)}
    out_of_reach = bounced(people)
    ringing = {name for name, channel in channel_registry.all_channels().items() if channel.rings}
    found = {}
    for person in people:
        wish = said.get(person.pk) or Preference()
        without = set(out_of_reach.get(person.pk, ()))
        if not is_told_always(event):
            without.update(wish.refused_channels)
            if quiet and not wish.rings_at_night:
                without |= ringing
        usable = channel_registry.for_lists() if goes_to_list(event) else channel_registry.all_channels()
        found[person.pk] = [
            name for name in channel_registry.reaching(person) if name not in without and name in usable
        ]
    return found


def ways(message: Message, now: datetime) -> list[str]:
    """The channels by which a message may go at this moment, the preferred one first."""
    quiet = is_quiet(message.event, message.priority, message.city, now)
    return reaching(message.recipient, message.event, quiet=quiet)


def is_refused(person: User, event: str) -> bool:
    """Whether this person does without such messages, by whatever channel."""
    sort = sort_of(event)
    return (
        sort is not None and Preference.objects.filter(person=person, refused_sorts__contains=[sort]).exists()
    )


def is_quiet(event: str, priority: int, city: City | None, now: datetime) -> bool:
    """Whether this is a question for tonight at an hour at which only who said so is rung."""
    if event not in PURSUED or priority != Priority.NIGHT or city is None:
        return False
    return not MORNING <= local_time(now, city).time() < EVENING


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
