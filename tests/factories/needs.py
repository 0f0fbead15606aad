"""Needs for tests: a household by default, `goods=True` or `skill=True` for the others."""

from datetime import UTC, date, datetime

import factory

from catalogue.references import new_reference
from catalogue.vocabulary import Category, Kind, Rhythm, Urgency
from needs.models import Need
from tests.factories.accounts import OrganisationFactory
from tests.factories.cities import CityFactory


class NeedFactory(factory.django.DjangoModelFactory):
    """A mother and two children, of a verified association, for April 2026; `for_person=user` for a person."""

    class Meta:
        model = Need

    class Params:
        for_person = None
        goods = factory.Trait(
            kind=Kind.GOODS,
            category=Category.BEDDING,
            title="10 couettes",
            items=["duvet"],
            quantity=10,
            people=5,
            part_useful=True,
            adult_women=0,
            children_3_to_11=0,
        )
        skill = factory.Trait(
            kind=Kind.SKILL,
            rhythm=Rhythm.WEEKLY,
            category=Category.INTERPRETING,
            title="Interprète au tribunal",
            languages_from=["ti"],
            languages_to=["fr"],
            quantity=2,
            people=1,
            adult_women=0,
            children_3_to_11=0,
        )

    reference = factory.LazyFunction(lambda: new_reference("B"))
    city = factory.SubFactory(CityFactory)
    person = factory.SelfAttribute("for_person")
    organisation = factory.Maybe(
        "for_person",
        None,
        factory.SubFactory(
            OrganisationFactory,
            city=factory.SelfAttribute("..city"),
            verified=True,
        ),
    )
    kind = Kind.HOUSING
    title = "Une mère et deux enfants"
    commune = factory.SelfAttribute("city.seat")
    latitude = factory.SelfAttribute("commune.latitude")
    longitude = factory.SelfAttribute("commune.longitude")
    reach_km = 10
    first_day = date(2026, 4, 1)
    last_day = date(2026, 4, 30)
    urgency = Urgency.PLANNED
    adult_women = 1
    children_3_to_11 = 2
    people = factory.LazyAttribute(
        lambda need: sum(
            getattr(need, name, 0)
            for name in (
                "adult_women", "adult_men", "children_under_3", "children_3_to_11", "children_12_to_17",
            )
        )
    )  # fmt: skip
    quantity = factory.SelfAttribute("people")
    created_at = datetime(2026, 3, 9, 9, tzinfo=UTC)
    changed_at = factory.SelfAttribute("created_at")
