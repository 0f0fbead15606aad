"""What ten coordinators would choose: short stories, tried as files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tryout.trial import Summary

from .stories import STORIES, Story
from .tables import read


def suggested(tried: Callable[..., Summary], folder: Path, story: Story) -> list[str]:
    """The letters of the offers that are suggested, best first."""
    tried(
        [{"id": letter, **offer} for letter, offer in story.offers.items()],
        [{"id": "need", **story.need}],
        seconds=1,
    )
    assert len((folder / "out" / "errors.csv").read_text(encoding="utf-8").splitlines()) == 1  # a header
    return [row["offer"] for row in read(folder / "out" / "matches.csv")]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_whom_a_coordinator_would_ask(tried: Callable[..., Summary], tmp_path: Path, story: Story) -> None:
    found = suggested(tried, tmp_path, story)
    assert not set(story.never) & set(found), found
    assert found[:1] == list(story.best), found


def test_there_are_fifty() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES) >= 50
