"""Filters that the API's lists share."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField

from catalogue.vocabulary import Kind


class MomentField(IsoDateTimeField):
    """A moment in UTC: the database refuses some zones that ISO 8601 allows (+16:17)."""

    def clean(self, value: Any) -> datetime | None:
        moment = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class ChangedSince(django_filters.IsoDateTimeFilter):
    """What changed at a moment or later: how a program follows what it has read before."""

    field_class = MomentField

    def __init__(self) -> None:
        super().__init__(
            field_name="changed_at",
            lookup_expr="gte",
            help_text="Changed at this moment or later (ISO 8601; write `+` as `%2B`).",
        )


class EntryFilter(django_filters.FilterSet):
    """By town, kind, reference and last change; each app adds its own."""

    city = django_filters.CharFilter(field_name="city__slug", help_text="Short name of a town.")
    reference = django_filters.CharFilter(lookup_expr="iexact")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    commune = django_filters.CharFilter(field_name="commune_id", help_text="INSEE code.")
    changed_since = ChangedSince()
