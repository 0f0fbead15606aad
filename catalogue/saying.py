"""What a field says, in words: the label and the value of a row, as pages show them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from catalogue.fields import Day, Field, Flag, Languages, Number, Slots, Table, Thing, Word, Words
from catalogue.labels import (
    category_label,
    either,
    goods_label,
    item_label,
    language_names,
    listed,
    size_label,
)
from catalogue.slots import parse_slot
from catalogue.times import day_words, slot_words
from catalogue.vocabulary import Kind

Fact = tuple[Any, str]
# Says a field otherwise than its shape does, perhaps with others that belong beside it.
Saying = Callable[[Any], list[Fact]]


def value_words(row: Field, value: Any, *, today: date) -> str:
    """A value in the reader's words; nothing for no answer."""
    if value in (None, "", [], False):
        return ""
    match row.shape:
        case Flag():
            return _("oui")
        case Word(choices=choices):
            return str(choices(value).label)
        case Words(choices=choices):
            return listed(choices(one).label for one in value)
        case Day():
            return day_words(value, today=today)
        case Languages():
            return language_names(value)
        case Slots():
            return listed(slot_words(parse_slot(slot)) for slot in value)
        case Number():
            return f"{value:g}"
        case Thing(sizes=sizes, several=several):
            said = size_label if sizes else item_label
            return either(map(said, value if several else [value]))
    return str(value)


def what(entry: Any, *, with_words: bool = True) -> str:
    """What an offer or a need is about: its item and size, its category where it has none. "couette, 140 cm".

    `with_words=False` for readers who may see nothing that its people typed.
    """
    if entry.kind != Kind.GOODS:
        return category_label(entry.category)
    several = hasattr(entry, "items")
    items = entry.items if several else [entry.item] * bool(entry.item)
    sizes = entry.sizes if several else [entry.size] * bool(entry.size)
    return goods_label(entry.category, items, sizes, entry.item_words if with_words else "")


def facts_of(entry: Any, table: Table, *, sayings: Mapping[str, Saying], today: date) -> list[dict[str, Any]]:
    """All that people answered of an offer or a need, as label and value, in the table's order.

    `sayings` say some fields otherwise; of the others the label is the row's. What was left empty has no value.
    """
    facts: list[Fact] = []
    for row in table:
        if row.name in sayings:
            facts += sayings[row.name](entry) if row.called_for(entry.kind, entry.category) else []
        elif row.asked and row.called_for(entry.kind, entry.category):
            facts.append((row.label, value_words(row, getattr(entry, row.name), today=today)))
    return [{"label": label, "value": value} for label, value in facts]


def unsaid(_entry: Any) -> list[Fact]:
    """Of a field that is said with another, or stands elsewhere on the page."""
    return []
