from typing import Any

import pytest


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    """The app alone, in a frame whose links lead nowhere."""
    settings.ROOT_URLCONF = "tests.accounts.urls"
    # A sign-in reads its session, then the one with the new key.
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, {"model": "sessions.*"}]
