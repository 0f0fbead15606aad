"""A country written into the database set-wise: by COPY, triggers asleep, indexes made afterwards.

The plain tables beside the product's hold the same rows for the plain query (`plain_index`), and are what the
product's rows are made of.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from accounts.models import CityRole, Organisation, User
from bench.country import CATEGORIES, LANGUAGE_SETS, LANGUAGES, URGENCIES, Country, Side, communes
from bench.empty import empty_database
from cities.models import City, Commune
from engine.arrays import unit_sphere
from engine.vocabulary import EARTH_RADIUS_KM
from needs.models import Need
from offers.models import Offer, Window

SLUG = "france"
CITIZENS_PER_OFFER = 0.5
DAY_ZERO = datetime(2000, 1, 1, tzinfo=UTC).toordinal()  # PostgreSQL counts days from here
POSTGRES = {"i4": "integer", "i8": "bigint", "f8": "float8"}
INSERTED = 5 * 1024 * 1024  # bytes sent to COPY at a time

_SIDE = {
    "id": "i8", "place": "i4", "category": "i4", "band": "i4", "latitude": "f8", "longitude": "f8", "x": "f8",
    "y": "f8", "z": "f8", "reach_km": "f8", "squared_reach": "f8", "first_day": "i4", "last_day": "i4",
    "units": "i4", "languages": "i4", "language_set": "i4",
}  # fmt: skip
_OFFERS = _SIDE | {"confirmed_day": "i4"}
_NEEDS = _SIDE | {
    "least_days": "i4", "least_units": "i4", "people": "i4", "urgency": "i4", "is_housing": "i4", "lasts": "i4",
    "south": "i4", "north": "i4", "west": "f8", "east": "f8",
}  # fmt: skip


def fill(country: Country, *, now: datetime) -> City:
    """The whole database afresh: one town that is the country, its citizens, offers and needs."""
    empty_database()
    seat = Commune.objects.get(insee="75056")
    city = City.objects.create(slug=SLUG, name="France", locative="En France", seat=seat)
    desk = User.objects.create(email="bench@example.org", name="Bench", created_at=now)
    CityRole.objects.create(user=desk, city=city, role="coordinator")
    organisation = Organisation.objects.create(
        city=city, name="Bench", rna="W671234567", state="verified", verified_at=now, verified_by=desk, created_at=now
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; SET maintenance_work_mem = '256MB'; SET synchronous_commit = off"
        )
        _words(cursor)
        _copied(cursor, "plain_offers", _OFFERS, _offer_values(country))
        _copied(cursor, "plain_needs", _NEEDS, _need_values(country))
        citizens = max(1, int(len(country.offers) * CITIZENS_PER_OFFER))
        with _without_indexes(cursor, (User, Offer, Window, Need)):
            _insert(
                cursor,
                User,
                f"generate_series({desk.pk + 1}, {desk.pk + citizens}) AS n",
                {"id": "n", "email": "'citizen' || n || '@example.org'", "created_at": "%(now)s"},
                {"now": now},
            )
            own = {"city_id": city.pk, "now": now}
            _insert(cursor, Offer, f"plain_offers p {_WORDS}", _OFFER_FIELDS, own | {
                "first_citizen": desk.pk + 1, "citizens": citizens,
            })  # fmt: skip
            _insert(
                cursor,
                Window,
                "plain_offers p",
                {
                    "id": "p.id",
                    "offer_id": "p.id",
                    "first_day": _day("p.first_day"),
                    "last_day": _day("p.last_day"),
                },
                {},
            )
            _insert(cursor, Need, f"plain_needs p {_WORDS}", _NEED_FIELDS, own | {
                "organisation_id": organisation.pk, "entered_by_id": desk.pk,
            })  # fmt: skip
        cursor.execute("SET session_replication_role = origin; RESET synchronous_commit")
        for table in ("accounts_user", "offers_offer", "offers_window", "needs_need"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
            )
        for statement in ("CREATE INDEX ON plain_offers (category, band, longitude) INCLUDE (id, x, y, z, reach_km,"
                          " squared_reach, first_day, last_day, units, languages, confirmed_day)",
                          "ALTER TABLE plain_needs ADD PRIMARY KEY (id)",
                          "CREATE INDEX ON plain_needs (category, band, longitude) INCLUDE (id, x, y, z, reach_km,"
                          " squared_reach, first_day, last_day, units, languages, least_days, least_units, is_housing,"
                          " lasts, urgency)",
                          "ALTER TABLE plain_offers ADD PRIMARY KEY (id)"):  # fmt: skip
            cursor.execute(statement)
        cursor.execute("VACUUM (ANALYZE)")
    return city


# --- The rows ------------------------------------------------------------------------------------------

_WORDS = """
    JOIN plain_places pl ON pl.place = p.place
    JOIN plain_categories c ON c.category = p.category
    JOIN plain_languages l ON l.language_set = p.language_set
"""
_ENTRY_FIELDS = {
    "id": "p.id", "city_id": "%(city_id)s", "kind": "c.kind", "title": "'Titre ' || p.id",
    "commune_id": "pl.insee", "latitude": "p.latitude", "longitude": "p.longitude", "reach_km": "p.reach_km",
    "languages": "l.words", "changed_at": "%(now)s",
    # In order of arrival, all of them before now.
    "created_at": "%(now)s - interval '60 days' + p.id * interval '1 second'",
}  # fmt: skip


def _day(column: str) -> str:
    return f"(DATE '2000-01-01' + ({column} - {DAY_ZERO}))"


_OFFER_FIELDS = _ENTRY_FIELDS | {
    "reference": "'P-' || p.id", "owner_id": "%(first_citizen)s + p.id %% %(citizens)s", "category": "c.word",
    "first_day": _day("p.first_day"), "last_day": _day("p.last_day"),
    "days": f"date_send({_day('p.first_day')}) || date_send({_day('p.last_day')})",
    "capacity": "p.units", "state": "'active'", "confirmed_at": f"{_day('p.confirmed_day')} + TIME '12:00'",
}  # fmt: skip
_NEED_FIELDS = _ENTRY_FIELDS | {
    "reference": "'B-' || p.id", "organisation_id": "%(organisation_id)s", "entered_by_id": "%(entered_by_id)s",
    "category": "CASE WHEN p.is_housing = 1 THEN '' ELSE c.word END", "first_day": _day("p.first_day"),
    "last_day": _day("p.last_day"), "min_days": "CASE WHEN p.is_housing = 0 THEN p.least_days END",
    "quantity": "p.units", "part_useful": "p.least_units = 1 AND p.units > 1", "people": "p.people",
    "rhythm": "CASE WHEN c.kind = 'skill' THEN 'weekly' ELSE '' END",
    "urgency": f"(ARRAY['{URGENCIES[0]}', '{URGENCIES[1]}', '{URGENCIES[2]}'])[p.urgency + 1]",
    "adult_women": "CASE WHEN p.is_housing = 1 THEN p.people ELSE 0 END",
}  # fmt: skip


def _insert(
    cursor: CursorWrapper,
    model: type[models.Model],
    source: str,
    given: dict[str, str],
    params: dict[str, Any],
) -> None:
    """Rows of a model made of a query; fields not given have the model's own defaults, or nothing."""
    columns: list[str] = []
    values: list[str] = []
    defaults: dict[str, Any] = {}
    for field in model._meta.local_concrete_fields:
        if field.column is None or getattr(field, "generated", False):
            continue
        if field.column in given:
            value = given[field.column]
        elif field.null:
            continue
        else:
            defaults[f"default_{field.column}"] = field.get_db_prep_save(field.get_default(), connection)
            value = f"%(default_{field.column})s"
            if field.get_internal_type() == "ArrayField":
                value += "::varchar[]"
        columns.append(field.column)
        values.append(value)
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {source}",  # noqa: S608
        params | defaults,
    )


def _words(cursor: CursorWrapper) -> None:
    """The few words that codes stand for."""
    cursor.execute("""
        DROP TABLE IF EXISTS plain_places, plain_categories, plain_languages;
        CREATE TABLE plain_places (place integer PRIMARY KEY, insee text);
        CREATE TABLE plain_categories (category integer PRIMARY KEY, kind text, word text);
        CREATE TABLE plain_languages (language_set integer PRIMARY KEY, words varchar[])
    """)
    cursor.executemany("INSERT INTO plain_places VALUES (%s, %s)", list(enumerate(communes().insee.tolist())))
    cursor.executemany(
        "INSERT INTO plain_categories VALUES (%s, %s, %s)",
        [(number, str(kind), str(word)) for number, (kind, word) in enumerate(CATEGORIES)],
    )
    cursor.executemany(
        "INSERT INTO plain_languages VALUES (%s, %s)",
        [(number, list(some)) for number, some in enumerate(LANGUAGE_SETS)],
    )


def _side_values(side: Side) -> dict[str, NDArray[Any]]:
    x, y, z = unit_sphere(side.lat, side.lon)
    bits = np.array([sum(1 << LANGUAGES.index(word) for word in some) for some in LANGUAGE_SETS])
    return {
        "id": side.ids, "place": side.commune, "category": side.category, "band": np.floor(side.lat * 10),
        "latitude": side.lat, "longitude": side.lon, "x": x, "y": y, "z": z, "reach_km": side.reach_km,
        "squared_reach": (2 * np.sin(side.reach_km / (2 * EARTH_RADIUS_KM))) ** 2, "first_day": side.first_day,
        "last_day": side.last_day, "units": side.units, "languages": bits[side.languages],
        "language_set": side.languages,
    }  # fmt: skip


def _offer_values(country: Country) -> dict[str, NDArray[Any]]:
    return _side_values(country.offers) | {"confirmed_day": country.offers.confirmed_day}


def _need_values(country: Country) -> dict[str, NDArray[Any]]:
    """With the box round each need that holds all it may reach, for both reaches count: the farthest offer's too."""
    needs = country.needs
    farthest = np.maximum(needs.reach_km, country.offers.reach_km.max(initial=0))
    angle = (farthest + 1e-3) / EARTH_RADIUS_KM
    height = np.degrees(angle) + 1e-6
    width = np.degrees(np.arcsin(np.sin(angle) / np.cos(np.radians(needs.lat)))) + 1e-6
    if (np.abs(needs.lon) + width > 180).any():
        raise RuntimeError("the plain query knows nothing of the antimeridian")
    return _side_values(needs) | {
        "least_days": needs.least_days, "least_units": needs.least_units, "people": needs.people,
        "urgency": needs.urgency, "is_housing": needs.is_housing.astype(np.int32),
        "lasts": (~needs.is_stock).astype(np.int32),
        "south": np.floor((needs.lat - height) * 10), "north": np.floor((needs.lat + height) * 10),
        "west": needs.lon - width, "east": needs.lon + width,
    }  # fmt: skip


# --- COPY and indexes ----------------------------------------------------------------------------------


def _copied(
    cursor: CursorWrapper, table: str, types: dict[str, str], values: dict[str, NDArray[Any]]
) -> None:
    """A new table, filled in PostgreSQL's binary format: each value behind its length."""
    columns = ", ".join(f"{name} {POSTGRES[type_]} NOT NULL" for name, type_ in types.items())
    cursor.execute(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns})")
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, type_ in types.items():
        layout += [(f"{name} length", ">i4"), (name, f">{type_}")]
    rows = np.empty(len(values["id"]), layout)
    rows["fields"] = len(types)
    for name, type_ in types.items():
        rows[f"{name} length"] = int(type_[1])
        rows[name] = values[name]
    data = rows.view(np.uint8).data
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for start in range(0, len(data), INSERTED):
            copy.write(data[start : start + INSERTED])
        copy.write(b"\xff\xff")


@contextmanager
def _without_indexes(cursor: CursorWrapper, some: Sequence[type[models.Model]]) -> Iterator[None]:
    """Indexes of these tables, but for their keys, gone and made again at the end: each in one go."""
    tables = [model._meta.db_table for model in some]
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = ANY (%s::regclass[]) AND contype IN ('u', 'x')",
        [tables],
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE i.indrelid = ANY (%s::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        [tables],
    )
    indexes = cursor.fetchall()
    for table, name, _ in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)
    for table, name, definition in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
