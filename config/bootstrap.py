"""Prepare a checkout: the environment in .venv from the lock; for tests a browser, a pooler, what makes a client.

Runs on the machine's own Python before anything is installed, so it imports the standard library alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "accorde-ready"
WHERE_POOLERS_ARE = f"/usr/sbin:/opt/homebrew/bin:{os.environ.get('PATH', '')}"
# What makes a client of the API in TypeScript, by the lock that stands beside its story.
TYPESCRIPT = ROOT / "tests" / "api" / "typescript"
NODE_PACKAGES = ROOT / "var" / "typescript"
# By it Debian's packages ask whether they may start what they install.
POLICY = Path("/usr/sbin/policy-rc.d")
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
BROWSER_BUNDLES = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]


def say(text: str) -> None:
    print(text, flush=True)


def run(command: list, hint: str, environment: "dict | None" = None) -> None:
    """Run a program; end with a plain sentence when it fails, its own words being on the screen already."""
    if subprocess.run(command, cwd=ROOT, env=environment).returncode:
        sys.exit(f"\nÉchec : {' '.join(map(str, command[:4]))}…\n{hint}")


def wanted_stamp(dev: bool) -> str:
    digest = hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()
    return f"{digest} {'dev' if dev else 'main'}"


def environment(dev: bool) -> None:
    """Make .venv hold exactly what uv.lock names; nothing to do when it already does."""
    stamp = STAMP.read_text() if STAMP.exists() else ""
    dev = dev or stamp.endswith("dev")
    works = PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0
    if works and stamp == wanted_stamp(dev):
        return
    say("Installation des bibliothèques (une à deux minutes la première fois)…")
    STAMP.unlink(missing_ok=True)
    hint = "Vérifiez l'accès à Internet, puis relancez la même commande."
    if uv := shutil.which("uv"):
        groups = [] if dev else ["--no-group", "dev"]
        run([uv, "sync", "--frozen", "--quiet", "--python", sys.executable, *groups], hint)
    else:
        if not works:
            shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
        if made.returncode:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            sys.exit(
                f"{made.stdout}{made.stderr}\nPython ne sait pas créer d'environnement ici.\n"
                f"Sous Debian ou Ubuntu : sudo apt-get install python{version}-venv"
            )
        names = "requirements-dev.txt" if dev else "requirements-demo.txt"
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "--requirement", names], hint)
    STAMP.write_text(wanted_stamp(dev))


def from_debian(packages: list) -> None:
    """Install packages of the system where that is possible without asking."""
    if not packages or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    say(f"Installation de {', '.join(packages)} pour les tests…")
    run(["apt-get", "update", "-qq"], "Vérifiez l'accès à Internet.")
    hint = f"Installez {', '.join(packages)}, puis relancez la même commande."
    with nothing_begins() as environment:
        run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages], hint, environment)


@contextmanager
def nothing_begins() -> Iterator[dict]:
    """No server of theirs begins, by whatever starts them: the tests start their own. A policy of the machine's own
    stays. For one command, its environment.
    """
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)


def has_browser() -> bool:
    return any(map(shutil.which, BROWSERS)) or any(Path(path).exists() for path in BROWSER_BUNDLES)


def has_pooler() -> bool:
    return shutil.which("pgbouncer", path=WHERE_POOLERS_ARE) is not None


def has_node() -> bool:
    return all(map(shutil.which, ("node", "npm")))


def programs() -> None:
    """What the tests need of the system, all that is missing at once."""
    needed = ((has_browser, ["chromium"]), (has_pooler, ["pgbouncer"]), (has_node, ["nodejs", "npm"]))
    from_debian([name for is_there, names in needed if not is_there() for name in names])


def browser() -> None:
    """Make sure that a Chromium is there: the journeys need one."""
    if not has_browser():
        sys.exit(
            "Les tests de parcours demandent un navigateur Chromium, et il n'y en a pas ici.\n"
            "Sous Debian ou Ubuntu : sudo apt-get install chromium\n"
            "Sous macOS : brew install --cask chromium\n"
            "Puis relancez la même commande."
        )


def pooler() -> None:
    """Make sure that a PgBouncer is there: a drill has the site reach its database by it."""
    if not has_pooler():
        sys.exit(
            "Un exercice demande PgBouncer, et il n'y en a pas ici.\n"
            "Sous Debian ou Ubuntu : sudo apt-get install pgbouncer\n"
            "Sous macOS : brew install pgbouncer\n"
            "Puis relancez la même commande."
        )


def typescript() -> None:
    """Make sure that a client of the API can be made in TypeScript: Node.js, and what the lock names of npm."""
    if not has_node():
        sys.exit(
            "Les tests de l'API font un client en TypeScript, et il n'y a pas Node.js ici.\n"
            "Sous Debian ou Ubuntu : sudo apt-get install nodejs npm\n"
            "Sous macOS : brew install node\n"
            "Puis relancez la même commande."
        )
    lock = (TYPESCRIPT / "package-lock.json").read_bytes()
    digest, stamp = hashlib.sha256(lock).hexdigest(), NODE_PACKAGES / "accorde-ready"
    if stamp.exists() and stamp.read_text() == digest:
        return
    NODE_PACKAGES.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TYPESCRIPT / name, NODE_PACKAGES / name)
    # Nothing that is fetched runs while it is installed.
    command = [
        "npm",
        "ci",
        "--prefix",
        NODE_PACKAGES,
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
    ]
    run(command, "Vérifiez l'accès à Internet, puis relancez la même commande.")
    stamp.write_text(digest)


def main(arguments: list) -> None:
    if sys.version_info < (3, 11):  # the machine's Python may be any
        sys.exit("Accorde demande Python 3.11 ou plus récent ; celui-ci est %s." % sys.version.split()[0])
    environment(dev="--dev" in arguments)
    if "--browser" in arguments:
        programs()
        browser()
        pooler()
        typescript()


if __name__ == "__main__":
    main(sys.argv[1:])
