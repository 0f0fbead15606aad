"""How a command is told what a file does not say by itself."""

import argparse
from collections.abc import Mapping
from typing import Any

from catalogue.spreadsheets.encodings import LABELS
from catalogue.spreadsheets.lines import Answers


def add_reading_options(parser: argparse.ArgumentParser, *, sheets: bool = True) -> None:
    """`--sheet` (unless not `sheets`), `--hidden-rows`, `--encoding`."""
    if sheets:
        parser.add_argument("--sheet", default="", metavar="NAME", help="the sheet that holds the table")
    parser.add_argument(
        "--hidden-rows",
        choices=("read", "skip"),
        default="",
        help="what becomes of rows that are hidden or filtered",
    )
    parser.add_argument(
        "--encoding",
        choices=list(LABELS),
        default="",
        help="of a csv whose accents are read in several ways",
    )


def add_means_option(parser: argparse.ArgumentParser) -> None:
    """`--means`: what a person answers about values that are not clear; `Answers.read` reads it."""
    parser.add_argument(
        "--means",
        action="append",
        default=[],
        metavar="'COLUMN: WRITTEN = VALUE'",
        help="what a value of a column means, where it is not clear; may be given several times",
    )


def answers_of(options: Mapping[str, Any], *, sheet: str = "sheet") -> Answers:
    """What was said by these options; `sheet` is the name of the one for the sheet."""
    return Answers(
        sheet=options[sheet] or "",
        hidden_rows=options["hidden_rows"] or "",
        encoding=options["encoding"] or "",
    )
