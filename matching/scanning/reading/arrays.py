"""Rows leave the database as arrays, one for each field."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from engine.arrays import Ints, code
from engine.columns import FOREVER, UNKNOWN

log = logging.getLogger(__name__)

# How a value leaves the database, and what it then is. Days and moments count from 1 January 2000.
_SENT = {
    "bigint": ("int8send", ">i8"),
    "smallint": ("int2send", ">i2"),
    "integer": ("int4send", ">i4"),
    "float": ("float8send", ">f8"),
    "boolean": ("boolsend", "?"),
    "day": ("date_send", ">i4"),
    "moment": ("timestamptz_send", ">i8"),
}
_TYPES = {function: type_ for type_, (function, _) in _SENT.items()}
_FIRST_DAY = date(2000, 1, 1).toordinal()
_FIRST_MOMENT = 946_684_800_000_000  # microseconds from 1970
_INFINITY, _BEFORE_ALL = np.iinfo(np.int32).max, np.iinfo(np.int32).min
NEVER = np.iinfo(np.int64).min + _FIRST_MOMENT  # the moment before all

# Of an array that it sees, the planner weighs each element; ANY of a list keeps it from the index of the exclusion
# constraint, which is twenty times slower for this.
ANY_OF_IDS = "ANY ((SELECT %(ids)s::bigint[])::bigint[])"

Columns = dict[str, NDArray[Any]]


class Where(NamedTuple):
    """A condition on the rows `n` of needs or `o` of offers, with its parameters."""

    sql: str
    params: Mapping[str, object] = {}


class Packed(NamedTuple):
    """Several fields side by side in one value: the statement for it, and by which function each is sent."""

    sql: str
    functions: Mapping[str, str]


def read(fields: Mapping[str, tuple[str, str]], source: str, params: Mapping[str, object]) -> Columns:
    """Each field of all rows as an array. No field may be null: an array has no place for it."""
    sent = [
        Packed(f"{_SENT[type_][0]}({sql})", {name: _SENT[type_][0]}) for name, (type_, sql) in fields.items()
    ]
    found = {name: column for one in read_packed(sent, source, params) for name, column in one.items()}
    if len({len(column) for column in found.values()}) > 1:
        raise RuntimeError(f"null where a value is expected, among {', '.join(found)}")
    return found


def read_packed(values: Sequence[Packed], source: str, params: Mapping[str, object]) -> list[Columns]:
    """The fields of each value as arrays, all rows one after the other. A value may hold its fields any number of
    times: then it has as many rows.
    """
    sent = ", ".join(f"string_agg({one.sql}, '')" for one in values)
    (found,) = rows(f"SELECT {sent} {source}", params)
    return [_unpacked(one.functions, value or b"") for one, value in zip(values, found, strict=True)]


def _unpacked(functions: Mapping[str, str], value: bytes) -> Columns:
    types = {name: _TYPES[function] for name, function in functions.items()}
    row = np.frombuffer(value, np.dtype([(name, _SENT[type_][1]) for name, type_ in types.items()]))
    return {name: _native(row[name], type_) for name, type_ in types.items()}


def _native(column: NDArray[Any], type_: str) -> NDArray[Any]:
    native = column.astype(column.dtype.newbyteorder("="))
    if type_ == "moment":
        return native + _FIRST_MOMENT
    if type_ == "day":
        days = np.where(native == _BEFORE_ALL, UNKNOWN - _FIRST_DAY, native)
        return np.where(days == _INFINITY, FOREVER - _FIRST_DAY, days).astype(np.int32) + np.int32(_FIRST_DAY)
    return native


def rows(sql: str, params: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """Rows in PostgreSQL's binary format, which Django's own cursor does not ask for."""
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        cursor.execute(sql, params, binary=True)
        return cursor.fetchall()


def text(values: NDArray[Any]) -> str:
    """As PostgreSQL writes an array: the fastest way for many numbers, and exact."""
    return "{" + ",".join(map(repr, values.tolist())) + "}"


def taken(columns: Columns, rows: Ints) -> Columns:
    return {name: column[rows] for name, column in columns.items()}


def codes(table: dict[Any, int], values: Ints) -> Ints:
    """Each value's code in a vocabulary's table, which learns those that are new."""
    different, _, which = distinct(values)
    return np.array([code(table, one) for one in different.tolist()], np.int32)[which]


def distinct(values: Ints) -> tuple[Ints, Ints, Ints]:
    """The different values, a row of each, and which of them each row has."""
    if len(values) and (values == values[0]).all():
        return values[:1], np.zeros(1, np.int64), np.zeros(len(values), np.int64)
    return np.unique(values, return_index=True, return_inverse=True)


def without(faults: Mapping[str, Ints], ids: Any, gone: Ints, message: str) -> Ints:
    """The rows without a fault. Those with one are named in the log, without the value, which may be personal."""
    good = np.ones(len(ids), np.bool_)
    good[gone] = False
    for field, rows in faults.items():
        for row in np.unique(rows[good[rows]]).tolist():
            log.error(message, ids[row], field)
        good[rows] = False
    return np.flatnonzero(good)
