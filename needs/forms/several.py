"""The same need for several households: what they share once, and a short row for each."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from catalogue.forms import CountField
from catalogue.vocabulary import Kind
from needs.forms.base import NeedForm
from needs.forms.kinds import FORMS

# So many rows stand on the page.
ROWS = 8
# What differs from one row to the next.
_COUNTED = ("quantity", "people", "case_reference")
OF_ROW: dict[str, tuple[str, ...]] = {
    Kind.HOUSING: (
        "adult_women", "adult_men", "children_under_3", "children_3_to_11", "children_12_to_17", "case_reference",
    ),
    Kind.GOODS: _COUNTED,
    Kind.SKILL: _COUNTED,
}  # fmt: skip
# What is said of one household alone, on the page of a single need.
NOT_ASKED = ("title", "couple", "lone_minor")


class SeveralForm:
    """One `NeedForm` for each row that is filled in, made of the row and of what all share."""

    def __init__(self, data: QueryDict | None, *, kind: str, **made: Any) -> None:
        self.data, self._made, self._class = data, made, FORMS[kind]
        self._typed: Mapping[str, str] = {name: str(data[name]) for name in data} if data else {}
        filled = [number for number in range(ROWS) if self._is_filled(number, OF_ROW[kind])]
        self.by_row: dict[int, NeedForm] = {
            number: self._class(self._merged(number, OF_ROW[kind]), **made) for number in filled
        }
        self.forms: Sequence[NeedForm] = list(self.by_row.values())
        self.common: NeedForm = self.forms[0] if self.forms else self._class(data, **made)
        self.names = [name for name in OF_ROW[kind] if name in self.common.fields]
        self.common.said_elsewhere = {*self.names, *NOT_ASKED}
        self.key = self._typed.get("key") or str(uuid.uuid4())

    def is_valid(self) -> bool:
        if self.data is None:
            return False
        if not self.forms:
            self.common.is_valid()
            for name in self.names:
                self.common.errors.pop(name, None)
            self.common.add_error(None, _("Remplissez au moins une ligne."))
            return False
        valid = [form.is_valid() for form in self.forms]  # each says what is wrong with it
        return all(valid)

    def rows(self) -> list[dict[str, Any]]:
        """For the page: each row with its boxes, what was typed in them and what is wrong with it."""
        return [
            {
                "number": number + 1,
                "cells": [self._cell(number, name) for name in self.names],
                "errors": self._errors(number),
            }
            for number in range(ROWS)
        ]

    def _cell(self, number: int, name: str) -> dict[str, Any]:
        field = self.common.fields[name]
        return {
            "name": self._box(number, name),
            "label": field.label,
            "value": self._typed.get(self._box(number, name), ""),
            "is_number": isinstance(field, CountField),
        }

    def _errors(self, number: int) -> list[str]:
        form = self.by_row.get(number)
        if form is None or not form.is_bound:
            return []
        shared = form is not self.common
        return [
            str(error)
            for name, errors in form.errors.items()
            if name in self.names or (shared and name not in self.common.errors)
            for error in errors
        ]

    def _is_filled(self, number: int, names: Sequence[str]) -> bool:
        said = [self._typed.get(self._box(number, name), "").strip() for name in names]
        return any(word not in ("", "0") for word in said)

    def _merged(self, number: int, names: Sequence[str]) -> QueryDict:
        assert self.data is not None
        merged = self.data.copy()
        for name in names:
            merged[name] = self.data.get(self._box(number, name), "")
        for name in NOT_ASKED:
            merged.pop(name, None)
        # The same page posted twice is the same needs.
        merged["key"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.data.get('key', '')}:{number}"))
        return merged

    @staticmethod
    def _box(number: int, name: str) -> str:
        return f"row-{number}-{name}"
