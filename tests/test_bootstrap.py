"""What the tests need of the system is installed by one call, and nothing of it begins."""

import os

import pytest

from config import bootstrap

APT = """#!/bin/sh
echo "$@" >> "$0.said"
case "$1" in install) "$POLICY" pgbouncer start; echo "policy $?" >> "$0.said";; esac
"""


@pytest.fixture
def debian(tmp_path, monkeypatch):
    """A machine with nothing on it; what its apt-get was told."""
    apt = tmp_path / "apt-get"
    apt.write_text(APT)
    apt.chmod(0o755)
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(bootstrap, "POLICY", policy)
    monkeypatch.setattr(bootstrap, "WHERE_POOLERS_ARE", str(tmp_path))
    monkeypatch.setattr(bootstrap, "BROWSER_BUNDLES", [])
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("POLICY", str(policy))
    return tmp_path


def test_all_that_is_missing_is_installed_at_once_and_begins_nothing(debian):
    before = dict(os.environ)
    bootstrap.programs()
    assert (debian / "apt-get.said").read_text().splitlines() == [
        "update -qq",
        "install -qq -y --no-install-recommends chromium pgbouncer nodejs npm",
        "policy 101",
    ]
    assert dict(os.environ) == before
    assert not bootstrap.POLICY.exists()


def test_where_all_is_there_nothing_is_asked(debian):
    for name in ("chromium", "pgbouncer", "node", "npm"):
        (debian / name).write_text("#!/bin/sh\n")
        (debian / name).chmod(0o755)
    bootstrap.programs()
    assert not (debian / "apt-get.said").exists()


def test_a_policy_of_the_machine_s_own_stays(debian):
    bootstrap.POLICY.write_text("#!/bin/sh\nexit 0\n")
    bootstrap.POLICY.chmod(0o755)
    bootstrap.programs()
    assert "policy 0" in (debian / "apt-get.said").read_text()
    assert bootstrap.POLICY.exists()
