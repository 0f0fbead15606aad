"""The only place that writes communes. Towns are written in `accounts.services`, where it is known by whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from cities.gazetteer import GAZETTEER, rows_of
from cities.models import Commune
from cities.names import fold

_COLUMNS = (
    "insee",
    "name",
    "postcodes",
    "population",
    "department_code",
    "department_name",
    "region_name",
    "is_overseas",
    "epci_code",
    "epci_name",
    "latitude",
    "longitude",
    "name_key",
    "search",
)
_LIST = ", ".join(_COLUMNS)
_COPY = f"COPY gazetteer ({_LIST}) FROM STDIN"
# Rows that say the same are left alone, so that a second load writes nothing.
_UPSERT = f"""
    INSERT INTO cities_commune AS known ({_LIST})
    SELECT {_LIST} FROM gazetteer
    ON CONFLICT (insee) DO UPDATE
       SET {", ".join(f"{column} = excluded.{column}" for column in _COLUMNS[1:])}
     WHERE ({", ".join(f"known.{column}" for column in _COLUMNS[1:])})
           IS DISTINCT FROM ({", ".join(f"excluded.{column}" for column in _COLUMNS[1:])})
    RETURNING old.insee IS NULL
"""  # noqa: S608  (names of columns, written above)


@dataclass(frozen=True)
class Loaded:
    """What a load did: communes in the file, added, changed, and known but no longer in the file."""

    total: int
    added: int
    changed: int
    left_alone: int


def read_gazetteer(source: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a gazetteer file, in the order of the table's columns."""
    for row in rows_of(source):
        key = fold(row["name"])
        postcodes = row["postcodes"].split()
        yield (
            row["insee"],
            row["name"],
            postcodes,
            int(row["population"]),
            row["department_code"],
            row["department_name"],
            row["region_name"],
            row["is_overseas"] == "1",
            row["epci_code"],
            row["epci_name"],
            float(row["latitude"]),
            float(row["longitude"]),
            key,
            " " + " ".join([key, *postcodes]),
        )


@transaction.atomic
def load_gazetteer(*, source: Path = GAZETTEER) -> Loaded:
    """Add and correct communes from a gazetteer file; never delete one, since offers may point at it.

    Published reference data: neither an actor nor a moment is recorded.
    """
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE gazetteer (LIKE cities_commune)")
        with cursor.copy(_COPY) as copy:
            for row in read_gazetteer(source):
                copy.write_row(row)
        cursor.execute(_UPSERT)
        written = [is_new for (is_new,) in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM gazetteer")
        (total,) = cursor.fetchone()
        cursor.execute("DROP TABLE gazetteer")
        # The planner must know the table before the first search, not at the next autovacuum.
        cursor.execute("ANALYZE cities_commune")
    return Loaded(
        total=total,
        added=written.count(True),
        changed=written.count(False),
        left_alone=Commune.objects.count() - total,
    )
