"""What somebody says of a thing, in words or by code, as what is kept of it: the same at every door."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from catalogue.items.item import Item
from catalogue.items.lexicon import lexicons
from catalogue.items.sizes import SERIES, in_one, says_no_size
from catalogue.items.table import ITEMS
from catalogue.items.typed import find_item, read_sizes
from catalogue.items.words import fold
from catalogue.vocabulary import Category
from engine.goods import ANY, MIXED, OTHER

ITEM = {item.code: item for item in ITEMS}
# What may be kept of a thing, and of a size.
ITEM_CODES = frozenset({*ITEM, ANY, OTHER})
SIZE_CODES = frozenset({MIXED, *(code for series in SERIES.values() for code in series.sizes.codes)})
# Items that would do, of one need; sizes.
MOST_ITEMS, MOST_SIZES = 5, 31
LONGEST_WORDS = 80
LONGEST_TYPED = 120
_OTHER_WORDS = frozenset({OTHER, "autre", "autre objet"})


@dataclass(frozen=True, slots=True)
class Said:
    """A thing as it is kept: a code; the words of what the catalogue does not have; sizes, and how many, if said."""

    item: str
    words: str = ""
    sizes: tuple[str, ...] = ()
    count: int | None = None
    pack: int = 1

    @property
    def size(self) -> str:
        """The one that an offer keeps of them."""
        return in_one(self.sizes)

    @property
    def number(self) -> int | None:
        """How many pieces the words say; None where they do not."""
        return None if self.count is None and self.pack == 1 else (self.count or 1) * self.pack

    def pieces(self, number: int) -> int:
        """So many of what was named, in pieces: two "lots de 6" are twelve; whoever counted the pieces has done so."""
        return number if number == self.number else number * self.pack


def with_kinds(items: Iterable[str]) -> tuple[str, ...]:
    """The codes that a need names, then those of the kinds of what it names in general: all that it takes."""
    named = tuple(items)
    return tuple(
        dict.fromkeys([*named, *(kind for code in named if code in ITEM for kind in ITEM[code].kinds)])
    )


def without_kinds(items: Iterable[str]) -> tuple[str, ...]:
    """The codes that say it all: without the kinds of what is named in general before them."""
    said: list[str] = []
    for code in items:
        if not any(code in ITEM[general].kinds for general in said if general in ITEM):
            said.append(code)
    return tuple(said)


def chosen(code: str, typed: str) -> Said:
    """A thing that was chosen among those that the words may mean: they may say its size too."""
    if code not in ITEM:
        return Said(code, words=typed[:LONGEST_WORDS] if code == OTHER else "")
    found = find_item(typed, category=ITEM[code].category)
    if found.certain is ITEM[code]:
        return Said(code, sizes=found.sizes, count=found.count, pack=found.pack)
    return Said(code, sizes=read_sizes(ITEM[code], typed))


def understood(typed: str, *, category: str = "") -> Said:
    """The one thing that a code or words mean; what nothing resembles is `OTHER`. ValidationError in doubt."""
    typed = typed.strip()
    if typed in ITEM_CODES:
        return Said(typed)
    if fold(typed) in _OTHER_WORDS:
        return Said(OTHER)
    found = find_item(typed, category=category, language=translation.get_language() or "")
    if found.certain:
        return Said(found.certain.code, sizes=found.sizes, count=found.count, pack=found.pack)
    if not found.suggestions:
        return Said(OTHER, words=typed[:LONGEST_WORDS])
    raise ValidationError(
        _(
            "«\u00a0%(text)s\u00a0»\u202f: lequel de ces objets\u202f? %(items)s. Sinon, écrivez «\u00a0autre\u00a0»."
        ),
        code="item_unclear",
        params={"text": typed, "items": _in_a_row(item.name for item in found.suggestions)},
    )


def by_title(title: str, *, category: str) -> Said:
    """The thing that a title names, where that is certain; `ANY` where it says no more than the category."""
    found = find_item(title, category=category)
    if found.certain:
        return Said(found.certain.code, sizes=found.sizes, count=found.count, pack=found.pack)
    if not title or fold(title.split(",")[0].strip()) in _category_names(category):
        return Said(ANY)
    return Said(OTHER, words=title[:LONGEST_WORDS])


def _category_names(category: str) -> set[str]:
    names: set[str] = set()
    if category not in Category:
        return names
    for words in lexicons():
        with translation.override(words.language):
            names.add(fold(str(Category(category).label)))
    return names


def sizes_of(items: Sequence[str], typed: Iterable[str]) -> tuple[str, ...]:
    """The sizes that codes or words mean of these items, in the order given. ValidationError for a foreign one."""
    things = [ITEM[code] for code in items if code in ITEM]
    found: dict[str, None] = {}
    for text in filter(None, map(str.strip, typed)):
        if says_no_size(text):
            continue
        read = [size for thing in things for size in read_sizes(thing, text)]
        if not read:
            raise no_such_size(things, text)
        found |= dict.fromkeys(read)
    return tuple(found)


def check_sizes(items: Sequence[str], sizes: Iterable[str]) -> None:
    """ValidationError for the first of these codes that none of the items has."""
    things = [ITEM[code] for code in items if code in ITEM]
    known = {MIXED, *(code for thing in things if thing.series for code in thing.series.codes)}
    sized = any(thing.series for thing in things)
    for size in sizes:
        if not sized or size not in known:
            raise no_such_size(things, size)


def no_such_size(items: Sequence[Item], text: str) -> ValidationError:
    """What is said of a size that none of these items has."""
    sized = [item for item in items if item.sizes]
    names = capfirst(_in_a_row(item.name for item in sized or items))
    if not sized:
        return ValidationError(
            _("%(item)s\u202f: sans taille. Laissez cette case vide.")
            if names
            else _("Sans objet connu, pas de taille."),
            code="item_without_sizes",
            params={"item": names},
        )
    labels = (item.sizes.label(code) for item in sized if item.sizes for code in item.sizes.sizes.codes)
    return ValidationError(
        _("%(item)s\u202f: la taille «\u00a0%(text)s\u00a0» n’existe pas. Tailles\u202f: %(sizes)s."),
        code="size_unknown",
        params={"item": names, "text": text, "sizes": _in_a_row(dict.fromkeys(labels))},
    )


def _in_a_row(names: Iterable[str]) -> str:
    return pgettext("entre les mots d’une liste", ", ").join(names)
