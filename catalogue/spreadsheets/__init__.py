"""Reading spreadsheets that somebody else made: the file, its columns, and typed cells.

No model, no query: the same column parsers serve the import and whoever tries the engine on a file.
`files.read_table` opens whatever a spreadsheet may be and says what it noticed; `rows.parse_rows` turns its lines
into typed rows, or into the list of what is wrong with them; `rows.parse_blocks` does the same for a million lines,
column by column; `cells` knows what a cell may hold, by the parsers of `catalogue.meaning`; `headers` which column is
meant; `questions` what was understood and what is asked. Lines and columns are counted as the person at the
spreadsheet counts them. What a person says of a file as a whole are `FileAnswers`, of its words `Answers`.
"""

from catalogue.meaning import CellError, Period
from catalogue.spreadsheets.cells import (
    Parser,
    accepted,
    ages,
    as_text,
    category,
    category_or_kind,
    day,
    day_at,
    decimal,
    harmless,
    household,
    identifier,
    kind,
    languages,
    last_day_so_far,
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
    yes_or_no,
)
from catalogue.spreadsheets.files import Spreadsheet, Table, open_spreadsheet, read_table
from catalogue.spreadsheets.gathering import is_answer, option_of, word_before_others
from catalogue.spreadsheets.headers import found_in, unit_of
from catalogue.spreadsheets.lines import NOTHING_SAID, Fault, Line, Unreadable
from catalogue.spreadsheets.lines import Answers as FileAnswers
from catalogue.spreadsheets.lines import Question as FileQuestion
from catalogue.spreadsheets.meanings import UNSAID, Column, sentence
from catalogue.spreadsheets.options import add_means_option, add_reading_options, answers_of
from catalogue.spreadsheets.questions import Answers, BadAnswer, BadCell, Heard, Question, Understood
from catalogue.spreadsheets.rows import Block, Row, knows_names, parse_blocks, parse_rows

__all__ = [
    "NOTHING_SAID",
    "UNSAID",
    "Answers",
    "BadAnswer",
    "BadCell",
    "Block",
    "CellError",
    "Column",
    "Fault",
    "FileAnswers",
    "FileQuestion",
    "Heard",
    "Line",
    "Parser",
    "Period",
    "Question",
    "Row",
    "Spreadsheet",
    "Table",
    "Understood",
    "Unreadable",
    "accepted",
    "add_means_option",
    "add_reading_options",
    "ages",
    "answers_of",
    "as_text",
    "category",
    "category_or_kind",
    "day",
    "day_at",
    "decimal",
    "found_in",
    "harmless",
    "household",
    "identifier",
    "is_answer",
    "kind",
    "knows_names",
    "languages",
    "last_day_so_far",
    "many_of",
    "moment",
    "one_of",
    "open_spreadsheet",
    "option_of",
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
    "unit_of",
    "whole",
    "word_before_others",
    "words_as_they_stand",
    "yes_no",
    "yes_or_no",
]
