"""The periods of an offer, on the page on which it is changed."""

import itertools
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue.fields import FARTHEST
from catalogue.fields.shapes import PAST, TOO_FAR
from catalogue.forms import DayField
from catalogue.vocabulary import MOST_PERIODS


class PeriodForm(forms.Form):
    """One period of an offer; an empty line is none."""

    first_day = DayField(label=_("Du"), required=False)
    last_day = DayField(label=_("au"), required=False, help_text=_("Vide\u202f: sans date de fin."))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if last and not first and "first_day" not in self.errors:
            self.add_error("first_day", _("Donnez aussi le premier jour."))
        elif first and last and last < first:
            self.add_error("last_day", _("La fin doit venir après le début."))
        elif last and last < self.today and "last_day" in self.changed_data:
            self.add_error("last_day", PAST)
        elif first and first > self.today + FARTHEST:
            self.add_error("first_day", TOO_FAR)
        return cleaned


class PeriodFormSet(forms.BaseFormSet):
    """The periods of an offer: a few lines, emptied to take one away."""

    def clean(self) -> None:
        if any(self.errors):
            return
        periods = sorted(self.periods(), key=lambda period: period[0])
        if not periods:
            raise ValidationError(_("Dites à partir de quel jour vous êtes disponible."), code="none")
        for (_first, last), (following, _last) in itertools.pairwise(periods):
            if last is None or following <= last:
                raise ValidationError(_("Deux périodes se chevauchent."), code="overlap")

    def periods(self) -> list[tuple[date, date | None]]:
        """The lines that were filled in."""
        return [
            (form.cleaned_data["first_day"], form.cleaned_data.get("last_day"))
            for form in self.forms
            if form.cleaned_data.get("first_day")
        ]


def period_formset(data: Any, *, windows: Sequence[tuple[date, date | None]], today: date) -> PeriodFormSet:
    """The lines of an offer's periods, with two empty ones."""
    # One line too many is read, for the service to refuse.
    limits: dict[str, Any] = {"max_num": MOST_PERIODS, "absolute_max": MOST_PERIODS + 1}
    factory: Any = forms.formset_factory(PeriodForm, formset=PeriodFormSet, extra=2, **limits)
    initial = [{"first_day": first, "last_day": last} for first, last in windows]
    formset: PeriodFormSet = factory(data, initial=initial, prefix="periods", form_kwargs={"today": today})
    return formset
