"""One's own number, and the code that proves it."""

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.forms import CODE_LENGTH_TYPED, ServiceForm, digits_of


class PhoneForm(ServiceForm):
    phone = PhoneNumberField(
        label=_("Votre numéro de téléphone"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={
            "invalid": _("Ce numéro n’est pas complet. Écrivez-le par exemple 06 12 34 56 78."),
            "required": _("Écrivez votre numéro."),
        },
    )


class PhoneCodeForm(ServiceForm):
    code = forms.CharField(
        label=_("Code à six chiffres"),
        max_length=CODE_LENGTH_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        return digits_of(self.cleaned_data["code"])
