"""What the style sheets and templates may not contain, checked in their source."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "config" / "static"
STYLES = sorted((STATIC / "css").glob("*.css"))
TEMPLATES = sorted(
    path
    for path in ROOT.glob("*/**/templates/**/*.html")
    if ".venv" not in path.parts and "staticfiles" not in path.parts
)
MAIL = re.compile(
    r"/(mail|mails|email|emails|messages|notifications)/"
)  # mail readers know inline style only
# What somebody takes away as one file that needs no other is no page of ours.
TAKEN_AWAY = "privacy/templates/privacy/dossier.html"
PAGES = sorted(
    {
        path
        for path in TEMPLATES
        if not MAIL.search(path.as_posix()) and not path.as_posix().endswith(TAKEN_AWAY)
    }
)

PHYSICAL = re.compile(
    r"(?:^|[;{\s])("
    r"(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)[\w-]*"
    r"|left|right|top|bottom|(?:min-|max-)?(?:width|height))\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right))",
    re.MULTILINE,
)
FOUR_SIDES = re.compile(
    r"(?:margin|padding|border-width|inset|border-radius):\s*((?:[^\s;()]+(?:\([^;]*?\))?\s+){3}[^;]+);"
)
FORBIDDEN = {
    "inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>]*\s(?:on[a-z]+|hx-on[:a-z-]*)\s*=", re.IGNORECASE),
    "script with code": re.compile(r"<script\b(?![^>]*\ssrc=)(?![^>]*type=.application/json)", re.IGNORECASE),
    "script address": re.compile(r"(?:href|action)\s*=\s*[\"']\s*javascript:", re.IGNORECASE),
    "another host": re.compile(
        r"<(?:script|link|img|source|iframe)\b[^>]*(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
    ),
}  # fmt: skip


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def declarations(css: str) -> str:
    """The style sheet without comments and without the conditions of its media and container queries."""
    return re.sub(r"@(?:media|container|supports)[^{]*", "", without_comments(css))


def test_there_is_something_to_check() -> None:
    assert STYLES
    assert PAGES


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_know_no_left_or_right(path: Path) -> None:
    css = declarations(path.read_text(encoding="utf-8"))
    assert PHYSICAL.findall(css) == []
    assert FOUR_SIDES.findall(css) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_call_no_other_host_and_stay_in_their_layer(path: Path) -> None:
    css = without_comments(path.read_text(encoding="utf-8"))
    assert re.findall(r"url\(\s*[\"']?(?:https?:|//|data:)", css) == []
    assert "@import" not in css
    outside = re.sub(r"@layer[^;{]*;", "", css)
    depth = 0
    for line in outside.splitlines():
        if depth == 0 and line.strip():
            assert line.startswith("@layer "), line
        depth += line.count("{") - line.count("}")
    assert depth == 0


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_use_known_tokens_only(path: Path) -> None:
    tokens = set(re.findall(r"(--[\w-]+):", (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")))
    used = set(re.findall(r"var\((--[\w-]+)", path.read_text(encoding="utf-8")))
    assert used - tokens == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_hold_with_a_strict_content_policy(path: Path) -> None:
    source = re.sub(
        r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}",
        "",
        path.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    found = {name: pattern.findall(source) for name, pattern in FORBIDDEN.items() if pattern.search(source)}
    assert found == {}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_name_of_a_place_moves_nothing_of_an_arabic_line(path: Path) -> None:
    """Beside "Strasbourg · 3" a number would go to the other end of what follows: the name stands in a <bdi>."""
    words = re.sub(r"<bdi>.*?</bdi>|<[^<>]*>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"\{\{ [\w.]*commune\.name \}\}", words) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_have_no_line_over_120(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    assert [f"{path.relative_to(ROOT)}:{number}" for number, line in lines if len(line) > 120] == []


def test_vendored_files_are_those_of_the_table() -> None:
    folder = STATIC / "vendor"
    rows = re.findall(
        r"^\| `([^`]+)` \|.*?\| `([0-9a-f]{64})` \|",
        (folder / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert rows
    for name, digest in rows:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    listed = {(folder / name).resolve() for name, _ in rows}
    served = {
        path.resolve()
        for path in [*folder.rglob("*"), *(STATIC / "fonts").glob("*")]
        if path.suffix in {".js", ".woff2", ".css"}
    }
    assert served == listed
