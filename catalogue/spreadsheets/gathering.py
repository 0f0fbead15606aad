"""Several columns of a list that say one of ours: two telephones, a first and a last name, a box for each answer.

They become one more column of the table, whose cells say what the several say together.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from catalogue.labels import listed
from catalogue.meaning import folded, read_yes_no, says_nothing
from catalogue.spreadsheets.cells import as_text
from catalogue.spreadsheets.files import Table
from catalogue.spreadsheets.lines import Fault, Line, is_blank
from catalogue.spreadsheets.meanings import SAME, Column

# Of several columns, those that say this come first: a first name before the last, a mobile before a landline.
_FIRST = re.compile(r"\b(?:prenoms?|first|given|portables?|mobiles?|gsm)\b")
# Web forms name each box of a question so: "Langues [Anglais]".
_OPTION = re.compile(r"\[([^\[\]]+)\]\s*$")
# How few letters a header must have to be an answer by itself ("Femmes", "Arabe"): less says too little.
_TELLING = 4


def option_of(header: str) -> str:
    """The answer for which a web form has this column, "" of any other column."""
    match = _OPTION.search(header)
    return match[1].strip() if match else ""


def word_before_others(header: str) -> str:
    """The word by which a column comes before the others that say one thing with it: "Prénom"; else ""."""
    match = _FIRST.search(folded(header))
    return match[0] if match else ""


def gathered(
    table: Table, bound: Mapping[str, Sequence[int]], columns: Sequence[Column]
) -> tuple[dict[str, tuple[int, str]], set[int]]:
    """Where each column stands and the letter by which it is called, what stands in several put together; and all
    places that are read. Columns that stand several times and cannot be put together are left out.
    """
    found = {name: (places[0], get_column_letter(places[0] + 1)) for name, places in bound.items()}
    taken = {at for places in bound.values() for at in places}
    added: list[Callable[[Sequence[Any]], Any]] = []
    width = len(table.header)
    for column in columns:
        places = list(bound.get(column.name, ()))
        if not places and column.reads_headers is not None:
            places = [
                at for at, header in enumerate(table.header) if at not in taken and is_answer(header, column)
            ]
            if len(places) < 2:
                continue
            options = {at: table.header[at] for at in places}
        else:
            options = {at: option for at in places if (option := option_of(table.header[at]))}
        if len(places) > 1 and not column.joined_by:
            del found[column.name]
            continue
        if options.keys() == set(places) and options and column.joined_by:
            added.append(_ticked(options, column.joined_by))
        elif len(places) > 1:
            places.sort(key=lambda at: not word_before_others(table.header[at]))
            added.append(_together(places, column.joined_by))
        else:
            continue
        taken.update(places)
        found[column.name] = (width + len(added) - 1, get_column_letter(places[0] + 1))
        table.header.append(listed(table.header[at] for at in places))
    if added:
        table.lines = _longer(table.lines, width, added)
    return found, taken


def is_answer(header: str, column: Column) -> bool:
    """Whether a header is one of the answers of a column, with a box beneath."""
    return (
        column.reads_headers is not None and len(folded(header)) >= _TELLING and column.reads_headers(header)
    )


def _longer(
    lines: Iterator[Line], width: int, added: Sequence[Callable[[Sequence[Any]], Any]]
) -> Iterator[Line]:
    for line in lines:
        if line.fault or is_blank(line.cells):
            yield line
            continue
        cells = [*line.cells, *[None] * (width - len(line.cells))]
        yield Line(line.number, [*cells[:width], *(one(cells) for one in added), *cells[width:]])


def _together(places: Sequence[int], mark: str) -> Callable[[Sequence[Any]], Any]:
    above: dict[int, Any] = {}

    def filled_in(at: int, cell: Any) -> Any:
        """In place of "idem", what stands above in that very column."""
        text = as_text(cell)
        if isinstance(cell, Fault) or text not in SAME or says_nothing(text):
            above[at] = cell
        return above.get(at, cell)

    def cell(cells: Sequence[Any]) -> Any:
        filled = [filled_in(at, cells[at]) for at in places]
        filled = [one for one in filled if isinstance(one, Fault) or not says_nothing(as_text(one))]
        filled = [one for one in filled if isinstance(one, Fault) or as_text(one)]
        if len(filled) == 1:
            return filled[0]
        fault = next((one for one in filled if isinstance(one, Fault)), None)
        alone = next((text for text in map(as_text, filled) if text in SAME), "")
        if fault is None and alone:
            fault = Fault(
                alone, _("«\u00a0%(text)s\u00a0»\u202f: rien ne se trouve au-dessus.") % {"text": alone}
            )
        return fault or mark.join(dict.fromkeys(map(as_text, filled)))

    return cell


def _ticked(options: Mapping[int, str], mark: str) -> Callable[[Sequence[Any]], Any]:
    def cell(cells: Sequence[Any]) -> Any:
        said = [_answer(option, cells[at]) for at, option in options.items()]
        fault = next((one for one in said if isinstance(one, Fault)), None)
        return fault or mark.join(filter(None, said))

    return cell


def _answer(option: str, cell: Any) -> Any:
    """What a box says: its answer when it is ticked, nothing when it is not; else its answer with what stands there."""
    text = as_text(cell)
    if isinstance(cell, Fault) or not text or says_nothing(text):
        return cell if isinstance(cell, Fault) and text else ""
    if folded(text) == folded(option):
        return option
    try:
        return option if read_yes_no(text).value else ""
    except ValidationError:
        return Fault(
            text,
            _(
                "une case cochée ou vide est attendue pour «\u00a0%(option)s\u00a0», pas «\u00a0%(text)s\u00a0»."
            )
            % {"option": option, "text": text},
        )
