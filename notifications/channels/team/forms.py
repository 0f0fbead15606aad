"""The place where a team talks, as an administrator pastes it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm


class RoomForm(ServiceForm):
    address = forms.CharField(
        label=_("Adresse du canal"),
        max_length=1000,
        help_text=_("Elle est secrète\u202f: une fois enregistrée, personne ne la revoit ici."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr"}),
    )
