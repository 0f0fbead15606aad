"""What a spreadsheet says of goods, in words or by code, as the engine compares it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from catalogue.items import (
    ITEM,
    SERIES,
    Item,
    alternatives,
    find_item,
    for_whom,
    in_one,
    read_sizes,
    says_no_size,
    with_kinds,
)
from catalogue.labels import listed
from engine.goods import ANY, MIXED, OTHER, Offered, Wanted

LONGEST_TYPED = 120
# Spreadsheets repeat their words.
MOST_REMEMBERED = 50_000
_SIZES = frozenset({MIXED, *(code for series in SERIES.values() for code in series.sizes.codes)})


class Unclear(ValueError):
    """In which column what is said cannot be understood, and why."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that a cell names: its code (empty: any), sizes said beside it, and how many pieces."""

    code: str
    sizes: tuple[str, ...] = ()
    count: int | None = None
    pack: int = 1

    @property
    def item(self) -> Item | None:
        return ITEM.get(self.code)

    def pieces(self, number: int) -> int:
        """So many of what is named, in pieces: two "lots de 6" are twelve; whoever counted the pieces has done so."""
        return number if number == (self.count or 1) * self.pack else number * self.pack


@dataclass(frozen=True, slots=True)
class Goods:
    """What a row says of its goods. `category` is that of the item; empty where none is known."""

    said: Offered | Wanted
    category: str
    things: tuple[Thing, ...]

    @property
    def is_any(self) -> bool:
        """No item is named."""
        return not any(thing.code for thing in self.things)

    def pieces(self, number: int) -> int:
        """The quantity in pieces; where several things are named, no pack speaks."""
        return self.things[0].pieces(number) if len(self.things) == 1 else number


@lru_cache(MOST_REMEMBERED)
def offered(item: str, size: str, category: str, language: str) -> Goods:
    """What an offer says. `language` is the reader's. Raises Unclear."""
    thing = _thing(item, category, "item", language)
    given = _sizes([thing], [size], "size") if size else []
    sizes = for_whom(thing.sizes, given) if given else thing.sizes
    return Goods(
        Offered(thing.code, in_one(sizes), thing.item.series if thing.item else None),
        thing.item.category.value if thing.item else "",
        (thing,),
    )


@lru_cache(MOST_REMEMBERED)
def wanted(items: tuple[str, ...], sizes: tuple[str, ...], category: str, language: str) -> Goods:
    """What a need says: who takes any size asks for none. Raises Unclear."""
    named = [
        one
        for item in items
        for one in (alternatives(item, category=category, language=language) if item else [item])
    ]
    things = [_thing(item, category, "items", language) for item in named]
    known = {thing.item.category.value: None for thing in things if thing.item}
    if len(known) > 1:
        raise Unclear("items", _("Ces objets sont de catégories différentes. Postez un besoin pour chacun."))
    beside = [size for thing in things for size in thing.sizes]
    asked = for_whom(beside, _sizes(things, sizes, "sizes") or beside)
    taken = with_kinds(thing.code for thing in things)
    codes = {code: ITEM[code].series if code in ITEM else None for code in taken}
    said = Wanted(tuple(codes), () if MIXED in asked else tuple(dict.fromkeys(asked)), tuple(codes.values()))
    return Goods(said, next(iter(known), ""), tuple(things))


def _thing(typed: str, category: str, column: str, language: str) -> Thing:
    """A code stands for itself; what nothing resembles is `OTHER`."""
    if not typed or typed in ITEM or typed in (ANY, OTHER):
        return Thing(typed)
    found = find_item(typed, category=category, language=language)
    if found.certain:
        return Thing(found.certain.code, found.sizes, found.count, found.pack)
    if not found.suggestions or typed.casefold() in ("autre", "autre objet"):
        return Thing(OTHER)
    raise Unclear(
        column,
        _(
            "«\u00a0%(text)s\u00a0»\u202f: lequel de ces objets\u202f? %(items)s. Sinon, écrivez «\u00a0autre\u00a0»."
        )
        % {"text": typed, "items": listed(item.name for item in found.suggestions)},
    )


def _sizes(things: Sequence[Thing], typed: Sequence[str], column: str) -> list[str]:
    """The sizes that codes or words mean of these things, in the order given."""
    items = [thing.item for thing in things if thing.item]
    found: dict[str, None] = {}
    for text in typed:
        if says_no_size(text):
            continue
        if text == MIXED or (text in _SIZES and not items):
            found[text] = None
            continue
        read = [size for item in items for size in read_sizes(item, text)]
        if not read:
            raise Unclear(column, _no_such_size(items, text))
        found |= dict.fromkeys(read)
    return list(found)


def _no_such_size(items: Sequence[Item], text: str) -> str:
    sized = [item for item in items if item.sizes]
    if not sized:
        names = listed(item.name for item in items)
        return (
            _("%(item)s\u202f: sans taille. Laissez cette case vide.") % {"item": names}
            if names
            else _("Sans objet connu, pas de taille.")
        )
    labels = dict.fromkeys(
        item.sizes.label(code) for item in sized if item.sizes for code in item.sizes.sizes.codes
    )
    return _("%(item)s\u202f: la taille «\u00a0%(text)s\u00a0» n’existe pas. Tailles\u202f: %(sizes)s.") % {
        "item": listed(item.name for item in sized),
        "text": text,
        "sizes": listed(labels),
    }
