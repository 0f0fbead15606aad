"""Fields that offers and needs share in the API. They validate and shape; services have the last word."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from itertools import chain
from typing import Any, ClassVar, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from phonenumber_field.phonenumber import PhoneNumber
from rest_framework import serializers

from catalogue.contacts import read_emails, read_name, read_phone
from catalogue.fields import FARTHEST, Day, Field, Languages, Number, Slots, Table, Thing, Word, Words
from catalogue.fields.shapes import TOO_FAR
from catalogue.fields.table import EVERY_KIND
from catalogue.items import LONGEST_TYPED, MOST_SIZES
from catalogue.languages import MOST_LANGUAGES
from catalogue.meaning import read_day, read_languages, read_number, read_slots, read_yes_no, units_of
from catalogue.slots import MOST_SLOTS
from catalogue.vocabulary import Kind
from cities.models import City, Commune
from cities.places import LONGEST_WRITTEN, Figures
from cities.selectors import AmbiguousCommune, CommuneAbroad, CommuneNotFound, open_cities, understood

NAMES_OF_KINDS: dict[str, str] = {Kind.HOUSING: "housing", Kind.GOODS: "goods", Kind.SKILL: "skills"}
MOST_CHOICES = 10
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")


class MomentField(serializers.DateTimeField):
    """A moment that says its offset from UTC: whose clock is meant without one, nobody knows."""

    default_error_messages = {"naive": _("Écrivez aussi le décalage\u202f: 2026-03-31T14:00:00+02:00.")}

    def enforce_timezone(self, value: Any) -> Any:
        if timezone.is_naive(value):
            self.fail("naive")
        return super().enforce_timezone(value)


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


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": LONGEST_WRITTEN, "examples": ["67482"]})
class CommuneField(serializers.Field):
    """A commune by its INSEE code; what people write instead is understood: a name, a postcode that is no code."""

    default_error_messages = {
        "unknown": _("Ce n’est pas le code INSEE d’une commune."),
        "several": _("Plusieurs communes répondent à ce nom. Envoyez le code INSEE\u202f: {choices}."),
    }

    def to_internal_value(self, data: Any) -> Commune:
        if not isinstance(data, str) or len(data) > LONGEST_WRITTEN:
            self.fail("unknown")
        try:
            # A program that sends five figures means the code.
            return understood(data, figures=Figures.INSEE)[0]
        except AmbiguousCommune as several:
            choices = ", ".join(f"{one.label} = {one.pk}" for one in several.candidates[:MOST_CHOICES])
            self.fail("several", choices=choices)
        except CommuneAbroad as abroad:
            raise serializers.ValidationError(str(abroad)) from None
        except CommuneNotFound:
            self.fail("unknown")

    def to_representation(self, value: Commune) -> str:
        return value.pk


class PhoneField(serializers.CharField):
    """One number of a person, as people write it."""

    def to_internal_value(self, data: Any) -> PhoneNumber | str:
        return _understood(read_phone, super().to_internal_value(data)) or ""


class EmailField(serializers.EmailField):
    """One address, as people write it."""

    def to_internal_value(self, data: Any) -> str:
        found = _understood(read_emails, super().to_internal_value(data))
        if found is not None and found.others:
            raise serializers.ValidationError(_("Écrivez une seule adresse ici."))
        return found.address if found else ""

    def run_validators(self, value: Any) -> None:
        """What was understood is an address."""


class NameField(serializers.CharField):
    """What a person is called."""

    def to_internal_value(self, data: Any) -> str:
        return read_name(super().to_internal_value(data))


def _understood(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValidationError as error:
        raise serializers.ValidationError(error.messages) from None


class DayField(serializers.DateField):
    """A day within three years of today."""

    default_error_messages = {"far": TOO_FAR}

    def __init__(self, *, edge: Literal["", "first", "last"] = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.edge = edge

    def to_internal_value(self, value: Any) -> date:
        is_text = isinstance(value, str) and value.strip()
        day: date = (
            read_day(value, today=timezone.localdate(), edge=self.edge).value
            if is_text
            else super().to_internal_value(value)
        )
        if abs(day - timezone.localdate()) > FARTHEST:
            self.fail("far")
        return day


class LanguageField(serializers.CharField):
    """A BCP 47 code; a name of the language is understood too, and may stand for several."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return read_languages(super().to_internal_value(data)).value


class SlotField(serializers.CharField):
    """One weekly slot: `mon 18:00-20:00`; words are understood too ("lun-ven 18h-20h"), and may say several."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return read_slots(super().to_internal_value(data)).value


class YesNoField(serializers.BooleanField):
    """Yes or no; in words too ("oui")."""

    def to_internal_value(self, data: Any) -> Any:
        is_text = isinstance(data, str) and data.strip()
        return read_yes_no(data).value if is_text else super().to_internal_value(data)


class WholeField(serializers.IntegerField):
    """A whole number; as text it is read as people write it ("2 places", "٢")."""

    def __init__(self, *, units: Mapping[str, float] | None = None, **kwargs: Any) -> None:
        self.units = units or {}
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(read_number(data, self.units, whole=True))


class DecimalNumberField(serializers.FloatField):
    """A number; as text with a point or a comma."""

    def __init__(self, *, units: Mapping[str, float] | None = None, **kwargs: Any) -> None:
        self.units = units or {}
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(read_number(data, self.units, whole=False))


# What a model's own field becomes, for what people answer.
AS_WRITTEN: dict[type[serializers.Field], type[serializers.Field]] = {
    serializers.BooleanField: YesNoField,
    serializers.IntegerField: WholeField,
    serializers.FloatField: DecimalNumberField,
}


class SetField(serializers.ListField):
    """A list in which each value counts once, in the order given; what says several things at once is all of them."""

    def to_internal_value(self, data: Any) -> list[Any]:
        said = super().to_internal_value(data)
        return list(
            dict.fromkeys(chain.from_iterable(one if isinstance(one, tuple) else (one,) for one in said))
        )


def written(table: Table) -> tuple[str, ...]:
    """The fields that programs write: all that people answer but the kind, which never changes."""
    return tuple(row.name for row in table.asked() if row.name != "kind")


def of_kinds(row: Field) -> str:
    """The kinds that have a field: "goods and skills"; nothing when all have it."""
    return "" if row.kinds == EVERY_KIND else " and ".join(NAMES_OF_KINDS[kind] for kind in row.kinds)


def help_of(row: Field) -> str:
    """What a field holds, for the schema: "Housing. Days of notice needed."."""
    form = {Languages: "BCP 47 codes", Slots: "Weekly slots, `mon 18:00-20:00`"}.get(type(row.shape), "")
    parts = [of_kinds(row).capitalize(), row.meaning.replace("**", ""), form]
    return " ".join(f"{part[0].upper()}{part[1:].rstrip('.')}." for part in parts if part)


def one_of(shape: Words) -> serializers.ChoiceField:
    """One of the words that may be said; reading, another one that is stored passes too."""
    return serializers.ChoiceField([(value.value, value.label) for value in shape.values])


def written_field(row: Field) -> tuple[type[serializers.Field], dict[str, Any]] | None:
    """The serializer's field for a list or a day, which a model does not describe well enough; else None."""
    asks: dict[str, Any] = {"required": False}
    match row.shape:
        case Languages():
            return SetField, {**asks, "child": LanguageField(), "max_length": MOST_LANGUAGES}
        case Slots():
            return SetField, {**asks, "child": SlotField(), "max_length": MOST_SLOTS}
        case Words() as shape:
            return SetField, {**asks, "child": one_of(shape)}
        case Thing(several=several):
            if several:
                return SetField, {
                    **asks,
                    "child": serializers.CharField(max_length=LONGEST_TYPED),
                    "max_length": MOST_SIZES,
                }
            return serializers.CharField, {**asks, "max_length": LONGEST_TYPED, "allow_blank": True}
        case Day(edge=edge):
            asks = {"required": True} if row.required else {**asks, "allow_null": True}
            return DayField, {"edge": edge, **asks}
    return None


class EntrySerializer(serializers.ModelSerializer):
    """An offer or a need. It validates and shapes; `save()` is never called: writing is the service's.

    The models' labels and helps are the pages', in French: the schema's are English, and bounds are the table's.
    """

    table: ClassVar[Table]
    # Worked out by the service when it is left out.
    optional: ClassVar[tuple[str, ...]] = ()

    city = CityField(help_text="The town, by its short name.")
    commune = CommuneField(help_text="INSEE code of the commune.")

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        row = self.table.rows.get(field_name)
        if row is not None and (found := written_field(row)):
            field_class, kwargs = found
        else:
            field_class, kwargs = super().build_standard_field(field_name, model_field)
        kwargs.pop("label", None)
        kwargs.pop("help_text", None)
        if row is None or not row.asked:
            return field_class, kwargs
        field_class = AS_WRITTEN.get(field_class, field_class)
        if field_class in (WholeField, DecimalNumberField):
            kwargs["units"] = units_of(field_name)
        kwargs |= {"help_text": help_of(row)} if help_of(row) else {}
        if isinstance(row.shape, Number):
            kwargs |= {"min_value": row.shape.least, "max_value": row.shape.most_of("")}
        if field_name in self.optional:
            kwargs["required"] = False
        return field_class, kwargs


class ReadEntry(EntrySerializer):
    """An entry as it stands, also one that is older than a bound."""

    commune_name = serializers.CharField(source="commune.name")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields: dict[str, serializers.Field] = super().get_fields()
        for row in self.table:
            if row.name not in fields or row.name in self._declared_fields:
                continue
            if isinstance(row.shape, Words):
                fields[row.name] = serializers.ListField(child=one_of(row.shape))
            elif isinstance(row.shape, Languages | Slots) or (
                isinstance(row.shape, Thing) and row.shape.several
            ):
                fields[row.name] = serializers.ListField(child=serializers.CharField())
            elif isinstance(row.shape, Word):
                fields[row.name] = serializers.ChoiceField(
                    row.shape.choices.choices, allow_blank=not row.required or row.is_of_some
                )
        return fields
