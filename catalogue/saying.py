"""What a field says, in words: the label and the value of a row, as pages show them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from catalogue.fields import Day, Field, Flag, Languages, Number, Slots, Table, Thing, Word, Words
from catalogue.items import ITEM, read_sizes
from catalogue.items.words import fold
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


def _goods_of(entry: Any) -> tuple[list[str], list[str]]:
    """The items and sizes of an offer or a need, in the order named."""
    if hasattr(entry, "items"):
        return list(entry.items), list(entry.sizes)
    return [entry.item] if entry.item else [], [entry.size] if entry.size else []


def what(entry: Any, *, with_words: bool = True) -> str:
    """What an offer or a need is about: its item and size, its category where it has none. "couette, 140 cm".

    `with_words=False` for readers who may see nothing that its people typed.
    """
    if entry.kind != Kind.GOODS:
        return category_label(entry.category)
    items, sizes = _goods_of(entry)
    return goods_label(entry.category, items, sizes, entry.item_words if with_words else "")


def titled(entry: Any) -> str:
    """The title of an offer or a need, with its item and size beside it where it does not say them to this reader.

    "Pour une famille (couette, 140 cm)"; "10 couettes 140" as it is.
    """
    items, sizes = _goods_of(entry)
    known = [ITEM[code] for code in items if code in ITEM]
    if not known:
        return str(entry.title)
    title = fold(entry.title)
    says = any(
        fold(item.name) in title and (not sizes or set(read_sizes(item, entry.title)) & set(sizes))
        for item in known
    )
    return (
        str(entry.title) if says else _("%(title)s (%(what)s)") % {"title": entry.title, "what": what(entry)}
    )


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
