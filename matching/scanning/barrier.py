"""The barrier between the scans of a town's needs and those of its offers.

Scans of needs are inside until their transaction ends, any number at once. A scan of offers waits for those that are
inside, and lets new ones in at once.
"""

from collections.abc import Iterable

from django.db import connection, transaction

from cities.models import City

# The first half of its advisory locks; the second is the town. (`work_locks` has others.)
SCANS_OF_TOWN = 0x5CA4


def enter(city: City) -> None:
    """Until our transaction ends, have `wait` of this town wait for us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [SCANS_OF_TOWN, city.pk])


def wait(city_ids: Iterable[int]) -> None:
    """Wait for the scans under way in these towns.

    They may have read the offers before the change that we announce, and not yet have written the suggestions by
    which we find the needs to look at again. Scans that begin from now on read the change. The lock is given back
    at once, with the savepoint: nobody waits for us while we wait for rows.
    """
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        for city_id in sorted(city_ids):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SCANS_OF_TOWN, city_id])
    transaction.savepoint_rollback(before)
