"""Weekly slots, written `mon 18:00-20:00` in the database, the API and spreadsheets alike."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SLOTS = 42  # of one offer or need
_PATTERN = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")


@dataclass(frozen=True, slots=True)
class WeeklySlot:
    """One slot: weekday 0 (Monday) to 6, start and end in minutes after midnight."""

    weekday: int
    start_minute: int
    end_minute: int


def parse_slot(text: str) -> WeeklySlot:
    """Read one slot; ValidationError when it is malformed or ends before it starts."""
    found = _PATTERN.match(text.strip().lower())
    if not found:
        raise ValidationError(
            _("« %(text)s » n’est pas un créneau. Écrivez par exemple « mon 18:00-20:00 »."),
            code="slot",
            params={"text": text},
        )
    day, start_hour, start, end_hour, end = found.groups()
    slot = WeeklySlot(WEEKDAYS.index(day), int(start_hour) * 60 + int(start), int(end_hour) * 60 + int(end))
    if not slot.start_minute < slot.end_minute <= 24 * 60:
        raise ValidationError(
            _("Le créneau « %(text)s » doit finir après son début."), code="slot_order", params={"text": text}
        )
    return slot


def validate_slot(text: str) -> None:
    """Validator of one stored slot."""
    parse_slot(text)
