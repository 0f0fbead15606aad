"""The package for one person: installed in one line where nothing of a server is, it reads lists as they are kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.conftest import ROOT

PACKAGED = ("accounts", "catalogue", "cities", "engine", "matching", "needs", "offers", "sealing", "tryout")


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, **options
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the package and what it asks for, no more."""
    folder = tmp_path_factory.mktemp("alone")
    source = folder / "accorde"
    for name in PACKAGED:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for language in ("en", "ar"):
        path = f"locale/{language}/LC_MESSAGES/django.po"
        (source / path).parent.mkdir(parents=True)
        shutil.copy(ROOT / path, source / path)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    uv = (sys.executable, "-m", "uv")
    for command in (
        (*uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"),
        (*uv, "pip", "install", "--quiet", "--python", folder / "venv", source),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    return folder / "venv" / "bin"


def match(installed: Path, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    # Elsewhere, and without a word of a checkout: nothing of it may be found by chance.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON"))}
    return run(installed / "accorde-match", *arguments, cwd=folder, env=kept)


def test_it_is_installed_without_a_server_and_matches_the_template_as_it_is_filled_in(
    installed: Path, tmp_path: Path
) -> None:
    assert match(installed, "--template", "listes.xlsx", folder=tmp_path).returncode == 0
    book = openpyxl.load_workbook(tmp_path / "listes.xlsx")
    home = {"nature": "logement", "catégorie": "chambre indépendante", "capacité": 2, "langues": "arabe"}
    fill_in(book["Propositions"], home | {"commune": "Schiltigheim", "disponible à partir du": "01/03/2026"})
    woman = {"nature": "logement", "femmes": 1, "langues": "arabe", "du": "05/03/2026", "au": "20/03/2026"}
    fill_in(book["Besoins"], woman | {"commune": "67000 Strasbourg", "distance_km": "12,5"})
    book.save(tmp_path / "listes.xlsx")
    options = ("--offers", "listes.xlsx", "--needs", "listes.xlsx", "--out", "out", "--today", "2026-03-01")
    done = match(installed, *options, "--numbers", "comma", "--language", "en", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Possible pairs: 1" in done.stdout
    sheet = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx").worksheets[1]
    ((need, asked, offer, offered, *_more),) = list(sheet.iter_rows(min_row=3, values_only=True))
    assert (need, asked, offer, offered) == (
        "line 3", "Housing, Strasbourg", "line 3", "Separate room, Schiltigheim"
    )  # fmt: skip
    assert (tmp_path / "out" / "plan.csv").read_text("utf-8-sig").startswith("need;offer;quantity;")


def fill_in(sheet: Any, cells: dict[str, object]) -> None:
    """The row below the example, by the headers of the template."""
    at = {str(cell.value).rstrip(" *"): cell.column for cell in sheet[1]}
    for name, value in cells.items():
        sheet.cell(3, at[name], value)


def test_an_alphabet_without_our_signs_stops_nothing(installed: Path, tmp_path: Path) -> None:
    """As where Windows writes into a file: the narrow space before a colon is none of its letters."""
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        [installed / "accorde-match", "--template", "listes.xlsx"],
        capture_output=True,
        env=environment,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("cp1252").splitlines() == ["À remplir?: listes.xlsx"]


def test_nothing_of_a_server_comes_with_it(installed: Path) -> None:
    found = {path.name for path in installed.parent.glob("lib/*/site-packages/*")}
    assert {"django", "numpy", "tryout"} <= found
    assert not {"celery", "redis", "allauth", "rest_framework", "requests", "config", "tests"} & found
