"""One's own number."""

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.forms import ServiceForm


class PhoneForm(ServiceForm):
    phone = PhoneNumberField(
        label=_("Votre numéro de téléphone"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={
            "invalid": _("Ce numéro n’est pas complet. Écrivez-le par exemple 06 12 34 56 78."),
            "required": _("Écrivez votre numéro."),
        },
    )
