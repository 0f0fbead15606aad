"""A few words of somebody whom nobody knows."""

import re
from secrets import token_urlsafe
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import LinesField, ServiceForm
from voice.models import LONGEST_REMARK

_KEY = re.compile(r"[A-Za-z0-9_-]{16,40}")


class WordsForm(ServiceForm):
    """One text and nothing of whoever writes it. `form_key`, hidden: sent twice, it is kept once."""

    text = LinesField(
        label=_("Vos mots"),
        help_text=_("Dans votre langue. N’écrivez aucun nom, aucune adresse, aucun téléphone."),
        max_length=LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": _("Écrivez quelques mots.")},
    )
    form_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"form_key": token_urlsafe(18)})

    def clean_form_key(self) -> str:
        """The key that the page brought; another where somebody has altered it."""
        key = self.cleaned_data["form_key"]
        return key if _KEY.fullmatch(key) else token_urlsafe(18)
