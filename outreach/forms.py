"""An address that asks for the letter, and what a town adds to an issue."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.contacts import EmailField, EmailInput


class AskForm(ServiceForm):
    email = EmailField(
        label=_("Votre adresse e-mail"),
        help_text=_(
            "Elle ne sert qu’à cette lettre. Vous l’effacez quand vous voulez, d’un lien dans chaque lettre."
        ),
        widget=EmailInput(attrs={"autocomplete": "email"}),
    )


class IssueForm(ServiceForm):
    """One field a language, named by its code."""

    def __init__(self, data: Any = None, *, words: dict[str, str]) -> None:
        super().__init__(data, initial=words)
        for language, name in settings.LANGUAGES:
            direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
            self.fields[language] = forms.CharField(
                label=name,
                required=False,
                widget=forms.Textarea(attrs={"lang": language, "dir": direction}),
            )

    def words(self) -> dict[str, str]:
        return dict(self.cleaned_data)
