"""Weekly slots, written `mon 18:00-20:00` in the database, the API and spreadsheets alike."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from engine.hours import HALF_MINUTES

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
            _(
                "«\u00a0%(text)s\u00a0» n’est pas un créneau. Écrivez par exemple «\u00a0mon 18:00-20:00\u00a0»."
            ),
            code="slot",
            params={"text": text},
        )
    day, start_hour, start, end_hour, end = found.groups()
    slot = WeeklySlot(WEEKDAYS.index(day), int(start_hour) * 60 + int(start), int(end_hour) * 60 + int(end))
    if not slot.start_minute < slot.end_minute <= 24 * 60:
        raise ValidationError(
            _("Le créneau «\u00a0%(text)s\u00a0» doit finir après son début."),
            code="slot_order",
            params={"text": text},
        )
    return slot


def refuse_clashes(slots: Sequence[WeeklySlot]) -> None:
    """ValidationError for slots of one side that overlap, or one too short to be counted: half an hour at least."""
    for slot in slots:
        if slot.end_minute - slot.start_minute < HALF_MINUTES:
            raise ValidationError(
                _("Le créneau «\u00a0%(slot)s\u00a0» est trop court\u202f: une demi-heure au moins."),
                code="slot_short",
                params={"slot": slot_text(slot)},
            )
    in_order = sorted(slots, key=lambda slot: (slot.weekday, slot.start_minute))
    for earlier, later in pairwise(in_order):
        if earlier.weekday == later.weekday and later.start_minute < earlier.end_minute:
            raise ValidationError(
                _("Les créneaux «\u00a0%(one)s\u00a0» et «\u00a0%(other)s\u00a0» se chevauchent."),
                code="slots_overlap",
                params={"one": slot_text(earlier), "other": slot_text(later)},
            )


def slot_text(slot: WeeklySlot) -> str:
    """As it is written."""
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (slot.start_minute, slot.end_minute))
    return f"{WEEKDAYS[slot.weekday]} {start}-{end}"


def in_week_order(slots: Iterable[str]) -> list[str]:
    """Stored slots, Monday first, earliest first."""
    return sorted(slots, key=lambda text: (WEEKDAYS.index(text[:3]), text[4:]))


def validate_slot(text: str) -> None:
    """Validator of one stored slot."""
    parse_slot(text)
