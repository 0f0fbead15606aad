"""A town that is told what is missing, with those who sort it and those who steer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Role
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from voice import services
from voice.models import Proposal

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
OTHER = {"proximity": 40, "dates": 10, "fit": 25, "language": 10, "freshness": 10, "courtesy": 5}


@pytest.fixture
def city(db: None) -> Any:
    return CityFactory(name="Strasbourg")


@pytest.fixture
def operator(city: Any) -> Any:
    return CityRoleFactory(city=city, role=Role.OPERATOR).user


@pytest.fixture
def administrator(city: Any) -> Any:
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def say(city: Any) -> Any:
    """Somebody says what is missing."""
    said = iter(range(1000))

    def say(text: str = "Une laverie", *, language: str = "fr", key: str = "", now: datetime = NOW) -> Any:
        form_key = key or f"form-{next(said)}"
        return services.say(city=city, text=text, language=language, form_key=form_key, by=None, now=now)

    return say


@pytest.fixture
def group(city: Any, operator: Any) -> Any:
    return services.begin_group(city=city, titles={"fr": "Laver son linge"}, by=operator, now=NOW)


@pytest.fixture
def draft(city: Any, administrator: Any) -> Any:
    """A proposal of other points that nobody else reads."""

    def draft(weights: Any = OTHER, *, now: datetime = NOW) -> Proposal:
        return services.draft(
            city=city,
            titles={"fr": "Plus près"},
            texts={"fr": "La proximité compterait davantage."},
            weights=weights,
            by=administrator,
            now=now,
        )

    return draft


class Steps:
    """What follows for a proposal, opened for eight days, judged and answered on the tenth."""

    def __init__(self, by: Any) -> None:
        self.by = by

    def open(self, proposal: Proposal, *, now: datetime = NOW) -> Proposal:
        until = (now + timedelta(days=8)).date()
        return services.open_to_comments(proposal_id=proposal.pk, until=until, by=self.by, now=now)

    def judge(self, proposal: Proposal, verdict: str = "for", *, now: datetime = NOW) -> Proposal:
        return services.record_opinion(
            proposal_id=proposal.pk,
            on=(now + timedelta(days=9)).date(),
            verdict=verdict,
            texts={"fr": "Le conseil est d’accord."},
            by=self.by,
            now=now + timedelta(days=9),
        )

    def answer(self, proposal: Proposal, *, now: datetime = NOW + timedelta(days=9)) -> Proposal:
        words = {"fr": "La ville suit cet avis."}
        return services.answer(proposal_id=proposal.pk, texts=words, by=self.by, now=now)

    def all(self, proposal: Proposal, *, now: datetime = NOW) -> Proposal:
        self.open(proposal, now=now)
        self.judge(proposal, now=now)
        return self.answer(proposal, now=now + timedelta(days=9))


@pytest.fixture
def steps(administrator: Any) -> Steps:
    return Steps(administrator)
