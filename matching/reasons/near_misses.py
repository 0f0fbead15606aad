"""A near miss as it is shown: which condition, and by how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching.reasons.sentences import unmet_sentence
from needs.models import Need
from offers.models import Offer


@dataclass(slots=True)
class NearMissLine:
    """An offer that only one condition keeps from being possible; `facts.explained` fills in its numbers."""

    need: Need
    offer: Offer
    rule: str
    gap: float | None
    distance_km: float
    params: Mapping[str, Any] | None = None
    # The shortest run that helps the need, in days; filled in with the numbers.
    least_days: int | None = None

    @property
    def sentence(self) -> str:
        """The condition with its gap, in the reader's language; empty before it is explained."""
        return "" if self.params is None else unmet_sentence(self.rule, self.params)
