"""Towns get the points of version 2 of the score, but for those that had chosen others."""

from importlib import import_module

import pytest
from django.db import connection

from cities.models import City, default_weights
from tests.factories.cities import CityFactory

migration = import_module("cities.migrations.0002_points_of_version_2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (migration.FIRST, migration.SECOND),
        ({**migration.FIRST, "proximity": 30.0}, migration.SECOND),
        ({**migration.FIRST, "proximity": 31, "dates": 24}, None),
        ({**migration.FIRST, "fit": 25, "language": 0}, None),
    ],
)
def test_only_towns_with_the_first_points_get_the_second(db, before, after):
    city = CityFactory(weights=before)
    with connection.cursor() as cursor:
        for sql, params in migration.Migration.operations[0].sql:
            cursor.execute(sql, params)
    assert City.objects.get(pk=city.pk).weights == (after or before)


def test_the_second_points_are_those_of_a_new_town():
    assert default_weights() == migration.SECOND
