"""A coordinator of Strasbourg with a browser, and lists to send."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from cities.models import City
from lists import working
from lists.models import ListImport
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.imports.conftest import city, organisation, write_csv, write_xlsx

__all__ = ["city", "organisation", "write_csv", "write_xlsx"]


@pytest.fixture
def camille(city: City) -> User:
    person = UserFactory(name="Camille", email="camille@exemple.fr")
    CityRoleFactory(user=person, city=city, role=Role.COORDINATOR)
    return person


@pytest.fixture
def desk(client: Client, camille: User) -> Client:
    client.force_login(camille, backend="accounts.backends.Backend")
    return client


@pytest.fixture
def work() -> Callable[[], None]:
    """What a worker does when it is woken, until nothing is left."""

    def done() -> None:
        while working.work_on_one(now=timezone.now(), until=time.monotonic() + 60):
            pass

    return done


@pytest.fixture
def send(desk: Client, city: City) -> Callable[..., ListImport]:
    """Send a file by the page; what it became."""

    def sent(content: bytes, *, name: str = "Paroisse de la Meinau", **fields: Any) -> ListImport:
        file = SimpleUploadedFile("liste.csv", content)
        data = {"what": "offers", "name": name, "file": file, **fields}
        response = desk.post(reverse("lists:lists", args=[city.slug]), data)
        assert response.status_code == 302, response.content.decode()
        return ListImport.objects.latest("pk")

    return sent


@pytest.fixture
def press(desk: Client) -> Callable[..., Any]:
    """Press a button of a list's page: `press("start", one)`."""

    def pressed(name: str, one: ListImport, *args: Any, **data: Any) -> Any:
        return desk.post(reverse(f"lists:{name}", args=[one.city.slug, one.pk, *args]), data)

    return pressed


@pytest.fixture
def choose(desk: Client, press: Callable[..., Any], work: Callable[[], None]) -> Callable[..., ListImport]:
    """Send the page of the columns as it is shown, but for `changes` by header, and try the list."""

    def chosen(one: ListImport, *, fixed: dict[str, str] | None = None, **changes: str) -> ListImport:
        page = desk.get(reverse("lists:columns", args=[one.city.slug, one.pk]))
        assert page.status_code == 200
        form = page.context["form"]
        data = {name: form[name].value() or "" for name in form.columns}
        for name in form.columns:
            data[name] = changes.get(form[name].label, data[name])
        data |= {name: form[name].value() or "" for name in form.fixed.values()}
        data |= {f"fixed-{name}": text for name, text in (fixed or {}).items()}
        response = press("columns", one, **data)
        assert response.status_code == 302, response.content.decode()
        work()
        one.refresh_from_db()
        return one

    return chosen
