"""Prepare a checkout: the environment in .venv from the lock; for tests a browser, a pooler, what makes a client.

Runs on the machine's own Python before anything is installed, so it imports the standard library alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "accorde-ready"
WHERE_POOLERS_ARE = f"/usr/sbin:/opt/homebrew/bin:{os.environ.get('PATH', '')}"
# What makes a client of the API in TypeScript, by the lock that stands beside its story.
TYPESCRIPT = ROOT / "tests" / "api" / "typescript"
NODE_PACKAGES = ROOT / "var" / "typescript"
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
BROWSER_BUNDLES = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]


def say(text: str) -> None:
    print(text, flush=True)


def run(command: list, hint: str) -> None:
    """Run a program; end with a plain sentence when it fails, its own words being on the screen already."""
    if subprocess.run(command, cwd=ROOT).returncode:
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


def from_debian(*packages: str) -> bool:
    """Install packages of the system where that is possible without asking; whether it was."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installation de {', '.join(packages)} pour les tests…")
    run(["apt-get", "update", "-qq"], "Vérifiez l'accès à Internet.")
    # No server of theirs begins: the tests start their own.
    os.environ |= {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    run(command, f"Installez {', '.join(packages)}, puis relancez la même commande.")
    return True


def browser() -> None:
    """Make sure that a Chromium is there: the journeys need one."""
    if any(shutil.which(name) for name in BROWSERS) or any(Path(path).exists() for path in BROWSER_BUNDLES):
        return
    if not from_debian("chromium"):
        sys.exit(
            "Les tests de parcours demandent un navigateur Chromium, et il n'y en a pas ici.\n"
            "Sous Debian ou Ubuntu : sudo apt-get install chromium\n"
            "Sous macOS : brew install --cask chromium\n"
            "Puis relancez la même commande."
        )


def pooler() -> None:
    """Make sure that a PgBouncer is there: a drill has the site reach its database by it."""
    if shutil.which("pgbouncer", path=WHERE_POOLERS_ARE) or from_debian("pgbouncer"):
        return
    sys.exit(
        "Un exercice demande PgBouncer, et il n'y en a pas ici.\n"
        "Sous Debian ou Ubuntu : sudo apt-get install pgbouncer\n"
        "Sous macOS : brew install pgbouncer\n"
        "Puis relancez la même commande."
    )


def typescript() -> None:
    """Make sure that a client of the API can be made in TypeScript: Node.js, and what the lock names of npm."""
    if not (shutil.which("node") and shutil.which("npm")) and not from_debian("nodejs", "npm"):
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
        browser()
        pooler()
        typescript()


if __name__ == "__main__":
    main(sys.argv[1:])
