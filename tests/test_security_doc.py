"""docs/security.md: each requirement has one answer, each test that it names is there, and its figures are counted."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
CHAPTERS = re.findall(r"^## V(\d+) .+?$(.*?)(?=^## )", PAGE, re.M | re.S)
CELLS = 5
TEST = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<name>\w+)`")
ID = re.compile(r"\d+\.\d+\.\d+")
NO_TEST = "no test of its own"
HELD, NOT_APPLICABLE, NOT_HELD = "held", "not applicable", "not held"
# How many ASVS 5.0.0 has, by level.
OF_THE_STANDARD = {"1": 70, "2": 183}


def rows() -> list[tuple[str, list[str]]]:
    """Chapter and cells of each requirement: id, level, in short, answer, by what."""
    found = []
    for chapter, text in CHAPTERS:
        lines = [line for line in text.splitlines() if line.startswith("|")]
        found += [(chapter, [cell.strip() for cell in line.strip("|").split("|")]) for line in lines[2:]]
    return found


@cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_requirement_stands_once_in_its_chapter_with_an_answer() -> None:
    wrong = [
        cells
        for chapter, cells in rows()
        if len(cells) != CELLS
        or not re.fullmatch(rf"{chapter}\.\d+\.\d+", cells[0])
        or cells[3] not in {HELD, NOT_APPLICABLE, NOT_HELD}
        or not all(cells)
    ]
    assert wrong == []
    assert [each for each, times in Counter(cells[0] for _, cells in rows()).items() if times > 1] == []
    assert Counter(cells[1] for _, cells in rows()) == OF_THE_STANDARD


def test_each_is_told_in_a_few_words() -> None:
    assert [cells[0] for _, cells in rows() if len(cells[2].split()) > 12] == []


def test_what_is_held_names_its_test_or_says_that_it_has_none() -> None:
    held = [cells for _, cells in rows() if cells[3] == HELD]
    assert [cells[0] for cells in held if bool(TEST.search(cells[4])) == (NO_TEST in cells[4])] == []


def test_each_test_that_is_named_is_there() -> None:
    named = {(found["file"], found["name"]) for found in TEST.finditer(PAGE)}
    assert named
    lost = {
        (file, name) for file, name in named if not (ROOT / file).is_file() or name not in functions(file)
    }
    assert lost == set()


def test_the_figures_of_the_page_are_counted() -> None:
    counted = Counter(cells[3] for _, cells in rows())
    without = sum(cells[3] == HELD and NO_TEST in cells[4] for _, cells in rows())
    first, second = OF_THE_STANDARD["1"], OF_THE_STANDARD["2"]
    said = (
        f"Of {first + second} requirements, {first} of level 1 and {second} of level 2: "
        f"{counted[HELD]} held ({without} of them with no test of their own), "
        f"{counted[NOT_APPLICABLE]} not applicable, {counted[NOT_HELD]} not held."
    )
    assert said in PAGE


def test_what_is_missing_most_is_not_held() -> None:
    most, _, least = PAGE.partition("## What is missing most")[2].partition("Of level 1")
    not_held = {cells[0]: cells[1] for _, cells in rows() if cells[3] == NOT_HELD}
    assert len(re.findall(r"^\d\. ", most, re.M)) == 5
    assert set(ID.findall(most)) <= set(not_held)
    assert ID.findall(least) == [each for each, level in not_held.items() if level == "1"]
