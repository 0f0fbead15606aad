"""The address for a visitor's code, and why a need is no more."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import LowerCaseEmailField
from catalogue.contacts import EmailField, EmailInput
from catalogue.fields.needs import REMINDER
from catalogue.forms import RadioCards


class AddressForm(forms.Form):
    """The address to which a visitor's sign-in code goes."""

    email = EmailField(
        label=_("Votre adresse e-mail"),
        help_text=_("Nous y envoyons un code à six chiffres. Elle n’est montrée à personne."),
        widget=EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Écrivez votre adresse e-mail."),
            "invalid": _("Cette adresse n’est pas complète. Écrivez par exemple prenom@exemple.org."),
        },
    )

    def clean_email(self) -> str:
        return str(LowerCaseEmailField.normalised(self.cleaned_data["email"]))


class WithdrawForm(forms.Form):
    """Why a need is no more: one choice, and words if one likes."""

    why = forms.ChoiceField(
        label=_("Pourquoi retirez-vous ce besoin\u202f?"),
        choices=[
            ("found", _("Une solution est trouvée ailleurs")),
            ("over", _("Le besoin n’existe plus")),
            ("mistake", _("C’était une erreur ou un doublon")),
            ("other", _("Une autre raison")),
        ],
        widget=RadioCards,
        error_messages={"required": _("Choisissez une raison.")},
    )
    words = forms.CharField(
        label=_("Précisions"),
        help_text=REMINDER,
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def reason(self) -> str:
        """Of a valid form: the reason in words."""
        label = str(dict(self.fields["why"].choices)[self.cleaned_data["why"]])  # type: ignore[attr-defined]
        return f"{label}. {self.cleaned_data['words']}" if self.cleaned_data["words"] else label
