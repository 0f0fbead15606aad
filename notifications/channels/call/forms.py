"""What came of a call."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from notifications.channels.call.models import Outcome


class OutcomeForm(ServiceForm):
    """One button each; the hour for who is to be called again."""

    outcome = forms.ChoiceField(
        choices=Outcome.choices,
        widget=forms.HiddenInput,
        error_messages={"required": _("Dites ce que l’appel a donné.")},
    )
    again_at = forms.DateTimeField(
        label=_("Quand rappeler\u202f?"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Écrivez le jour et l’heure.")},
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.use_required_attribute = False
