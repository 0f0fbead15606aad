"""A town with a need, an association, and somebody of each part."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import Role, User
from cities.models import City
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory


@dataclass
class Place:
    city: City
    administrator: User
    coordinator: User

    def address(self, name: str, *words: object) -> str:
        return reverse(f"front:{name}", args=[self.city.slug, *words])

    @property
    def home(self) -> str:
        return reverse("home", args=[self.city.slug])


@pytest.fixture
def place(db: None) -> Place:
    city = CityFactory(awake=True, name="Strasbourg", locative="À Strasbourg", phone="03 88 00 00 00")
    return Place(
        city,
        CityRoleFactory(city=city, role=Role.ADMINISTRATOR, user__name="Ruth K.").user,
        CityRoleFactory(city=city, role=Role.COORDINATOR, user__name="Awa D.").user,
    )


@pytest.fixture
def administrator(place: Place) -> Client:
    """A browser in which the administrator is signed in."""
    client = Client()
    client.force_login(place.administrator)
    return client


def photo(size: tuple[int, int] = (1600, 1200), *, form: str = "JPEG", **kept: Any) -> bytes:
    """A picture with something on it, as a camera would send it."""
    file = BytesIO()
    picture = Image.effect_noise(size, 40).convert("RGB")
    picture.save(file, form, **kept)
    return file.getvalue()


def sent(data: bytes, name: str = "place.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")
