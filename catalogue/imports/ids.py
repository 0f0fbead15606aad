"""The number that a list gives its rows, as it is whatever a spreadsheet program made of it."""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from catalogue.spreadsheets import CellError, Row, as_text
from sealing.seals import blind

LONGEST_ID = 50
# Of a digest so much is kept: two rows of one list, or two values of one field, never meet by chance.
_DIGITS = 20

_as_json = json.JSONEncoder(default=str, sort_keys=True).encode
_NUMBER_SIGN = re.compile(r"^(?:n[°ºo.]+|№|#)(?=\d)")
_WHOLE = re.compile(r"\+?0*(\d+)(?:[.,]0+)?")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?e\+\d+")


def own_id(cell: Any) -> str:
    """ "001", "1.0", " 1 " and "n° 1" are one number, "A 1" and "a1" one word. CellError of one that lost digits."""
    written = unicodedata.normalize("NFKC", as_text(cell)).casefold().lstrip("'’")
    known = "".join(char for char in written if not char.isspace() and unicodedata.category(char) != "Cf")
    known = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in known)
    if _SHORTENED.fullmatch(known):
        raise CellError(
            _(
                "un tableur a abrégé ce numéro («\u00a0%(text)s\u00a0»)\u202f: mettez la colonne au format texte et "
                "retapez-le."
            )
            % {"text": as_text(cell)}
        )
    known = _NUMBER_SIGN.sub("", known)
    if whole := _WHOLE.fullmatch(known):
        known = whole[1]
    if len(known) > LONGEST_ID:
        raise CellError(
            _("%(length)s caractères, c’est trop long (%(most)s au plus).")
            % {"length": len(known), "most": LONGEST_ID}
        )
    return known


def digest(value: Any) -> str:
    """By which a value is known again, and from which nobody can tell what it was."""
    return blind(_as_json(value), of="list")[:_DIGITS]


def row_digest(row: Row) -> str:
    """Of all that a line says but its number: the same however a program writes it, and in whatever order."""
    return digest({name: row[name] for name in row.raw if name != "id" and name in row.values})


def made_id(parts: Iterable[Any]) -> str:
    """The number of a row that has none: by who it is of and what it is."""
    return f"~{digest(list(parts))}"
