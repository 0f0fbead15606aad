"""A list opened for a trial: which of its columns is which, by its name or by what stands in it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from catalogue.imports import guessing
from catalogue.labels import listed
from catalogue.spreadsheets import (
    Column,
    FileAnswers,
    FileQuestion,
    Table,
    Unreadable,
    found_in,
    knows_names,
    plain,
    read_table,
    text,
)
from cities.places import LONGEST_WRITTEN

# Where a row is, by name, in a list whose column "commune" has codes: "Ville".
PLACE_NAME = Column("commune_name", text(most=LONGEST_WRITTEN), default="")
_SAYS_WHERE = frozenset({"commune", "postcode", "lat"})


def open_list(
    path: Path, columns: Sequence[Column], answers: FileAnswers, for_all: Mapping[str, str], *, sheet: Any
) -> Table:
    """The table of a list. `for_all` says (a column, as people call it → cell) what holds for all its rows; where
    several sheets may be meant, one that is called as our template calls it (`sheet`, a lazy word) is. Raises
    Unreadable.
    """
    knows = knows_names(columns)
    if unknown := [name for name in for_all if knows(name) is None]:
        raise Unreadable(_("Colonnes inconnues, non lues\u202f: %(names)s.") % {"names": listed(unknown)})
    for_all = {knows(name) or name: cell for name, cell in for_all.items()}
    # A column in whose place another may stand tells no sheet from another.
    required = frozenset(column.name for column in columns if column.required and not column.instead)
    table = read_table(path, answers)
    try:
        table.settle(knows, required - for_all.keys())
    except FileQuestion as question:
        ours = _in_all_languages(sheet) & dict(question.options).keys()
        if question.about != "sheet" or len(ours) != 1:
            raise
        table = read_table(path, replace(answers, sheet=ours.pop()))
        table.settle(knows)
    _name_by_content(table, columns, for_all)
    _name_places(table, columns, for_all)
    header = found_in(table.header, columns)
    return guessing.saying_for_all(
        table, {name: cell for name, cell in for_all.items() if name not in header}
    )


def _in_all_languages(word: Any) -> set[str]:
    """Whoever reads a template need not read in the language in which it was written."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.add(str(word))
    return found


def _name_by_content(table: Table, columns: Sequence[Column], for_all: Mapping[str, str]) -> None:
    """A column without which nothing can be tried, and that nobody knows by its name, may be known by its cells; it is
    said. What a list need not say is not guessed: nobody chooses here, as people do on the page of imports.
    """
    found = found_in(table.header, columns)
    said = found.keys() | for_all.keys()
    missing = {one.name for one in columns if one.required and said.isdisjoint((one.name, *one.instead))}
    named = any(_is_place_name(table.header[at]) for at in found.get("city", ()))
    if said.isdisjoint(_SAYS_WHERE) and not named:
        missing.add("commune")
    guesses = guessing.guess(columns, table.header, guessing.sample(table.first(guessing.SAMPLE)))
    for at, guess in enumerate(guesses):
        if guess.how == "content" and table.header[at] and guess.name in missing:
            table.notices.append(
                _(
                    "Colonne «\u00a0%(header)s\u00a0»\u202f: lue comme «\u00a0%(name)s\u00a0»"
                    ", d’après ce qui s’y trouve."
                )
                % {"header": table.header[at], "name": guess.name}
            )
            table.header[at] = guess.name


def _is_place_name(header: str) -> bool:
    """Whether a header that is `city` says where a row is ("Ville"), not of which town it is."""
    return plain(header) != "city"


def _name_places(table: Table, columns: Sequence[Column], for_all: Mapping[str, str]) -> None:
    """Under "Ville" people write where a row is; under our own word `city`, of which town it is."""
    found = found_in(table.header, columns)
    says_where = not _SAYS_WHERE.isdisjoint(found.keys() | for_all.keys())
    for at in found.get("city", ()):
        if _is_place_name(table.header[at]) or not says_where:
            table.header[at] = PLACE_NAME.name if says_where else "commune"
