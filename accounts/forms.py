"""What people type: addresses, codes, themselves, their association."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.core import context
from allauth.mfa.base import forms as allauth_mfa
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Organisation, Scope
from accounts.services.organisations import NOBODY_TOLD
from accounts.sign_in import Outcome, note_outcome, tell_of_wrong_factors, too_many_factors_message
from catalogue.contacts import EmailField, EmailInput, NameField, PhoneField

# As settings.ALLAUTH_USER_CODE_FORMAT has them made.
CODE = re.compile(r"[0-9]{6}")
CODE_LENGTH_TYPED = 60
# allauth's name for a refusal because of the limit.
TOO_MANY = "too_many_login_attempts"


def digits_of(typed: str) -> str:
    """The digits of what was typed or copied, as 0 to 9, whatever the script and whatever stands around them.

    A code brings along spaces, quotes, marks of direction, or the words before it.

    >>> digits_of("« ١٢٣ ٤٥٦ »")
    '123456'
    """
    return "".join(str(unicodedata.decimal(sign)) for sign in typed if sign.isdecimal())


class RequestCodeForm(RequestLoginCodeForm):
    email = EmailField(
        label=_("Votre adresse e-mail"),
        widget=EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        # Whether there are codes left for it is asked when one is sent (accounts/sign_in.py).
        return self.cleaned_data["email"]

    def refuse_more(self, words: str) -> None:
        """Say that enough codes were asked for."""
        self.add_error("email", words)


class ConfirmCodeForm(ConfirmLoginCodeForm):
    code = forms.CharField(
        label=_("Code à six chiffres"),
        max_length=CODE_LENGTH_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        self.cleaned_data["code"] = digits_of(self.cleaned_data["code"])
        return super().clean_code()


class _FactorForm(BaseAuthenticateForm):
    """A code of the second factor; too many wrong ones are told to whose they are."""

    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_LENGTH_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        self.cleaned_data["code"] = digits_of(self.cleaned_data["code"])
        try:
            return super().clean_code()
        except ValidationError as refusal:
            if refusal.code == TOO_MANY:
                tell_of_wrong_factors(request=context.request, email=self.user.email)
                note_outcome(Outcome.LIMIT, self.user)
                raise ValidationError(too_many_factors_message(context.request, self.user)) from None
            note_outcome(Outcome.WRONG_FACTOR, self.user)
            raise


class AuthenticateForm(_FactorForm, allauth_mfa.AuthenticateForm):
    """When signing in."""


class ReauthenticateForm(_FactorForm, allauth_mfa.ReauthenticateForm):
    """Before the second factor is changed."""


class ActivateFactorForm(ActivateTOTPForm):
    """The first code of an application that is added."""

    def clean_code(self) -> str:
        self.cleaned_data["code"] = digits_of(self.cleaned_data["code"])
        return super().clean_code()


class ServiceForm(forms.Form):
    """A form whose last word is a service's."""

    def refuse(self, refusal: ValidationError) -> None:
        """Show a service's ValidationError beside the fields that it names, the rest at the top."""
        if not hasattr(refusal, "error_dict"):
            self.add_error(None, refusal)
            return
        for name, errors in refusal.error_dict.items():
            self.add_error(name if name in self.fields and name != NON_FIELD_ERRORS else None, errors)


class LinesField(forms.CharField):
    """A text of several lines, as long for us as for the browser that counts it: there a new line is one sign."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if text else text


class ProfileForm(ServiceForm):
    name = NameField(
        label=_("Votre nom"),
        max_length=120,
        required=False,
        help_text=_("Comme vous souhaitez être appelé."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Langue de nos messages"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]


class NewAddressForm(ServiceForm):
    email = EmailField(
        label=_("Votre nouvelle adresse e-mail"),
        max_length=254,
        widget=EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Cette adresse est incomplète. Elle s’écrit comme nom@exemple.fr.")},
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class OneCodeForm(ServiceForm):
    code = forms.CharField(
        label=_("Code à six chiffres"),
        max_length=CODE_LENGTH_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        return digits_of(self.cleaned_data["code"])


class TwoCodesForm(ServiceForm):
    """What came to the address that one has, and to the one that one wants."""

    old_code = forms.CharField(
        label=_("Code reçu à l’ancienne adresse"),
        max_length=CODE_LENGTH_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    new_code = forms.CharField(
        label=_("Code reçu à la nouvelle adresse"),
        max_length=CODE_LENGTH_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def clean_old_code(self) -> str:
        return digits_of(self.cleaned_data["old_code"])

    def clean_new_code(self) -> str:
        return digits_of(self.cleaned_data["new_code"])


class TokenForm(ServiceForm):
    name = forms.CharField(
        label=_("Nom de la clé"), max_length=80, help_text=_("Par exemple le logiciel qui s’en servira.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Ce qu’elle peut faire"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Jamais plus que vous. Cochez le moins possible."),
    )
    days = forms.TypedChoiceField(
        label=_("Combien de temps"),
        choices=[(30, _("un mois")), (90, _("trois mois")), (365, _("un an"))],
        coerce=int,
        initial=365,
    )


class OrganisationForm(ServiceForm):
    name = forms.CharField(label=_("Nom de l’association"), max_length=200)
    rna = forms.CharField(
        label=_("Numéro RNA"),
        max_length=20,
        required=False,
        help_text=_("W suivi de 9 chiffres. Il figure sur le récépissé de la préfecture."),
    )
    siret = forms.CharField(
        label=_("Numéro SIRET"),
        max_length=20,
        required=False,
        help_text=_("14 chiffres. L’un des deux numéros suffit."),
    )
    email = EmailField(label=_("Adresse e-mail de l’association"), required=False)
    phone = PhoneField(
        label=_("Téléphone de l’association"),
        of_person=False,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    about = forms.CharField(
        label=_("Que faites-vous\u202f?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].error_messages["invalid"] = _(
            "Ce numéro n’est pas complet. Écrivez-le par exemple 03 88 12 34 56."
        )

    def clean_rna(self) -> str:
        return Organisation._meta.get_field("rna").clean(self.cleaned_data["rna"], None)

    def clean_siret(self) -> str:
        return Organisation._meta.get_field("siret").clean(self.cleaned_data["siret"], None)

    def clean(self) -> None:
        super().clean()
        named = {"rna", "siret"} & self.cleaned_data.keys()
        if len(named) == 2 and not any(self.cleaned_data[name] for name in named):
            raise ValidationError(_("Indiquez le numéro RNA ou le numéro SIRET de l’association."))


class OrganisationByVisitorForm(OrganisationForm):
    person_name = NameField(
        label=_("Votre nom"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    person_email = EmailField(
        label=_("Votre adresse e-mail"),
        help_text=_("Nous y envoyons un code, pour ouvrir votre compte."),
        widget=EmailInput(attrs={"autocomplete": "email"}),
    )


class ToldForm(ServiceForm):
    """To whom of an association its messages go. Boxes that are ticked say yes."""

    told = forms.MultipleChoiceField(
        label=_("Qui reçoit nos messages\u202f?"),
        error_messages={"required": NOBODY_TOLD},
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Les autres voient et répondent comme avant, sur le site."),
    )
    fallback = forms.TypedChoiceField(
        label=_("Et si personne ne répond\u202f?"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
        help_text=_(
            "Une personne non cochée ci-dessus\u202f: nous lui écrivons si aucune autre n’ouvre une question à temps."
        ),
    )

    def __init__(self, data: Any = None, *, team: Collection[Membership]) -> None:
        initial = {
            "told": [str(member.user_id) for member in team if member.is_told],
            "fallback": next((str(member.user_id) for member in team if member.is_fallback), ""),
        }
        super().__init__(data, initial=initial)
        people = [(str(member.user_id), str(member.user)) for member in team]
        self.fields["told"].choices = people  # type: ignore[attr-defined]
        self.fields["fallback"].choices = [("", gettext("Personne d’autre")), *people]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """As `services.choose_told` takes it."""
        told = [int(key) for key in self.cleaned_data["told"]]
        return {"told": told, "fallback": self.cleaned_data["fallback"]}


class SuspendForm(forms.Form):
    reason = forms.CharField(
        label=_("Raison"),
        max_length=500,
        error_messages={
            "required": _("Dites pourquoi\u202f: l’équipe le lira."),
            "max_length": _("La raison est trop longue\u202f: 500 caractères au plus."),
        },
    )
