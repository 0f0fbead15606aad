"""Where another system is told, and of what."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from webhooks.events import Happening
from webhooks.models import LONGEST_URL


class EndpointForm(ServiceForm):
    """What the address may be, the service says."""

    url = forms.CharField(
        label=_("Adresse de la destination"),
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"class": "ltr", "placeholder": "https://"}),
        help_text=_("Une adresse publique, en https."),
    )
    happenings = forms.MultipleChoiceField(
        label=_("Quels événements\u202f?"),
        choices=Happening.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--two"}),
    )
