"""What is to be sorted in a town: needs first, then offers, each with what it may be."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from catalogue.items import find_item
from catalogue.vocabulary import Category
from cities.models import City
from needs import naming as needs
from needs.models import Need
from offers import naming as offers
from offers.models import Offer

MOST_GUESSES = 4
# What is counted on every page is counted no further.
MOST_COUNTED = 100  # the page says "more than 99"


def queues(user: User, city: City) -> dict[str, "QuerySet[Need] | QuerySet[Offer]"]:
    """The two lists, by the word in addresses."""
    return {"besoins": needs.to_sort(user, city), "propositions": offers.to_sort(user, city)}


def count(user: User, city: City) -> int:
    """How many are to be sorted, `MOST_COUNTED` where there are as many or more: one query, for it stands on the desk's
    page.
    """
    wanted, given = (rows.order_by().values_list("pk")[:MOST_COUNTED] for rows in queues(user, city).values())
    return min(wanted.union(given, all=True).count(), MOST_COUNTED)


def cards(entries: Iterable[Any]) -> list[dict[str, Any]]:
    """Each of them with what it may be."""
    return [_card(entry) for entry in entries]


def _card(entry: Need | Offer) -> dict[str, Any]:
    """One of them with its guesses, the likeliest first."""
    words = entry.item_words or entry.title
    guesses = find_item(words, category=entry.category).suggestions[:MOST_GUESSES]
    return {
        "entry": entry,
        "words": words if words.casefold() != entry.title.casefold() else "",
        "category": Category(entry.category).label,
        "guesses": guesses,
        "box": f"item-{entry.reference}",
    }
