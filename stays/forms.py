"""What is said of a stay: until when, why, how many."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from catalogue.forms.days import DayField
from matching.forms import ReasonForm
from matching.lifecycle import Act
from stays.models import Sponsorship


class UntilForm(forms.Form):
    """A later last day."""

    until = DayField(label=_("Jusqu’au"))


class EndForm(ReasonForm):
    """The last day, and why."""

    last_day = DayField(label=_("Dernier jour sur place"))

    field_order = ["last_day", "reason", "note"]

    def __init__(self, *args: Any, last_day: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, act=Act.SHORTEN, own=True, **kwargs)
        self.fields["last_day"].initial = last_day


class SponsorshipForm(forms.Form):
    """Who frames it, what it is for, until when."""

    framed_by = forms.ModelChoiceField(
        label=_("Association qui encadre"), queryset=Organisation.objects.none()
    )
    aims = forms.CharField(
        label=_("Ce que vous voulez faire ensemble"),
        max_length=Sponsorship._meta.get_field("aims").max_length,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Pas de nom de famille, rien sur la santé ni sur les papiers."),
    )
    ends_on = DayField(label=_("Jusqu’au"))

    def __init__(self, *args: Any, associations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["framed_by"].queryset = associations  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """How many of so many."""

    quantity = forms.IntegerField(label=_("Combien a été remis"), min_value=1)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].initial = most
        self.fields["quantity"].widget.attrs["max"] = most
        self.fields["quantity"].help_text = _("Prévu\u202f: %(most)s. Le reste sera de nouveau libre.") % {
            "most": most
        }
