"""`.env` without containers: read as it is written, below the environment; a town never gets servers of our own."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded, environment
from tests.test_settings import ROOT, TOWN

WRITTEN = (
    "\ufeff# a comment\r\n"
    "PLAIN=one two # said of it\r\n"
    "export EXPORTED=yes\r\n"
    "\r\n"
    'DOUBLE="with # and \\"quotes\\""\r\n'
    "SINGLE='as it $stands #'\r\n"
    "DOLLAR=a$b${c}\r\n"
    "EMPTY=\r\n"
    "  SPACED = wide  \r\n"
    "ALREADY=of the file\r\n"
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ACCORDE_MODE", *environment.OF_A_TOWN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALREADY", "of the environment")
    # What a test adds to the environment goes with it.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return tmp_path / ".env"


@pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["CRLF", "LF"])
def test_each_line_is_read_as_it_is_meant(file: Path, end: str) -> None:
    file.write_bytes(WRITTEN.replace("\r\n", end).encode())
    environment.read(file)
    assert {name: os.environ[name] for name in re.findall(r"[A-Z]{4,}", WRITTEN) if name in os.environ} == {
        "PLAIN": "one two", "EXPORTED": "yes", "DOUBLE": 'with # and "quotes"', "SINGLE": "as it $stands #",
        "DOLLAR": "a$b${c}", "EMPTY": "", "SPACED": "wide", "ALREADY": "of the environment",
    }  # fmt: skip


@pytest.mark.parametrize("line", ["NOTHING", "DOUBLE='open", "a sentence of somebody"])
def test_a_line_that_is_none_is_named_and_not_quoted(file: Path, line: str) -> None:
    file.write_text(f"GOOD=1\n{line}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"\.env, ligne 2") as refused:
        environment.read(file)
    assert line not in str(refused.value)


def test_the_demonstration_development_and_tests_read_none(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("SECRET_KEY=of a town\n", encoding="utf-8")
    for mode in ("demo", "development", "test"):
        monkeypatch.setitem(os.environ, "ACCORDE_MODE", mode)
        environment.read(file)
    assert "SECRET_KEY" not in os.environ


class TestNew:
    def test_has_keys_that_nobody_else_has_and_is_its_owners_alone(self, file: Path) -> None:
        empty = environment.new(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        environment.read(file)
        made = {
            name: os.environ[name]
            for name in ("SECRET_KEY", "FIELD_KEYS", "FIELD_INDEX_KEY", "VALKEY_PASSWORD")
        }
        assert len(set(made.values())) == 4
        assert len(made["SECRET_KEY"]) >= 50
        assert {"SITE_URL", "ALLOWED_HOSTS", "LEGAL_DPO", "EMAIL_HOST", "DEFAULT_FROM_EMAIL"} <= set(empty)
        assert not {*made, "POSTGRES_PASSWORD"} & set(empty)
        # The lines for servers of one's own name the passwords that were made.
        text = file.read_text(encoding="utf-8")
        assert f"\n#REDIS_URL=redis://:{made['VALKEY_PASSWORD']}@127.0.0.1:6379/0\n" in text
        assert "{" not in re.sub(r"^# .*$", "", text, flags=re.M)

    def test_never_takes_the_place_of_another(self, file: Path) -> None:
        file.write_text("FIELD_KEYS=what people wrote is encrypted with it\n", encoding="utf-8")
        with pytest.raises(FileExistsError):
            environment.new(file)
        assert "encrypted" in file.read_text(encoding="utf-8")

    def test_needs_nothing_that_is_installed_and_says_what_is_left(self, tmp_path: Path) -> None:
        for name in ("config/environment.py", ".env.example"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
        bare = [sys.executable, "-I", "-S", str(tmp_path / "config" / "environment.py")]
        first, second = (subprocess.run(bare, capture_output=True, text=True, check=False) for _ in range(2))
        assert (first.returncode, second.returncode) == (0, 1), first.stderr
        assert "Remplissez-y\u202f: ALLOWED_HOSTS, SITE_URL, " in first.stdout
        assert "existe déjà\u202f: rien n'a été changé" in second.stdout


@pytest.mark.parametrize("variable", environment.OF_A_TOWN)
def test_one_setting_of_a_town_is_enough_to_be_one(
    file: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "FILE", file)
    assert not environment.is_a_towns()
    monkeypatch.setitem(os.environ, variable, "said")
    assert environment.is_a_towns()
    monkeypatch.setitem(os.environ, variable, "")
    assert not environment.is_a_towns()
    file.touch()
    assert environment.is_a_towns()


@pytest.mark.parametrize("name", ["prepare", "web", "worker", "scheduler"])
def test_a_towns_process_without_settings_names_them_and_starts_nothing(name: str, tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-m", "config.run", name], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "ACCORDE_DATA": str(tmp_path)},
    )  # fmt: skip
    assert started.returncode != 0
    for variable in TOWN.keys() - {"ACCORDE_MODE"}:
        assert variable in started.stderr
    assert not any(path.name in embedded.NAMES for path in tmp_path.iterdir())
