"""The rows of a list as a person reads of them, and as the engine's records, by which it tells its reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import engine
from catalogue.labels import category_label, goods_label, kind_label
from catalogue.slots import parse_slot
from catalogue.vocabulary import Kind

MOST_SAID = 2_000  # rows of a file of which the workbook tells in words


@dataclass(frozen=True, slots=True)
class Said:
    """A row as a person reads of it: the engine's record, and its title."""

    record: Any  # engine.Offer or engine.Need, by the side
    title: str


def title_of(record: Any) -> str:
    """What a row is about, where its list gives it no title: "Chambre chez l’habitant", "couette, 140 cm"."""
    if record.kind == Kind.GOODS:
        items = record.items if isinstance(record, engine.Need) else filter(None, [record.item])
        sizes = record.sizes if isinstance(record, engine.Need) else filter(None, [record.size])
        return goods_label(record.category, list(items), list(sizes))
    return category_label(record.category) if record.category else kind_label(record.kind)


def slots_of(texts: Iterable[str]) -> tuple[engine.Slot, ...]:
    slots = map(parse_slot, texts)
    return tuple(engine.Slot(one.weekday, one.start_minute, one.end_minute) for one in slots)
