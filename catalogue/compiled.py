"""Queries whose words are the same each time: written into SQL once in the life of a process, sent with other values.

Django writes a query anew from its objects whenever it is asked. Of the queries that stand on every page of the desk
that cost as much computing as all of its templates. Only the words are kept: no row, and no value that was asked.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any, Generic, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import (
    BigIntegerField,
    BooleanField,
    DateField,
    Field,
    Func,
    Model,
    QuerySet,
    TextField,
    Value,
)

M = TypeVar("M", bound=Model)
Row = TypeVar("Row")
NUMBER, NUMBERS, TEXT, DAY = BigIntegerField(), ArrayField(BigIntegerField()), TextField(), DateField()


class Later(Value):
    """A value that is named when a query is written, and given when it is sent."""

    def __init__(self, name: str, output_field: "Field[Any, Any]" = NUMBER) -> None:
        super().__init__(name, output_field)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def among(self, given: Mapping[str, Any]) -> Any:
        """What it is this time, as the database has it."""
        return self.output_field.get_db_prep_value(given[self.value], connection=connection)


class IsOneOf(Func):
    """`IsOneOf(F("pk"), Later("keys", NUMBERS))`: `pk__in`, of however many."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


class Compiled(Generic[M, Row]):
    """A query in which all that differs from time to time is a `Later`. What else it was built with stays for good: it
    names no moment, no day, nobody.
    """

    def __init__(self, rows: "QuerySet[M, Row]") -> None:
        self._rows = rows
        self._compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, self._params = self._compiler.as_sql()

    def rows(self, **given: Any) -> list[Row]:
        """What is found with these values."""
        params = tuple(one.among(given) if isinstance(one, Later) else one for one in self._params)
        sent = copy(self._compiler)
        sent.connection = connections[DEFAULT_DB_ALIAS]  # this thread's own
        sent.as_sql = lambda *_args, **_named: (self._sql, params)
        asked = self._rows.all()
        asked.query.get_compiler = lambda *_args, **_named: sent  # type: ignore[method-assign]
        return list(asked)
