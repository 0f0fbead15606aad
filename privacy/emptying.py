"""All rows of a person, emptied as the register of fields says: the one mechanism by which data are erased.

No field is named here. What is a person's, `privacy.rows` says; what becomes of a field, `privacy.register`; what is
empty, the field itself.
"""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.db.models import OuterRef, Subquery

from accounts import acting
from accounts.models import User
from catalogue.models import FieldChange
from cities.models import Commune
from privacy import rows
from privacy.register import REGISTER
from privacy.rows import As
from sealing.seals import NOTHING

# Whose rows the database lets nobody but its eraser rewrite, beside every history of fields.
FINAL = frozenset(
    {"accounts.ContactReading", "followups.IncidentChange", "matching.Decision", "town.AuditRow"}
)
_POINT = frozenset({"latitude", "longitude"})
_ERASED = """
UPDATE {table} SET what = (
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (%s) THEN value ELSE '[null, null]' END) FROM jsonb_each(what)
) WHERE id = ANY (%s)
"""

Keys = Mapping[str, list[Any]]


def found(people: Iterable[User]) -> Keys:
    """By table, the keys of the rows that tell of these people: looked for before anything is emptied, since what is
    emptied leads to nothing any more.
    """
    keys: dict[str, list[Any]] = {}
    for label, _whose in rows.tables(As.SUBJECT):
        marks = REGISTER[label]
        if marks.anonymise or marks.delete:
            theirs = {
                pk
                for person in people
                for pk in rows.of(label, person, As.SUBJECT).values_list("pk", flat=True)
            }
            if theirs:
                keys[label] = sorted(theirs)
    return keys


def empty(keys: Keys, *, people_gone_at: datetime) -> None:
    """Delete or empty these rows, each as the register says of its table. The people among them are closed accounts
    without a name from then on.
    """
    for label, pks in keys.items():
        gone = {"anonymised_at": people_gone_at, "is_active": False} if label == User._meta.label else {}
        empty_rows(label, pks, **gone)


def empty_rows(label: str, pks: list[Any], **also: Any) -> int:
    """The same of some rows of one table; how many. `also`: what is written into them besides."""
    model, marks = rows.model_of(label), REGISTER[label]
    if not pks or not (marks.anonymise or marks.delete):
        return 0
    is_final = label in FINAL or issubclass(model, FieldChange)
    found = model._base_manager.filter(pk__in=pks)
    with acting.erasing() if is_final else nullcontext():
        if marks.delete:
            return found.delete()[0]
        if issubclass(model, FieldChange):
            return _empty_changes(model, pks)
        return found.update(**_emptied(model, marks.anonymise.split()), **also)


def _emptied(model: type[models.Model], names: Iterable[str]) -> dict[str, Any]:
    fields = [model._meta.get_field(name) for name in names]
    return {
        field.name: empty_value(field)
        for field in fields
        if isinstance(field, models.Field) and field.concrete and not (field.generated or field.many_to_many)
    }


def empty_value(field: "models.Field[Any, Any]") -> Any:
    """What a field holds when it says nothing of anybody."""
    if field.name in _POINT:
        # As coarse as the commune, which is kept.
        return Subquery(Commune.objects.filter(pk=OuterRef("commune")).values(field.name)[:1])
    if field.null:
        return None
    if field.name == "password":
        return make_password(None)
    if isinstance(field, ArrayField):
        return []
    if isinstance(field, models.JSONField):
        return field.get_default() if field.has_default() else {}
    if isinstance(field, models.CharField | models.TextField):
        return "" if field.blank else NOTHING
    if isinstance(field, SearchVectorField):
        return ""
    raise ImproperlyConfigured(f"what is empty of {field}?")


def _empty_changes(model: type[FieldChange], pks: list[Any]) -> int:
    """Of old and new values what the register keeps of the row that changed; of all others, that they changed."""
    changed = next(
        field.related_model
        for field in model._meta.local_concrete_fields
        if field.related_model and field.name != "by"
    )
    assert isinstance(changed, type)
    kept = REGISTER[changed._meta.label].keep.split()
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(_ERASED.format(table=table), [kept, list(pks)])
        return cursor.rowcount
