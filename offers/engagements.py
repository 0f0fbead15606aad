"""What an offer is asked for, has promised and has given, told to its owner: by whoever matches (`register`, in its
AppConfig), since offers knows nothing above it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _

from offers.models import Offer


class Turn(IntegerChoices):
    """In the order in which they stand: what waits for its reader first."""

    YOURS = 1, _("À vous de répondre")
    THEIRS = 2, _("Vous avez dit oui")
    AGREED = 3, _("C’est convenu")
    UNDER_WAY = 4, _("En cours")
    OVER = 5, _("Terminé")


@dataclass(frozen=True, slots=True)
class Engagement:
    """One need that the offer was asked for: `title` and `days` of it, `says` where it stands, `url` the page on which
    its owner answers, takes a yes back or reads whom to call; `thanks` for what was given, "" for the rest. From its
    first to its last day it takes something of the offer, while it is not over.
    """

    turn: Turn
    title: str
    days: str
    says: str
    url: str
    first_day: date
    last_day: date
    thanks: str = ""

    @property
    def colour(self) -> str:
        """Of its tag."""
        return {Turn.YOURS: "tonight", Turn.THEIRS: "accent", Turn.OVER: "planned"}.get(self.turn, "ok")


class Tells(Protocol):
    """By the offer's key, in the order of `Turn`: in a fixed number of queries."""

    def __call__(self, offers: Sequence[Offer], *, now: datetime) -> Mapping[int, Sequence[Engagement]]: ...


_tellers: list[Tells] = []


def register(tells: Tells) -> None:
    """Who is asked."""
    _tellers.append(tells)


def of(offers: Sequence[Offer], *, now: datetime) -> dict[int, list[Engagement]]:
    """What each is asked for, has promised and has given, by its key."""
    told = [tells(offers, now=now) for tells in _tellers]
    return {offer.pk: [line for one in told for line in one.get(offer.pk, ())] for offer in offers}
