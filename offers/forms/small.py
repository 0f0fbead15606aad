"""Taking an offer back, a picture of goods, and looking an offer up."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.forms.days import DayField
from catalogue.labels import kind_label
from catalogue.pictures import MOST_PIXELS, NotAPicture, Shrunk, shrunk, upright
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


class PictureForm(forms.Form):
    """A picture of goods; cleaned, it is written anew."""

    file = forms.FileField(
        label=_("Photo des objets"),
        help_text=_(
            "JPEG, PNG ou WebP, 8\u00a0Mo au plus. Elle est réduite, et le lieu de la prise de vue en est effacé. "
            "Ne photographiez ni personne, ni papier."
        ),
        error_messages={"required": _("Choisissez une photo.")},
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def __init__(self, data: Any = None, files: Any = None, *, most_unfolded: int = MOST_PIXELS) -> None:
        """`most_unfolded` as `upright` takes it."""
        super().__init__(data, files)
        self.most_unfolded = most_unfolded

    @classmethod
    def refused(cls, why: str) -> "PictureForm":
        """With this beside its box; nothing that was sent is looked at."""
        form = cls({}, {})
        form.errors.clear()
        form.add_error("file", why)
        return form

    def clean_file(self) -> Shrunk:
        try:
            return shrunk(upright(self.cleaned_data["file"], most_unfolded=self.most_unfolded))
        except NotAPicture as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


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
