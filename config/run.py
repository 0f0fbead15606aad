"""Starts one process of a town's server, all of them (`demo`, `dev`), or what comes before them (`prepare`)."""

import os
import subprocess
import sys
import urllib.parse
import urllib.request

from config import address, embedded, environment, heard, together
from config.processes import PROCESSES, command, direct, manage, say, step

# What it may be asked for.
NAMES = ("demo", "dev", "exec", "prepare", "health", *PROCESSES)


def _of_a_town() -> None:
    """Whoever starts one of a town's processes means a town: never development, never a server of our own."""
    os.environ.setdefault("ACCORDE_MODE", environment.PRODUCTION)


def become(name: str) -> None:
    """Check the settings, then turn into the process: no start without what the law and safety ask for."""
    _of_a_town()
    checked = subprocess.run(
        manage("check", "--deploy", "--fail-level", "ERROR"), cwd=embedded.ROOT, check=False
    )
    if checked.returncode:
        raise SystemExit(checked.returncode)
    os.chdir(embedded.ROOT)
    parts = command(name)
    os.execvpe(parts[0], parts, _database_of(name))  # noqa: S606


def _database_of(name: str) -> dict[str, str]:
    """The environment of a process. Pages and the API may share connections in a pool, where there is one; all others
    hold locks and tables of their own session, and go to the database itself.
    """
    pool = os.environ.get("DATABASE_POOL_URL") if name == "web" else ""
    return {**os.environ, "DATABASE_URL": pool, "DATABASE_POOLED": "1"} if pool else {**os.environ}


def prepare() -> int:
    """What a new version needs before its processes start: the files of the site, the tables, the gazetteer, the items
    of older goods. Once more changes nothing. Ends at the first step that fails, with its status.
    """
    _of_a_town()
    steps = [("Réglages", ["check", "--deploy", "--fail-level", "ERROR"])]
    if os.access(embedded.ROOT, os.W_OK):
        steps.append(("Traductions", ["translations", "--compile"]))
        steps.append(("Fichiers du site", ["collectstatic", "--noinput", "--verbosity", "0"]))
    elif not (embedded.ROOT / "staticfiles" / "staticfiles.json").exists():
        say(f"Les fichiers du site manquent, et {embedded.ROOT} ne peut pas être écrit.")
        return 1
    steps += [
        ("Tables", ["migrate", "--noinput", "--verbosity", "0"]),
        ("Communes de France", ["load_gazetteer"]),
        ("Objets du catalogue", ["name_items"]),
    ]
    for words, arguments in steps:
        with step(words):
            code = subprocess.run(
                manage(*arguments), cwd=embedded.ROOT, env=_as_owner(), check=False
            ).returncode
        if code:
            say(f"\nL'étape «\u00a0{words}\u00a0» a échoué (code {code}).")
            return code
    return 0


def _as_owner() -> dict[str, str]:
    """The environment in which tables are made: by their owner, where the site's own login may not."""
    owner = os.environ.get("DATABASE_OWNER_URL")
    return {**os.environ, "DATABASE_URL": owner} if owner else {**os.environ}


def execute(arguments: list[str]) -> None:
    """Turn into a program that is given what `.env` says; with the owner's database, where there is one."""
    os.execvpe(arguments[0], arguments, _as_owner())  # noqa: S606


def health(name: str = "web") -> int:
    """Whether that process of this machine answers, or was heard from lately; 0 when all is well.

    The site is asked under its public name, since it knows no other.
    """
    if name != "web":
        ago = heard.seconds_ago(name)
        if ago is not None and ago < heard.LATE_SECONDS + 5:
            return 0
        say(f"{name}\u202f: {'jamais entendu' if ago is None else f'muet depuis {ago:.0f} s'}")
        return 1
    port = os.environ.get("BIND", f":{address.FIRST_PORT}").rpartition(":")[2]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz")
    if name := urllib.parse.urlsplit(os.environ.get("SITE_URL", "")).netloc:
        request.add_header("Host", name)
    try:
        with direct().open(request, timeout=8) as answer:
            return 0 if answer.status == 200 else 1
    except OSError as problem:
        say(str(problem))
        return 1


def main(arguments: list[str]) -> int:
    environment.read()
    match arguments:
        case ["demo"]:
            return together.demo()
        case ["dev"]:
            return together.dev()
        case ["prepare"]:
            return prepare()
        case ["exec", *parts] if parts:
            execute(parts)
        case ["health"]:
            return health()
        case ["health", name] if name in PROCESSES:
            return health(name)
        case ["reloading-worker"]:
            together.reloading_worker()
        case [name] if name in PROCESSES:
            become(name)
        case _:
            say(f"usage\u202f: python -m config.run {'|'.join(NAMES)}")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
