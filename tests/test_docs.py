"""docs/: the pictures, links, addresses and commands that it names are there; guides quote the words of the pages."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
IMAGES = ROOT / "docs" / "images"
PICTURE = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<file>[^)]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<to>[^)\s]+)\)")
ADDRESS = re.compile(r"`(?:https://…)?(?P<path>/[^`\s]*)`")
PLACE = re.compile(r"\{\w+\}|<\w+>|…|votre-ville|SECRET")
COMMAND = re.compile(r"manage\.py\s+(?P<name>\w+)")
# A decision record says what was so on its day.
STANDING = [page for page in PAGES if page.parent.name != "adr"]
GUIDES = sorted((ROOT / "docs").glob("guide-*.md"))
QUOTED = re.compile(r"«\s*(.+?)\s*»")
# Of the machine, not of the site.
FILES = {"/etc/aliases", "/opt/accorde"}


def said(pattern: re.Pattern[str], page: Path) -> list[re.Match[str]]:
    return list(pattern.finditer(page.read_text("utf-8")))


def test_each_picture_is_there_small_and_said_in_words() -> None:
    shown = {(page, found["file"]): found["words"] for page in PAGES for found in said(PICTURE, page)}
    for (page, file), words in shown.items():
        assert (page.parent / file).is_file(), f"{page.name}: {file}"
        assert len(words) > 8, f"{page.name}: {file} is not said in words"
    for picture in IMAGES.iterdir():
        assert picture.stat().st_size <= 120_000, f"{picture.name} is heavy: make screenshots"


def test_each_picture_is_shown() -> None:
    shown = {(page.parent / found["file"]).resolve() for page in PAGES for found in said(PICTURE, page)}
    assert set(IMAGES.iterdir()) == {file for file in shown if file.parent == IMAGES}


def anchor(heading: str) -> str:
    """As the forge makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def headings(page: Path) -> set[str]:
    return {anchor(found[1]) for found in re.finditer(r"^#+ (.+)$", page.read_text("utf-8"), re.M)}


def test_each_link_leads_somewhere() -> None:
    lost = []
    for page in PAGES:
        for found in said(LINK, page):
            to, _hash, part = found["to"].partition("#")
            if ":" in to:
                continue
            target = (page.parent / to).resolve() if to else page
            if not target.exists() or (part and part not in headings(target)):
                lost.append(f"{page.name}: {found['to']}")
    assert lost == []


@pytest.mark.parametrize("page", STANDING, ids=lambda page: page.name)
def test_each_address_is_one_of_the_site(page: Path) -> None:
    lost = []
    for found in said(ADDRESS, page):
        path = PLACE.sub("1", found["path"].partition("?")[0])
        if path in FILES:
            continue
        try:
            resolve(path)
        except Resolver404:
            lost.append(found["path"])
    assert lost == []


def test_each_command_exists() -> None:
    named = {found["name"] for page in STANDING for found in said(COMMAND, page)}
    assert named <= set(get_commands())


def plain(text: str) -> str:
    """As one compares words: spaces of whatever width are one, and capitals do not count."""
    return re.sub(r"\s+", " ", text).lower()


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_what_a_guide_quotes_is_what_the_pages_say(page: Path) -> None:
    """In a msgid, whole or in part: « Proposer », « … est aussi sur ce dossier »."""
    catalogue = (ROOT / "locale/en/LC_MESSAGES/django.po").read_text("utf-8").replace('"\n"', "")
    words = plain(" | ".join(re.findall(r'^msgid(?:_plural)? "(.*)"$', catalogue, re.M)))
    quoted = [found[1] for found in QUOTED.finditer(plain(page.read_text("utf-8")))]
    assert len(quoted) > 50
    assert [quote for quote in quoted if quote.strip("…. ") not in words] == []
