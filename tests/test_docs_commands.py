"""Each command that README and docs/ give is one that works: its program, its arguments, what it names.

Those of the installation are run as they stand (tests/drills/test_install.py); the others are read by the parser that
reads them when somebody types them. What is of the machine and not of Accorde stands below with its reason.
"""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from config import processes, run

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]*manage\.py [a-z][^`]*)`")
# In whose place a program is called.
WRAPPERS = re.compile(
    r"^(?:sudo(?: -u \w+)? |docker compose (?:exec \w+|run --rm(?: --\w+ \S+)* \w+) |runuser -u \w+ -- )+"
)
MACHINE = {
    "git": "the code comes from wherever the installation says (SOURCE_URL)",
    "cd": "the shell's own",
    "useradd": "an account of the system",
    "install": "a folder of the system",
    "psql": "PostgreSQL's; run by tests/drills/test_install.py",
    "createdb": "PostgreSQL's; run by tests/drills/test_install.py",
    "for": "the shell's own, round docker buildx: there is no docker where the tests run",
    "docker buildx": "there is no docker where the tests run",
    "done": "the end of that loop",
    "openapi-python-client generate": "of whoever calls the API; run by tests/api/test_clients.py",
    "npx openapi-typescript": "of whoever calls the API; run by tests/api/test_typescript.py",
}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def commands() -> list[tuple[str, str]]:
    """Page and command, a line each; what a backslash continues is one."""
    found = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text("utf-8")):
            for line in re.sub(r"\\\n\s*", "", block).splitlines():
                command = re.sub(r"\s+#\s.*$", "", line).strip()
                if command and not command.startswith("#"):
                    found.append((page.name, command))
    return found


def is_known(command: str) -> bool:
    """Whether whoever types it gets what is meant; raises where an argument is none."""
    bare = WRAPPERS.sub("", command)
    words = shlex.split(bare)
    program = words[0].rpartition("/")[2] if words[0].endswith(("/python", "/python3")) else words[0]
    match [program, *words[1:]]:
        case ["python" | "python3", "manage.py", name, *arguments]:
            parsed = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
            parsed.parse_args(arguments)
            return True
        case ["python" | "python3", "-m", "config.run", "exec", *inner]:
            return is_known(shlex.join(inner))
        case ["python" | "python3", "-m", "config.run", name, *others]:
            return name in run.NAMES and (not others or others[0] in processes.PROCESSES)
        case ["python" | "python3", script] if script.endswith(".py"):
            return (ROOT / script).is_file()
        case ["python" | "python3", "-m", "venv" | "pip", *arguments]:
            return all((ROOT / word).exists() for word in arguments if word.endswith(".txt"))
        case ["make", target, *_arguments]:
            return f"\n{target}: " in (ROOT / "Makefile").read_text("utf-8")
        case ["docker", "compose", verb, *arguments]:
            services = [word for word in arguments if not word.startswith("-")]
            return verb in {"up", "exec", "run", "logs", "ps"} and set(services[:1]) <= set(COMPOSE)
        case ["systemctl", verb, *units]:
            ours = {unit for unit in units if unit.startswith("accorde")}
            return verb in {"daemon-reload", "enable", "restart", "reload"} and ours <= units_of_ours()
        case ["cp", *files]:
            return all((ROOT / file).is_file() for file in files[:-1])
    return program in MACHINE or " ".join(words[:2]) in MACHINE


def units_of_ours() -> set[str]:
    return {"accorde.target", "accorde@*", *(f"accorde@{name}" for name in processes.PROCESSES)}


@pytest.mark.parametrize(("page", "command"), commands())
def test_each_command_is_one_that_works(page: str, command: str) -> None:
    assert is_known(command), f"{page}: {command}"


def test_what_is_none_is_found() -> None:
    assert not is_known("python -m config.run nothing")
    assert not is_known("make nothing")
    assert not is_known("sudo systemctl enable accorde@nothing")
    assert not is_known("nothing --at-all")
    with pytest.raises(KeyError):
        is_known("docker compose exec web python manage.py nothing")
    with pytest.raises(Exception, match="--nothing"):
        is_known("docker compose exec web python manage.py open_town Nancy --nothing")


def test_each_reason_is_of_a_command_that_is_given() -> None:
    """The list stays short: what no page says any more leaves it."""
    given = {WRAPPERS.sub("", command) for _page, command in commands()}
    inner = {word for command in given for word in shlex.split(command)}
    assert [name for name in MACHINE if name.split()[0] not in inner] == []


def options_said() -> list[tuple[str, str, str]]:
    """Page, command and option of each `manage.py NAME … --option` in a sentence."""
    found = []
    for page in PAGES:
        for said in INLINE.findall(page.read_text("utf-8")):
            words = said.partition("manage.py ")[2]
            name = words.split()[0]
            found += [(page.name, name, option) for option in re.findall(r"(?<!\S)--[a-z-]+", words)]
    return found


def test_each_option_in_a_sentence_is_one() -> None:
    lost = []
    for page, name, option in options_said():
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        if option not in parser._option_string_actions:
            lost.append(f"{page}: {name} {option}")
    assert len(options_said()) > 5
    assert lost == []
