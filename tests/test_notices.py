"""What a page says once goes through the browser unread, and says itself once."""

import secrets
from typing import Any

import pytest
from django.contrib import messages
from django.contrib.messages import get_messages
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config.notices import Notices
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def told(client: Client) -> Any:
    client.force_login(UserFactory(name="Jeanne"))
    return client.post("/compte/", {"name": "Jeanne Secret", "language": "fr"})


def test_it_is_sealed_in_a_cookie_of_its_own_name_and_shown_once(client, settings):
    settings.NOTICES_COOKIE_NAME = "__Host-notices"
    answer = told(client)
    assert [str(one) for one in get_messages(answer.wsgi_request)] == ["Vos changements sont enregistrés."]
    cookie = answer.cookies["__Host-notices"]
    assert cookie.value.startswith("enc1:")
    assert (cookie["path"], cookie["domain"], cookie["httponly"]) == ("/", "", True)
    assert "Vos changements sont enregistrés." in client.get("/compte/").text
    assert "Vos changements sont enregistrés." not in client.get("/compte/").text


@pytest.mark.parametrize("value", ["", "enc1:x", "anything", None])
def test_one_that_was_altered_says_nothing(client, value):
    answer = told(client)
    client.cookies["messages"] = answer.cookies["messages"].value[:-4] if value is None else value
    page = client.get("/compte/")
    assert page.status_code == 200
    assert "Vos changements sont enregistrés." not in page.text


def test_a_long_one_goes_by_the_session(client):
    request, long = RequestFactory().get("/"), secrets.token_urlsafe(3000)
    SessionMiddleware(lambda _request: HttpResponse()).process_request(request)
    request._messages = Notices(request)
    messages.info(request, long)
    answer = HttpResponse()
    assert request._messages.update(answer) == []
    assert long in str(request.session["_messages"])
