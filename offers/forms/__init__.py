"""The forms of an offer, by page."""

from offers.forms.long import CallForm, current_values, edit_names, own_cut
from offers.forms.offer import CONTACT, DAYS, NOW, WHEN, OfferForm, asked_for, unchecked
from offers.forms.periods import PeriodFormSet, period_formset
from offers.forms.small import PauseForm, PictureForm, SearchForm, WithdrawForm

__all__ = [
    "CONTACT",
    "DAYS",
    "NOW",
    "WHEN",
    "CallForm",
    "OfferForm",
    "PauseForm",
    "PeriodFormSet",
    "PictureForm",
    "SearchForm",
    "WithdrawForm",
    "asked_for",
    "current_values",
    "edit_names",
    "own_cut",
    "period_formset",
    "unchecked",
]  # fmt: skip
