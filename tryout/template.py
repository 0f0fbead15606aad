"""Two lists to fill in, as one workbook: our columns in the reader's words, an example, and what each may hold."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.fields import NEED, OFFER, Day, Flag, Languages, Number, Slots, Table, Word, Words
from catalogue.labels import listed
from catalogue.languages import language_name
from catalogue.spreadsheets import Column
from catalogue.vocabulary import Category, Kind
from needs.columns import COLUMNS as NEED_COLUMNS
from offers.columns import COLUMNS as OFFER_COLUMNS

_LINES = 500  # that offer their words to choose from
_LONGEST_CHOICE = 255  # characters of a list of words, in the file format
EXAMPLE = "Exemple"  # in every language: by it the row is known
_BETWEEN = " · "
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_HEAD = PatternFill("solid", fgColor="DDE6F3")

OFFERED = (
    "id", "title", "kind", "category", "item", "size", "commune", "capacity", "available_from", "available_until",
    "languages", "reach_km", "accepts", "shared_home", "step_free", "pets_accepted", "smoking", "longest_stay_days",
    "rent", "notice_days", "languages_from", "languages_to", "slots", "remote", "confirmed_on",
)  # fmt: skip
ASKED = (
    "id", "title", "kind", "category", "items", "sizes", "commune", "reach_km", "quantity", "first_day", "last_day",
    "urgency", "adult_women", "adult_men", "children", "couple", "lone_minor", "languages", "step_free_needed",
    "pets", "smoke_free_needed", "shared_home_ok", "rent_up_to", "languages_from", "languages_to", "slots", "remote_ok",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Filled:
    """One column of a sheet: ours, as it is called there, what may stand in it, and of which words."""

    column: Column
    name: str
    holds: str
    choices: tuple[str, ...] = ()


def write_template(path: Path) -> None:
    """Raises OSError where it cannot be written, FileExistsError where something stands there already."""
    book = Workbook()
    book.remove(book.active)
    sheets = (
        (_("Propositions"), OFFERED, OFFER_COLUMNS, OFFER, _offer_example()),
        (_("Besoins"), ASKED, NEED_COLUMNS, NEED, _need_example()),
    )
    described: list[tuple[str, Sequence[_Filled]]] = []
    for title, names, columns, table, example in sheets:
        by_name = {column.name: column for column in columns}
        filled = [_filled(by_name[name], table) for name in names]
        _fill(book.create_sheet(title), filled, example)
        described.append((title, filled))
    _explain(book.create_sheet(_("Aide")), described)
    with path.open("xb") as file:
        os.chmod(path, 0o600)
        book.save(file)


def _fill(sheet: Worksheet, filled: Sequence[_Filled], example: dict[str, str]) -> None:
    sheet.freeze_panes = "A2"
    for at, one in enumerate(filled, 1):
        letter = get_column_letter(at)
        head = sheet.cell(1, at, one.name)
        head.font, head.fill, head.alignment = Font(bold=True), _HEAD, _WRAPPED
        head.comment = Comment(one.holds, "Accorde", width=320, height=120)
        sheet.column_dimensions[letter].width = max(14, len(one.name) + 3)
        # A row whose first word is "Exemple" shows how to fill the list in: it is passed over when it is read.
        shown = EXAMPLE if one.column.name == "id" else example.get(one.column.name, "")
        sheet.cell(2, at, shown).font = Font(italic=True, color="666666")
        choices = ",".join(one.choices)
        if one.choices and len(choices) <= _LONGEST_CHOICE and not any("," in word for word in one.choices):
            rule = DataValidation("list", formula1=f'"{choices}"', allow_blank=True, showErrorMessage=False)
            rule.add(f"{letter}2:{letter}{_LINES}")
            sheet.add_data_validation(rule)


def _explain(sheet: Worksheet, described: Sequence[tuple[str, Sequence[_Filled]]]) -> None:
    for letter, width in (("A", 16), ("B", 32), ("C", 100)):
        sheet.column_dimensions[letter].width = width
    for line in (
        _("Une ligne par proposition ou par besoin. Une case vide veut dire\u202f: on ne sait pas."),
        _(
            "Colonnes nécessaires\u202f: marquées d’une étoile. Les autres peuvent rester vides ou être supprimées."
        ),
        _("La ligne «\u00a0%(example)s\u00a0» n’est pas lue.") % {"example": EXAMPLE},
        _(
            "N’écrivez aucun nom de famille, et rien sur les papiers, l’origine, la religion ou la santé de quelqu’un."
        ),
    ):
        sheet.append([line])
    sheet.append([])
    for title, filled in described:
        for one in filled:
            sheet.append([title, one.name, one.holds])
            sheet.cell(sheet.max_row, 3).alignment = _WRAPPED


def _filled(column: Column, table: Table) -> _Filled:
    # The first of the names by which it is known; a commune by name, which nobody would write under "code INSEE".
    name = column.synonyms[0] if column.synonyms and column.name != "commune" else column.name
    needed = column.required or column.name == "available_from"
    holds, choices = _holds(column.name, table)
    return _Filled(column, f"{name} *" if needed else name, holds, choices)


def _holds(name: str, table: Table) -> tuple[str, tuple[str, ...]]:
    own = {
        "id": _("Votre numéro, celui que les résultats répètent. Vide\u202f: le numéro de la ligne."),
        "commune": _("Le nom de la commune, son code postal ou son code INSEE."),
        "available_from": _("Le premier jour, comme 01/03/2026. Vide\u202f: aujourd’hui."),
        "available_until": _("Le dernier jour, lui compris. Vide\u202f: sans fin."),
        "confirmed_on": _("Le dernier jour où la personne a dit que sa proposition tient toujours."),
        "children": _("Le nombre d’enfants."),
        "reach_km": _("Jusqu’à combien de kilomètres. Vide\u202f: dans la même commune seulement."),
    }
    if name in own:
        return own[name], ()
    row = table[name]
    said, choices = _shaped(row.shape)
    return _BETWEEN.join(filter(None, (str(row.question or row.label), said))), choices


def _shaped(shape: object) -> tuple[str, tuple[str, ...]]:
    """What may stand there, and the words of which one may be chosen."""
    match shape:
        case Flag():
            return _("oui ou non"), (_("oui"), _("non"))
        case Word(choices=choices):
            words = tuple(str(one.label) for one in choices)
            return listed(words), words
        case Words():
            return _("plusieurs, séparés par |\u202f: %(words)s") % {
                "words": listed(one.label for one in shape.values)
            }, ()
        case Day():
            return _("un jour, comme 01/03/2026"), ()
        case Number(least=least) if shape.whole:
            return _("un nombre entier, à partir de %(least)s") % {"least": f"{least:g}"}, ()
        case Number():
            return _("un nombre"), ()
        case Languages():
            return _("des langues, séparées par |\u202f: français|arabe"), ()
        case Slots():
            return _("des heures de la semaine, séparées par |\u202f: mardi 14:00-18:00"), ()
    return "", ()


def _offer_example() -> dict[str, str]:
    return {
        "title": _("Chambre au calme"),
        "kind": str(Kind.HOUSING.label),
        "category": str(Category.SHARED_ROOM.label),
        "commune": "Schiltigheim",
        "capacity": "2",
        "available_from": "01/03/2026",
        "available_until": "31/05/2026",
        "languages": "|".join((str(language_name("fr")), str(language_name("ar")))),
    }


def _need_example() -> dict[str, str]:
    return {
        "title": _("Une mère et son fils"),
        "kind": str(Kind.HOUSING.label),
        "commune": "67000 Strasbourg",
        "reach_km": "10",
        "first_day": "05/03/2026",
        "last_day": "05/04/2026",
        "adult_women": "1",
        "children": "1",
        "languages": str(language_name("ar")),
    }
