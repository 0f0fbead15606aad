"""Fields and widgets that the forms of offers and needs share. All work without JavaScript."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalogue.languages import COMMON, NAMES, autonym, language_choices, language_name, validate_language
from catalogue.slots import WEEKDAYS as SLOT_DAYS
from catalogue.slots import WeeklySlot, parse_slot
from catalogue.times import AFTERNOON, EVENING, MORNING, hour_words, slot_words

# Shown as cards; the others are typed, with suggestions.
FIRST_LANGUAGES = ("fr", "en", "ar", "uk", "ru", "prs", "ps", "ti")
MOST_LANGUAGES = 12
MOST_SLOTS = 42


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


# --- Languages -----------------------------------------------------------------------------------------


def _plain(text: str) -> str:
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
                names.setdefault(_plain(name), code)
    with override("fr"):
        for code in COMMON:
            names.setdefault(_plain(language_name(code)), code)
    for locale in dict.fromkeys((display.split("-")[0], "fr", "en")):
        for code, name in Locale.parse(locale).languages.items():
            if "_" not in code:
                names.setdefault(_plain(name), code)
    for code in NAMES:
        names.setdefault(code, code)
    return names


def find_language(text: str) -> str:
    """The code of a language from its code, or its name in itself, French, English or the reader's language.

    ValidationError, with the nearest name, when there is none.
    """
    names = _names_to_codes(get_language() or "fr")
    if found := names.get(_plain(text)):
        return found
    code = text.strip()
    try:
        validate_language(code)
    except ValidationError:
        near = get_close_matches(_plain(text), names, n=1, cutoff=0.75)
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


# --- Weekly slots --------------------------------------------------------------------------------------

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
                names.setdefault(_plain(str(WEEKDAYS[number])), number)
                names.setdefault(_plain(str(WEEKDAYS_ABBR[number])).rstrip("."), number)
    return names


def read_slot(text: str) -> str:
    """The stored form of a slot as people write it, "lundi 18h-20h" or "mon 18:00-20:00"; else an error."""
    found = _TYPED_SLOT.match(" ".join(text.split()))
    day = _day_names().get(_plain(found["day"]).rstrip(".")) if found else None
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
        parts = ((MORNING, _t("Matin")), (AFTERNOON, _t("Après-midi")), (EVENING, _t("Soir")))
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
