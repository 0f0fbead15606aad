"""Older offers and needs of goods are given the item that their title names for certain; how many, and how many not."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from needs import naming as needs
from offers import naming as offers

Naming = Callable[..., tuple[int, Counter[str]]]


class Command(BaseCommand):
    help = (
        "Name the items of goods that are older than the catalogue, or that it has learned since. Runs at each update; "
        "doing it twice changes nothing. What is not certain is listed for the desk."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for what, name in (("offers", offers.name_items), ("needs", needs.name_items)):
            tally = _all(name)
            self.stdout.write(
                f"{what}: {tally['item']} named by their titles, {tally['any']} that say no more than their category, "
                f"{tally['other']} for the desk to sort"
            )


def _all(name: Naming) -> Counter[str]:
    """All of them, in transactions of some hundreds."""
    tally, after = Counter[str](), 0
    while True:
        after, some = name(by=None, now=timezone.now(), after=after)
        if not after:
            return tally
        tally += some
