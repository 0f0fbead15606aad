"""Filters that the API's lists share."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_filters.fields import IsoDateTimeField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from catalogue.vocabulary import Kind
from cities.models import City, Commune


class MomentField(IsoDateTimeField):
    """A moment in UTC: the database refuses some zones that ISO 8601 allows (+16:17)."""

    def clean(self, value: Any) -> datetime | None:
        moment = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


@extend_schema_field(OpenApiTypes.BOOL)
class YesNo(django_filters.TypedChoiceFilter):
    """`true` or `false`, and nothing else: what is neither is refused, rather than passed over."""

    def __init__(self, **kwargs: Any) -> None:
        words = {"true": True, "false": False}
        super().__init__(choices=[(word, word) for word in words], coerce=words.__getitem__, **kwargs)


class RowNumber(django_filters.NumberFilter):
    """The number of a row."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_value=10**15, **kwargs)


class ChangedSince(django_filters.IsoDateTimeFilter):
    """What changed at a moment or later: how a program follows what it has read before."""

    field_class = MomentField

    def __init__(self, field_name: str = "changed_at") -> None:
        super().__init__(
            field_name=field_name,
            lookup_expr="gte",
            help_text="Changed at this moment or later (ISO 8601; write `+` as `%2B`).",
        )


class Known(django_filters.CharFilter):
    """A word that must name something: what nobody has is refused, rather than answered with nothing."""

    def __init__(self, is_known: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(validators=[partial(_check_known, is_known)], **kwargs)


def _check_known(is_known: Callable[[str], bool], word: str) -> None:
    if "\x00" in word or not is_known(word):
        raise ValidationError(_("Cette valeur n’existe pas ici."), code="unknown")


def _is_town(word: str) -> bool:
    return City.objects.filter(slug=word).exists()


def _is_commune(word: str) -> bool:
    return Commune.objects.filter(pk=word).exists()


def of_town(field_name: str = "city__slug") -> Known:
    return Known(_is_town, field_name=field_name, help_text="Short name of a town.")


def of_commune() -> Known:
    return Known(_is_commune, field_name="commune_id", help_text="INSEE code.")


class EntryFilter(django_filters.FilterSet):
    """By town, kind, reference and last change; each app adds its own."""

    city = of_town()
    reference = django_filters.CharFilter(lookup_expr="iexact")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    commune = of_commune()
    changed_since = ChangedSince()
