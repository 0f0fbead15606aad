"""The command as a town types it: no database, no Redis, no network; its words and its exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from config import embedded
from tests.conftest import ROOT

from .tables import NEED, OFFER, write

# Every socket is refused, in this process and from its first line on.
ALONE = """
import runpy, sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"{event} {arguments}")
sys.addaudithook(refuse)
sys.argv = ["manage.py", *sys.argv[1:]]
runpy.run_path("manage.py", run_name="__main__")
"""


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", ALONE, "match_files", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "ACCORDE_MODE", "DJANGO_SETTINGS_MODULE"}
    }
    return {**kept, **more}


def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(**more), capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    offers = write(tmp_path / "offers.csv", [OFFER])
    needs = write(tmp_path / "needs.csv", [NEED])
    return ["--offers", offers, "--needs", needs, "--out", tmp_path / "out", "--seconds", "1"]


def test_two_files_and_nothing_else(files: list[object], tmp_path: Path) -> None:
    done = run(*files, "--today", "2026-03-01", ACCORDE_DATA=str(tmp_path / "var"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Rapprochement au 1 mars 2026" in done.stdout
    assert "Lecture des propositions\u202f: 1 (" in done.stdout
    assert "\r" not in done.stdout
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["today"] == "2026-03-01"
    # No server was started, no folder made for one.
    assert not (tmp_path / "var").exists()


def test_both_sheets_of_one_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.Workbook()
    for name, row in (("Offres", OFFER), ("Vieilles offres", OFFER), ("Besoins", NEED)):
        sheet = book.create_sheet(name)
        sheet.append(list(row))
        sheet.append(list(row.values()))
    path = tmp_path / "both.xlsx"
    book.save(path)
    options = {
        "offers": path,
        "needs": path,
        "out": tmp_path / "out",
        "seconds": 0.0,
        "today": date(2026, 3, 1),
    }
    with pytest.raises(CommandError, match="--offers-sheet") as asked:
        call_command("match_files", **options)
    assert asked.value.returncode == 2
    call_command("match_files", **options, offers_sheet="Offres")
    assert "Paires possibles\u202f: 1" in capsys.readouterr().out


def test_what_is_not_clear_is_asked_once_and_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unclear = {"capacity": "2 ou 3"}
    offers = write(tmp_path / "offers.csv", [OFFER | unclear, OFFER | unclear | {"id": "P2"}])
    options = {"offers": offers, "needs": write(tmp_path / "needs.csv", [NEED]), "out": tmp_path / "out"}
    options |= {"seconds": 0.0, "today": date(2026, 3, 1)}
    with pytest.raises(SystemExit):
        call_command("match_files", **options)
    assert capsys.readouterr().out.count('--means "capacity: 2 ou 3 = 2"') == 1
    call_command("match_files", **options, means=["capacity: 2 ou 3 = 2"])
    assert "Lecture des propositions\u202f: 2 (" in capsys.readouterr().out


def test_bad_rows_are_said_and_the_status_tells(files: list[object], tmp_path: Path) -> None:
    write(tmp_path / "offers.csv", [OFFER, OFFER | {"id": "P2", "capacity": "0"}])
    done = run(*files)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "offers.csv, ligne 3, colonne «\u00a0capacity\u00a0»\u202f: "
        "un nombre entier de 1 à 10000 est attendu, pas «\u00a00\u00a0»."
    ]
    assert (tmp_path / "out" / "matches.csv").exists()


def test_fifty_bad_cells_are_shown_in_the_language_asked_for(files: list[object], tmp_path: Path) -> None:
    write(tmp_path / "needs.csv", [NEED | {"id": f"B{number}", "first_day": ""} for number in range(60)])
    done = run(*files, "--language", "en")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 51
    assert lines[0] == "needs.csv, line 2, column “first_day”: this cell is empty."
    assert "10" in lines[-1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--offers": "none.csv"}, "n’existe pas"),
        ({"--out": "offers.csv"}, "ne peuvent pas être écrits"),
        ({"--today": "2026-02-30"}, "is not a day"),
        ({"--seconds": "-1"}, "is not a number of seconds"),
        ({"--seconds": "nan"}, "is not a number of seconds"),
    ],
)
def test_what_cannot_be_tried_ends_with_two_and_writes_nothing(
    files: list[object], tmp_path: Path, change: dict[str, str], words: str
) -> None:
    options = dict(zip(files[::2], files[1::2], strict=True)) | change
    if "--out" in change:
        options["--out"] = tmp_path / "offers.csv"
    done = run(*(part for option in options.items() for part in option))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_interrupted_trial_leaves_nothing_half_written(files: list[object], tmp_path: Path) -> None:
    write(tmp_path / "offers.csv", [OFFER | {"id": f"P{number}"} for number in range(150_000)])
    process = subprocess.Popen(
        command(*files), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=embedded.die_with_parent,
    )  # fmt: skip
    end = time.monotonic() + 60
    while time.monotonic() < end and not list((tmp_path / "out").glob(".match_files-*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Rien n’a été écrit." in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_a_process_that_ranks_starts_without_django() -> None:
    code = "import sys, tryout.slices; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60).returncode == 0
