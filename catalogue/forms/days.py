"""A day, in the browser's own calendar or typed."""

from datetime import date
from typing import Any, Literal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalogue.meaning import CellError, Unclear, read_day


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day from the browser's own picker, or typed as people write it: 20/03/2026, "20 mars"."""

    widget = DayInput
    default_error_messages = {
        "required": _("Indiquez un jour."),
        "invalid": _("Ce jour n’existe pas. Écrivez par exemple 20/03/2026."),
    }

    def __init__(self, *, edge: Literal["", "first", "last"] = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.edge = edge

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and value.strip():
            try:
                return read_day(value, today=timezone.localdate(), edge=self.edge).value
            except Unclear:
                raise
            except CellError:
                pass  # no day, or one that is too far away: said in the form's own words
        return super().to_python(value)
