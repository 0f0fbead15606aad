"""Why a need is no more."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.fields.needs import REMINDER
from catalogue.forms import RadioCards


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
