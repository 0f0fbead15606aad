"""The sheets of a workbook as lines of cells."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import olefile
import python_calamine as calamine
from django.utils.translation import gettext as _

from catalogue.spreadsheets.lines import Fault, Line, Sheet, Unreadable, merged_value
from catalogue.spreadsheets.workbooks import binary, ooxml, opendocument
from catalogue.spreadsheets.workbooks.survey import Merge, Survey

MOST_BYTES = 60 << 20  # of the file
MOST_UNPACKED = 400 << 20  # of its parts that are read
_MOST_MERGES = 20_000
_CHUNK = 1 << 20


@contextmanager
def _in_words(sentence: str) -> Iterator[None]:
    """Whatever a library makes of a damaged file is this sentence; a panic of Rust is not even an Exception."""
    try:
        yield
    except (Unreadable, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as fault:
        raise Unreadable(sentence) from fault


def read_archive(path: Path) -> tuple[str, list[Sheet]]:
    """What a zip is ("xlsx", "xlsb", "ods") and its sheets. Raises Unreadable."""
    with _in_words(_damaged()):
        with zipfile.ZipFile(path) as archive:
            kind = _kind(archive)
            _check(archive)
            if kind == "ods":
                return kind, _open_document(path, archive)
            parts = binary.parts_of_xlsb(archive) if kind == "xlsb" else ooxml.parts(archive)
        of = binary.survey_of_xlsb if kind == "xlsb" else ooxml.survey

        def survey(name: str, _at: int) -> Survey:
            with zipfile.ZipFile(path) as archive:
                return of(archive, parts[name])

        return kind, _sheets(path, survey)


def _open_document(path: Path, archive: zipfile.ZipFile) -> list[Sheet]:
    surveys = opendocument.surveys(archive)
    source: Path | bytes = path
    try:
        calamine.load_workbook(path).close()
    except calamine.CalamineError:
        # Blanks between the cells, as some programs write them, confuse calamine.
        source = opendocument.without_blanks(archive)
    return _sheets(source, lambda _name, at: surveys[at])


def read_old_workbook(path: Path) -> tuple[str, list[Sheet]]:
    """As `read_archive`, of an OLE file: an xls, or what hides in one."""
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(too_large())
    with _in_words(
        _("Ce fichier n’est pas un classeur xls lisible. Enregistrez-le à nouveau au format xlsx.")
    ):
        with olefile.OleFileIO(path) as archive:
            if archive.exists("EncryptedPackage"):
                raise Unreadable(_protected())
            name = next((name for name in ("Workbook", "Book") if archive.exists(name)), None)
            if name is None:
                raise Unreadable(
                    _(
                        "Ce fichier est un document Word ou PowerPoint. Mettez le tableau dans un classeur xlsx."
                    )
                    if archive.exists("WordDocument") or archive.exists("PowerPoint Document")
                    else _("Ce fichier n’est pas un tableau. Enregistrez le tableau en xlsx ou en csv.")
                )
            stream = archive.openstream(name).read()
        surveys = binary.surveys_of_xls(stream)
        if surveys is None:
            raise Unreadable(_protected())
        return "xls", _sheets(path, lambda _name, at: surveys[at])


def too_large() -> str:
    return _(
        "Ce classeur est trop grand (%(most)s\u00a0Mo au plus). Enregistrez le tableau seul en csv, ou partagez-le."
    ) % {"most": MOST_BYTES >> 20}


def _damaged() -> str:
    return _(
        "Ce fichier n’est pas un classeur lisible, il est abîmé. Enregistrez-le à nouveau en xlsx ou en csv."
    )


def _protected() -> str:
    return _("Ce classeur est protégé par un mot de passe. Enregistrez-le sans mot de passe.")


def _kind(archive: zipfile.ZipFile) -> str:
    """What an archive is by what lies in it. Raises Unreadable for what is no workbook, in its own name."""
    names = archive.namelist()
    inside = set(names)
    if "mimetype" in inside and archive.getinfo("mimetype").file_size < 200:
        mimetype = archive.read("mimetype").decode("ascii", "replace")
        if "spreadsheet" in mimetype:
            manifest = "META-INF/manifest.xml"
            if manifest in inside and b"encryption-data" in archive.open(manifest).read(1 << 20):
                raise Unreadable(_protected())
            return "ods"
        raise Unreadable(
            _(
                "Ce fichier est un document de texte ou une présentation. Mettez le tableau dans un classeur xlsx."
            )
        )
    if "xl/workbook.bin" in inside:
        return "xlsb"
    if any(name.startswith(("word/", "ppt/", "visio/")) for name in names):
        raise Unreadable(
            _("Ce fichier est un document Word ou PowerPoint. Mettez le tableau dans un classeur xlsx.")
        )
    if any(name.endswith(".iwa") or name == "Index.zip" for name in names):
        raise Unreadable(_("Ce fichier vient de Numbers. Exportez-le depuis Numbers au format Excel (xlsx)."))
    if "[Content_Types].xml" in inside:
        return "xlsx"
    raise Unreadable(
        _("Ce fichier est une archive zip. Sortez-en le tableau et donnez-le seul, en xlsx ou en csv.")
    )


def _check(archive: zipfile.ZipFile) -> None:
    """That it unpacks, and to something that is not too large: read to its end, kept nowhere."""
    if archive.fp is not None and (archive.fp.seek(0, 2) or archive.fp.tell()) > MOST_BYTES:
        raise Unreadable(too_large())
    members = [
        one
        for one in archive.infolist()
        if one.filename.endswith((".xml", ".rels", ".bin")) and not one.filename.endswith("vbaProject.bin")
    ]
    if sum(one.file_size for one in members) > MOST_UNPACKED:
        raise Unreadable(
            _(
                "Une fois décompressé, ce classeur est trop grand (%(most)s\u00a0Mo au plus). Enregistrez le tableau "
                "seul en csv."
            )
            % {"most": MOST_UNPACKED >> 20}
        )
    if any(one.flag_bits & 1 for one in members):
        raise Unreadable(_protected())
    for member in members:
        with archive.open(member) as file:
            while file.read(_CHUNK):
                pass


def _sheets(source: Path | bytes, survey: Callable[[str, int], Survey]) -> list[Sheet]:
    with _book(source) as book:
        described = list(book.sheets_metadata)
    sheets = [
        _sheet(source, one.name, at, survey, is_hidden=one.visible != calamine.SheetVisibleEnum.Visible)
        for at, one in enumerate(described)
        if one.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if not sheets:
        raise Unreadable(_("Ce classeur n’a aucune feuille."))
    return sheets


def _book(source: Path | bytes) -> calamine.CalamineWorkbook:
    return calamine.load_workbook(io.BytesIO(source) if isinstance(source, bytes) else source)


def _sheet(
    source: Path | bytes, name: str, at: int, survey: Callable[[str, int], Survey], *, is_hidden: bool
) -> Sheet:
    """What is dear is done when the lines are asked for."""

    def lines() -> Iterator[Line]:
        with _in_words(
            _(
                "La feuille «\u00a0%(name)s\u00a0» est abîmée. Enregistrez le classeur à nouveau en xlsx ou en csv."
            )
            % {"name": name}
        ):
            found = survey(name, at)
            sheet.hidden_rows = sorted(row + 1 for row in found.hidden_rows & found.filled_rows)
            sheet.hidden_columns = sorted(found.hidden_columns)
            sheet.is_filtered = found.is_filtered
            with _book(source) as book:
                cells = book.get_sheet_by_index(at)
            sheet.expected = cells.total_height
            left = cells.start[1] if cells.start is not None else 0
            merges = found.merges
            if merges is None:
                merges = [(*start, *end) for start, end in cells.merged_cell_ranges or ()]
            carried = _Merged(merges)
            rows = cells.iter_rows()
        return _numbered(rows, left, found.faults, carried, sheet)

    sheet = Sheet(name, lines, is_hidden)
    return sheet


class _Merged:
    """Cells merged over several lines: what the first says holds for each of them."""

    def __init__(self, merges: Sequence[Merge]) -> None:
        self.open: dict[int, list[tuple[int, int]]] = {}
        for top, left, bottom, right in merges[:_MOST_MERGES]:
            if bottom > top and left == right:
                self.open.setdefault(top, []).append((left, bottom))


def _numbered(
    rows: Iterator[list[Any]],
    left: int,
    faults: Mapping[tuple[int, int], Fault],
    merged: _Merged,
    sheet: Sheet,
) -> Iterator[Line]:
    by_row: dict[int, list[tuple[int, Fault]]] = {}
    for (row, column), fault in faults.items():
        by_row.setdefault(row, []).append((column, fault))
    carried: dict[int, tuple[int, int, Any]] = {}  # column → first row, last row, what it says
    repeated = False
    for row, filled in enumerate(rows):
        cells = [None] * left + filled if left else filled
        for at, cell in enumerate(cells):
            if cell == "":
                cells[at] = None
            elif type(cell) is timedelta:
                cells[at] = str(cell)
        for column, fault in by_row.get(row, ()):
            if column >= len(cells):
                cells += [None] * (column + 1 - len(cells))
            cells[column] = fault
        for column, (top, last, value) in list(carried.items()):
            if row > last:
                del carried[column]
            elif column < len(cells) and cells[column] is None:
                cells[column] = merged_value(value, top + 1)
                repeated = True
        for column, last in merged.open.get(row, ()):
            if column < len(cells) and cells[column] is not None:
                carried[column] = (row, last, cells[column])
        yield Line(row + 1, cells)
    if repeated:
        sheet.notices.append(
            _("Cellules fusionnées\u202f: ce que dit la première a été lu dans chacune de leurs lignes.")
        )
