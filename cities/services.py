"""The only place that writes communes and towns."""

import csv
import gzip
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction

from cities.models import City, Commune
from cities.names import fold

logger = logging.getLogger(__name__)

GAZETTEER = Path(__file__).parent / "data" / "communes.csv.gz"

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
    with gzip.open(source, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
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


@transaction.atomic
def create_city(
    *,
    slug: str,
    name: str,
    locative: str,
    seat: Commune,
    by: AbstractBaseUser | None,
    now: datetime,
    **settings: Any,
) -> City:
    """Open a town; `settings` are further fields of City. Raises ValidationError with what is wrong."""
    city = City(slug=slug, name=name, locative=locative, seat=seat, created_at=now, **settings)
    city.full_clean()
    city.save(force_insert=True)
    logger.info("city %s created by user %s", city.pk, by.pk if by else "-")
    return city


@transaction.atomic
def update_city(*, city_id: int, changes: dict[str, Any], by: AbstractBaseUser | None, now: datetime) -> City:
    """Change fields of a town. Raises ValidationError with what is wrong, and then changes nothing."""
    city = City.objects.select_for_update(no_key=True).get(pk=city_id)
    for field, value in changes.items():
        setattr(city, field, value)
    city.full_clean()
    city.save(update_fields=list(changes))
    logger.info(
        "city %s changed by user %s at %s: %s",
        city.pk,
        by.pk if by else "-",
        now.isoformat(),
        ", ".join(sorted(changes)),
    )
    return city


@transaction.atomic
def link_cities(*, city_id: int, other_id: int, by: AbstractBaseUser | None, now: datetime) -> None:
    """Let two towns see the offers whose citizens agree to share; once or twice is the same."""
    if city_id == other_id:
        raise ValueError("A town is not its own neighbour.")
    City.objects.get(pk=city_id).linked.add(City.objects.get(pk=other_id))
    logger.info(
        "cities %s and %s linked by user %s at %s", city_id, other_id, by.pk if by else "-", now.isoformat()
    )


@transaction.atomic
def unlink_cities(*, city_id: int, other_id: int, by: AbstractBaseUser | None, now: datetime) -> None:
    """Undo a link between two towns."""
    City.objects.get(pk=city_id).linked.remove(City.objects.get(pk=other_id))
    logger.info(
        "cities %s and %s unlinked by user %s at %s", city_id, other_id, by.pk if by else "-", now.isoformat()
    )
