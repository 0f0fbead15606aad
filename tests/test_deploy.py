"""What is shipped for a server without containers: units and proxies agree with the processes and the settings."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config import processes, settings
from lists.services import MOST_BYTES as LARGEST_LIST
from notifications.inbox.mailbox import LONGEST as LARGEST_MAIL
from tests.test_run import COMPOSE, OURS

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd" / "accorde@.service"
# What nobody in a town needs of the machine, and a process that was taken over must not have.
HARDENED = {
    "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "ProtectHome": "yes",
    "PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectKernelModules": "yes", "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "SystemCallArchitectures": "native", "UMask": "0077",
}  # fmt: skip


def directives(unit: Path) -> dict[str, dict[str, list[str]]]:
    """By section and name, the values of a unit; a line that is none fails."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in unit.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
            continue
        directive = re.fullmatch(r"([A-Z]\w+)=(.*)", line)
        assert directive, f"{unit.name}: {line}"
        assert section, f"{unit.name}: {line} stands in no section"
        found.setdefault(section, {}).setdefault(directive[1], []).append(directive[2])
    return found


def test_one_unit_runs_every_process_as_the_containers_do() -> None:
    service = directives(UNIT)["Service"]
    assert service["ExecStart"] == ["/opt/accorde/.venv/bin/python -m config.run %i"]
    assert "ACCORDE_MODE=production" in service["Environment"]
    assert service["Restart"] == ["always"]
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [enabled] = re.findall(r"systemctl enable --now accorde\.target (.*)$", page, re.MULTILINE)[:1] or [""]
    assert enabled.split() == [f"accorde@{name}" for name in processes.PROCESSES]


def test_the_unit_waits_and_bounds_as_the_containers_do() -> None:
    service = directives(UNIT)["Service"]
    assert {name: " ".join(service[name]) for name in HARDENED} == HARDENED
    assert [f"{seconds}s" for seconds in service["TimeoutStopSec"]] == [OURS["worker"]["stop_grace_period"]]
    assert service["MemoryMax"][0].lower() in COMPOSE["services"]["web"]["mem_limit"]
    assert service["TasksMax"] == [str(COMPOSE["services"]["web"]["pids_limit"])]
    assert int(service["TimeoutStopSec"][0]) > settings.CELERY_TASK_TIME_LIMIT
    # Nothing but this folder can be written, and it is where the processes write.
    assert service["StateDirectory"] == ["accorde"]
    assert "ACCORDE_DATA=/var/lib/accorde" in service["Environment"]


def test_the_units_hang_together() -> None:
    unit, target = directives(UNIT), directives(DEPLOY / "systemd" / "accorde.target")
    assert unit["Install"]["WantedBy"] == unit["Unit"]["PartOf"] == ["accorde.target"]
    assert target["Install"]["WantedBy"] == ["multi-user.target"]
    if program := shutil.which("systemd-analyze"):
        verified = subprocess.run(
            [program, "verify", "--recursive-errors=no", str(DEPLOY / "systemd" / "accorde.target"), str(UNIT)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        # It also looks for the program and the account, which this machine has not.
        said = [
            line for line in verified.stderr.splitlines()
            if str(DEPLOY) in line or re.search(r"accorde[^ ]*: .*(Unknown|Invalid|Failed to parse|ignoring)", line)
        ]  # fmt: skip
        assert [line for line in said if "not executable" not in line] == []


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_passes_what_the_site_takes_and_waits_as_long(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    [port] = set(re.findall(r"127\.0\.0\.1:(\d+)", text))
    assert port == COMPOSE["services"]["web"]["ports"][0].rpartition(":")[2]
    sizes = [
        int(size) * 1024**2
        for size in re.findall(r"(?:client_max_body_size|max_size) (\d+)MB?\b", text, re.I)
    ]
    assert len(sizes) == 2
    assert LARGEST_MAIL < min(sizes) < LARGEST_LIST < max(sizes), (
        "a mail everywhere, a list where the desk sends one"
    )
    assert "/bureau/listes/" in text
    assert "X-Request-ID" in text
    # The site keeps an idle connection a little longer than the proxy does, so that none is closed under a request.
    web = processes.command("web")
    assert int(web[web.index("--keep-alive") + 1]) > 60
    assert re.search(r"(proxy_read_timeout|response_header_timeout) 60s", text)
    assert "/static" not in text, "the site serves its own files, wherever STATIC_URL is"


def test_a_proxy_says_itself_who_asks_and_how() -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for header, value in (
        ("X-Forwarded-For", "$remote_addr"),
        ("X-Forwarded-Proto", "https"),
        ("Host", "$host"),
    ):
        assert re.findall(rf"proxy_set_header {header} (.*);", text) == [value]
    # Where a location set one of its own, nginx would forget those of the server.
    assert not re.search(r"location [^{]*\{[^}]*proxy_set_header", text)


def test_braces_of_the_proxies_close() -> None:
    for name in ("nginx.conf", "Caddyfile"):
        depth = 0
        for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
            words = re.sub(r"(?:^|\s)#.*$", "", line)
            depth += words.count("{") - words.count("}")
            assert depth >= 0
        assert depth == 0
