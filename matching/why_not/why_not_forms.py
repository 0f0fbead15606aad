"""The form that takes the other side's reference."""

from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.references import NEED_LETTER, OFFER_LETTER, read_reference
from needs.models import Need
from offers.models import Offer

Side = Literal["need", "offer"]
PREFIXES: dict[Side, str] = {"need": NEED_LETTER, "offer": OFFER_LETTER}
LABELS = {"need": gettext_lazy("Référence du besoin"), "offer": gettext_lazy("Référence de la proposition")}
EXAMPLES = {
    "need": gettext_lazy("Par exemple\u202f: B-3467-CDFG"),
    "offer": gettext_lazy("Par exemple\u202f: P-3467-CDFG"),
}


class ReferenceForm(forms.Form):
    """A reference of a need or of an offer, as people type it; `cleaned_data["reference"]` is its row.

    `known` are the rows that the reader may ask about: any other does not exist for them.
    """

    reference = forms.CharField(max_length=40)

    def __init__(
        self, data: Any = None, *, side: Side, known: QuerySet[Need] | QuerySet[Offer], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.side, self.known = side, known
        field = self.fields["reference"]
        field.label = LABELS[side]
        field.help_text = EXAMPLES[side]
        field.widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters", "dir": "ltr"}

    def clean_reference(self) -> Need | Offer:
        return row_of(self.cleaned_data["reference"], side=self.side, known=self.known)


def row_of(text: str, *, side: Side, known: QuerySet[Need] | QuerySet[Offer]) -> Any:
    """The row of a typed reference. ValidationError, `code` "unknown" when none that they may see has it."""
    reference = read_reference(text, prefix=PREFIXES[side])
    if reference is None:
        raise ValidationError(
            _("Ce n’est pas une référence\u202f: il y faut une lettre et huit signes, comme dans l’exemple.")
        )
    if not reference.startswith(PREFIXES[side]):
        raise ValidationError(
            _("Ici, il faut la référence d’une proposition\u202f: elle commence par P.")
            if side == "offer"
            else _("Ici, il faut la référence d’un besoin\u202f: elle commence par B.")
        )
    row = known.filter(reference=reference).first()
    if row is None:
        raise ValidationError(_("Nous ne trouvons pas cette référence. Vérifiez-la."), code="unknown")
    return row
