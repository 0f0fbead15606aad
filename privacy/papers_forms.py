"""A request of an authority, as the administration counts it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.forms import RadioCards
from town.models import OfficialRequest


class OfficialRequestForm(ServiceForm):
    day = forms.DateField(label=_("Jour de la demande"), widget=forms.DateInput(attrs={"type": "date"}))
    authority = forms.ChoiceField(
        label=_("Qui a demandé\u202f?"), choices=OfficialRequest.Authority.choices, widget=RadioCards
    )
    granted = forms.BooleanField(label=_("Des données ont été données"), required=False)
