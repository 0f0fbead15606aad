"""The form that shares weeks out, and the one behind a free slot's button."""

from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from catalogue.forms import DayField
from catalogue.times import hour_words
from oncall.models import Rank
from oncall.services import MOST_WEEKS

WEEKS = (1, 2, 4, 8, 13, MOST_WEEKS)
USUAL_HOUR, USUAL_WEEKS = 18, 8
FARTHEST = timedelta(days=366)


class ShareOutForm(forms.Form):
    """Who takes turns, from which day and hour, for how many weeks."""

    people = forms.ModelMultipleChoiceField(
        label=_("Qui prend son tour\u202f?"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--two"}),
        help_text=_("Une semaine chacun, dans cet ordre. La personne suivante est en renfort."),
    )
    first_day = DayField(label=_("À partir de quel jour\u202f?"))
    hour = forms.TypedChoiceField(label=_("Relève à quelle heure\u202f?"), coerce=int, initial=USUAL_HOUR)
    weeks = forms.TypedChoiceField(label=_("Pour combien de temps\u202f?"), coerce=int, initial=USUAL_WEEKS)

    def __init__(self, *args: Any, people: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        self.fields["people"].queryset = people  # type: ignore[attr-defined]
        self.fields["first_day"].initial = today
        self.fields["hour"].choices = [  # type: ignore[attr-defined]
            (hour, hour_words(hour * 60)) for hour in range(24)
        ]
        self.fields["weeks"].choices = [  # type: ignore[attr-defined]
            (weeks, ngettext("%(n)s semaine", "%(n)s semaines", weeks) % {"n": weeks}) for weeks in WEEKS
        ]

    def clean_first_day(self) -> date:
        day: date = self.cleaned_data["first_day"]
        if day < self._today:
            raise forms.ValidationError(_("Ce jour est passé."))
        if day > self._today + FARTHEST:
            raise forms.ValidationError(_("Choisissez un jour d’ici un an."))
        return day

    def hand_over(self) -> time:
        return time(self.cleaned_data["hour"])


class CoverForm(forms.Form):
    """A span that nobody covers, as its button sends it."""

    rank = forms.TypedChoiceField(coerce=int, choices=Rank.choices)
    starts_at = forms.DateTimeField()
    ends_at = forms.DateTimeField()
