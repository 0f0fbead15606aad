"""The columns of a spreadsheet that hold rows of the table of fields."""

from collections.abc import Iterable
from typing import Any

from catalogue.fields import Day, Field, Flag, Languages, Number, Slots, Table, Text, Thing, Word, Words
from catalogue.imports.ids import LONGEST_ID, own_id
from catalogue.items import LONGEST_TYPED, find_item
from catalogue.meaning import folded, names_accepted, names_language, says_no_limit, units_of
from catalogue.spreadsheets import (
    Column,
    Parser,
    Row,
    accepted,
    category,
    day_at,
    decimal,
    kind,
    languages,
    many_of,
    moment,
    one_of,
    slots,
    text,
    texts,
    whole,
    yes_or_no,
)
from catalogue.vocabulary import Category, Household, Kind
from cities.places import LONGEST_WRITTEN

ID = Column(
    "id",
    own_id,
    ("identifiant", "numéro", "n°"),
    default="",
    meaning=f"the row's own number or word in your list, at most {LONGEST_ID} characters, the same each time: `001`, "
    "`1` and `1.0` are one. Empty: the row is known by who and what",
)
CITY = Column(
    "city",
    text(most=LONGEST_WRITTEN),
    ("ville",),
    default="",
    meaning="the town's short address; empty: that of `--city`, other towns are refused. Or the commune's name, where "
    "`commune` has a code or is missing",
)
POSTCODE = Column(
    "postcode",
    text(most=LONGEST_WRITTEN),
    ("code postal", "CP", "code poste", "postal code", "zip"),
    default="",
    meaning="the commune's postcode, in place of `commune` or beside a name",
)
AS_OF = Column(
    "as_of",
    moment,
    ("sorti le",),
    meaning="of a list that this service gave out: when. What somebody has changed here since is not overwritten",
)
POINT = (
    Column(
        "lat",
        decimal(least=-90, most=90),
        ("latitude",),
        meaning="the point; empty: the commune's centre. More than 300 km from it is refused: latitude and longitude "
        "were exchanged",
    ),
    Column("lon", decimal(least=-180, most=180), ("longitude", "lng"), meaning="see `lat`"),
)


# "Type d'hébergement" alone says the kind too; "Type d'aide" alone may say the category.
_BESIDE = {"kind": "category", "category": "kind"}
# What several columns of a list may say together.
_JOINED_BY = {"languages": "|", "accepts": "|", "text": "\n", "address": ", "}
_HEADERS_OF = {"languages": names_language, "accepts": names_accepted}
_WITH_UNITS = ("longest_stay_days", "notice_days", "min_days", "reach_km", "rent", "rent_up_to")


def column(row: Field, **changes: Any) -> Column:
    """The column of a row: read by its shape, within its bounds."""
    parse, default = _reading(row)
    instead = (POSTCODE.name, CITY.name) if row.name == "commune" else ()
    asks = {
        "parse": parse,
        "synonyms": row.columns or (),
        "default": default,
        "meaning": row.meaning,
        "instead": instead,
        "beside": _BESIDE.get(row.name, ""),
        "joined_by": _JOINED_BY.get(row.name, ""),
        "reads_headers": _HEADERS_OF.get(row.name),
        "units": units_of(row.name) if row.name in _WITH_UNITS else {},
        **changes,
    }
    return Column(row.name, **asks)


def columns_of(table: Table, *, required: Iterable[str], **changes: dict[str, Any]) -> tuple[Column, ...]:
    """The columns of all the rows that spreadsheets have, in the table's order; `changes` by name."""
    return tuple(
        column(row, required=row.name in required, **changes.get(row.name, {}))
        for row in table
        if row.columns is not None
    )


def answers_of(row: Row, table: Table) -> dict[str, Any]:
    """What a line says of the fields that its kind has. Columns of another kind are the other lines'."""
    fields = {}
    for one in table.asked():
        if one.name != "commune" and one.columns is not None and row["kind"] in one.kinds:
            value = row[one.name]
            fields[one.name] = list(value) if isinstance(value, tuple) else value
            is_item = isinstance(one.shape, Thing) and not one.shape.sizes
            if is_item and not value and (thing := _named_as_category(row)):
                fields[one.name] = [thing] if isinstance(value, tuple) else thing
    return fields


def _named_as_category(row: Row) -> str:
    """The thing that stands in the column of categories ("couvertures"), unless the title names one."""
    written, category = row.raw.get("category", ""), row["category"]
    if not category or folded(written) in ("", category, folded(str(Category(category).label))):
        return ""
    if find_item(row["title"], category=category).certain:
        return ""
    found = find_item(written, category=category).certain
    return written if found and found.category == category else ""


def _reading(row: Field) -> tuple[Any, Any]:
    """How a filled cell is read, and what an empty one means."""
    if row.name == "commune":
        # Which place it is depends on the town and on other cells: `catalogue.imports.places`.
        return text(most=LONGEST_WRITTEN), ""
    match row.shape:
        case Flag(assumed=assumed):
            return yes_or_no(assumed=assumed), assumed
        case Number(least=least, whole=is_whole, assumed=assumed) as shape:
            bounds = {"least": least, "most": shape.most_of(""), "units": units_of(row.name)}
            parser = (whole if is_whole else decimal)(**bounds)
            if row.name == "longest_stay_days":
                return Parser(parser.read, blank=says_no_limit), assumed
            return parser, assumed
        case Text(longest=longest):
            return text(most=longest), ""
        case Day(edge=edge):
            return day_at[edge], None
        case Word(choices=choices) if choices is Kind:
            return kind, ""
        case Word(choices=choices) if choices is Category:
            return category, ""
        case Word(choices=choices, synonyms=synonyms, assumed=assumed):
            return one_of(choices, synonyms), assumed
        case Words(choices=choices) if choices is Household:
            return accepted, ()
        case Words(choices=choices, synonyms=synonyms):
            return many_of(choices, synonyms), ()
        case Languages():
            return languages, ()
        case Slots():
            return slots, ()
        case Thing(several=several):
            # What the words mean depends on other cells: it is asked where the row is kept.
            return (texts, ()) if several else (text(most=LONGEST_TYPED), "")
    raise TypeError(f"{row.name}: no cell holds a {type(row.shape).__name__}")
