"""What a town's server is told: its environment, and the lines of `.env` for what the environment does not say.

Every process reads it before anything else looks at the environment. The demonstration, development and tests have
settings of their own, and read no `.env`.

Run by itself, it writes a new `.env`: on the machine's own Python, before anything is installed.
"""

import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / ".env"
EXAMPLE = ROOT / ".env.example"
PRODUCTION = "production"
# One of them is enough to know a town's server, which is never taken for somebody's own machine.
OF_A_TOWN = ("DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "SITE_URL", "ALLOWED_HOSTS")
# What a new one has: keys of two sizes, and passwords that become parts of addresses.
_KEYS = {"SECRET_KEY": 60, "FIELD_KEYS": 32, "FIELD_INDEX_KEY": 32}
_PASSWORDS = (
    "POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_PASSWORD", "DATABASE_READER_PASSWORD", "VALKEY_PASSWORD",
)  # fmt: skip


def read(file: Path = FILE) -> None:
    """Add to the environment what the file says and it does not; ends with a sentence where a line cannot be read."""
    if os.environ.get("ACCORDE_MODE", PRODUCTION) != PRODUCTION or not file.is_file():
        return
    for name, value in _lines(file):
        os.environ.setdefault(name, value)


def is_a_towns() -> bool:
    """Whether something here says that this is a town's server."""
    return FILE.is_file() or any(os.environ.get(name) for name in OF_A_TOWN)


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """Name and value of each line: quotes, `export`, comments, CRLF, a mark of UTF-8; `$` is a `$`."""
    from dotenv.parser import parse_stream  # here, for a new .env is written before anything is installed

    with file.open(encoding="utf-8-sig", newline="") as text:
        for line in parse_stream(text):
            if line.error or (line.key and line.value is None):
                raise SystemExit(f"{file}, ligne {line.original.line}\u202f: ce n'est pas NOM=valeur.")
            if line.key and line.value is not None:
                yield line.key, line.value


def new(file: Path = FILE) -> list[str]:
    """Write a `.env` of the example with new keys and passwords, for its owner alone; the lines that are left to fill.

    Raises FileExistsError: the keys that are there open what was encrypted with them.
    """
    made = {name: secrets.token_urlsafe(size) for name, size in _KEYS.items()}
    made |= {name: secrets.token_hex(24) for name in _PASSWORDS}
    example = EXAMPLE.read_text(encoding="utf-8")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as new:
        new.write(_filled(example, made))
    required = example.partition("# --- Optional")[0]
    return [name for name in re.findall(r"^([A-Z_]+)=$", required, re.MULTILINE) if name not in made]


def _filled(example: str, made: Mapping[str, str]) -> str:
    """The example with these values; `{NAME}` in a line of its own stands for one of them."""
    filled = re.sub(r"^([A-Z_]+)=$", lambda line: f"{line[1]}={made.get(line[1], '')}", example, flags=re.M)
    return re.sub(r"\{([A-Z_]+)\}", lambda name: made.get(name[1], name[0]), filled)


def main() -> int:
    try:
        empty = new()
    except FileExistsError:
        print(f"{FILE} existe déjà\u202f: rien n'a été changé. Ses clés ouvrent ce qui est chiffré.")
        return 1
    print(f"{FILE} est écrit, avec ses clés. Remplissez-y\u202f: {', '.join(empty)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
