from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tryout.trial import Summary, match_files

from .tables import write

TODAY = date(2026, 3, 1)


@pytest.fixture
def tried(tmp_path: Path) -> Callable[..., Summary]:
    """Try these rows: `tried(offers, needs, seconds=0)`; the results are in `tmp_path / "out"`."""

    def run(
        offers: Sequence[Mapping[str, Any]], needs: Sequence[Mapping[str, Any]], **options: Any
    ) -> Summary:
        return match_files(
            offers=write(tmp_path / "offers.csv", offers),
            needs=write(tmp_path / "needs.csv", needs),
            out=tmp_path / "out",
            **{"today": TODAY, "seconds": 5.0} | options,
        )

    return run
