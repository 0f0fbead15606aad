"""Reading spreadsheets that somebody else made: the file, its columns, and typed cells.

No model, no query, no clock: the same column parsers serve the import and whoever tries the engine on a file.
`files.read_table` opens whatever a spreadsheet may be and says what it noticed; `rows.parse_rows` turns its lines
into typed rows, or into the list of what is wrong with them; `rows.parse_blocks` does the same for a million lines,
column by column; `cells` knows what a cell may hold. Lines and columns are counted as the person at the spreadsheet
counts them.
"""

from catalogue.spreadsheets.cells import (
    CellError,
    Period,
    as_text,
    day,
    decimal,
    harmless,
    insee,
    languages,
    many_of,
    moment,
    one_of,
    periods,
    plain,
    plain_decimals,
    slots,
    text,
    texts,
    unharmed,
    whole,
    words_as_they_stand,
    yes_no,
)
from catalogue.spreadsheets.files import Spreadsheet, Table, open_spreadsheet, read_table
from catalogue.spreadsheets.lines import NOTHING_SAID, Answers, Fault, Line, Question, Unreadable
from catalogue.spreadsheets.options import add_reading_options, answers_of
from catalogue.spreadsheets.rows import (
    BadCell,
    Block,
    Column,
    Row,
    knows_names,
    parse_blocks,
    parse_rows,
    sentence,
)

__all__ = [
    "NOTHING_SAID",
    "Answers",
    "BadCell",
    "Block",
    "CellError",
    "Column",
    "Fault",
    "Line",
    "Period",
    "Question",
    "Row",
    "Spreadsheet",
    "Table",
    "Unreadable",
    "add_reading_options",
    "answers_of",
    "as_text",
    "day",
    "decimal",
    "harmless",
    "insee",
    "knows_names",
    "languages",
    "many_of",
    "moment",
    "one_of",
    "open_spreadsheet",
    "parse_blocks",
    "parse_rows",
    "periods",
    "plain",
    "plain_decimals",
    "read_table",
    "sentence",
    "slots",
    "text",
    "texts",
    "unharmed",
    "whole",
    "words_as_they_stand",
    "yes_no",
]
