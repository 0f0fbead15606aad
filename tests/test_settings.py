"""Production refuses to start without what law and safety ask for; a forgotten variable is never an open door."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from config import settings
from notifications import channel_folders
from tests.conftest import KEYS

ROOT = Path(__file__).resolve().parent.parent
TOWN = {
    "ACCORDE_MODE": "production",
    "SECRET_KEY": "k7Hq-2vWz9_RtYb4Nn8Lx6Pd1Sf3Gj5Mc0Qa-Uw8Ei2Oz7Vb4Xs9Kt6Rh1Dy",
    **KEYS,
    "ALLOWED_HOSTS": "accorde.ville.example",
    "SITE_URL": "https://accorde.ville.example",
    "LEGAL_PUBLISHER": "Ville",
    "LEGAL_DIRECTOR": "Maire",
    "LEGAL_HOST": "Centre de données",
    "LEGAL_CONTACT": "accorde@ville.example",
    "LEGAL_DPO": "dpo@ville.example",
    "DATABASE_URL": "postgresql://accorde@127.0.0.1:1/accorde",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_HOST": "127.0.0.1",
    "DEFAULT_FROM_EMAIL": "Accorde <accorde@ville.example>",
}


def check(environment, *arguments):
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_towns_settings_pass_every_check():
    checked = check(TOWN)
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def test_every_cookie_of_a_town_is_named_for_its_host_alone():
    shown = subprocess.run(
        [sys.executable, "-c", "from config import settings as s; print(sorted(v for n, v in vars(s).items()"
         " if n.endswith('_COOKIE_NAME')), [n for n in dir(s) if n.endswith('_COOKIE_DOMAIN')])"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], **TOWN}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = ["csrftoken", "knownbrowser", "language", "notices", "sessionid"]
    assert shown.stdout.strip() == f"{[f'__Host-{name}' for name in names]} []"


def test_production_names_the_variables_that_are_missing():
    asked = [name for name in TOWN if name != "ACCORDE_MODE"]
    for missing in ({}, dict.fromkeys(asked, "")):
        checked = check({"ACCORDE_MODE": "production"} | missing)
        assert checked.returncode != 0
        said = [line for line in checked.stderr.splitlines() if "(accorde." in line or "(email." in line]
        assert {
            name: [line for line in said if name in line] for name in asked if name not in checked.stderr
        } == {}
        of_each = [sum(f") {name}" in line for line in said) for name in asked]
        assert of_each == [1] * len(asked), "one sentence each"


def test_a_provider_of_mail_asks_for_no_mail_server():
    checked = check(TOWN | {"EMAIL_HOST": "", "EMAIL_PROVIDER": "brevo", "EMAIL_PROVIDER_KEY": "k" * 20})
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("door", ["config.wsgi", "config.celery"])
def test_what_is_started_past_the_checks_refuses_all_the_same(door):
    starts = {
        "config.wsgi": "import config.wsgi",
        "config.celery": "from config.celery import app; app.log.setup()",
    }
    started = subprocess.run(
        [sys.executable, "-c", starts[door]], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], **TOWN, "REDIS_URL": "", "ACCORDE_DATA": "/tmp"},
    )  # fmt: skip
    assert started.returncode != 0
    assert "REDIS_URL is missing" in started.stderr


def test_a_number_that_is_none_is_named():
    checked = check(TOWN | {"EMAIL_PORT": "smtp"})
    assert "EMAIL_PORT is a number, not smtp." in checked.stderr
    assert check(TOWN | {"EMAIL_PORT": "", "SECURE_HSTS_SECONDS": ""}).returncode == 0


def test_one_missing_variable_is_enough_to_refuse():
    for variable in ("LEGAL_DPO", "SECRET_KEY", "FIELD_KEYS", "FIELD_INDEX_KEY"):
        checked = check(TOWN | {variable: ""})
        assert checked.returncode != 0
        assert variable in checked.stderr


def test_what_opens_the_door_to_everybody_refuses_to_start():
    checked = check(
        TOWN
        | {
            "SECRET_KEY": settings.PUBLIC_SECRET_KEY,
            "ALLOWED_HOSTS": "accorde.ville.example,*",
            "METRICS_TOKEN": "short",
        }
    )
    assert checked.returncode != 0
    for said in (
        "SECRET_KEY is the public one",
        "ALLOWED_HOSTS names every address",
        "METRICS_TOKEN is shorter",
    ):
        assert said in checked.stderr


@pytest.mark.parametrize("mode", ["prodution", "", "PRODUCTION"])
def test_a_mode_that_there_is_not_refuses_to_start(mode):
    loaded = subprocess.run(
        [sys.executable, "-c", "import config.settings"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "ACCORDE_MODE": mode},
    )  # fmt: skip
    assert loaded.returncode != 0
    assert "ACCORDE_MODE is one of production, demo" in loaded.stderr


def test_mails_leave_by_tls_unless_told_otherwise():
    shown = "from config import settings as s; print(s.EMAIL_PORT, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL)"

    def of(**variables):
        return subprocess.run(
            [sys.executable, "-c", shown], cwd=ROOT, env={"PATH": os.environ["PATH"], **variables},
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip

    assert of() == "587 True False"
    assert of(EMAIL_USE_SSL="1", EMAIL_PORT="465") == "465 False True"
    assert of(EMAIL_USE_TLS="0") == "587 False False"


def test_a_key_that_is_none_or_everybodys_or_used_twice_is_refused_and_not_repeated():
    known = "not-secret-outside-production-" + "x" * 12 + "w"
    for wrong in (
        {"FIELD_KEYS": TOWN["FIELD_KEYS"][:-3]},
        {"FIELD_KEYS": f"{TOWN['FIELD_KEYS']},{known}"},
        {"FIELD_INDEX_KEY": known},
        {"FIELD_INDEX_KEY": TOWN["FIELD_KEYS"]},
    ):
        [(variable, written)] = wrong.items()
        checked = check(TOWN | wrong)
        assert checked.returncode != 0
        assert f"(accorde.E006) {variable}: " in checked.stderr
        assert written not in checked.stderr


def test_an_empty_environment_is_production_wherever_a_web_server_loads_it():
    shown = subprocess.run(
        [sys.executable, "-c", "from config import settings as s; print(s.MODE, s.DEBUG, s.ALLOWED_HOSTS)"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.split() == ["production", "False", "[]"]


def test_commands_are_in_production_as_soon_as_a_database_is_named():
    shown = subprocess.run(
        [sys.executable, "manage.py", "diffsettings", "--output", "unified"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": TOWN["DATABASE_URL"], "SECRET_KEY": TOWN["SECRET_KEY"]},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "+ MODE = 'production'" in shown.stdout


def test_the_example_names_every_variable_that_a_town_can_set():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    readers = ("settings.py", "processes.py", "run.py", "together.py")
    code = "".join((ROOT / "config" / name).read_text(encoding="utf-8") for name in readers)
    read = set(re.findall(r'(?:environ\.get|flag|number|words)\(\s*"(\w+)"', code)) | set(
        channel_folders.variables()
    )
    # Set by the image, config/together.py, the tests or whoever runs the demonstration, rather than by a town.
    internal = {"ACCORDE_MODE", "ACCORDE_DATA", "BIND", "DATABASE_POOLED", "PORT"}
    assert read - internal <= named
    of_compose = {
        "POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_PASSWORD", "DATABASE_READER_PASSWORD",
        "VALKEY_PASSWORD", "PUBLISH", "PYTHON_IMAGE", "POSTGRES_IMAGE", "VALKEY_IMAGE", "POSTGRES_MEMORY",
        "PROCESS_MEMORY", "BACKUP_FOLDER", "COMPOSE_FILE", "COMPOSE_PROFILES", "PUBLISH_DATABASE", "PUBLISH_QUEUE",
    }  # fmt: skip
    assert named - read <= of_compose


def test_the_containers_are_told_what_the_channels_ask_for():
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert [name for name in channel_folders.variables() if f"\n    {name}: ${{{name}:" not in compose] == []


def test_a_channels_settings_come_from_the_environment_in_the_kind_of_their_defaults():
    told = {"EMAIL_HOST": "mail.example", "EMAIL_PORT": "2525", "EMAIL_USE_TLS": "yes"}
    shown = subprocess.run(
        [sys.executable, "-c", "from config import settings as s; print([s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_USE_TLS,"
         " s.EMAIL_USE_SSL, s.EMAIL_TIMEOUT])"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], **told}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.strip() == "['mail.example', 2525, True, False, 10]"


def test_every_key_stands_in_the_table_of_keys():
    """What it is for, how it is made, kept and changed, and what is lost with it."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    said = re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)
    keys = {name for name in said if {"KEY", "KEYS", "SECRET", "TOKEN", "PASSWORD"} & set(name.split("_"))}
    assert {"SECRET_KEY", "PROCONNECT_CLIENT_SECRET", "SMS_WEBHOOK_SECRET", "VALKEY_PASSWORD"} < keys
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [table] = re.findall(r"^### All keys$(.*?)^### ", page, re.MULTILINE | re.DOTALL)
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    assert [row for row in rows if len(row) != 6 or not all(cell.strip() for cell in row)] == []
    named = set(re.findall(r"`([A-Z_]+)`", " ".join(row[0] for row in rows)))
    assert keys - named == set()


def test_no_secret_is_written_in_the_repository():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in ("SECRET_KEY", "FIELD_KEYS", "FIELD_INDEX_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        assert f"\n{name}=\n" in example


def test_every_static_file_that_another_names_is_there(settings, tmp_path):
    """The hashed names of production are made of what the style sheets and scripts refer to."""
    settings.STATIC_ROOT = tmp_path
    hashed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": hashed}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
