"""Whose turn it is in a need: whoever posted it, somebody who was asked, the town's team, or nobody's any more.

The app that matches says by which rows (`register`, in its AppConfig), as `notifications.reasons` has it for messages.
"""

from collections.abc import Callable, Mapping

from django.db.models import Case, IntegerChoices, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _


class Turn(IntegerChoices):
    """In the order of the board: what waits for its reader first."""

    YOURS = 1, _("À vous de répondre")
    THEIRS = 2, _("Une personne réfléchit")
    TOWN = 3, _("Nous cherchons")
    AGREED = 4, _("C’est convenu")


_turns: dict[Turn, Callable[[], Q]] = {}


def register(turns: Mapping[Turn, Callable[[], Q]]) -> None:
    """By turn, the rows of a need (`OuterRef("pk")`) that make it so; the first that holds, in the board's order."""
    _turns.update(turns)


def turn() -> Case:
    """Of a need: whose turn it is. What nobody has answered and nobody is asked is the town's."""
    cases = [When(rows(), then=Value(whose.value)) for whose, rows in sorted(_turns.items())]
    return Case(*cases, default=Value(Turn.TOWN.value), output_field=IntegerField())
