"""How a form asks for a row of the table of fields."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Choices
from django.utils.text import capfirst

from catalogue.fields import Day, Field, Flag, Languages, Number, Slots, Text, Thing, Word, Words
from catalogue.forms.cards import CheckboxCards, RadioCards
from catalogue.forms.days import DayField
from catalogue.forms.languages import LanguagesField
from catalogue.forms.numbers import DecimalNumberField, WholeField
from catalogue.forms.slots import SlotsField
from catalogue.forms.things import BOXES, SizesField, ThingsField
from catalogue.meaning import units_of

# A text that may be longer is written in a box of several lines.
LONGEST_LINE = 200


def form_field(row: Field, *, kind: str = "", stored: Any = None, **changes: Any) -> forms.Field:
    """The field that asks for a row, its bounds those of the kind; `changes` are what one form has of its own.

    What is `stored` already is no error, though it be older than a bound.
    """
    asks: dict[str, Any] = {
        "label": row.question or row.label,
        "help_text": row.hint,
        "required": row.required,
        "error_messages": dict(row.errors),
        **changes,
    }
    match row.shape:
        case Flag():
            return forms.BooleanField(**{**asks, "required": False})
        case Number() as shape:
            return _number(shape, kind, stored, {**asks, "units": units_of(row.name)})
        case Text() as shape:
            longest = max(shape.longest, len(stored) if isinstance(stored, str) else 0)
            box = {} if longest <= LONGEST_LINE else {"widget": forms.Textarea(attrs={"rows": 5})}
            return forms.CharField(**{"max_length": longest, **box, **asks})
        case Day(edge=edge):
            return DayField(edge=edge, **asks)
        case Word(choices=choices):
            return forms.ChoiceField(**{"choices": _on_cards(choices), "widget": RadioCards, **asks})
        case Words() as shape:
            return forms.MultipleChoiceField(
                **{"choices": _on_cards(shape.values), "widget": CheckboxCards, **asks}
            )
        case Languages():
            return LanguagesField(**asks)
        case Slots():
            return SlotsField(**asks)
        case Thing(sizes=True, several=several):
            return SizesField(several=several, **asks)
        case Thing(several=several):
            return ThingsField(boxes=BOXES if several else 1, **asks)
    raise TypeError(f"{row.name}: no form asks for a {type(row.shape).__name__}")


def _on_cards(choices: Iterable[Choices]) -> list[tuple[Any, Any]]:
    """Labels stand within sentences elsewhere; on a card each begins one."""
    return [(one.value, capfirst(one.label)) for one in choices]


def _number(shape: Number, kind: str, stored: Any, asks: dict[str, Any]) -> forms.Field:
    known = [stored] if isinstance(stored, int | float) else []
    bounds = {"min_value": min([shape.least, *known]), "max_value": max([shape.most_of(kind), *known])}
    if shape.whole:
        return WholeField(**bounds, **asks)
    return DecimalNumberField(**bounds, **asks)
