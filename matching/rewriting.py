"""A pair is asked on other days, or for another part, than its suggestion has: a plan and a relay know better."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from matching.lifecycle import ACTIVE, ANSWERED, Act, NotPossible
from matching.models import LIVE_STATES, Match, MatchState
from needs.models import Need
from offers.models import Offer

# Of each home, in turn: `offer`, its reference, with `first_day` and `last_day`.
RelayParts = list[dict[str, str]]

_WANTED = (
    "rank", "score", "part_values", "weight_values", "algorithm", "distance_km", "first_day", "last_day", "quantity",
    "need_revision", "offer_revision", "changed_at",
)  # fmt: skip


def suggestion_of(need: Need, offer: Offer) -> Match | None:
    """The pair's suggestion, locked, if it has one; the caller has locked both sides.

    Raises NotPossible ("state") when somebody has been asked, or has answered and neither side has changed since.
    """
    decided = Match.objects.filter(need=need, offer=offer)
    live = decided.filter(state__in=LIVE_STATES).select_for_update(no_key=True).first()
    if live is not None and live.state in ACTIVE:
        raise NotPossible(Act.PROPOSE, MatchState(live.state), "state")
    answered = decided.filter(
        state__in=ANSWERED, need_revision=need.revision, offer_revision=offer.revision
    ).first()
    if answered is not None:
        raise NotPossible(Act.PROPOSE, MatchState(answered.state), "state")
    return live


def as_wanted(suggestion: Match | None, wanted: Match) -> int:
    """The suggestion rewritten as `wanted`, which is not saved; or one more, beside the best that are kept. Its key."""
    if suggestion is None:
        wanted.save(force_insert=True)
        return wanted.pk
    for name in _WANTED:
        setattr(suggestion, name, getattr(wanted, name))
    suggestion.save(update_fields=[*_WANTED])
    return suggestion.pk


def relay_of(parts: Iterable[tuple[Offer, date, date]]) -> RelayParts | None:
    """Homes with the first and the last day of each, as their decisions keep them; None for what is not in turn."""
    in_turn = sorted(parts, key=lambda part: part[1:])
    if any(one[2] >= other[1] for one, other in pairwise(in_turn)) or len(in_turn) < 2:
        return None
    return [
        {"offer": offer.reference, "first_day": first.isoformat(), "last_day": last.isoformat()}
        for offer, first, last in in_turn
    ]
