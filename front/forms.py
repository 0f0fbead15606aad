"""What an administrator types for the town's home: the texts of one language, and a picture."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from front.models import LONGEST_LINE, HomePicture, HomeWords
from front.words import FIELDS

_TALL = ("lead", "about")


class HomeWordsForm(ServiceForm, forms.ModelForm):
    """Each text in one language; empty is Accorde's own."""

    class Meta:
        model = HomeWords
        fields = list(FIELDS)

    def __init__(self, data: Any = None, *, language: str, instance: HomeWords | None) -> None:
        super().__init__(data, instance=instance)
        side = "rtl" if get_language_info(language)["bidi"] else "ltr"
        for name, field in self.fields.items():
            if name in _TALL:
                field.widget.attrs["rows"] = 3
            field.label = capfirst(str(field.label))
            field.widget.attrs |= {"lang": language, "dir": side, "aria-describedby": f"built-in-{name}"}

    def texts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in FIELDS}


class DescriptionsForm(ServiceForm):
    """What is on the picture, in each language, for whoever does not see it."""

    def __init__(self, data: Any = None, files: Any = None, *, picture: HomePicture | None = None) -> None:
        # Two of them may stand on one page.
        super().__init__(data, files, auto_id=f"{type(self).__name__.lower()}_%s")
        said = picture.descriptions if picture else {}
        for code, language in settings.LANGUAGES:
            side = "rtl" if get_language_info(code)["bidi"] else "ltr"
            self.fields[code] = forms.CharField(
                label=_("Description (%(language)s)") % {"language": language},
                max_length=LONGEST_LINE,
                required=code == settings.LANGUAGE_CODE,
                initial=said.get(code, ""),
                error_messages={"required": _("Dites en une phrase ce que l’on voit.")},
                widget=forms.TextInput(attrs={"lang": code, "dir": side}),
            )

    def descriptions(self) -> dict[str, str]:
        return {code: self.cleaned_data[code] for code, _language in settings.LANGUAGES}


class PictureForm(DescriptionsForm):
    """A picture, with its descriptions."""

    file = forms.FileField(
        label=_("Image"),
        help_text=_(
            "JPEG, PNG ou WebP, 8\u00a0Mo au plus. Elle est réduite, et ce qui dit où et avec quoi elle fut prise "
            "en est effacé. Demandez l’accord des personnes que l’on reconnaît."
        ),
        error_messages={"required": _("Choisissez une image.")},
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )


class ColoursForm(forms.Form):
    """Colours to try on, and the language to try them in."""

    brand_colour = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    accent_colour = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    langue = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    image = forms.BooleanField(required=False)
