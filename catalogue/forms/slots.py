"""Weekly slots, ticked in a grid or typed."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue.meaning import read_slots, sure_items
from catalogue.slots import MOST_SLOTS, WeeklySlot, in_week_order, parse_slot
from catalogue.slots import WEEKDAYS as SLOT_DAYS
from catalogue.times import AFTERNOON, EVENING, MORNING, hour_words, slot_words


def slot_text(weekday: int, start: int, end: int) -> str:
    """The stored form: "mon 18:00-20:00"; minutes after midnight."""
    return f"{SLOT_DAYS[weekday]} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


class SlotsWidget(forms.Widget):
    """A week as a grid of boxes (morning, afternoon, evening), then one box for other hours."""

    template_name = "catalogue/slots_widget.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        ticked = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        typed = (data.get(f"{name}_other") or "")[:300]
        return [*ticked, *self._pieces(typed)]

    @staticmethod
    def _pieces(typed: str) -> list[str]:
        """What is typed, whole where only that says something: "lundi, mardi 18h-20h"."""
        pieces = [piece.strip() for piece in re.split(r"[,;\n]", typed) if piece.strip()]
        try:
            for piece in pieces:
                read_slots(piece)
        except ValidationError:
            return sure_items(typed)
        return pieces

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        values = [str(item) for item in value or []]
        identifier = context["widget"]["attrs"].get("id") or f"id_{name}"
        parts = ((MORNING, gettext("Matin")), (AFTERNOON, gettext("Après-midi")), (EVENING, gettext("Soir")))
        rows, grid = [], set()
        for number in range(7):
            boxes = []
            for (start, end), _label in parts:
                slot = slot_text(number, start, end)
                grid.add(slot)
                boxes.append(
                    {
                        "value": slot,
                        "label": slot_words(WeeklySlot(number, start, end)),
                        "checked": slot in values,
                        "id": f"{identifier}_{slot[:3]}_{start // 60}",
                    }
                )
            rows.append({"day": str(WEEKDAYS[number]), "boxes": boxes})
        context["widget"].update(
            {
                "rows": rows,
                "parts": [
                    {"label": label, "hours": f"{hour_words(start)}–{hour_words(end)}"}
                    for (start, end), label in parts
                ],
                "other_name": f"{name}_other",
                "other_id": f"{identifier}_other",
                "typed": ", ".join(_as_typed(item) for item in values if item not in grid),
            }
        )
        return context


def _as_typed(text: str) -> str:
    """A stored slot with its day in the reader's language, to be edited; anything else as it was typed."""
    try:
        slot = parse_slot(text)
    except ValidationError:
        return text
    return f"{WEEKDAYS[slot.weekday]} {text[4:]}"


class SlotsField(forms.Field):
    """Weekly slots, ticked or typed. Cleans to a list of "mon 18:00-20:00", Monday first."""

    widget = SlotsWidget
    default_error_messages = {
        "required": _("Choisissez au moins un moment de la semaine."),
        "too_many": _("Gardez quarante créneaux au plus."),
    }

    def clean(self, value: Any) -> list[str]:
        slots: set[str] = set()
        errors = []
        for item in value or []:
            try:
                slots |= {*read_slots(str(item)).value}
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        if not slots and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(slots) > MOST_SLOTS:
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        return in_week_order(slots)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])
