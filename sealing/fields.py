"""Columns that seal what they are given and open what they are asked for. All else of them is as Django's own.

The database cannot look inside: whether it is empty is all that can be asked of it, any other look-up is a FieldError.
A findable one finds the very text, by a blind index that its value carries. An order by such a column would be one by
chance: the tests refuse it (tests/conftest.py).
"""

import json
from typing import Any

from django.core import checks
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, models
from django.db.models.expressions import Func
from django.db.models.fields.json import JSONExact
from django.db.models.lookups import Exact, In, IsNull, Lookup
from django.db.models.sql import Query
from phonenumber_field.modelfields import PhoneNumberField

from sealing.seals import CLEAR, blind, seal, unseal

_UNFINDABLE = "{field} is encrypted: “{asked}” cannot be asked of it."


class _IsEmpty(Exact):
    """`= ''`, `= '—'` or `= '{}'`, the values that are known."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        if rhs not in (*CLEAR, {}, []):
            raise FieldError(_UNFINDABLE.format(field=lhs.output_field, asked="="))
        super().__init__(lhs, rhs)


class _IsEmptyObject(JSONExact):
    """`= '{}'`: that nothing changed."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        if rhs != {}:
            raise FieldError(_UNFINDABLE.format(field=lhs.output_field, asked="="))
        super().__init__(lhs, rhs)


class Encrypted(models.Field):
    """What all of them have in common; goes before the field of Django that it seals."""

    @property
    def sealed_as(self) -> str:
        """What its values are bound to."""
        return f"{self.model._meta.db_table}.{self.column}"

    def get_internal_type(self) -> str:
        return "TextField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        if value is None:
            return None
        return self.sealed(self.as_text(value))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if hasattr(value, "as_sql"):
            return value
        return self.get_db_prep_value(value, connection)

    def as_text(self, value: Any) -> str:
        """What is sealed. DataError where it is too long, as the database says of a column in clear."""
        text = str(value)
        if isinstance(self, models.CharField) and self.max_length and len(text) > self.max_length:
            raise DataError(f"value too long for {self} ({self.max_length})")
        if "\0" in text:
            raise ValueError("A text cannot contain NUL (0x00) characters.")
        return text

    def sealed(self, text: str) -> str:
        """As it stands in the database."""
        return seal(text, of=self.sealed_as, index=self.index_of(text))

    def index_of(self, text: str) -> str:
        """By what it is found; "" where it is not."""
        return ""

    def opened(self, kept: str) -> Any:
        """What stands in the database, as it was before it was sealed."""
        return unseal(kept, of=self.sealed_as)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else self.opened(value)

    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]]":
        if lookup_name == "exact":
            return _IsEmpty
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(_UNFINDABLE.format(field=self, asked=lookup_name))

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(_UNFINDABLE.format(field=self, asked=lookup_name))

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        said = super().check(**kwargs)
        if self.unique or self.primary_key or getattr(self, "db_index", False):
            said.append(
                checks.Error(
                    "An encrypted column is never the same twice: unique and db_index mean nothing there.",
                    obj=self,
                    id="sealing.E001",
                )
            )
        ordering = self.model._meta.ordering or ()
        if self.name in {name.lstrip("-") for name in ordering if isinstance(name, str)}:
            said.append(
                checks.Error("Rows have no order by an encrypted column.", obj=self, id="sealing.E002")
            )
        return said


class Index(Func):
    """The blind index within a findable column: what a constraint is on, and rows are joined by."""

    function = "split_part"
    template = "%(function)s(%(expressions)s, ':', 3)"
    output_field = models.TextField()


class Findable(Encrypted):
    """Found by the very text, letters folded as the column has it."""

    @staticmethod
    def folded(text: str) -> str:
        return text

    def index_of(self, text: str) -> str:
        return blind(self.folded(text), of=self.sealed_as)

    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]]":
        found: dict[str, type[Lookup[Any]]] = {"exact": _IsIt, "iexact": _IsIt, "in": _IsOneOf}
        return found.get(lookup_name) or super().get_lookup(lookup_name)


class _ByIndex:
    """Compares indexes, of which no value has to be opened."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        field = lhs.output_field
        super().__init__(_index(lhs, field), _index(rhs, field))  # type: ignore[call-arg]


class _IsIt(_ByIndex, Exact):
    pass


class _IsOneOf(_ByIndex, In):
    pass


def _index(side: Any, field: Findable) -> Any:
    if isinstance(side, list | tuple | set | frozenset):
        return [_index(each, field) for each in side]
    if hasattr(side, "resolve_expression"):
        other = getattr(side, "output_field", None)
        if isinstance(side, Query) or not isinstance(other, Findable) or other.sealed_as != field.sealed_as:
            raise FieldError(_UNFINDABLE.format(field=field, asked=f"= {side}"))
        return Index(side)
    return side if side is None else field.index_of(str(field.get_prep_value(side)))


class EncryptedTextField(Encrypted, models.TextField):
    pass


class EncryptedCharField(Encrypted, models.CharField):
    """`max_length` counts what people wrote; the column itself has no limit."""


class EncryptedEmailField(Encrypted, models.EmailField):
    pass


class EncryptedPhoneNumberField(Encrypted, PhoneNumberField):
    def __init__(self, *args: Any, region: str | None = None, **kwargs: Any) -> None:
        kwargs["region"] = region
        super().__init__(*args, **kwargs)


class FindableCharField(Findable, models.CharField):
    pass


class FindableAddressField(Findable, models.CharField):
    """A street and its number, in whatever letters."""

    @staticmethod
    def folded(text: str) -> str:
        return text.strip().lower()


class EncryptedJSONField(Encrypted, models.JSONField):
    """One sealed text; nothing in it can be asked for. An empty object or list stays in clear."""

    NOTHING = ("{}", "[]")

    def as_text(self, value: Any) -> str:
        return json.dumps(value, cls=self.encoder)

    def sealed(self, text: str) -> str:
        return text if text in self.NOTHING else super().sealed(text)

    def opened(self, kept: str) -> Any:
        return json.loads(kept if kept in self.NOTHING else super().opened(kept), cls=self.decoder)


class EncryptedPairsField(models.JSONField):
    """`{name: [old, new]}`: names stand in clear and can be asked for, each pair is sealed. A pair of two nulls stays.

    What triggers do with a change, they do by its names.
    """

    EMPTY = [None, None]
    _ABOUT_NAMES = frozenset({"has_key", "has_keys", "has_any_keys", "isnull"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("encoder", DjangoJSONEncoder)
        super().__init__(*args, **kwargs)

    def sealed_as(self, name: str) -> str:
        return f"{self.model._meta.db_table}.{self.column}.{name}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, dict):
            value = {
                name: pair
                if pair == self.EMPTY
                else seal(json.dumps(pair, cls=self.encoder), of=self.sealed_as(name))
                for name, pair in value.items()
            }
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        kept = super().from_db_value(value, expression, connection)
        if not isinstance(kept, dict):
            return kept
        return {
            name: json.loads(unseal(pair, of=self.sealed_as(name))) if isinstance(pair, str) else pair
            for name, pair in kept.items()
        }

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name in self._ABOUT_NAMES:
            return super().get_lookup(lookup_name)
        if lookup_name == "exact":
            return _IsEmptyObject
        raise FieldError(_UNFINDABLE.format(field=self, asked=lookup_name))

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(_UNFINDABLE.format(field=self, asked=lookup_name))
