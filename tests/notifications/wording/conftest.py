"""A town whose administrator writes, and a text that both a mail and an SMS have."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Role
from notifications.rewording import services
from notifications.services import queue
from notifications.wording.models import Form
from notifications.wording.texts import text_of
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
VALUES = {
    "offer": "Chambre bleue", "what": "Un toit pour 2 personnes", "when": "du 11 au 20 mars",
    "place": "Schiltigheim", "deadline": "mardi 10 mars à 18\xa0h",
}  # fmt: skip
OWN = "{demande} à {lieu}, {dates}. Répondez avant {delai}, merci\u202f!"


@pytest.fixture
def city(db: None) -> Any:
    return CityFactory(name="Strasbourg", phone="03 53 01 00 00")


@pytest.fixture
def administrator(city: Any) -> Any:
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def write(city: Any, administrator: Any) -> Any:
    """Put the question to a citizen into the town's words."""

    def write(**said: Any) -> Any:
        given = {
            "form": Form.LETTER,
            "language": "fr",
            "title": "Un coup de main\u202f?",
            "body": OWN,
            **said,
        }
        text = text_of("match_question")
        return services.rewrite(city=city, built_in=text, by=administrator, now=NOW, **given)

    return write


@pytest.fixture
def tell(city: Any) -> Any:
    """Queue the question; the message."""

    def tell(*, town: Any = None, values: Any = None, number: int = 1, **person: Any) -> Any:
        text = text_of("match_question")
        message = queue(
            recipient=UserFactory(**person),
            event="match_question",
            subject_key=f"copy:{number}",
            city=town or city,
            compose=lambda: text.filled(
                {**VALUES, **(values or {})}, action_label="Répondre", action_url="/strasbourg/r/1/"
            ),
            now=NOW,
        )
        assert message
        return message

    return tell
