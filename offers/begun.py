"""The drafts that one browser has begun for a town, by their number in its session (`offers.wizard`)."""

from itertools import count
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from cities.models import City

# Offers that one browser has begun and not sent; of more, the one that waits longest is dropped.
MOST_DRAFTS = 5
FIRST = 1
# In a session: where drafts went on that left a town.
MOVED = "offers-moved"


def number_of(session: SessionBase, city: City, key: str) -> int | None:
    """The number that the draft with this key has in this browser."""
    begun: dict[str, Any] = session.get(slot_of(city), {})
    return next((int(number) for number, state in begun.items() if state["key"] == key), None)


def slot_of(city: City) -> str:
    """Where a session keeps the drafts for a town, by their number, the latest last."""
    return f"offer-drafts-{city.slug}"


def begun_numbers(session: SessionBase, city: City) -> list[int]:
    """The drafts of this browser, the latest first."""
    return [int(number) for number in reversed(session.get(slot_of(city), {}))]


def next_number(session: SessionBase, city: City) -> int:
    """The number of one more draft: the first that is free."""
    begun = begun_numbers(session, city)
    return next(number for number in count(FIRST) if number not in begun)


def note_moved(session: SessionBase, city: City, number: int, url: str) -> None:
    """Remember where the draft of this number goes on, since it left this town."""
    session[MOVED] = {**session.get(MOVED, {}), f"{city.slug}:{number}": url}


def moved_url(session: SessionBase, city: City, number: int) -> str:
    """Where the draft of this number goes on, in another town; "" where none left or another has begun since."""
    return str(session.get(MOVED, {}).get(f"{city.slug}:{number}", ""))
