"""What of the figures is looked at, and an indicator of one's own."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.items import ITEM
from catalogue.labels import item_label
from catalogue.vocabulary import Kind, Urgency
from cities.models import City
from cities.selectors import communes_of
from insight.measuring import BY_COMMUNE, BY_KIND, BY_MONTH
from insight.models import OwnIndicator, Subject
from insight.own import STATES

MONTHS = {"1": _("Ce mois-ci"), "3": _("3 mois"), "6": _("6 mois"), "12": _("12 mois")}
USUAL_MONTHS = "6"
ANY = [("", _("Toutes"))]


class FiguresForm(forms.Form):
    """What stands in the address; what is not understood there is as if it did not."""

    months = forms.ChoiceField(label=_("Période"), choices=MONTHS.items(), required=False)
    by = forms.ChoiceField(
        label=_("Détail par"),
        choices=[(BY_MONTH, _("mois")), (BY_KIND, _("nature")), (BY_COMMUNE, _("commune"))],
        required=False,
    )
    kind = forms.ChoiceField(label=_("Nature"), choices=[*ANY, *Kind.choices], required=False)
    commune: Any = forms.ModelChoiceField(
        label=_("Commune"), queryset=None, required=False, empty_label=ANY[0][1]
    )

    def __init__(self, data: Any, *, city: City) -> None:
        asked = {"months": USUAL_MONTHS, "by": BY_MONTH} | {
            name: value for name, value in data.items() if value
        }
        super().__init__(asked)
        self.fields["commune"].queryset = communes_of(city).order_by("name_key")  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """Every value, where it is one."""
        self.is_valid()
        found = self.cleaned_data
        commune = found.get("commune")
        return {
            "months": int(found.get("months") or USUAL_MONTHS),
            "by": found.get("by") or BY_MONTH,
            "kind": found.get("kind") or "",
            "commune": commune.pk if commune else "",
        }


class OwnIndicatorForm(ServiceForm):
    """Each list but the first may say "any"."""

    name = forms.CharField(label=_("Nom"), max_length=80)
    about = OwnIndicator._meta.get_field("about").formfield()
    subject = forms.ChoiceField(label=_("Compter"), choices=Subject.choices)
    kind = forms.ChoiceField(label=_("Nature"), choices=[*ANY, *Kind.choices], required=False)
    item = forms.ChoiceField(label=_("Objet"), required=False)
    state = forms.ChoiceField(label=_("État d’aujourd’hui"), required=False)
    urgency = forms.ChoiceField(
        label=_("Urgence du besoin"), choices=[*ANY, *Urgency.choices], required=False
    )
    commune: Any = forms.ModelChoiceField(
        label=_("Commune"), queryset=None, required=False, empty_label=ANY[0][1]
    )

    def __init__(self, data: Any = None, *, city: City) -> None:
        super().__init__(data)
        items = sorted(((code, item_label(code)) for code in ITEM), key=lambda row: row[1])
        self.fields["item"].choices = [("", _("Tous")), *items]  # type: ignore[attr-defined]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("Tous")),
            *((subject.label, states.choices) for subject, states in STATES.items()),
        ]
        self.fields["commune"].queryset = communes_of(city).order_by("name_key")  # type: ignore[attr-defined]
