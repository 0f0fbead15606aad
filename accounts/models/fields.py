"""Columns that keep what people type in one spelling, and say when it cannot be right."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as NumberError
from stdnum.fr import siret as siret_number

from catalogue.contacts import normalised_email


class LowerCaseEmailField(models.EmailField):
    """An e-mail address, kept and looked up in one spelling (`catalogue.contacts`); nothing is None, never "".

    The one place where addresses are normalised: a form, a save and a lookup all pass here.
    """

    @staticmethod
    def normalised(value: Any) -> Any:
        if isinstance(value, str):
            return normalised_email(value) or None
        return value

    def to_python(self, value: Any) -> Any:
        return self.normalised(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return self.normalised(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.normalised(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        # To the database it is an e-mail address like any other: migrations import no code of ours.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs


def validate_siret(value: str) -> None:
    """Fourteen digits whose check digits are right (Luhn, and La Poste's own rule)."""
    try:
        siret_number.validate(value)
    except NumberError as error:
        raise ValidationError(
            _("Ce numéro SIRET n’est pas valable. Vérifiez ses 14 chiffres."), code="siret"
        ) from error


class RegisterNumberField(models.CharField):
    """A number of an official register, kept without the spaces and dots that people put in it."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return re.sub(r"[\s.\-]", "", value).upper() if isinstance(value, str) else value

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class RnaField(RegisterNumberField):
    """The national number of an association: W and nine digits."""

    default_validators = [
        RegexValidator(
            r"^W[0-9]{9}\Z", _("Un numéro RNA s’écrit W suivi de 9 chiffres, par exemple W671234567."), "rna"
        )
    ]


class SiretField(RegisterNumberField):
    """The number of an establishment: fourteen digits."""

    default_validators = [validate_siret]
