"""A day, in the browser's own calendar or typed."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day from the browser's own picker, or typed as 20/03/2026."""

    widget = DayInput
    default_error_messages = {
        "required": _("Indiquez un jour."),
        "invalid": _("Ce jour n’existe pas. Écrivez par exemple 20/03/2026."),
    }
