"""Towns and communes for tests."""

from datetime import time

import factory

from cities.models import City, Commune
from cities.names import fold


class CommuneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Commune
        django_get_or_create = ["insee"]

    insee = "67482"
    name = "Strasbourg"
    postcodes = ["67000", "67100", "67200"]
    population = 291_313
    department_code = "67"
    department_name = "Bas-Rhin"
    region_name = "Grand Est"
    epci_code = "246700488"
    epci_name = "Eurométropole de Strasbourg"
    latitude = 48.5734
    longitude = 7.7521
    name_key = factory.LazyAttribute(lambda commune: fold(commune.name))
    search = factory.LazyAttribute(lambda commune: " " + " ".join([fold(commune.name), *commune.postcodes]))


class CityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = City

    class Params:
        # A mail leaves at whatever hour the tests run.
        awake = factory.Trait(quiet_from=time(0), quiet_until=time(0))

    slug = factory.Sequence(lambda n: f"ville-{n}")
    name = factory.Sequence(lambda n: f"Ville {n}")
    locative = factory.LazyAttribute(lambda city: f"À {city.name}")
    seat = factory.SubFactory(CommuneFactory)
    epci_code = factory.SelfAttribute("seat.epci_code")
