"""From a bare server to the first offer: the steps of docs/operations.md, "Install without containers".

What needs the outside (packages, systemd, a proxy) is left out; every other line is run as it is written there, in a
folder of its own, in production, on a PostgreSQL and a Valkey that the installation did not start.
"""

import http.client
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from config import embedded, together
from tests.test_run import ends_well

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
MOST_STEPS = 6
# By their first word, what is of the machine and not of Accorde.
OF_THE_MACHINE = {"sudo", "git", "cd"}
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".env", "var", "staticfiles", "tests", "bench", "__pycache__", "*.mo", ".*_cache"
)
HOST = "accorde.ville.example"


def steps() -> list[list[str]]:
    """The commands of each step, in the order of the page."""
    [section] = re.findall(r"^### Install without containers$(.*?)^##", PAGE, re.MULTILINE | re.DOTALL)
    found = re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
    blocks = ["\n".join(re.findall(r"^ *```sh\n(.*?)^ *```", step, re.M | re.S)) for step in found]
    return [[line.strip() for line in block.splitlines() if line.strip()] for block in blocks]


def test_there_are_few_steps_all_on_one_page() -> None:
    found = steps()
    assert 1 < len(found) <= MOST_STEPS
    assert all(found), "each has its commands"


class Browser:
    """Somebody's browser behind the town's proxy, which speaks HTTPS with it and HTTP with the site."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies, self.at, self.page = port, SimpleCookie(), "", ""

    def ask(self, path: str, **typed: Any) -> str:
        """Open a page, or send its form; follows where it leads. The page that is shown then."""
        path = path.removeprefix(f"https://{HOST}")
        if typed:
            typed["csrfmiddlewaretoken"] = self.cookies["__Host-csrftoken"].value
        headers = {
            "Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Accept-Language": "fr",
            "Referer": f"https://{HOST}/", "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={one.coded_value}" for name, one in self.cookies.items()),
        }  # fmt: skip
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.request(
            "POST" if typed else "GET", path, urlencode(typed, doseq=True) if typed else None, headers
        )
        answer = line.getresponse()
        self.page, self.at = unescape(answer.read().decode()), path
        for header in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(header)
        line.close()
        assert answer.status in (200, 302), (path, answer.status, self.page[:3000])
        return self.ask(answer.headers["Location"]) if answer.status == 302 else self.page

    def answer(self, **typed: Any) -> str:
        """Send the form of the page that is shown."""
        return self.ask(self.at, **typed)


def code_in(message: EmailMessage) -> str:
    found = re.search(r"^\s+(\d{6})\s*$", message.get_content(), re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The machine's own PostgreSQL and Valkey, and how its superuser signs in."""
    with embedded.servers(tmp_path / "servers", lasting=False) as urls:
        with psycopg.connect(re.sub(r"\w+$", "postgres", urls["DATABASE_URL"]), autocommit=True) as superuser:
            superuser.execute("DROP DATABASE accorde")  # the page makes it
        password, port = re.findall(r"accorde:([^@]+)@127.0.0.1:(\d+)", urls["DATABASE_URL"])[0]
        yield {
            **urls, "PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "accorde", "PGPASSWORD": password,
            "PATH": f"{embedded.program('psql').parent}:{os.environ['PATH']}",
        }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a release holds, in a folder of its own, with the packages that step 1 installs."""
    target = tmp_path / "accorde"
    shutil.copytree(ROOT, target, ignore=LEFT_OUT, symlinks=True)
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


def filled_in(env: str, machine: dict[str, str], mail_port: int, port: int) -> str:
    """What somebody writes into the lines that a new `.env` left empty, and uncomments."""
    said = {
        "ALLOWED_HOSTS": HOST, "SITE_URL": f"https://{HOST}", "LEGAL_PUBLISHER": '"Ville de Strasbourg"',
        "LEGAL_DIRECTOR": "'Ruth K.'", "LEGAL_HOST": "Centre de données", "LEGAL_CONTACT": f"accueil@{HOST}",
        "LEGAL_DPO": f"dpo@{HOST}", "DEFAULT_FROM_EMAIL": f"Accorde <accorde@{HOST}>", "EMAIL_HOST": "127.0.0.1",
    }  # fmt: skip
    for name, value in said.items():
        env, times = re.subn(rf"^{name}=$", f"{name}={value}", env, flags=re.MULTILINE)
        assert times == 1, name
    env = re.sub(r"^#((?:DATABASE|DATABASE_OWNER|REDIS)_URL=)", r"\1", env, flags=re.MULTILINE)
    # This machine's servers stand on ports of their own, and its Valkey has its password already.
    env = env.replace("127.0.0.1:5432", f"127.0.0.1:{machine['PGPORT']}")
    env = re.sub(r"^REDIS_URL=.*$", f"REDIS_URL={machine['REDIS_URL']}", env, flags=re.MULTILINE)
    return f"{env}\nEMAIL_PORT={mail_port}\nEMAIL_USE_TLS=0\nBEHIND_PROXY=1\nBIND=127.0.0.1:{port}\nWEB_WORKERS=1\n"


def test_the_steps_of_the_page_lead_to_the_first_offer(
    folder: Path, machine: dict[str, str], smtp_server: Any, eventually: Any, tmp_path: Path
) -> None:
    port, written = together.free_port(18_000), tmp_path / "data"
    bare = {"PATH": machine["PATH"], "ACCORDE_DATA": str(written), **embedded.clock()}
    as_superuser = {name: machine[name] for name in machine if name.startswith("PG")}

    def do(command: str) -> str:
        # The accounts of the machine are one here: PostgreSQL's superuser is known by a password.
        mine = re.sub(r"\b(sudo (-u \w+ )?|runuser -u postgres -- )", "", command)
        done = subprocess.run(
            shlex.split(mine),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env=bare | as_superuser,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    packages, settings, database, prepare, processes, town = steps()
    assert {shlex.split(command)[0] for command in packages} <= OF_THE_MACHINE

    for command in settings:
        do(command)
    env = folder / ".env"
    env.write_text(
        filled_in(env.read_text(encoding="utf-8"), machine, smtp_server.port, port), encoding="utf-8"
    )
    for command in database:
        do(command)

    # What is not filled in is named, and nothing of a server of our own is started in its place.
    whole = env.read_text(encoding="utf-8")
    env.write_text(re.sub(r"^DATABASE_URL=.*$", "", whole, flags=re.M), encoding="utf-8")
    refused = subprocess.run(
        [sys.executable, "manage.py", "open_town", "Strasbourg", "ruth@ville.example"], cwd=folder, env=bare,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode != 0
    assert "DATABASE_URL is missing." in refused.stderr
    assert not (written / "postgres").exists()
    env.write_text(whole, encoding="utf-8")

    said = "".join(do(command) for command in prepare)
    assert re.findall(r"• (.+)…", said) == [
        "Réglages", "Traductions", "Fichiers du site", "Tables", "Communes de France", "Objets du catalogue",
    ]  # fmt: skip
    base = re.sub(r"/\w+$", "", machine["DATABASE_URL"])
    with psycopg.connect(f"{base}/accorde") as database_of_town:
        owners = database_of_town.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        )
        assert owners.fetchall() == [("accorde_owner",)]

    unit = (folder / "deploy/systemd/accorde@.service").read_text(encoding="utf-8")
    [start] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert any("accorde.target" in command for command in processes)
    program, *arguments = shlex.split(start.replace("%i", "web").replace("/opt/accorde", str(folder)))
    log = tmp_path / "web.log"
    with log.open("wb") as output:
        web = subprocess.Popen(
            [program, *arguments], cwd=folder, env=bare, stdout=output, stderr=output, start_new_session=True,
            preexec_fn=embedded.die_with_parent,
        )  # fmt: skip
    try:
        said = "".join(do(command) for command in town)
        assert f"https://{HOST}/strasbourg/ma-ville/" in said
        eventually(lambda: web.poll() is not None or "Listening at" in log.read_text(), seconds=60)
        story(port, smtp_server)
    finally:
        assert ends_well(web), log.read_text()
    answered = log.read_text()
    assert '"route": "/<slug:city_slug>/' in answered
    assert "ruth@ville.example" not in answered


def story(port: int, mail: Any) -> None:
    """The first administrator opens the town, and a citizen offers a room."""
    ruth = Browser(port)
    ruth.ask("/strasbourg/ma-ville/")
    ruth.answer(email="ruth@ville.example")
    assert "double vérification" in ruth.answer(code=code_in(mail.to("ruth@ville.example")[-1]))
    [secret] = re.findall(r'<code class="ltr">(\w+)</code>', ruth.page)
    ruth.answer(code=format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    assert "Ma ville" in ruth.ask("/strasbourg/ma-ville/")
    ruth.ask("/strasbourg/ma-ville/reglages/ville/")
    ruth.answer(
        name="Strasbourg", locative="À Strasbourg", seat="Strasbourg", epci_code="246700488",
        timezone="Europe/Paris", is_open="on",
    )  # fmt: skip
    assert "Vos changements sont enregistrés" in ruth.page

    camille, new = Browser(port), "/strasbourg/propositions/nouvelle/"
    camille.ask(new)
    for answers in (
        {"kind": "housing"}, {"category": "shared_room"},
        {"commune": "Strasbourg", "address": "12 rue des Invités", "when": "now"}, {"capacity": "3"},
        {"accepts": ["women"], "longest_stay_days": "30", "notice_days": "1", "languages": ["fr"]},
    ):  # fmt: skip
        camille.answer(**answers)
    [key] = set(re.findall(r'name="key" value="([^"]+)"', camille.page))
    camille.answer(
        key=key, name="Camille", email="camille@ville.example", phone="06 12 34 56 78", consent="on"
    )
    assert "receipt__reference" in camille.page
    [code_page] = set(re.findall(r'action="([^"]*/connexion/code/[^"]*)"', camille.page))
    camille.ask(code_page, code=code_in(mail.to("camille@ville.example")[-1]))
    assert "Chambre chez l’habitant" in camille.page
