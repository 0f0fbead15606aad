"""docs/where.md: each question is answered in two files at most, which hold what it says."""

import re
from pathlib import Path

from tests.test_glossary import defined

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = [
    "add an SMS provider",
    "change the weight of distance",
    "add a form of housing",
    "forbid proposing an unvetted home",
    "see who read a contact",
    "change the time a citizen has to answer",
    "add a language",
    "see why a pair did not match",
    "add a column to the import",
    "change what a coordinator is told at night",
]
ANSWER = re.compile(r"^\* `(?P<file>[\w/]+\.py)` → `(?P<name>[\w.]+)`: .+", re.M)


def answers():
    """The files and names below each question."""
    parts = re.split(r"^## … (.+)\?$", (ROOT / "docs/where.md").read_text("utf-8"), flags=re.M)[1:]
    found = {}
    for question, text in zip(parts[::2], parts[1::2], strict=True):
        found[question] = [(one["file"], one["name"]) for one in ANSWER.finditer(text)]
        assert len(found[question]) == len(re.findall(r"^\*", text, re.M)), (
            f"{question}: an answer without a name"
        )
    return found


def test_each_question_has_an_answer_in_two_files_at_most():
    assert list(answers()) == QUESTIONS
    assert {len(places) for places in answers().values()} <= {1, 2}


def test_each_answer_is_where_it_says():
    missing = [
        place for places in answers().values() for place in places if place[1] not in defined(place[0])
    ]
    assert missing == []
