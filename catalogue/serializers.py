"""Fields that offers and needs share in the API. They validate and shape; services have the last word."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalogue.languages import MOST_LANGUAGES, validate_language
from catalogue.slots import MOST_SLOTS, parse_slot
from cities.models import City, Commune
from cities.selectors import CommuneNotFound, commune_by_insee, open_cities

# Beyond this, a day is a slip of the finger.
FARTHEST = timedelta(days=3 * 366)
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")


@extend_schema_field({"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "examples": ["strasbourg"]})
class CityField(serializers.Field):
    """An open town by its short name."""

    default_error_messages = {"unknown": _("Cette ville n’est pas ici.")}

    def to_internal_value(self, data: Any) -> City:
        found = None
        if isinstance(data, str) and _SLUG.fullmatch(data):
            found = open_cities().filter(slug=data).first()
        if found is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: City) -> str:
        return value.slug


@extend_schema_field({"type": "string", "pattern": "^[0-9][0-9AB][0-9]{3}$", "examples": ["67482"]})
class CommuneField(serializers.Field):
    """A commune by its INSEE code (not its postcode)."""

    default_error_messages = {"unknown": _("Ce n’est pas le code INSEE d’une commune.")}

    def to_internal_value(self, data: Any) -> Commune:
        try:
            return commune_by_insee(data if isinstance(data, str) else "")
        except CommuneNotFound:
            self.fail("unknown")

    def to_representation(self, value: Commune) -> str:
        return value.pk


class DayField(serializers.DateField):
    """A day within three years of today."""

    default_error_messages = {"far": _("Ce jour est trop loin. Choisissez-en un dans les trois ans.")}

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if abs(day - timezone.localdate()) > FARTHEST:
            self.fail("far")
        return day


class LanguageField(serializers.CharField):
    """A BCP 47 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=12, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        language, *rest = super().to_internal_value(data).split("-")
        code = "-".join([language.lower(), *rest])
        validate_language(code)
        return code


class SlotField(serializers.CharField):
    """One weekly slot: `mon 18:00-20:00`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=15, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data).strip().lower()
        parse_slot(text)
        return text


class SetField(serializers.ListField):
    """A list in which each value counts once, in the order given."""

    def to_internal_value(self, data: Any) -> list[Any]:
        return list(dict.fromkeys(super().to_internal_value(data)))


def language_list(help_text: str) -> SetField:
    """A list of BCP 47 codes."""
    return SetField(child=LanguageField(), max_length=MOST_LANGUAGES, required=False, help_text=help_text)


def slot_list(help_text: str) -> SetField:
    """A list of weekly slots."""
    return SetField(child=SlotField(), max_length=MOST_SLOTS, required=False, help_text=help_text)


def word_list(values: Sequence[models.TextChoices], help_text: str) -> SetField:
    """A list of words of a vocabulary."""
    return SetField(
        child=serializers.ChoiceField([(value.value, value.label) for value in values]),
        required=False,
        help_text=help_text,
    )


class EntrySerializer(serializers.ModelSerializer):
    """An offer or a need. It validates and shapes; `save()` is never called: writing is the service's.

    The models' labels and helps are the pages', in French: the schema's are English, in `Meta.extra_kwargs`.
    """

    city = CityField(help_text="The town, by its short name.")
    commune = CommuneField(help_text="INSEE code of the commune.")

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        kwargs.pop("label", None)
        kwargs.pop("help_text", None)
        return field_class, kwargs
