"""Offers for tests: a room by default, `goods=True` or `skill=True` for the others."""

from datetime import UTC, date, datetime
from typing import Any

import factory

from catalogue.references import new_reference
from catalogue.vocabulary import Category, Kind
from offers.models import Condition, HandOver, Offer, OfferState, Window
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory

LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)


class OfferFactory(factory.django.DjangoModelFactory):
    """An active room for two, open-ended from 1 January 2026; `windows=[(first, last), …]` for other days.

    `unconfirmed=True` waits for its owner's code, `vetted=True` was visited.
    """

    class Meta:
        model = Offer
        skip_postgeneration_save = True

    class Params:
        goods = factory.Trait(
            kind=Kind.GOODS,
            category=Category.BEDDING,
            title="10 couettes",
            item="duvet",
            capacity=10,
            shared_home=False,
            condition=Condition.GOOD,
            hand_over=HandOver.DELIVERED,
            reach_km=10,
            languages=[],
        )
        skill = factory.Trait(
            kind=Kind.SKILL,
            category=Category.FRENCH_LESSONS,
            title="Cours de français",
            capacity=2,
            shared_home=False,
            reach_km=5,
            slots=["tue 18:00-20:00"],
        )
        interpreting = factory.Trait(
            kind=Kind.SKILL,
            category=Category.INTERPRETING,
            title="Interprète en tigrigna",
            capacity=2,
            shared_home=False,
            reach_km=20,
            languages_from=["ti"],
            languages_to=["fr"],
            languages=["ti", "fr"],
        )
        unconfirmed = factory.Trait(state=OfferState.UNCONFIRMED, confirmed_at=None)
        vetted = factory.Trait(vetted_at=LONG_AGO, vetted_by=factory.SubFactory(UserFactory))

    reference = factory.LazyFunction(lambda: new_reference("P"))
    city = factory.SubFactory(CityFactory)
    owner = factory.SubFactory(UserFactory)
    kind = Kind.HOUSING
    category = Category.SHARED_ROOM
    title = "Chambre chez l’habitant"
    commune = factory.SelfAttribute("city.seat")
    latitude = factory.SelfAttribute("commune.latitude")
    longitude = factory.SelfAttribute("commune.longitude")
    address = "12 rue des Invités"
    capacity = 2
    shared_home = True
    languages = factory.LazyFunction(lambda: ["fr"])
    state = OfferState.ACTIVE
    confirmed_at = LONG_AGO
    created_at = LONG_AGO
    changed_at = LONG_AGO

    @factory.post_generation
    def windows(self: Offer, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            periods = [(date(2026, 1, 1), None)] if extracted is None else extracted
            Window.objects.bulk_create(
                Window(offer=self, first_day=first, last_day=last) for first, last in periods
            )
