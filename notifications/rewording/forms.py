"""What an administrator writes in place of a built-in text."""

from typing import Any

from django import forms
from django.utils.translation import get_language_info, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from notifications.wording.models import Form


class WordingForm(ServiceForm):
    title = forms.CharField(label=pgettext_lazy("courriel", "Objet"), required=False)
    body = forms.CharField(label=_("Texte"), required=False, widget=forms.Textarea(attrs={"class": "tall"}))

    def __init__(self, data: Any = None, *, form: Form, language: str, initial: dict[str, str]) -> None:
        super().__init__(data, initial=initial)
        if form == Form.SHORT:
            del self.fields["title"]
            self.fields["body"].widget.attrs.pop("class")
        direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
        for field in self.fields.values():
            field.widget.attrs |= {"lang": language, "dir": direction}
            # What is empty is refused in the same words as everything else; "(facultatif)" would be untrue.
            field.required = True
            field.widget.is_required = False
            field.error_messages["required"] = _("Écrivez un texte.")
