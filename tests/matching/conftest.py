"""A town and the people around its matches."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from accounts.models import User
from cities.models import City
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.matching import invariants


@pytest.fixture
def city(db: None) -> City:
    return CityFactory(
        awake=True, slug="strasbourg", name="Strasbourg", phone="03 88 00 00 00", email="ici@exemple.fr"
    )


@pytest.fixture
def coordinator(city: City) -> User:
    return CityRoleFactory(city=city).user


@pytest.fixture(autouse=True)
def invariants_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did to the database, what must be true still is."""
    if not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    yield
    invariants.check()


@pytest.fixture
def full_disk(transactional_db: None) -> Iterator[Callable[..., None]]:
    """Have the database refuse matches, as when its disk is full: those of a kind, or only the one that comes `at`."""
    undo = """
        DROP TRIGGER IF EXISTS full_disk ON matching_match;
        DROP FUNCTION IF EXISTS full_disk;
        DROP SEQUENCE IF EXISTS writes
    """

    def fill(*, kind: str = "", at: int = 0) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"""
                {undo};
                CREATE SEQUENCE writes;
                CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF '{kind}' IN ('', (SELECT kind FROM needs_need WHERE id = NEW.need_id))
                       AND {at} IN (0, nextval('writes')) THEN
                        RAISE disk_full USING MESSAGE = 'a disk is full';
                    END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER full_disk BEFORE INSERT ON matching_match
                    FOR EACH ROW EXECUTE FUNCTION full_disk();
            """)

    yield fill
    with connection.cursor() as cursor:
        cursor.execute(undo)
