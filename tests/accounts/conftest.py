from typing import Any

import pytest


@pytest.fixture(autouse=True)
def sessions_read_twice(settings: Any) -> None:
    """A sign-in reads its session, then the one with the new key."""
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, {"model": "sessions.*"}]
