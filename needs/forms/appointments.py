"""A day, an hour and a length, asked for as people say them: the need's days, its slot and its hours follow."""

from datetime import date, time, timedelta
from math import ceil
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue.forms import ChoiceOfNumber, DayField, slot_text
from catalogue.slots import parse_slot
from catalogue.times import length_words
from needs.models import Need

MIDNIGHT = 24 * 60
USUAL_MINUTES = (30, 60, 90, 120, 150, 180, 240, 300, 360, 420, 480)
DAY, HOUR, LENGTH = "appointment_day", "appointment_hour", "appointment_length"


class HourInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def fields(need: Need | None) -> dict[str, forms.Field]:
    """What is asked of an appointment; all of it may be left out. The need's own length is among the choices."""
    length = ChoiceOfNumber(
        label=_("Combien de temps\u202f?"), usual=USUAL_MINUTES, coerce=int, required=False, initial=60
    )
    length.keep(stored(need).get(LENGTH) if need else None, length_words)
    return {
        DAY: DayField(
            label=_("Un jour précis\u202f?"),
            help_text=_("Vide si le jour peut se choisir\u202f: donnez les dates plus bas."),
            required=False,
        ),
        HOUR: forms.TimeField(
            label=_("À quelle heure\u202f?"),
            required=False,
            widget=HourInput(),
            input_formats=["%H:%M", "%Hh%M", "%Hh", "%H h %M", "%H h"],
            error_messages={"invalid": _("Écrivez l’heure ainsi\u202f: 14:30.")},
        ),
        LENGTH: length,
    }


def stored(need: Need) -> dict[str, Any]:
    """The answers that a need was made of; nothing when it is no appointment."""
    if need.lasts or need.first_day != need.last_day or len(need.slots) != 1:
        return {}
    slot = parse_slot(need.slots[0])
    return {
        DAY: need.first_day,
        HOUR: time(*divmod(slot.start_minute, 60)),
        LENGTH: slot.end_minute - slot.start_minute,
    }


def answers(day: date | None, hour: time | None, minutes: int) -> dict[str, Any]:
    """The need's own answers: nothing without an appointment. ValidationError by field."""
    if day is None and hour is None:
        return {}
    if day is None:
        raise ValidationError({DAY: _("Indiquez le jour du rendez-vous.")})
    if hour is None:
        raise ValidationError({HOUR: _("Indiquez l’heure du rendez-vous.")})
    start = hour.hour * 60 + hour.minute
    if start + minutes > MIDNIGHT:
        raise ValidationError({LENGTH: _("Un rendez-vous finit le jour même, avant minuit.")})
    return {
        "first_day": day,
        "last_day": day,
        "slots": [slot_text(day.weekday(), start, start + minutes)],
        "quantity": ceil(timedelta(minutes=minutes) / timedelta(hours=1)),
        "min_days": None,
        # Who comes for half of it helps with none of it.
        "part_useful": False,
    }
