"""The csv files once more, for a spreadsheet program in which a comma stands in numbers: `;` between cells, columns in
the reader's words, a byte order mark.
"""

import csv
import locale
import os
from pathlib import Path

from django.utils.translation import gettext as _

from catalogue.spreadsheets.writing import DELIMITER, ENCODING
from tryout.results import CHAINS, MATCHES, NEAR_MISSES, PLAN

_NUMBERS = frozenset(
    {
        "score", "proximity", "dates", "fit", "language", "freshness", "courtesy", "distance_km", "quantity", "share",
        "gap", "value",
    }
)  # fmt: skip


def this_machine_writes_commas() -> bool:
    """Whether the person at this machine, and so its spreadsheet program, writes 2,5."""
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, "")
        return locale.localeconv()["decimal_point"] == ","
    except locale.Error:  # a name in the environment that this machine does not know
        return False
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)


def with_commas(folder: Path) -> None:
    """Write the csv files of a folder anew, line by line."""
    for name in (MATCHES, NEAR_MISSES, CHAINS, PLAN):
        anew = folder / f"{name}.anew"
        with (
            (folder / name).open(encoding="utf-8", newline="") as source,
            anew.open("w", encoding=ENCODING, newline="") as target,
        ):
            lines = csv.reader(source)
            writer = csv.writer(target, delimiter=DELIMITER)
            header = next(lines)
            numbers = [column in _NUMBERS for column in header]
            writer.writerow([_column(column) for column in header])
            for line in lines:
                writer.writerow(
                    [
                        cell.replace(".", ",") if is_number else cell
                        for cell, is_number in zip(line, numbers, strict=True)
                    ]
                )
        os.replace(anew, folder / name)


def _column(name: str) -> str:
    return {
        "need": _("besoin"),
        "offer": _("proposition"),
        "rank": _("rang"),
        "score": _("note"),
        "proximity": _("proximité"),
        "dates": _("jours"),
        "fit": _("taille"),
        "language": _("langue"),
        "freshness": _("fraîcheur"),
        "courtesy": _("peu sollicité"),
        "distance_km": _("distance en km"),
        "run_first_day": _("premier jour"),
        "run_last_day": _("dernier jour"),
        "first_day": _("premier jour"),
        "last_day": _("dernier jour"),
        "quantity": _("quantité"),
        "share": _("part de ce qui est demandé"),
        "rule": _("condition"),
        "gap": _("écart"),
        "chain": _("suite"),
        "position": _("place dans la suite"),
        "value": _("valeur"),
    }[name]
