"""Questions read aloud: small files of sound, from the town, where there is one."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role
from cities.models import City
from statements import sounds
from statements.models import Recording
from tests.factories.accounts import CityRoleFactory
from tests.statements.conftest import HOME

PAGE = "/strasbourg/bureau/voix/"
MP3 = b"ID3\x04" + bytes(400)


@pytest.fixture
def administrator(city: Any) -> Any:
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


def send(client: Client, content: bytes, **said: str) -> Any:
    file = SimpleUploadedFile("question.mp3", content, "audio/mpeg")
    return client.post(PAGE, {"question": "qui", "language": "fa-af", "file": file, **said})


def test_a_question_is_heard_in_the_language_that_was_recorded(
    client: Client, city: Any, administrator: Any
) -> None:
    client.force_login(administrator)
    assert send(client, MP3).status_code == 302
    heard = client.get(f"{HOME}ecouter/qui/fa-af/")
    assert (heard["Content-Type"], heard.content) == ("audio/mpeg", MP3)
    visitor = Client()
    visitor.post(HOME, {"kind": "housing", "key": "abcdefghijk"})
    page = f"{HOME}abcdefghijk/qui/"
    assert "<audio" not in visitor.get(page).text
    assert "<audio" in visitor.get(page, headers={"accept-language": "fa-AF"}).text
    client.post(PAGE, {"act": "remove", "question": "qui", "language": "fa-af"})
    assert client.get(f"{HOME}ecouter/qui/fa-af/").status_code == 404


def test_another_takes_its_place(client: Client, city: Any, administrator: Any) -> None:
    client.force_login(administrator)
    send(client, MP3)
    send(client, b"OggS" + bytes(40))
    assert Recording.objects.get().media_type == "audio/ogg"


@pytest.mark.parametrize(
    "content", [b"<html><script>", b"MZ" + bytes(90), b"ID3" + bytes(sounds.MOST_BYTES + 1)]
)
def test_no_sound_and_what_is_too_long_are_refused(
    client: Client, city: Any, administrator: Any, content: bytes
) -> None:
    client.force_login(administrator)
    assert send(client, content).status_code == 422
    assert not Recording.objects.exists()


def test_a_form_that_is_too_long_is_refused_for_that_alone(
    client: Client, city: Any, administrator: Any
) -> None:
    client.force_login(administrator)
    refused = send(client, b"ID3" + bytes(sounds.MOST_BYTES + 128 * 1024))
    assert refused.status_code == 422
    assert "trop gros" in refused.text
    assert "Choisissez un fichier" not in refused.text


def test_before_the_town_is_open_its_questions_are_heard(
    client: Client, city: Any, administrator: Any
) -> None:
    client.force_login(administrator)
    send(client, MP3)
    City.objects.update(is_open=False)
    heard = client.get(f"{HOME}ecouter/qui/fa-af/")
    assert heard.content == MP3
    assert "max-age=300" in heard["Cache-Control"]


def test_an_iphone_hears_it_in_parts(client: Client, city: Any, administrator: Any) -> None:
    client.force_login(administrator)
    send(client, MP3)
    heard, zipped = f"{HOME}ecouter/qui/fa-af/", {"accept-encoding": "gzip"}
    whole = client.get(heard, headers=zipped)
    assert (whole["Accept-Ranges"], whole.content) == ("bytes", MP3), (
        "no part of it would be found in what is zipped"
    )
    first = client.get(heard, headers=zipped | {"range": "bytes=0-1"})
    assert (first.status_code, first["Content-Range"]) == (206, f"bytes 0-1/{len(MP3)}")
    assert first.content == b"ID"
    rest = client.get(heard, headers=zipped | {"range": "bytes=2-"})
    assert (rest.status_code, rest.content) == (206, MP3[2:])
    assert client.get(heard, headers={"range": "bytes=9999-"}).status_code == 416
