"""What a match holds of an offer, and what is counted of it for the need: a row of `Hold` for each.

The caller has locked offer, need and match. The database keeps the sums (docs/adr/0003); what it refuses is `Taken`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import IntegrityError, transaction

from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from matching.lifecycle import Act, NotPossible
from matching.models import Hold, Match, MatchState


class Taken(NotPossible):
    """What the match would hold is held already: the offer was taken, or the need served, in the meantime."""

    def __init__(self, state: MatchState, act: Act = Act.PROPOSE) -> None:
        super().__init__(act, state, "taken")


def hold(match: Match, before: MatchState, *, beside: bool) -> None:
    """Hold the match's part of the offer; the database refuses what is not there (migrations 0002, 0011, 0022)."""
    with _within_capacity(before):
        Hold.objects.create(
            match=match,
            offer=match.offer,
            need=match.need,
            quantity=match.quantity,
            first_day=match.first_day,
            last_day=match.last_day,
            beside=beside,
        )


def keep_held(match: Match, *, quantity: int | None = None, last_day: date | None = None) -> None:
    """Hold so much, or until that day, of the offer. Raises Taken."""
    held = Hold.objects.get(match=match)
    held.quantity, held.last_day = quantity or held.quantity, last_day or held.last_day
    with _within_capacity(MatchState(match.state)):
        held.save(update_fields=["quantity", "last_day"])


def release(match: Match, from_day: date, *, came: bool) -> None:
    """Free what was held: all of it, or of a stay to which somebody came, from that day on. Goods come back whole."""
    held = Hold.objects.get(match=match)
    begun = match.state == MatchState.BROKEN_OFF and held.first_day < from_day and came
    if begun and match.offer.kind != Kind.GOODS:
        held.last_day = min(held.last_day, from_day - timedelta(days=1))
        held.released = True
        held.save(update_fields=["last_day", "released"])
    else:
        held.delete()


def count(match: Match) -> None:
    """Of several homes that are asked for the same, the first yes counts for the need, and those that still think do
    not. Raises Taken for a later one.
    """
    others = Hold.objects.filter(
        need=match.need_id,
        match__state=MatchState.PROPOSED,
        first_day__lte=match.last_day,
        last_day__gte=match.first_day,
    ).exclude(match=match)
    try:
        with transaction.atomic():
            others.update(beside=True)
            Hold.objects.filter(match=match).update(beside=False)
    except IntegrityError as error:
        if violated(error) != "hold_within_quantity":
            raise
        raise Taken(MatchState(match.state), Act.ACCEPT) from error


def would_count(match: Match) -> bool:
    """Whether a yes to what is only asked could still count."""
    try:
        with transaction.atomic():
            count(match)
            transaction.set_rollback(True)
    except Taken:
        return False
    return True


def may_ask_another(match: Match) -> bool:
    """Whether one home more may be asked for this need while this one thinks."""
    if match.need.kind != Kind.HOUSING or match.city.homes_asked_at_once == 1:
        return False
    beside = Hold.objects.filter(need=match.need_id, beside=True).count()
    return beside < match.city.homes_asked_at_once - 1


@contextmanager
def _within_capacity(state: MatchState) -> Iterator[None]:
    """Raise Taken for what the database refuses to hold."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not violated(error).startswith("hold_within_"):
            raise
        raise Taken(state) from error
