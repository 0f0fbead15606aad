"""What the outbox asks of the channels: whom each reaches, in which order, who delivers, what it is called."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import BaseConstraint, Index
from django.http import HttpRequest

from accounts.models import User
from cities.models import City
from notifications import channel_folders

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class BeingSaid(Exception):
    """A colleague, `by`, is saying something to this person."""

    def __init__(self, by: User) -> None:
        super().__init__(f"by {by.pk}")
        self.by = by


class CodeNotSent(Exception):
    """A code could not be brought to a number."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a folder says of itself, in `channel.py`, as CHANNEL."""

    # How the person is told, as it stands on screens: "par téléphone".
    label: "StrPromise"
    # Of the channels that reach a person, the one with the lowest number is taken.
    preference: int
    reaches: Callable[[User], bool]
    # Whom of several people it reaches, by their keys, in a constant number of queries; without it each is asked.
    reaches_each: Callable[[Collection[User]], Collection[int]] | None = None
    # It makes a noise wherever the person is: at night only with their consent.
    rings: bool = False
    # It may bring what people have subscribed to: long, seldom, and with its own way out.
    takes_lists: bool = False
    # Where it finds the person; None where there is no such thing, or nobody is told that it does not exist.
    address: Callable[[User], str] | None = None
    # Who has each message by this channel as well, beside the one by which they are told.
    accompanies: Callable[[User, datetime], bool] | None = None
    # The same of several, as above.
    accompanies_each: Callable[[Collection[User], datetime], Collection[int]] | None = None
    # Who answers for the place where a town's whole team reads, if it has one: what is for the team is said there once,
    # whoever and however many are told.
    said_in: Callable[[City], User | None] | None = None
    # Its messages stand on the site: the bell counts what is unread.
    is_read_here: bool = False
    # What the database holds about this channel's messages alone, where there is anything.
    constraints: tuple[BaseConstraint, ...] = ()
    indexes: tuple[Index, ...] = ()


@cache
def all_channels() -> Mapping[str, Channel]:
    """Every channel by its name, the preferred one first."""
    found: dict[str, Channel] = {
        name: channel_folders.part(name, "channel").CHANNEL for name in channel_folders.names()
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].preference))


@cache
def by_machine() -> frozenset[str]:
    """The channels that deliver by themselves. On the others a message waits for a person."""
    return frozenset(name for name in all_channels() if channel_folders.has(name, "transport"))


def take(*, message_id: int, by: User, now: datetime) -> None:
    """Somebody of the desk begins to say a message of `by_person()`. Raises BeingSaid."""
    channel_folders.part(by_person(), "services").take(message_id=message_id, by=by, now=now)


def for_lists() -> frozenset[str]:
    """The channels by which what goes to a list may go."""
    return frozenset(name for name, channel in all_channels().items() if channel.takes_lists)


def by_person() -> str:
    """The channel on which a person of the desk tells somebody, or listens to them: the last one."""
    return [name for name in all_channels() if name not in by_machine()][-1]


def reaching(person: User) -> list[str]:
    """The channels that are able to reach this person, the preferred one first; the last one reaches everybody.

    What the person says of it, `reach` knows: messages ask there.
    """
    return reaching_each([person])[person.pk]


def reaching_each(people: Collection[User]) -> dict[int, list[str]]:
    """The same of several people, by their keys."""
    found: dict[int, list[str]] = {person.pk: [] for person in people}
    for name, channel in all_channels().items():
        if channel.reaches_each is not None:
            reached = set(channel.reaches_each(people))
        else:
            reached = {person.pk for person in people if channel.reaches(person)}
        for key, names in found.items():
            if key in reached:
                names.append(name)
    return found


def preferred(person: User) -> str:
    """The best channel that is able to reach this person."""
    return reaching(person)[0]


@cache
def companions() -> frozenset[str]:
    """The channels that only say what another says as well."""
    return frozenset(
        name for name, channel in all_channels().items() if channel.accompanies or channel.said_in
    )


@cache
def read_here() -> frozenset[str]:
    """The channels whose messages stand on the site."""
    return frozenset(name for name, channel in all_channels().items() if channel.is_read_here)


def accompanying(people: Collection[User], now: datetime) -> dict[int, list[str]]:
    """The channels by which each of these people, by their keys, has every message as well."""
    found: dict[int, list[str]] = {person.pk: [] for person in people}
    for name, channel in all_channels().items():
        if channel.accompanies_each is not None:
            accompanied: Collection[int] = channel.accompanies_each(people, now)
        else:
            accompanies = channel.accompanies or _nobody
            accompanied = [person.pk for person in people if accompanies(person, now)]
        for key in accompanied:
            found[key].append(name)
    return found


def _nobody(person: User, now: datetime) -> bool:
    return False


def teams(city: City) -> list[tuple[str, User]]:
    """The channels on which this town's team reads as one, and who answers for the place."""
    found = {name: channel.said_in for name, channel in all_channels().items()}
    asked = ((name, said_in(city)) for name, said_in in found.items() if said_in)
    return [(name, person) for name, person in asked if person is not None]


def connections_of(name: str) -> int:
    """How many deliveries at once a channel of a machine allows. One, where it has a rate, which that one keeps."""
    if per_minute_of(name):
        return 1
    count: int = getattr(_transport(name), "connections", lambda: 1)()
    return count


def per_minute_of(name: str) -> int:
    """How many messages a channel of a machine takes a minute; 0 where it has not said."""
    rate: int = getattr(_transport(name), "per_minute", lambda: 0)()
    return rate


def _transport(name: str) -> Any:
    return channel_folders.part(name, "transport").Transport


def takes_code(number: Any) -> bool:
    """Whether a code can be sent to this number, which nobody has proven yet; else the desk proves it by calling."""
    return any(codes.are_sent() and codes.can_receive(number) for codes in _codes())


def sends_codes() -> bool:
    """Whether the installation sends codes to numbers at all."""
    return any(codes.are_sent() for codes in _codes())


def send_code(*, request: HttpRequest, number: str, code: str) -> None:
    """Send a code to a number that takes one. Raises CodeNotSent, and accounts.sign_in.TooManyCodesError."""
    next(iter(_codes())).send_counted(request=request, number=number, code=code)


def _codes() -> list[Any]:
    return [
        channel_folders.part(name, "codes") for name in all_channels() if channel_folders.has(name, "codes")
    ]


def spendings(city: City, now: datetime) -> list[tuple[str, int, int]]:
    """Of each channel that costs: what it is called, how much of it a town has used this month, and its limit."""
    costly = (name for name in all_channels() if channel_folders.has(name, "spending"))
    return [(label(name), *channel_folders.part(name, "spending").spent(city, now)) for name in costly]


def label(name: str) -> str:
    """What screens call a channel; the bare name of one that is no more."""
    channel = all_channels().get(name)
    return str(channel.label) if channel else name
