"""A mark in every field that says something of a person, and whether it is anywhere in the database."""

import json
from contextlib import contextmanager, suppress
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField
from psycopg import sql
from psycopg.types.json import Jsonb

from accounts.models import User
from catalogue.models import FieldChange
from privacy import rows
from privacy.register import REGISTER
from privacy.rows import As
from sealing.fields import Encrypted, EncryptedPairsField

MARK = "qzxv7"
PHONE = "+33698765432"


def private_fields(label: str) -> list["models.Field"]:
    """The columns of a table that the register lets no erasure keep."""
    marks, model = REGISTER[label], rows.model_of(label)
    names = {*marks.anonymise.split(), *marks.delete.split()}
    return [
        field
        for field in model._meta.local_concrete_fields
        if (field.name in names or names == {"*"})
        and not (field.generated or field.primary_key or field.related_model)
    ]


def marked(field: "models.Field") -> str | None:
    """An SQL expression with the mark in it, of the field's own shape; None of what holds no text."""
    # Codes, moments, figures and references name nobody.
    if (
        field.choices
        or isinstance(field, models.DateField | models.IntegerField)
        or field.name in ("reference", "password")
    ):
        return None
    if isinstance(field, Encrypted):
        is_object = isinstance(field, models.JSONField)
        text = PHONE if isinstance(field, PhoneNumberField) or field.name == "number" else MARK
        return as_kept(field, {"title": [MARK, MARK]} if is_object else text)
    if isinstance(field, models.EmailField):
        return f"'{MARK}' || id || '@exemple.fr'"
    if "phone" in field.name or field.name == "number":
        return f"'{PHONE}'"
    if isinstance(field, ArrayField):
        return f"ARRAY['{MARK}']" if isinstance(field.base_field, models.CharField) else None
    if isinstance(field, models.JSONField):
        return f"""'{{"title": ["{MARK}", "{MARK}"]}}'"""
    if isinstance(field, SearchVectorField):
        return f"to_tsvector('{MARK}')"
    if isinstance(field, models.CharField | models.TextField):
        return f"'{MARK}'"
    return None


def as_kept(field: "models.Field", value: Any) -> str:
    """A value as it stands in the column, sealed where that seals, as an SQL literal."""
    kept = field.get_db_prep_save(value, connection)
    return sql.quote(json.dumps(kept.obj) if isinstance(kept, Jsonb) else kept)


def private_names(label: str) -> list[str]:
    return [field.name for field in private_fields(label)]


def mark(person: User) -> dict[str, int]:
    """Write the mark into every such field of every row of a person; by table, into how many rows."""
    written: dict[str, int] = {}
    for label, _whose in rows.tables(As.SUBJECT):
        model = rows.model_of(label)
        pks = list(rows.of(label, person, As.SUBJECT).values_list("pk", flat=True))
        fields = [(field, marked(field)) for field in private_fields(label)]
        if issubclass(model, FieldChange):
            changed = next(f.related_model for f in model._meta.fields if f.related_model and f.name != "by")
            pairs = {name: [MARK, MARK] for name in private_names(changed._meta.label)} or {
                "reason": [MARK, MARK]
            }
            fields = [(field, as_kept(field, pairs)) for field, _value in fields]
        for field, value in fields:
            if value is None or not pks:
                continue
            with suppress(IntegrityError), as_written_once(), connection.cursor() as cursor:
                cursor.execute(
                    f'UPDATE "{model._meta.db_table}" SET "{field.column}" = {value}'
                    f' WHERE "{model._meta.pk.column}" = ANY (%s)',
                    [pks],
                )
                written[label] = len(pks)
    return written


@contextmanager
def as_written_once():
    """Without any trigger, as no login of the service may: what is written once is written a second time here."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def a_row(label: str, person: User, **known: Any) -> None:
    """A row of that table that is this person's, as far as its columns let one be made up."""
    if not rows.of(label, person, As.SUBJECT).exists():
        _made_up(label, person, known)
    assert rows.of(label, person, As.SUBJECT).exists(), label


def _made_up(label: str, person: User, known: dict[str, Any]) -> models.Model:
    model, whose = rows.model_of(label), rows.ROWS[label]
    first_steps = set() if isinstance(whose, str) else {path.split("__")[0] for path in whose.subject.split()}
    values = dict(known)
    for field in model._meta.local_concrete_fields:
        if field.name in values or field.generated or isinstance(field, models.AutoField):
            continue
        is_path = field.name in first_steps
        if field.related_model is not None and (is_path or not field.null):
            related = field.related_model._meta.label
            own = rows.of(related, person, As.SUBJECT).first() if is_path else None
            other = own or field.related_model._base_manager.order_by("-pk").first()
            values[field.attname] = (other or _made_up(related, person, {})).pk
        elif field.null or field.has_default() or field.related_model is not None:
            continue
        elif field.choices and not field.blank:
            values[field.name] = field.choices[0][0]
        elif isinstance(field, models.TextField) or (isinstance(field, Encrypted) and not field.blank):
            values[field.name] = MARK
        elif isinstance(field, models.DateTimeField):
            values[field.name] = timezone.now()
        elif isinstance(field, models.DateField):
            values[field.name] = timezone.localdate()
        elif isinstance(field, models.IntegerField):
            values[field.name] = 1
        elif isinstance(field, ArrayField):
            values[field.name] = [field.base_field.choices[0][0] if field.base_field.choices else MARK]
        elif isinstance(field, models.JSONField):
            values[field.name] = {"note": [MARK, MARK]}
    with as_written_once():
        return model._base_manager.bulk_create([model(**values)])[0]


def where_it_is(*marks: str) -> list[str]:
    """The tables of the database in which one of these stands anywhere."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            condition = " OR ".join(["t::text ILIKE %s"] * len(marks))
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE {condition}',
                [f"%{one}%" for one in marks],
            )
            if cursor.fetchone() != (0,) or any(one.lower() in opened(table) for one in marks):
                found.append(table)
    return found


def opened(table: str) -> str:
    """What is sealed in a table, opened."""
    models_of = [model for model in apps.get_models() if model._meta.db_table == table]
    told = [
        str(value)
        for model in models_of
        for field in model._meta.local_concrete_fields
        if isinstance(field, Encrypted | EncryptedPairsField)
        for value in model._base_manager.values_list(field.name, flat=True)
    ]
    return " ".join(told).lower()
