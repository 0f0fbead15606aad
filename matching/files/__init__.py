"""The engine tried on two spreadsheets: rank, near misses and plan, with no database and no Redis.

    summary = match_files(offers=Path("offers.csv"), needs=Path("needs.csv"), out=Path("results"), today=today)

docs/match_files.md tells what goes in and what comes out. Django must be set up (its words are the messages'), nothing
else; the same rules and scores as in the product are at work, for all of it is the same engine. `offers` and `needs`
read the two files on the ground of `reading`; `trial` does the rest, with `matching.slices`, which knows no Django.
"""

from catalogue.spreadsheets import Unreadable
from matching.files.trial import STEPS, BadLine, CannotWrite, Progress, Rows, Summary, match_files

__all__ = [
    "STEPS",
    "BadLine",
    "CannotWrite",
    "Progress",
    "Rows",
    "Summary",
    "Unreadable",
    "match_files",
]
