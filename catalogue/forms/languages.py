"""Languages, ticked or typed by name."""

import re
import unicodedata
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from catalogue.languages import (
    COMMON,
    MOST_LANGUAGES,
    NAMES,
    autonym,
    language_choices,
    language_name,
    validate_language,
)

# Shown as cards; the others are typed, with suggestions.
FIRST_LANGUAGES = ("fr", "en", "ar", "uk", "ru", "prs", "ps", "ti")


def plain_name(text: str) -> str:
    """Lower case without accents, whatever the script."""
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("’", "'")


@lru_cache(maxsize=8)
def _names_to_codes(display: str) -> dict[str, str]:
    """Each name of a language that a reader of `display` may type → its code; the common ones win."""
    names: dict[str, str] = {}
    with override(display):
        for code in COMMON:
            for name in (language_name(code), autonym(code)):
                names.setdefault(plain_name(name), code)
    with override("fr"):
        for code in COMMON:
            names.setdefault(plain_name(language_name(code)), code)
    for locale in dict.fromkeys((display.split("-")[0], "fr", "en")):
        for code, name in Locale.parse(locale).languages.items():
            if "_" not in code:
                names.setdefault(plain_name(name), code)
    for code in NAMES:
        names.setdefault(code, code)
    return names


def find_language(text: str) -> str:
    """The code of a language from its code, or its name in itself, French, English or the reader's language.

    ValidationError, with the nearest name, when there is none.
    """
    names = _names_to_codes(get_language() or "fr")
    if found := names.get(plain_name(text)):
        return found
    code = text.strip()
    try:
        validate_language(code)
    except ValidationError:
        near = get_close_matches(plain_name(text), names, n=1, cutoff=0.75)
        if near:
            raise ValidationError(
                _(
                    "Nous ne connaissons pas la langue «\u00a0%(text)s\u00a0». "
                    "Est-ce «\u00a0%(near)s\u00a0»\u202f?"
                ),
                code="language_near",
                params={"text": text, "near": language_name(names[near[0]])},
            ) from None
        raise ValidationError(
            _("Nous ne connaissons pas la langue «\u00a0%(text)s\u00a0». Choisissez-la dans la liste."),
            code="language",
            params={"text": text},
        ) from None
    return code


class LanguagesWidget(forms.CheckboxSelectMultiple):
    """The languages met most as cards, then one box in which others are typed, with suggestions."""

    template_name = "catalogue/languages_widget.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "choices--two", **(attrs or {})})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        ticked = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        typed = re.split(r"[,;\n]", (data.get(f"{name}_other") or "")[:200])
        return [*ticked, *(word.strip() for word in typed if word.strip())]

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
                codes[item if item in COMMON else find_language(str(item))] = None
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
