"""Languages, ticked or typed by name."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue.languages import (
    COMMON,
    MOST_LANGUAGES,
    language_choices,
    language_name,
    validate_language,
)
from catalogue.meaning import items_of, read_languages

# Shown as cards; the others are typed, with suggestions.
FIRST_LANGUAGES = ("fr", "en", "ar", "uk", "ru", "prs", "ps", "ti")


class LanguagesWidget(forms.CheckboxSelectMultiple):
    """The languages met most as cards, then one box in which others are typed, with suggestions."""

    template_name = "catalogue/languages_widget.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "choices--two", **(attrs or {})})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        ticked = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [*ticked, *items_of((data.get(f"{name}_other") or "")[:200])]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        values = [str(item) for item in value or []]
        labels = dict(language_choices())
        # A language that was typed and understood becomes a card, ticked.
        understood = [item for item in values if item in labels or _is_code(item)]
        cards = dict.fromkeys([*FIRST_LANGUAGES, *understood])
        self.choices = [(code, labels.get(code) or language_name(code)) for code in cards]
        context = super().get_context(name, understood, attrs)
        identifier = context["widget"]["attrs"].get("id") or f"id_{name}"
        context["widget"].update(
            {
                "other_name": f"{name}_other",
                "other_id": f"{identifier}_other",
                "typed": ", ".join(item for item in values if item not in understood),
                "suggestions": [language_name(code) for code in COMMON if code not in cards],
            }
        )
        return context


def _is_code(text: str) -> bool:
    try:
        validate_language(text)
    except ValidationError:
        return False
    return True


class LanguagesField(forms.Field):
    """Languages, ticked or typed by name. Cleans to a list of codes, each once."""

    widget = LanguagesWidget
    default_error_messages = {
        "required": _("Choisissez au moins une langue."),
        "too_many": _("Gardez douze langues au plus."),
    }

    def clean(self, value: Any) -> list[str]:
        codes: dict[str, None] = {}
        errors = []
        for item in value or []:
            try:
                codes |= dict.fromkeys([item] if item in COMMON else read_languages(str(item)).value)
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        if not codes and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(codes) > MOST_LANGUAGES:
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        return list(codes)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])
