"""People with a browser each, in a town where something happens, and what reaches their mailboxes and phones."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests import http_server
from tests.http_server import HttpServer
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


@pytest.fixture
def mail(
    smtp_server: Any, live_server: Any, settings: Any, eventually: Callable[..., Any]
) -> Callable[..., Any]:
    """`mail("a@b.fr", "Pouvez-vous")`: the newest mail to somebody whose title has these words, once it is there.

    `but`: the one that was there before, of an earlier story.
    """
    settings.SITE_URL = live_server.url

    def newest(address: str, title: str = "", *, but: Any = None) -> Any:
        def found() -> Any:
            return [one for one in smtp_server.to(address) if title in str(one["Subject"]) and one is not but]

        return eventually(found)[-1]

    return newest


@pytest.fixture
def gateway(live_server: Any, settings: Any) -> Iterator[HttpServer]:
    """The service by which SMS leave, and which brings answers: it keeps what it was given."""
    settings.SITE_URL = live_server.url
    with http_server.listening() as server:
        settings.SMS_GATEWAY, settings.SMS_HTTP_URL = "http", server.url
        settings.SMS_HTTP_REFERENCE = "messages.0.id"
        settings.SMS_WEBHOOK_SECRET = "un-mot-secret-de-la-passerelle"
        yield server


@pytest.fixture
def sms(gateway: HttpServer, eventually: Callable[..., Any]) -> Callable[..., str]:
    """`sms("+33612345678", "toit")`: the newest SMS to a number that has these words, once it is there."""

    def newest(number: str, words: str = "") -> str:
        def found() -> list[str]:
            sent = [one.json for one in gateway.requests]
            return [one["text"] for one in sent if one["to"] == number and words in one["text"]]

        return str(eventually(found)[-1])

    return newest
