"""A town with a home that nobody has visited, its host and its desk, by Strasbourg's clocks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Role, User
from cities.models import City
from homes import services
from homes.models import Visit
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.offers import OfferFactory

# A Monday, noon in the town; the visit is on Thursday at two.
NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)
THURSDAY = datetime(2026, 3, 12, 13, tzinfo=UTC)


@dataclass
class Desk:
    city: City
    coordinator: User
    colleague: User
    operator: User
    administrator: User
    host: User
    home: Offer

    def plan(self, *, at=THURSDAY, visitor=None, by=None, now=NOW, home=None) -> Visit:
        by = by or self.coordinator
        home = home or self.home
        return services.plan(offer_id=home.pk, starts_at=at, visitor=visitor or by, by=by, now=now)

    def note_all(self, visit, *, now=THURSDAY, by=None, **more):
        """All that a visit asks for."""
        from homes import selectors

        visit = Visit.objects.select_related("offer__city").get(pk=visit.pk)
        answers = [{**asked, "answer": "yes"} for asked in selectors.asked_at(visit)]
        seen = {"answers": answers, "extract": "yes", "charter_on": now.date(), **more}
        return services.note(visit_id=visit.pk, seen=seen, by=by or self.coordinator, now=now)

    def pass_(self, visit=None, *, now=THURSDAY, by=None) -> Visit:
        visit = visit or self.plan(now=now - timedelta(days=3), at=now)
        self.note_all(visit, now=now, by=by)
        return services.conclude(visit_id=visit.pk, by=by or self.coordinator, now=now)

    def vetted(self, home=None):
        return Offer.objects.values_list("vetted_at", flat=True).get(pk=(home or self.home).pk)


@pytest.fixture
def desk(db) -> Desk:
    city = CityFactory(awake=True)
    host = UserFactory(name="Jeanne R.")
    return Desk(
        city=city,
        coordinator=CityRoleFactory(city=city, user__name="Awa D.").user,
        colleague=CityRoleFactory(city=city, user__name="Paul S.").user,
        operator=CityRoleFactory(city=city, role=Role.OPERATOR).user,
        administrator=CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
        host=host,
        home=OfferFactory(city=city, owner=host, title="Chambre au calme", capacity=3),
    )
