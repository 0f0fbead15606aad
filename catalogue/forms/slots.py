"""Weekly slots, ticked in a grid or typed."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from catalogue.forms.languages import plain_name
from catalogue.slots import MOST_SLOTS, WeeklySlot, parse_slot
from catalogue.slots import WEEKDAYS as SLOT_DAYS
from catalogue.times import AFTERNOON, EVENING, MORNING, hour_words, slot_words

_TYPED_SLOT = re.compile(
    r"^(?P<day>[^\d]+?)[\s.]*(?:de\s+|from\s+|من\s+)?"
    r"(?P<start>\d{1,2})\s*(?:h|:)?\s*(?P<start_minute>\d{2})?\s*(?:-|–|à|a|to|إلى)\s*"
    r"(?P<end>\d{1,2})\s*(?:h|:)?\s*(?P<end_minute>\d{2})?$",
    re.IGNORECASE,
)


def slot_text(weekday: int, start: int, end: int) -> str:
    """The stored form: "mon 18:00-20:00"; minutes after midnight."""
    return f"{SLOT_DAYS[weekday]} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _day_names() -> dict[str, int]:
    names = {code: number for number, code in enumerate(SLOT_DAYS)}
    for language in ("fr", get_language() or "fr"):
        with override(language):
            for number in range(7):
                names.setdefault(plain_name(str(WEEKDAYS[number])), number)
                names.setdefault(plain_name(str(WEEKDAYS_ABBR[number])).rstrip("."), number)
    return names


def read_slot(text: str) -> str:
    """The stored form of a slot as people write it, "lundi 18h-20h" or "mon 18:00-20:00"; else an error."""
    found = _TYPED_SLOT.match(" ".join(text.split()))
    day = _day_names().get(plain_name(found["day"]).rstrip(".")) if found else None
    if found is None or day is None:
        raise ValidationError(
            _(
                "Nous ne comprenons pas «\u00a0%(text)s\u00a0». "
                "Écrivez par exemple «\u00a0lundi 18h-20h\u00a0»."
            ),
            code="slot",
            params={"text": text},
        )
    start = int(found["start"]) * 60 + int(found["start_minute"] or 0)
    end = int(found["end"]) * 60 + int(found["end_minute"] or 0)
    stored = slot_text(day, start, end)
    try:
        parse_slot(stored)
    except ValidationError as error:
        raise ValidationError(
            _("«\u00a0%(text)s\u00a0»\u202f: la fin doit venir après le début, entre 0 h et 24 h."),
            code=error.code,
            params={"text": text},
        ) from None
    return stored


class SlotsWidget(forms.Widget):
    """A week as a grid of boxes (morning, afternoon, evening), then one box for other hours."""

    template_name = "catalogue/slots_widget.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        ticked = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        typed = re.split(r"[,;\n]", (data.get(f"{name}_other") or "")[:300])
        return [*ticked, *(words.strip() for words in typed if words.strip())]

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
                slots.add(read_slot(str(item)))
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


def in_week_order(slots: Iterable[str]) -> list[str]:
    """Monday first, earliest first."""
    return sorted(slots, key=lambda text: (SLOT_DAYS.index(text[:3]), text[4:]))
