"""Numbers: how many of something, or one among the usual ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CountField(forms.IntegerField):
    """How many of something; the telephone shows figures. Left empty it is zero, where zero is possible."""

    default_error_messages = {"invalid": _("Écrivez un nombre entier, par exemple 2.")}

    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=most, **kwargs)
        self.widget.attrs["inputmode"] = "numeric"
        if not least:
            self.widget.attrs["placeholder"] = "0"

    def clean(self, value: Any) -> Any:
        return super().clean(value if value not in self.empty_values or self.min_value else 0)


class ChoiceOfNumber(forms.TypedChoiceField):
    """A number among usual ones; another one that is already stored stays among the choices."""

    def __init__(
        self, *, usual: Sequence[int], words: Mapping[Any, Any] | None = None, **kwargs: Any
    ) -> None:
        self.usual = usual
        self.words = dict(words or {})
        super().__init__(**kwargs)

    def keep(self, value: float | None, unit: Any) -> None:
        """Set the choices, `value` among them; `unit` puts a number into words."""
        numbers: list[float] = sorted({*self.usual, *([] if value is None else [value])})
        empty = [("", self.words[None])] if None in self.words else []
        self.choices = [
            *empty,
            *((f"{number:g}", self.words.get(number) or unit(number)) for number in numbers),
        ]

    def prepare_value(self, value: Any) -> Any:
        return f"{value:g}" if isinstance(value, int | float) else value
