"""How many offers an appeal is to bring, from how far, and the town's own words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.forms import WholeField
from catalogue.meaning import units_of
from outreach.appeals.models import FARTHEST_KM, MOST_OFFERS
from outreach.forms import IssueForm


class AppealForm(IssueForm):
    wanted = WholeField(
        label=_("Combien de propositions cherchez-vous\u202f?"),
        min_value=1,
        max_value=MOST_OFFERS,
        help_text=_("On demande à quelques personnes d’abord, puis à d’autres s’il en faut encore."),
    )
    reach_km = WholeField(
        label=_("À combien de kilomètres au plus\u202f?"),
        min_value=1,
        max_value=FARTHEST_KM,
        units=units_of("reach_km"),
    )
    field_order = ("wanted", "reach_km")

    def __init__(self, data: Any = None, *, words: dict[str, str], wanted: int, reach_km: int) -> None:
        super().__init__(data, words=words)
        self.initial.update(wanted=wanted, reach_km=reach_km)

    def chosen(self) -> dict[str, Any]:
        """What the services take."""
        words = self.words()
        return {"wanted": words.pop("wanted"), "reach_km": words.pop("reach_km"), "words": words}
