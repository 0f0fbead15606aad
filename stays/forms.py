"""What is said of a stay: until when, why, how many."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.forms.days import DayField
from matching.forms import ReasonForm
from matching.lifecycle import Act


class UntilForm(forms.Form):
    """A later last day."""

    until = DayField(label=_("Jusqu’au"))


class EndForm(ReasonForm):
    """The last day, and why."""

    last_day = DayField(label=_("Dernier jour sur place"))

    field_order = ["last_day", "reason", "note"]

    def __init__(self, *args: Any, last_day: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, act=Act.SHORTEN, own=True, initial={"last_day": last_day}, **kwargs)


class HandOverForm(forms.Form):
    """How many of so many."""

    quantity = forms.IntegerField(label=_("Combien a été remis"), min_value=1)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, initial={"quantity": most}, **kwargs)
        self.fields["quantity"].widget.attrs["max"] = most
        self.fields["quantity"].help_text = _("Prévu\u202f: %(most)s. Le reste sera de nouveau libre.") % {
            "most": most
        }
