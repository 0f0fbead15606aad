"""How somebody arrives where many are received: told with the contact, by whoever keeps such places (`register`, in its
AppConfig), since matching knows nothing above it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalogue.vocabulary import Category
from matching.models import Match
from offers.models import Offer


@dataclass(frozen=True, slots=True)
class Arrival:
    """`hours`: "de 18 h à 21 h"; `phone`: on the spot. Each empty where the place does not say."""

    hours: str
    phone: Any
    rules: str


_told: list[Callable[[Offer], Arrival | None]] = []


def register(told: Callable[[Offer], Arrival | None]) -> None:
    """Who knows it, in the language that is active."""
    _told.append(told)


def arrival(match: Match) -> Arrival | None:
    """None where it is no place for many: then nothing is asked of the database."""
    if match.offer.category != Category.COLLECTIVE_PLACE:
        return None
    return next((found for told in _told if (found := told(match.offer))), None)
