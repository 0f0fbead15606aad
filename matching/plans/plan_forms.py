"""The form in which the desk says what a plan is for, and how long it may take."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalogue.saying import titled
from catalogue.vocabulary import Kind, Urgency
from matching.plans import BUDGETS
from needs.models import Need


class PlanForm(forms.Form):
    """All open needs, those of a kind or an urgency, or those that are ticked; and the seconds."""

    kind = forms.ChoiceField(
        label=_("Nature"),
        choices=[("", _("Toutes")), *Kind.choices],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
    )
    urgency = forms.ChoiceField(
        label=_("Urgence"),
        choices=[("", _("Toutes")), *Urgency.choices],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
    )
    budget_seconds = forms.TypedChoiceField(
        label=_("Temps de réflexion"),
        coerce=int,
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
        help_text=_("Dix secondes suffisent le plus souvent. Plus de temps peut trouver mieux."),
    )
    # The name that links to this page carry: `?besoin=B-7KQ2ZV&besoin=…`.
    besoin = forms.MultipleChoiceField(
        label=_("Seulement ces besoins"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--two"}),
    )

    def __init__(self, *args: Any, needs: Sequence[Need], today: date, **kwargs: Any) -> None:
        """`needs`: those that may be ticked, as urgent as they are today."""
        super().__init__(*args, **kwargs)
        self.fields["budget_seconds"].choices = [  # type: ignore[attr-defined]
            (seconds, ngettext("%(n)s seconde", "%(n)s secondes", seconds) % {"n": seconds})
            for seconds in BUDGETS
        ]
        self.fields["besoin"].choices = [  # type: ignore[attr-defined]
            (
                need.reference,
                f"{titled(need)} · {need.commune.name} · {capfirst(need.urgency_on(today).label)}",
            )
            for need in needs
        ]
