"""What ten coordinators would choose: short stories, tried as two files, each in a town of its own."""

from datetime import date
from pathlib import Path

import pytest

from tryout.trial import match_files

from . import stories, stories_in_words
from .stories import Story
from .tables import read, write

SUNDAY, MONDAY = date(2026, 3, 1), date(2026, 3, 2)
TOLD = {SUNDAY: stories.STORIES, MONDAY: stories_in_words.STORIES}
ALL = [*stories.STORIES, *stories_in_words.STORIES]


@pytest.fixture(scope="module")
def suggested(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Of each story, by its name, the letters of the offers that are suggested, best first."""
    found: dict[str, list[str]] = {}
    for today, told in TOLD.items():
        folder = tmp_path_factory.mktemp("stories")
        needs = [{**story.need, "id": number, "city": number} for number, story in enumerate(told)]
        offers = [
            {**offer, "id": f"{number} {letter}", "city": number}
            for number, story in enumerate(told)
            for letter, offer in story.offers.items()
        ]
        match_files(
            offers=write(folder / "offers.csv", offers),
            needs=write(folder / "needs.csv", needs),
            out=folder / "out",
            today=today,
            seconds=0,
        )
        assert _errors(folder) == 0
        found |= {story.name: [] for story in told}
        for row in read(folder / "out" / "matches.csv"):
            found[told[int(row["need"])].name].append(row["offer"].split()[1])
    return found


def _errors(folder: Path) -> int:
    return len((folder / "out" / "errors.csv").read_text(encoding="utf-8").splitlines()) - 1  # a header


@pytest.mark.parametrize("story", ALL, ids=lambda story: story.name)
def test_whom_a_coordinator_would_ask(suggested: dict[str, list[str]], story: Story) -> None:
    found = suggested[story.name]
    assert not set(story.never) & set(found), found
    assert found[:1] == list(story.best), found


def test_there_are_more_than_a_hundred() -> None:
    assert len({story.name for story in ALL}) == len(ALL) > 100
