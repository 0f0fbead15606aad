"""Forms of reports."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.references import OFFER_LETTER, read_reference
from followups.models import Incident
from offers.models import Offer


class ReportForm(forms.Form):
    """What happened, about which offer. `offers` are those that the reporter may see in the town."""

    reference = forms.CharField(
        label=_("Référence de la proposition"), max_length=40, help_text=_("Par exemple : P-3467-CDFG")
    )
    text = forms.CharField(
        label=_("Que s’est-il passé ?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Des faits, en quelques phrases. N’écrivez ni nom de famille, ni santé, ni papiers, ni origine."
        ),
    )

    def __init__(self, *args: Any, offers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = offers
        self.offer: Offer | None = None

    def clean_reference(self) -> str:
        reference = read_reference(self.cleaned_data["reference"], prefix=OFFER_LETTER)
        self.offer = self.offers.filter(reference=reference).first()
        if self.offer is None:
            raise forms.ValidationError(_("Nous ne trouvons pas cette référence. Vérifiez-la."))
        return self.offer.reference


class CloseForm(forms.Form):
    """The decision on a report."""

    KEEP, LIFT = "keep", "lift"

    conclusion = forms.CharField(
        label=_("Votre conclusion"),
        max_length=Incident._meta.get_field("conclusion").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    decision = forms.ChoiceField(
        label=_("La proposition"),
        choices=[(KEEP, _("Elle reste suspendue")), (LIFT, _("La suspension est levée"))],
        initial=KEEP,
        widget=forms.RadioSelect,
        help_text=_("Une fois la suspension levée, la personne remet elle-même sa proposition en ligne."),
    )
