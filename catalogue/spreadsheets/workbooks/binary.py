"""Surveys of xls (BIFF records in an OLE file) and xlsb (records in an archive): [MS-XLS] 2.4, [MS-XLSB] 2.4."""

import struct
import zipfile
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext as _

from catalogue.spreadsheets.lines import Unreadable
from catalogue.spreadsheets.workbooks.ooxml import relations
from catalogue.spreadsheets.workbooks.survey import Survey, error

# --- xls ---------------------------------------------------------------------------------------------------

_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x809, 0x0A, 0x2F, 0x85
_ROW, _COLINFO, _FILTERMODE, _FORMULA, _BOOLERR, _MULRK = 0x208, 0x7D, 0x9B, 0x06, 0x205, 0xBD
_VALUES = {0xFD, 0x204, 0xD6, 0x203, 0x27E, 0x406, _MULRK, _FORMULA, _BOOLERR}


def surveys_of_xls(stream: bytes) -> list[Survey] | None:
    """Of the sheets in the order of the book; None when a password hides them."""
    offsets = []
    for kind, data in _records(stream, 0):
        if kind == _FILEPASS:
            return None
        if kind == _BOUNDSHEET:
            offsets.append(struct.unpack_from("<I", data)[0])
    return [_survey_of_xls(stream, offset) for offset in offsets]


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, those inside of it (charts) left out."""
    depth = 0
    end = len(stream) - 4
    while at <= end:
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth <= 1:
            yield kind, stream[at : at + length]
        at += length


def _survey_of_xls(stream: bytes, offset: int) -> Survey:
    found = Survey()
    filled = set()
    for kind, data in _records(stream, offset):
        if kind in _VALUES and len(data) >= 6:
            row, column = struct.unpack_from("<HH", data)
            found.reach(row, column)
            filled.add(row)
            is_error = (kind == _BOOLERR and data[7]) or (
                kind in (_FORMULA, 0x406) and data[12:14] == b"\xff\xff" and data[6] == 2
            )
            if is_error:
                found.faults[row, column] = error()
        elif kind == _ROW and len(data) >= 14 and data[12] & 0x20:
            found.hidden_rows.add(struct.unpack_from("<H", data)[0])
        elif kind == _FILTERMODE:
            found.is_filtered = True
        elif kind == _COLINFO and len(data) >= 10 and data[8] & 1:
            first, last = struct.unpack_from("<HH", data)
            found.hidden_columns.update(range(first, min(last, 255) + 1))
    found.filled_rows = filled & found.hidden_rows
    return found


# --- xlsb --------------------------------------------------------------------------------------------------

_ROW_HEADER, _BLANK, _ERRORS, _CELLS, _SHORT = 0, 1, {3, 11}, range(2, 12), range(12, 19)
_COLUMN, _SHEET, _MERGE, _FILTER_COLUMN = 60, 156, 176, 163


def survey_of_xlsb(archive: zipfile.ZipFile, part: str) -> Survey:
    found = Survey(merges=[])
    assert found.merges is not None
    row, is_hidden = -1, False
    with archive.open(part) as file:
        for kind, data in _binary_records(file):
            if kind == _ROW_HEADER:
                row = struct.unpack_from("<I", data)[0]
                is_hidden = bool(data[11] & 0x10)
                if is_hidden:
                    found.hidden_rows.add(row)
            elif kind in _CELLS:
                column = struct.unpack_from("<I", data)[0]
                found.reach(row, column)
                if is_hidden:
                    found.filled_rows.add(row)
                if kind in _ERRORS:
                    found.faults[row, column] = error()
            elif kind in _SHORT:
                # Cells that only say that they follow another one, which calamine passes over.
                raise Unreadable(
                    _("Ce classeur xlsb n’est pas lu sans perte. Enregistrez-le au format xlsx.")
                )
            elif kind == _COLUMN:
                first, last = struct.unpack_from("<II", data)
                if data[16] & 1:
                    found.hidden_columns.update(range(first, min(last, 20_000) + 1))
            elif kind == _MERGE:
                top, bottom, left, right = struct.unpack_from("<IIII", data)
                found.merges.append((top, left, bottom, right))
            elif kind == _FILTER_COLUMN:
                found.is_filtered = True
    return found


def parts_of_xlsb(archive: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet → the file in the archive that holds it."""
    targets = relations(archive, "xl/workbook.bin")
    sheets = {}
    with archive.open("xl/workbook.bin") as file:
        for kind, data in _binary_records(file):
            if kind == _SHEET:
                relation, end = _wide_string(data, 8)
                sheets[_wide_string(data, end)[0]] = targets[relation]
    return sheets


def _wide_string(data: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", data, at)[0]
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le"), end


def _binary_records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    data = file.read()
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        for _byte in range(4):
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, data[at : at + length]
        at += length
