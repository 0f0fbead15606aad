"""Choices as cards, with a second line under some."""

from collections.abc import Mapping
from typing import Any

from django import forms


class _Hints:
    """A second line under some choices: `hints={"lone_minors": _("avec une association")}`."""

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        choices: Any = (),
        *,
        hints: Mapping[str, Any] | None = None,
        layout: str = "",
    ) -> None:
        classes = {"class": f"choices--{layout}"} if layout else {}
        super().__init__({**classes, **(attrs or {})}, choices)  # type: ignore[call-arg]
        self.hints = dict(hints or {})

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)  # type: ignore[misc]
        option["hint"] = self.hints.get(str(value), "")
        return option


class CheckboxCards(_Hints, forms.CheckboxSelectMultiple):
    """Boxes as cards. `layout`: "two" (columns) or "inline" (pills)."""


class RadioCards(_Hints, forms.RadioSelect):
    """Radio buttons as cards. `layout`: "two" (columns) or "inline" (pills)."""
