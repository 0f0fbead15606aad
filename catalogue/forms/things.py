"""A thing, typed or chosen from a list, and its sizes. Both work without JavaScript: what is typed is read when the
form is sent. With htmx, what may be meant follows what is typed, and the sizes follow what is chosen.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalogue.items import CUTS, ITEM, ITEMS, LONGEST_TYPED, Said, chosen, find_item, sizes_of, understood
from catalogue.labels import category_label, size_label
from catalogue.vocabulary import GOODS_CATEGORIES
from engine.goods import MIXED, OTHER

# Boxes of what would do too, for a need.
BOXES = 3
# More suggestions than these do not help; more sizes are quicker to find in a list than among pills.
MOST_GUESSES, MOST_PILLS = 6, 12


@dataclass(frozen=True, slots=True)
class Typed:
    """What one box sent: the words, what was ticked among those that the words `about` may mean, and what was chosen
    from the list.
    """

    text: str = ""
    choice: str = ""
    about: str = ""
    listed: str = ""

    @property
    def ticked(self) -> str:
        """The choice, unless it belongs to words that have been changed since."""
        return self.choice if self.about == self.text else ""

    def __bool__(self) -> bool:
        return bool(self.text or self.listed)


def box_names(name: str, boxes: int) -> list[str]:
    """ "items", "items_2", "items_3"."""
    return [name if number == 1 else f"{name}_{number}" for number in range(1, boxes + 1)]


def typed_in(data: Mapping[str, Any], name: str) -> Typed:
    """What a box of this name sent."""
    keys = (name, f"{name}_choice", f"{name}_about", f"{name}_list")
    sent = (str(data.get(key) or "").strip() for key in keys)
    return Typed(*(text[:LONGEST_TYPED] for text in sent))


def read_thing(typed: Typed, *, category: str = "") -> Said:
    """What a box means; a choice from the list counts before words. ValidationError in doubt."""
    if typed.listed in ITEM:
        return chosen(typed.listed, typed.text)
    if typed.ticked == OTHER or typed.ticked in ITEM:
        return chosen(typed.ticked, typed.text)
    return understood(typed.text, category=category)


def meant_in(data: Mapping[str, Any], name: str, *, boxes: int = 1, category: str = "") -> list[Said]:
    """What the boxes of a page say so far; of a doubt nothing."""
    said = []
    for box in box_names(name, boxes):
        typed = typed_in(data, box)
        try:
            said += [read_thing(typed, category=category)] if typed else []
        except ValidationError:
            continue
    return said


def guesses(typed: Typed, category: str = "") -> dict[str, Any]:
    """The list to tick from, under a box: what the words may mean, and that it is none of these."""
    if not typed.text or typed.listed:
        return {"items": [], "text": typed.text, "ticked": ""}
    found = find_item(typed.text, category=category, language=translation.get_language() or "")
    items = found.suggestions[:MOST_GUESSES]
    codes = [item.code for item in items]
    ticked = typed.ticked if typed.ticked in [*codes, OTHER] else found.certain.code if found.certain else ""
    return {"items": items, "text": typed.text, "ticked": ticked}


def items_by_category() -> list[dict[str, Any]]:
    """All the items, below their categories, in the reader's alphabet."""
    return [
        {
            "label": category_label(category),
            "items": sorted(
                (item for item in ITEMS if item.category == category), key=lambda item: item.name
            ),
        }
        for category in GOODS_CATEGORIES
    ]


class ThingsWidget(forms.Widget):
    """One box in which a thing is typed, or several of which any would do, and the list of all there are."""

    template_name = "catalogue/things_widget.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, boxes: int = 1) -> None:
        super().__init__(attrs)
        self.boxes = boxes
        self.category = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Typed]:
        return [typed_in(data, box) for box in box_names(name, self.boxes)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        identifier = context["widget"]["attrs"].get("id") or f"id_{name}"
        boxes = []
        for number, box in enumerate(box_names(name, self.boxes)):
            one = value[number] if value and number < len(value) else Typed()
            typed = one if isinstance(one, Typed) else Typed(written(one))
            boxes.append(
                {
                    "name": box,
                    "id": identifier if not number else f"{identifier}_{number + 1}",
                    "text": typed.text,
                    "listed": typed.listed,
                    # What is stored needs no choice.
                    "guesses": guesses(typed, self.category) if isinstance(one, Typed) else None,
                }
            )
        context["widget"].update(
            {
                "first": boxes[0],
                "more": boxes[1:],
                "more_open": any(box["text"] or box["listed"] for box in boxes[1:]),
                "box_id": f"{identifier}_box",
                "categories": items_by_category(),
                "category": self.category,
                "longest": LONGEST_TYPED,
            }
        )
        return context


def written(said: Said) -> str:
    """A thing as its box shows it."""
    return said.words if said.item == OTHER else ITEM[said.item].name if said.item in ITEM else ""


class ThingsField(forms.Field):
    """A thing, or several of which any would do. Cleans to a list of `Said`, the first named first."""

    widget: ThingsWidget = ThingsWidget  # type: ignore[assignment]
    default_error_messages = {
        "required": _("Dites de quel objet il s’agit."),
        "unclear": _("Est-ce l’un de ces objets\u202f? Choisissez."),
    }

    def __init__(self, *, boxes: int = 1, **kwargs: Any) -> None:
        super().__init__(**{"widget": ThingsWidget(boxes=boxes), **kwargs})
        # What the page shows already.
        self.stored: Sequence[Said] = ()

    def clean(self, value: Any) -> list[Said]:
        found: list[Said] = []
        for one in value or []:
            if isinstance(one, Said):
                found.append(one)
            elif one:
                found.append(self._read(one))
        if not found and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return found

    def _read(self, typed: Typed) -> Said:
        for before in self.stored:
            # Words that stand already are not asked about again.
            if before.item == OTHER and before.words == typed.text and not typed.listed and not typed.ticked:
                return Said(before.item, before.words)
        try:
            return read_thing(typed, category=self.widget.category)
        except ValidationError as error:
            raise ValidationError(self.error_messages["unclear"], code="unclear") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = [written(said) for said in initial or []]
        return before != [typed.text for typed in data or [] if typed] or any(
            typed.listed for typed in data or []
        )


def moved_note(category: str) -> str:
    """Where a thing went that was looked for elsewhere."""
    return gettext("Cet objet est rangé dans «\u00a0%(category)s\u00a0».") % {
        "category": category_label(category)
    }


def pieces_note(count: int) -> str:
    """What "un lot de 6" counts as."""
    return ngettext("Nous comptons %(n)s pièce.", "Nous comptons %(n)s pièces.", count) % {"n": count}


def size_options(codes: Iterable[str], said: Sequence[str], *, several: bool) -> list[tuple[str, str]]:
    """The sizes of these items, as they are ticked; for one thing also that they are several, or not known.

    For whom it is cut comes from the words of one thing, and is ticked beside the letters of what is looked for: of
    "M femme" and the like only what is `said` is shown. Where one thing is "M femme", its letters are all women's.
    """
    whose = {_cut_of(size) for size in said if not several} - {""} or {""}
    series = [ITEM[code].sizes for code in codes if code in ITEM]
    options = {
        size: one.label(size)
        for one in series
        if one
        for size in one.sizes.codes
        if size in said or (several if size in CUTS else _cut_of(size) in whose)
    }
    if options and not several:
        options |= {MIXED: size_label(MIXED), "": gettext("je ne sais pas")}
    return list(options.items())


def _cut_of(size: str) -> str:
    """For whom it says that it is: empty where it does not."""
    cut, _hyphen, letter = size.partition("-")
    return cut if letter and cut in CUTS else ""


def sizes_in(data: Any, name: str) -> list[str]:
    """The sizes that were ticked, then those that were typed, as they were written."""
    ticked = data.getlist(name) if hasattr(data, "getlist") else [data[name]] if data.get(name) else []
    typed = re.split(r"[;\n]|,(?!\d)", str(data.get(f"{name}_typed") or "")[:200])
    return [text.strip() for text in [*ticked, *typed] if text.strip()]


class SizesWidget(forms.Widget):
    """The sizes of what is named beside it, to tick; a box to type one in as long as nobody knows what it is."""

    template_name = "catalogue/sizes_widget.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None, *, several: bool = False) -> None:
        super().__init__(attrs)
        self.several = several
        self.items: Sequence[str] = ()
        # The name of the box beside it; empty where the thing is known.
        self.beside = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return sizes_in(data, name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        identifier = context["widget"]["attrs"].get("id") or f"id_{name}"
        context["widget"].update(
            {
                **sizes_context(name, identifier, self.items, value or [], several=self.several),
                "beside": self.beside,
                "beside_id": f"id_{self.beside}_box",
                "asks": json.dumps({"name": name, "beside": self.beside, "several": str(int(self.several))}),
            }
        )
        return context


def sizes_context(
    name: str, identifier: str, items: Sequence[str], said: Sequence[str], *, several: bool
) -> dict[str, Any]:
    """What the sizes of these items look like, of which some are `said`."""
    # What was typed before the thing was known, as it is ticked now.
    read = [code for text in said for code in _codes(items, text) or [text]]
    options = size_options(items, read, several=several)
    codes = [code for code, _label in options]
    said = read if options else said
    return {
        "name": name,
        "id": identifier,
        "several": several,
        "in_a_list": not several and len(options) > MOST_PILLS,
        "options": [
            {"value": code, "label": label, "id": f"{identifier}_{number}", "checked": code in (said or [""])}
            for number, (code, label) in enumerate(options)
        ],
        # What was typed and is no size of it stays to be seen.
        "typed": ", ".join(size_label(text) for text in said if text not in codes),
        "is_known": any(code in ITEM for code in items),
    }


def _codes(items: Sequence[str], text: str) -> list[str]:
    try:
        return list(sizes_of(items, [text]))
    except ValidationError:
        return []


class SizesField(forms.Field):
    """Sizes as they were ticked or typed. What they are depends on the thing: the form reads them."""

    widget: SizesWidget = SizesWidget  # type: ignore[assignment]

    def __init__(self, *, several: bool = False, **kwargs: Any) -> None:
        super().__init__(**{"widget": SizesWidget(several=several), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return [value] if isinstance(value, str) and value else value

    def clean(self, value: Any) -> list[str]:
        return list(dict.fromkeys(value or []))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(self.prepare_value(initial) or []) != list(data or [])
