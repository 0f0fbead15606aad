"""One's own number."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.contacts import PhoneField


class PhoneForm(ServiceForm):
    phone = PhoneField(
        label=_("Votre numéro de téléphone"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={
            "invalid": _("Ce numéro n’est pas complet. Écrivez-le par exemple 06 12 34 56 78."),
            "required": _("Écrivez votre numéro."),
        },
    )
