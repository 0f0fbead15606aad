"""Taking an offer back, and looking one up."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.forms.days import DayField
from catalogue.labels import kind_label
from catalogue.vocabulary import CATEGORIES, Category
from offers.models import OfferState


class WithdrawForm(forms.Form):
    """Taking an offer back, with a reason if one likes."""

    reason = forms.CharField(
        label=_("Pourquoi\u202f?"),
        required=False,
        max_length=500,
        help_text=_("Si vous voulez bien nous le dire. Cela reste entre la ville et vous."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PauseForm(ServiceForm):
    """Until when an offer is set aside; what holds of the day, the service says."""

    paused_until = DayField(label=_("Dernier jour de la pause"))


class SearchForm(forms.Form):
    """What the desk looks for in the town's offers."""

    q = forms.CharField(label=_("Référence, titre ou nom"), required=False, max_length=80)
    category = forms.ChoiceField(label=_("Catégorie"), required=False)
    state = forms.ChoiceField(
        label=_("État"), required=False, choices=[("", _("Tous les états")), *OfferState.choices]
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        groups = [
            (kind_label(kind), [(value, Category(value).label) for value in values])
            for kind, values in CATEGORIES.items()
        ]
        self.fields["category"].choices = [("", gettext("Toutes les catégories")), *groups]  # type: ignore[attr-defined]
