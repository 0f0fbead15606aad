"""The tables of the docs that are written from the table of fields, the columns of the imports, the indicators and what
is kept for how long.

Each stands between `<!-- name -->` and `<!-- end -->`. `manage.py field_docs` writes them; a test says when they are
out of date.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.utils import translation

from catalogue.fields import (
    NEED,
    OFFER,
    Field,
    Flag,
    Languages,
    Number,
    Slots,
    Table,
    Text,
    Thing,
    Word,
    Words,
)
from catalogue.serializers import NAMES_OF_KINDS, of_kinds
from catalogue.spreadsheets import Column
from catalogue.vocabulary import CATEGORIES
from insight.indicators import INDICATORS, UNITS
from needs.columns import COLUMNS as NEED_COLUMNS
from offers.columns import COLUMNS as OFFER_COLUMNS
from privacy.retention import RULES

# A longer list of words stands once, above the tables.
FEW = 5
DOCS = Path(settings.BASE_DIR) / "docs"


def _columns(columns: Iterable[Column], table: Table) -> Iterator[str]:
    yield "| column | in French | what it holds |"
    yield "|---|---|---|"
    for column in columns:
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        row = table[column.name] if column.name in table and table[column.name].asked else None
        kinds = of_kinds(row) if row else ""
        holds = [column.meaning, *(_cells(row) if row else []), "required" if column.required else ""]
        said = "; ".join(part for part in holds if part).replace("|", "\\|")
        french = ", ".join(column.synonyms)
        yield f"| {name} | {french} | {kinds}{': ' if kinds and said else ''}{said} |"


def _cells(row: Field) -> list[str]:
    said = []
    match row.shape:
        case Flag(assumed=assumed):
            said.append(f"yes or no, {'yes' if assumed else 'no'} when empty")
        case Number(least=least, assumed=assumed) as shape:
            most = shape.most_of("")
            said.append(f"{least:g} to {most:,}" + ("" if assumed is None else f", {assumed:g} when empty"))
        case Text(longest=longest):
            said.append(f"at most {longest:,} characters")
        case Word(choices=choices, assumed=assumed) if len(choices) <= FEW:
            words = ", ".join(f"`{value}`" for value in choices.values)
            said.append(words + (f"; `{assumed}` when empty" if assumed else ""))
        case Words() as words_:
            said.append(f"`{'|'.join(words_.values)}`")
        case Languages():
            said.append("codes (BCP 47) or names")
        case Thing(several=True):
            said.append("several separated by `|`")
        case Slots():
            said.append("in figures or in words (`lundi 18h-20h`)")
    return [*said, f"for example `{row.example}`"] if row.example else said


def _categories() -> Iterator[str]:
    for kind, categories in CATEGORIES.items():
        yield f"* {NAMES_OF_KINDS[kind]}: " + ", ".join(f"`{category}`" for category in categories)


def _register() -> Iterator[str]:
    for name, table in (("Offers", OFFER), ("Needs", NEED)):
        yield f"| {name} | at erasure | what it is for |"
        yield "|---|---|---|"
        for row in table:
            yield f"| `{row.name}` | {row.erasure} | {', '.join(str(use) for use in row.use)} |"
        yield ""


def _indicators() -> Iterator[str]:
    """In French, as the pages say it: what partners agree on are these words."""
    yield "| code | indicateur | unité | ce qui est compté | ce qui ne l’est pas |"
    yield "|---|---|---|---|---|"
    with translation.override("fr"):
        for one in INDICATORS:
            yield f"| `{one.name}` | {one.label} | {UNITS[one.unit]} | {one.counts} | {one.leaves_out} |"


def _retention() -> Iterator[str]:
    """In French, as "Vos données" says it."""
    yield "| quoi | combien de temps | depuis | pourquoi |"
    yield "|---|---|---|---|"
    with translation.override("fr"):
        for rule in RULES:
            yield f"| {rule.what} | {rule.kept} | {rule.since} | {rule.why} |"


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "columns of offers": lambda: _columns(OFFER_COLUMNS, OFFER),
    "columns of needs": lambda: _columns(NEED_COLUMNS, NEED),
    "categories": _categories,
    "register of fields": _register,
    "indicators": _indicators,
    "retention": _retention,
}
PAGES = ("spreadsheets.md", "privacy.md", "indicators.md")


def written(text: str) -> str:
    """A page with its generated parts anew."""

    def anew(found: re.Match[str]) -> str:
        lines = "\n".join(PARTS[found["name"]]()).strip("\n")
        return f"<!-- {found['name']} -->\n{lines}\n<!-- end -->"

    names = "|".join(map(re.escape, PARTS))
    return re.sub(rf"<!-- (?P<name>{names}) -->\n.*?<!-- end -->", anew, text, flags=re.S)
