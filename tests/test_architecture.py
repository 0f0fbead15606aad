"""The house of docs/flow.md, held by tests: what the import linter sees, and what it cannot see."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
# From the top of the house to its ground; siblings share a layer and do not know each other.
LAYERS = [
    {"config"}, {"demo"}, {"privacy"},
    {"agenda", "between", "desk", "front", "lists", "outreach", "statements", "town", "voice", "whatif"},
    {"insight"}, {"followups", "shelters"}, {"stays", "tryout"}, {"matching"}, {"homes", "callers", "directory"},
    {"offers", "needs", "oncall"}, {"webhooks"}, {"notifications"}, {"accounts"}, {"catalogue"},
    {"cities", "simulation"}, {"engine", "outside", "sealing"},
]  # fmt: skip
APPS = [app for layer in LAYERS for app in sorted(layer)]
LAYER_OF = {app: number for number, layer in enumerate(LAYERS) for app in layer}


def sources(pattern="*.py"):
    return [path for app in APPS for path in sorted((ROOT / app).rglob(pattern))]


def names(path):
    return path.relative_to(ROOT).as_posix()


@cache
def imports(path):
    """Every module that a file imports, wherever in the file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_the_import_contracts_hold():
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_folder_of_code_has_its_layer():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "bench"} == set(APPS)


def test_circles_are_looked_for_in_every_folder_of_code():
    """A contract knows only the folders that it lists, and passes over a new one."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (no_circle,) = [rule for rule in linter["contracts"] if rule["type"] == "acyclic_siblings"]
    assert set(no_circle["ancestors"]) == set(linter["root_packages"]) == {*APPS, "bench"}


def test_the_linter_sees_every_folder_of_code():
    """It passes over a folder without `__init__.py`, and whatever lies below."""
    folders = {path.parent for path in sources()} - {ROOT / "cities/data"}  # a script that nothing imports
    assert [names(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_foreign_keys_point_downwards():
    """A key written as a string is no import, so the linter cannot see it."""
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        here = LAYER_OF.get(model._meta.app_label)
        for field in model._meta.get_fields(include_hidden=True):
            if here is None or not field.is_relation or field.auto_created or not field.concrete:
                continue
            target = field.related_model
            there = LAYER_OF.get(target._meta.app_label) if target else None
            same_app = target and target._meta.app_label == model._meta.app_label
            if there is not None and there <= here and not same_app:
                wrong.append(f"{model._meta.label}.{field.name} → {target._meta.label}")
    assert not wrong


def test_no_generic_relation_points_anywhere_it_likes():
    from django.contrib.contenttypes.fields import GenericForeignKey

    ours = [model for model in apps.get_models() if model._meta.app_label in LAYER_OF]
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in ours
        for field in model._meta.private_fields
        if isinstance(field, GenericForeignKey)
    ]
    assert not wrong


@pytest.mark.parametrize("path", [path for path in sources() if "migrations" in path.parts], ids=names)
def test_migrations_import_no_code_of_ours(path):
    """What a migration imports may have changed by the day it runs.

    Validators, defaults and encrypted columns are the exception: Django writes their names into the columns by
    itself, as plain imports.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    chosen = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    assert [module for module in chosen if module.split(".")[0] in LAYER_OF] == []
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    models = {model.__name__ for model in apps.get_models()}
    assert [name for name in used if name.split(".")[0] in LAYER_OF and name.split(".")[-1] in models] == []


def test_nothing_happens_by_signal():
    wrong = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if re.search(
            r"@receiver\b|django\.(db\.models|core|contrib\.auth)\.?\w* import .*\bsignals?\b", text
        ):
            wrong.append(names(path))
        if path.stem in {"signals", "receivers"}:
            wrong.append(names(path))
    assert not wrong


def test_voice_alone_changes_points_under_an_opinion():
    """`matching.weighting.change` believes the number that it is given."""
    naming = {
        names(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] == "change"
        and "opinion" in {one.arg for one in node.keywords}
    }
    assert naming == {"voice/services/proposals.py"}


def test_no_junk_drawer():
    junk = {"utils", "helpers", "common", "misc", "util", "helper", "tools"}
    assert [names(path) for path in sources() if {path.stem, *path.parent.parts[-2:]} & junk] == []


def test_no_two_rooms_of_matching_have_a_file_of_one_name():
    """But what is written of a thing, and what is said of it, which their folders tell apart."""
    told_apart = {"models", "messages", "migrations"}
    stems = [path.stem for path in (ROOT / "matching").rglob("*.py") if path.parent.name not in told_apart]
    assert sorted({stem for stem in stems if stems.count(stem) > 1}) == ["__init__"]


# They run before the settings, or start the processes that read them.
ENVIRONMENT_READERS = {
    "config/settings.py", "config/embedded.py", "config/run.py", "config/processes.py", "config/together.py",
    "config/bootstrap.py", "config/celery.py",
    "config/wsgi.py", "config/environment.py",
    "tryout/alone.py",  # which settings it has, before anything reads them
}  # fmt: skip


def test_the_environment_is_read_in_one_place():
    wrong = []
    for path in sources():
        if names(path) in ENVIRONMENT_READERS:
            continue
        if re.search(
            r"\bos\.(environ|getenv)\b|from os import .*\b(environ|getenv)", path.read_text("utf-8")
        ):
            wrong.append(names(path))
    assert not wrong
    for path in ("config/celery.py", "config/wsgi.py"):
        uses = re.findall(r"os\.environ\S*", (ROOT / path).read_text(encoding="utf-8"))
        assert uses == ['os.environ.setdefault("DJANGO_SETTINGS_MODULE",'], path


BLOCKED = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "psycopg", "rest_framework", "redis"}:
            raise ImportError(f"the engine must not need {name}")

sys.meta_path.insert(0, Refuse())
# Celery is what config/ is about; the engine never comes near it.
import importlib, pkgutil
import engine
for module in pkgutil.walk_packages(engine.__path__, "engine."):
    importlib.import_module(module.name)
assert not {"celery", "django", "kombu"} & set(sys.modules), "loaded all the same"
"""


def test_the_engine_runs_without_django():
    ran = subprocess.run(
        [sys.executable, "-c", BLOCKED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_the_engine_never_asks_for_the_time():
    wrong = []
    for path in sorted((ROOT / "engine").rglob("*.py")):
        if re.search(r"\b(now|today|utcnow|time)\(\)", path.read_text(encoding="utf-8")):
            wrong.append(names(path))
    assert not wrong


def test_templates_hold_no_style_and_no_script():
    """The Content-Security-Policy would refuse them, in the citizen's browser and not before."""
    wrong = []
    for path in sources("*.html"):
        # Mails know no style sheet, nor does a page that people take along: theirs may be in line.
        taken_along = path.stem.startswith("email") or path.stem == "dossier"
        if "templates" not in path.parts or taken_along:
            continue
        text = re.sub(
            r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(encoding="utf-8"), flags=re.S
        )
        if re.search(
            r"\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\bsrc=)", text, re.I
        ):
            wrong.append(names(path))
    assert not wrong


def test_no_page_asks_another_host_for_anything():
    wrong = []
    for path in [*sources("*.html"), *sources("*.css"), *sources("*.js")]:
        if "vendor" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if re.search(
            r"<(script|link|img|iframe|source)\b[^>]*(src|href)=[\"'](https?:)?//|url\(\s*[\"']?https?:|@import",
            text,
        ):
            wrong.append(names(path))
    assert not wrong


def test_every_decision_record_has_a_status_and_a_date():
    header = re.compile(
        r"# \d{4} · .+\n\n\*(Accepted|Replaced by \d{4}|Withdrawn) · \d{4}-\d\d-\d\d\*\n\n\*\*Context"
    )
    records = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [names(path) for path in records if not header.match(path.read_text(encoding="utf-8"))] == []


def is_atomic(function):
    return any("atomic" in ast.unparse(decorator) for decorator in function.decorator_list)


def writers():
    """The modules that write: services, and whatever else has an atomic function."""
    return [
        path
        for path in sources()
        if "migrations" not in path.parts
        and ("services" in (path.stem, path.parent.name) or "atomic" in path.read_text("utf-8"))
    ]


def dropped(source):
    """The functions that take an actor or a moment and never read it; `by: None` says that nobody acts."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef) or "abstractmethod" in map(ast.unparse, node.decorator_list):
            continue
        read = {name.id for part in node.body for name in ast.walk(part) if isinstance(name, ast.Name)}
        for argument in (*node.args.args, *node.args.kwonlyargs):
            nobody = argument.annotation is not None and ast.unparse(argument.annotation) == "None"
            if argument.arg in ("by", "now") and argument.arg not in read and not nobody:
                yield f"{node.name}({argument.arg})"


@pytest.mark.parametrize("path", writers(), ids=names)
def test_whoever_writes_says_who_and_when(path):
    """A service that takes its actor and moment, and drops them, leaves an edit that nobody can account for."""
    assert list(dropped(path.read_text(encoding="utf-8"))) == []


def test_a_dropped_actor_is_found():
    kept = "def change(*, by: User, now): Edit(by=by, at=now)"
    scheduled = "def sweep(*, by: None, now): forget(now)"
    lost = "def change(*, by: User | None, now):\n    'by and now'\n    row.save()"
    assert list(dropped("\n".join([kept, scheduled]))) == []
    assert list(dropped(lost)) == ["change(by)", "change(now)"]


def test_services_take_keywords_alone():
    """So that a call reads like a sentence, and two dates are never swapped."""
    wrong = [
        f"{names(path)}: {node.name}"
        for path in writers()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and is_atomic(node)
        and not node.name.startswith("_")
        and (node.args.args or node.args.posonlyargs)
    ]
    assert not wrong


# Installed for development alone: an installation of a town has none of them.
OF_DEVELOPMENT = {"django_stubs_ext", "factory", "hypothesis", "playwright", "pytest"}


def test_nothing_that_a_town_runs_needs_a_package_of_development():
    needed = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        if path
        != ROOT / "config" / "screenshots.py"  # `make screenshots`, which makes the pictures of the docs
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
        if name.partition(".")[0] in OF_DEVELOPMENT
    ]
    assert needed == []
