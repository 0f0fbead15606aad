"""A team's own channel: one message to the place that the town has named, by apprise.

It says only whether it was taken. Nothing stops the channel: each town has its own place. What is said twice there is
said twice, and does no harm.
"""

from types import TracebackType
from typing import Self

from django.utils import timezone

from notifications.channel_transport import NotSent
from notifications.channels.team import addresses, receipts, words
from notifications.channels.team.models import Room
from notifications.models import Message
from outside.addresses import only_outside


class Transport:
    """Opens no line before the first message."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, message: Message) -> str:
        """Write it where the town's team talks; there are no receipts. Raises NotSent."""
        room = Room.objects.filter(city=message.city_id).first()
        if room is None:
            raise NotSent("no room", retry=False, was_tried=False)
        write(room, words.text(message))
        receipts.note_taken(room_id=room.pk, by=None, now=timezone.now())
        return ""


def write(room: Room, text: str) -> None:
    """Raises NotSent."""
    try:
        place = addresses.place(room.address)
        with only_outside():
            is_taken = place.notify(body=text)
    except addresses.NoPlace as error:
        raise NotSent(f"address {error.why}", retry=error.why == "unknown") from error
    except TypeError as error:  # apprise's own word for a text that it cannot write
        raise NotSent("text", retry=False) from error
    if not is_taken:
        raise NotSent("not taken", retry=True)
