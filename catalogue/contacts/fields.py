"""The boxes of forms in which people write a number, an address, a name."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from catalogue.contacts import emails, phones
from catalogue.contacts.names import read_name

# Of these a form has words of its own.
_INVALID = frozenset({"invalid", "incomplete"})


class PhoneField(forms.CharField):
    """One number. Cleans to a PhoneNumber, "" when none is given. Set `region` for a town overseas."""

    default_error_messages = {
        "invalid": _("Ce numéro n’est pas complet. Écrivez-le par exemple 06 12 34 56 78.")
    }

    def __init__(self, *, region: str = "FR", of_person: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        )
        super().__init__(max_length=phones.LONGEST_WRITTEN, **kwargs)
        self.region, self.of_person = region, of_person

    def to_python(self, value: Any) -> Any:
        if isinstance(value, PhoneNumber):
            return value
        text = super().to_python(value)
        try:
            if not text:
                return ""
            found = phones.read_phone(text, region=self.region, of_person=self.of_person)
        except ValidationError as error:
            raise self._own(error) from None
        if found is None and self.required:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found or ""

    def run_validators(self, value: Any) -> None:
        """The length is of what is written."""
        super().run_validators(str(value) if value else value)

    def prepare_value(self, value: Any) -> Any:
        return phones.shown(value) if isinstance(value, PhoneNumber) and value.is_valid() else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def _own(self, error: ValidationError) -> ValidationError:
        return (
            ValidationError(self.error_messages["invalid"], code="invalid")
            if error.code in _INVALID
            else error
        )


class _Sure(str):
    """An address that was asked about already, and sent again as it was."""


class EmailInput(forms.EmailInput):
    """Remembers, hidden beside the box, that a slip was asked about."""

    template_name = "contacts/email.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        text = super().value_from_datadict(data, files, name)
        return _Sure(text) if text and data.get(f"{name}_sure") == text.strip() else text

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        text = str(value or "").strip()
        context["widget"]["asked_about"] = text if emails.slip_of(emails.normalised_email(text)) else ""
        return context


class EmailField(forms.EmailField):
    """One address. Cleans to its usual spelling. What looks like a slip of a usual domain is asked about, once."""

    widget = EmailInput
    default_error_messages = {
        "invalid": _("Cette adresse est incomplète. Elle s’écrit comme nom@exemple.fr."),
        "several": _("Écrivez une seule adresse ici."),
        "slip": _(
            "Est-ce bien cette adresse, ou finit-elle par %(domain)s\u202f? Corrigez-la, ou renvoyez-la telle quelle."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", EmailInput(attrs={"autocomplete": "email"}))
        super().__init__(**{"max_length": emails.LONGEST, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if not text:
            return text
        try:
            found = emails.read_emails(text)
        except ValidationError as error:
            if error.code in _INVALID:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
            raise
        if found is None:
            if self.required:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            return ""
        if found.others:
            raise ValidationError(self.error_messages["several"], code="several")
        if found.slip and not isinstance(value, _Sure):
            message = self.error_messages["slip"] % {"domain": found.slip}
            raise ValidationError(message, code="slip")
        return found.address


class NameField(forms.CharField):
    """What somebody is called."""

    def to_python(self, value: Any) -> str:
        return read_name(super().to_python(value) or "")
