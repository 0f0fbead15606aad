"""What may be changed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.forms import WholeField
from cities.models import Commune
from whatif.models import MOST_COORDINATORS, MOST_DAYS, MOST_HOURS, MOST_ROOMS
from whatif.own import COORDINATOR_MINUTES

MOST_DESK_HOURS = 80


class AskForm(ServiceForm):
    rooms = WholeField(label=_("Chambres de plus"), min_value=0, max_value=MOST_ROOMS, required=False)
    commune = forms.ModelChoiceField(
        label=_("Où sont ces chambres\u202f?"), queryset=Commune.objects.none(), required=False
    )
    answer_hours = WholeField(
        label=_("Heures laissées pour répondre, pour cette semaine"),
        min_value=1,
        max_value=MOST_HOURS,
        required=False,
    )
    coordinators = WholeField(
        label=_("Coordinateurs de plus"),
        min_value=0,
        max_value=MOST_COORDINATORS,
        required=False,
        help_text=_("Chacun apporte quatre heures par jour ouvré."),
    )
    vetting_days = WholeField(
        label=_("Jours entre une proposition de logement et sa visite"),
        min_value=0,
        max_value=MOST_DAYS,
        required=False,
    )
    hours = WholeField(
        label=_("Aujourd’hui, heures de coordination par jour ouvré, en tout"),
        min_value=1,
        max_value=MOST_DESK_HOURS,
        help_text=_("Accorde ne les compte pas\u202f: c’est vous qui le dites."),
    )

    def __init__(self, data: Any = None, *, communes: Any) -> None:
        super().__init__(data, initial={"hours": COORDINATOR_MINUTES[0] // 60})
        self.fields["commune"].queryset = communes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name in ("rooms", "coordinators"):
            said[name] = said.get(name) or 0
        rooms, commune = said["rooms"], said.get("commune")
        delays = (said.get("answer_hours"), said.get("vetting_days"))
        if self.errors:
            return said
        if rooms and not commune:
            self.add_error("commune", _("Dites où sont ces chambres."))
        elif commune and not rooms:
            self.add_error("rooms", _("Combien de chambres\u202f?"))
        elif not rooms and not said["coordinators"] and delays == (None, None):
            self.add_error(None, _("Changez au moins une chose."))
        return said
