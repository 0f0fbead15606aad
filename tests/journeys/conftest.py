"""People with a browser each, in a town where something happens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.journeys import town as towns


@pytest.fixture
def town(live_server: Any, gazetteer: None) -> towns.Town:
    """Strasbourg with needs, offers and answers of every state; the clock is the real one."""
    return towns.build(now=timezone.now())


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Any, User], None]:
    """Give a page somebody's session: `sign_in(page, user)`. The code by mail has its own journey."""

    def open_session(page: Any, user: User) -> None:
        client = Client()
        client.force_login(user, backend="accounts.backends.Backend")
        cookie = client.cookies["sessionid"]
        page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])

    return open_session
