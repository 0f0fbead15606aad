"""Forms of reports."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalogue.contacts import PhoneField
from catalogue.references import NEED_LETTER, OFFER_LETTER, read_reference
from followups.models import ENDS, Incident, What
from matching.lifecycle import ACTIVE
from matching.models import Match
from offers.models import Offer


class SignalForm(forms.Form):
    """What happens, in a few words, and whether somebody may call. `readers`: who would read it: whoever of them it is
    about does not.
    """

    what = forms.ChoiceField(
        label=_("Qu’est-ce qui ne va pas\u202f?"), choices=What.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("Que s’est-il passé\u202f?"),
        max_length=Incident._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Quelques phrases suffisent. N’écrivez rien sur la santé, les papiers ou l’origine."),
    )
    may_call = forms.BooleanField(label=_("Vous pouvez m’appeler"), required=False)
    phone = PhoneField(
        label=_("À quel numéro\u202f?"), required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    call_when = forms.CharField(
        label=_("À quelle heure\u202f?"),
        max_length=Incident._meta.get_field("call_when").max_length,
        required=False,
        help_text=_("Par exemple\u202f: le matin, quand je suis seule."),
    )
    not_read_by = forms.ModelMultipleChoiceField(
        label=_("Une de ces personnes est-elle concernée\u202f? Elle ne lira pas."),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, readers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["not_read_by"].queryset = readers  # type: ignore[attr-defined]
        self.fields["phone"].error_messages["invalid"] = _(
            "Écrivez un numéro de téléphone, par exemple 06 12 34 56 78."
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("may_call") and not said.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Écrivez le numéro auquel vous appeler."))
        return said

    def report(self) -> dict[str, Any]:
        """As `services.report_incident` takes it."""
        said = self.cleaned_data
        calls = said["may_call"]
        return {
            "what": said["what"],
            "text": said["text"],
            "phone": said["phone"] if calls else "",
            "call_when": said["call_when"] if calls else "",
            "not_read_by": list(said["not_read_by"]),
        }


class ReportForm(SignalForm):
    """The same of what somebody says to the desk, about an offer or a need. `offers`, `matches`: those of the town."""

    reference = forms.CharField(
        label=_("Référence de la proposition ou du besoin"),
        max_length=40,
        help_text=_("Par exemple\u202f: P-3467-CDFG"),
    )
    field_order = ["reference"]

    def __init__(self, *args: Any, offers: QuerySet[Offer], matches: QuerySet[Match], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offers, self._matches = offers, matches
        self.offer: Offer | None = None
        self.match: Match | None = None

    def clean_reference(self) -> str:
        """Of a need, or of an offer, the one match that is in hand; an offer may have none, or several."""
        typed: str = self.cleaned_data["reference"]
        offer_reference = read_reference(typed, prefix=OFFER_LETTER)
        need_reference = read_reference(typed, prefix=NEED_LETTER)
        in_hand = self._matches.filter(state__in=ACTIVE)
        self.offer = self._offers.filter(reference=offer_reference).first()
        of_either = (
            in_hand.filter(offer=self.offer) if self.offer else in_hand.filter(need__reference=need_reference)
        )
        found = list(of_either.order_by("pk")[:2])
        if self.offer is None and len(found) > 1:
            raise forms.ValidationError(
                _("Plusieurs propositions répondent à ce besoin. Signalez depuis la bonne, dans le dossier.")
            )
        if len(found) == 1:
            self.match, self.offer = found[0], found[0].offer
        if self.offer is None:
            raise forms.ValidationError(_("Nous ne trouvons pas cette référence. Vérifiez-la."))
        return typed


class EndForm(forms.Form):
    """Why a report can be closed."""

    end = forms.ChoiceField(
        label=_("Pourquoi le clore\u202f?"),
        choices=[(end.value, end.label) for end in ENDS],
        widget=forms.RadioSelect,
        help_text=_(
            "Si la proposition revient, la personne la remet elle-même en ligne, après une nouvelle visite."
        ),
    )
    conclusion = forms.CharField(
        label=_("Votre conclusion"),
        max_length=Incident._meta.get_field("conclusion").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Seules les personnes qui lisent les signalements la voient."),
    )


class KeepFromForm(forms.Form):
    """Whom of the team it is about."""

    person = forms.ModelChoiceField(label=_("Qui\u202f?"), queryset=User.objects.none())

    def __init__(self, *args: Any, team: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = team  # type: ignore[attr-defined]
