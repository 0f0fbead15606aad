"""What the outbox asks of the channels: whom each reaches, in which order, who delivers, what it is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from django.db.models import BaseConstraint, Index

from accounts.models import User
from notifications import channel_folders

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Channel:
    """What a folder says of itself, in `channel.py`, as CHANNEL."""

    # How the person is told, as it stands on screens: "par téléphone".
    label: "StrPromise"
    # Of the channels that reach a person, the one with the lowest number is taken.
    preference: int
    reaches: Callable[[User], bool]
    # Who has each message by this channel as well, beside the one by which they are told.
    accompanies: Callable[[User, datetime], bool] | None = None
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


def by_person() -> str:
    """The channel on which a person of the desk tells somebody, or listens to them: the last one."""
    return [name for name in all_channels() if name not in by_machine()][-1]


def reaching(person: User) -> list[str]:
    """The channels by which this person can be told, the preferred one first. The last one reaches everybody."""
    return [name for name, channel in all_channels().items() if channel.reaches(person)]


def preferred(person: User) -> str:
    """The channel by which this person is told."""
    return reaching(person)[0]


@cache
def companions() -> frozenset[str]:
    """The channels that only say what another says as well."""
    return frozenset(name for name, channel in all_channels().items() if channel.accompanies)


def accompanying(person: User, now: datetime) -> list[str]:
    """The channels by which this person has each message as well."""
    found = {name: channel.accompanies for name, channel in all_channels().items()}
    return [name for name, accompanies in found.items() if accompanies and accompanies(person, now)]


def connections_of(name: str) -> int:
    """How many deliveries at once a channel of a machine allows."""
    transport = channel_folders.part(name, "transport").Transport
    count: int = getattr(transport, "connections", lambda: 1)()
    return count


def label(name: str) -> str:
    """What screens call a channel; the bare name of one that is no more."""
    channel = all_channels().get(name)
    return str(channel.label) if channel else name
