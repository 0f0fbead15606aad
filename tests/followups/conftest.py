"""Matches that people really proposed, accepted and confirmed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import User
from catalogue.references import new_reference
from catalogue.vocabulary import Category, Kind
from cities.models import City
from matching import services as matching
from matching.models import Match, MatchState
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory

FIRST_DAY = date(2026, 4, 1)
LAST_DAY = date(2026, 4, 30)
# Noon in the town, so that no test leans on the hour.
BEFORE = datetime(2026, 3, 30, 10, tzinfo=UTC)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC)


@dataclass
class Story:
    match: Match
    city: City
    coordinator: User
    citizen: User
    member: User

    def state(self) -> str:
        return Match.objects.get(pk=self.match.pk).state


@pytest.fixture
def tell() -> Callable[..., Story]:
    """`tell()`: a room, confirmed for the whole of April; `kind=Kind.GOODS`, `city=…`, `last_day=…` vary it."""

    def make(
        *,
        city: City | None = None,
        kind: Kind = Kind.HOUSING,
        first_day: date = FIRST_DAY,
        last_day: date = LAST_DAY,
        need: dict | None = None,
    ) -> Story:
        city = city or CityFactory()
        coordinator = CityRoleFactory(city=city).user
        citizen = UserFactory()
        shape = {"goods": True} if kind == Kind.GOODS else {}
        the_need = NeedFactory(city=city, first_day=first_day, last_day=last_day, **shape, **(need or {}))
        if the_need.organisation:
            member = MembershipFactory(organisation=the_need.organisation).user
        else:
            member = the_need.person
        house = kind == Kind.HOUSING
        offer = Offer.objects.create(
            reference=new_reference("P"),
            city=city,
            owner=citizen,
            kind=kind,
            category=Category.SHARED_ROOM if house else the_need.category,
            title="Deux chambres" if house else "Des couettes",
            commune=city.seat,
            latitude=city.seat.latitude,
            longitude=city.seat.longitude,
            capacity=10,
            state="active",
            confirmed_at=BEFORE,
            vetted_at=BEFORE if house else None,
            vetted_by=coordinator if house else None,
            created_at=BEFORE,
            changed_at=BEFORE,
        )
        match = Match.objects.create(
            city=city,
            need=the_need,
            offer=offer,
            rank=1,
            score=80,
            part_values=[0.9, 1.0, 0.5, 0.5, 0.5, 1.0],
            weight_values=[30.0, 25.0, 15.0, 10.0, 10.0, 10.0],
            algorithm="test",
            distance_km=2.5,
            first_day=first_day,
            last_day=last_day,
            quantity=the_need.quantity,
            need_revision=1,
            offer_revision=1,
            created_at=BEFORE,
            changed_at=BEFORE,
        )
        now = min(BEFORE, noon(first_day - timedelta(days=1)))
        matching.propose(match_id=match.pk, by=coordinator, now=now)
        matching.accept(match_id=match.pk, by=citizen, now=now)
        matching.confirm(match_id=match.pk, by=member, now=now)
        match.refresh_from_db()
        assert match.state == MatchState.CONFIRMED
        return Story(match, city, coordinator, citizen, member)

    return make


@pytest.fixture
def begin_sponsorship(tell: Callable[..., Story]) -> Story:
    """A sponsorship that is under way, each week."""
    story = tell(
        kind=Kind.SKILL,
        last_day=FIRST_DAY + timedelta(days=100),
        need={"skill": True, "category": Category.SPONSORSHIP, "languages_from": [], "languages_to": []},
    )
    matching.start(match_id=story.match.pk, by=None, now=noon(FIRST_DAY))
    return story
