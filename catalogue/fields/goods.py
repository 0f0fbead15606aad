"""What follows from the thing that is named, for an offer and for a need, and what must hold of it."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalogue.fields.shapes import Thing
from catalogue.fields.table import Values
from catalogue.items import (
    ITEM,
    ITEM_CODES,
    LONGEST_WORDS,
    SIZE_CODES,
    Said,
    alternatives,
    by_title,
    check_sizes,
    for_whom,
    in_one,
    sizes_of,
    understood,
)
from catalogue.vocabulary import Kind
from engine.goods import MIXED, OTHER

ONE_ITEM, SOME_ITEMS = Thing(), Thing(several=True)
ONE_SIZE, SOME_SIZES = Thing(sizes=True), Thing(sizes=True, several=True)
ITEM_COLUMNS, SIZE_COLUMNS = ("objet", "objets", "article"), ("taille", "tailles", "pointure")


def name_offered(fields: dict[str, Any]) -> dict[str, Any]:
    """The item that the answers name, in words or by code; where they name none, what the title says for certain.

    An item has one category, and "un lot de 6" is six pieces. ValidationError by field, in doubt.
    """
    if fields["kind"] != Kind.GOODS:
        return fields
    said = _said([fields.get("item") or ""], fields, name="item", number="capacity")
    size = fields.get("size") or ""
    given = _sizes(said, [size], name="size") if size else ()
    sizes = for_whom(said[0].sizes, given) if given else said[0].sizes
    return _settled(fields, said) | {
        "item": said[0].item,
        "size": in_one(sizes),
    }


def name_needed(fields: dict[str, Any]) -> dict[str, Any]:
    """As `name_offered`, of the items that would do, the first named first. Who takes any size asks for none."""
    if fields["kind"] != Kind.GOODS:
        return fields
    typed = [
        one for text in fields.get("items") or [""] for one in _either(text, fields.get("category") or "")
    ]
    said = _said(typed, fields, name="items", number="quantity")
    named = [size for one in said for size in one.sizes]
    sizes = for_whom(named, _sizes(said, fields.get("sizes") or [], name="sizes") or named)
    return _settled(fields, said) | {
        "items": list(dict.fromkeys(one.item for one in said)),
        "sizes": [] if MIXED in sizes else list(dict.fromkeys(sizes)),
    }


def _said(typed: Sequence[str], fields: dict[str, Any], *, name: str, number: str) -> list[Said]:
    category = fields.get("category") or ""
    try:
        said = [_meant(text, category, fields.get("title") or "") for text in typed]
    except ValidationError as error:
        raise ValidationError({name: error}) from error
    if len(said) == 1 and fields.get(number):
        fields[number] = said[0].pieces(fields[number])
    return said


def _either(text: str, category: str) -> list[str]:
    """The things that a need names in one answer, any of which would do."""
    if not text or text in ITEM_CODES:
        return [text]
    return alternatives(text, category=category, language=get_language() or "")


def _meant(text: str, category: str, title: str) -> Said:
    if text in ITEM_CODES:
        return Said(text)
    return understood(text, category=category) if text else by_title(title, category=category)


def _sizes(said: Sequence[Said], typed: Sequence[str], *, name: str) -> Sequence[str]:
    """Codes as they are: whether the item has them is asked where they changed."""
    if all(text in SIZE_CODES for text in typed):
        return typed
    try:
        return sizes_of([one.item for one in said], typed)
    except ValidationError as error:
        raise ValidationError({name: error}) from error


def _settled(fields: dict[str, Any], said: Sequence[Said]) -> dict[str, Any]:
    """Words stay with what the catalogue does not have; what it has brings its category."""
    other = any(one.item == OTHER for one in said)
    words = next((one.words for one in said if one.words), "") or fields.get("item_words") or ""
    fields["item_words"] = (words or (fields.get("title") or "")[:LONGEST_WORDS]) if other else ""
    known = next((ITEM[one.item] for one in said if one.item in ITEM), None)
    if known is not None:
        fields["category"] = known.category.value
    return fields


def offered_size(fields: Values) -> None:
    """A rule: the size is one of the item's."""
    if fields["kind"] == Kind.GOODS and fields.get("size"):
        _checked("size", [fields["item"]], [fields["size"]])


def needed_sizes(fields: Values) -> None:
    """A rule: each size is one of an item that would do."""
    if fields["kind"] == Kind.GOODS and fields.get("sizes"):
        _checked("sizes", fields["items"], fields["sizes"])


def _checked(name: str, items: Sequence[str], sizes: Sequence[str]) -> None:
    try:
        check_sizes(items, sizes)
    except ValidationError as error:
        raise ValidationError({name: error}) from error


def of_one_category(fields: Values) -> None:
    """A rule: what would do in place of something is of its category, for a need has one."""
    categories = {ITEM[code].category for code in fields.get("items", ()) if code in ITEM}
    if len(categories) > 1:
        raise ValidationError(
            {"items": _("Ces objets sont de catégories différentes. Postez un besoin pour chacun.")}
        )
