"""Why this pairing, in the engine's codes and numbers.

Of a suggestion the reasons are worked out when it is shown, from the rows of that moment: a country has millions
of suggestions, and few are ever read. They are frozen into the row by the first decision about it.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, prefetch_related_objects

import engine
from catalogue.vocabulary import Rhythm
from cities.days import local_day
from engine.records import larger_reach
from engine.vocabulary import GOODS, SKILL
from matching.models import Hold, Match, MatchState
from matching.reasons import engine_records
from matching.reasons.near_misses import NearMissLine
from needs.models import Need
from offers.models import Offer

log = logging.getLogger(__name__)

# Rules that say what goods were asked and offered.
_OF_GOODS = ("category", "item", "size")


def explained(
    matches: Iterable[Match], *, now: datetime, near_misses: Sequence[NearMissLine] = ()
) -> list[Match]:
    """The same matches, with `facts` for those that nobody has decided on yet; and near misses with `params`.

    Reads the loaded `city`, `need` and `offer` of each, whatever their state by now: two queries more, however many
    there are. A row that the engine refuses has its figures and no reasons.
    """
    matches = list(matches)
    undecided = [match for match in matches if match.state == MatchState.SUGGESTED or match.facts is None]
    pairs: list[Match | NearMissLine] = [*undecided, *near_misses]
    prefetch_related_objects([pair.offer for pair in pairs], "windows")
    holds = _Holds(pairs)
    for pair in pairs:
        try:
            need, offer, today = _records(pair, holds, now=now)
        except (ValueError, ValidationError) as error:
            # Only a row that was written by hand.
            field = engine_records.refused_field(error)
            log.error("need %s with offer %s is left unexplained: %s", pair.need.pk, pair.offer.pk, field)
            continue
        if isinstance(pair, Match):
            reasons = engine.explain(_pairing(pair, need, offer), need, offer, today)
            pair.facts = [
                {"code": r.code, "params": params_of(r, pair.need, pair.offer), "good": r.good}
                for r in reasons
            ]
        else:
            miss = engine.NearMiss(need.id, offer.id, pair.rule, pair.gap, pair.distance_km)
            pair.least_days = engine.least_days(need, today=today)
            pair.params = params_of(engine.explain_near_miss(miss, need, offer, today), pair.need, pair.offer)
    return matches


def plain(params: Mapping[str, object]) -> dict[str, Any]:
    """Parameters as JSON keeps them, so that what is frozen reads as what was shown."""
    return {name: _plain_value(value) for name, value in params.items()}


def params_of(reason: engine.Reason, need: Need, offer: Offer) -> dict[str, Any]:
    """A reason's parameters; hours are said otherwise of what is needed once, and what the catalogue does not have in
    the words of whoever typed them.
    """
    params = plain(reason.params)
    if need.rhythm == Rhythm.ONCE:
        params["rhythm"] = need.rhythm
    if reason.code in _OF_GOODS and need.item_words:
        params["item_words"] = need.item_words
    if reason.code in _OF_GOODS and offer.item_words:
        params["offered_words"] = offer.item_words
    return params


class _Holds:
    """What is held of these offers, and for these needs: one query."""

    def __init__(self, pairs: Sequence[Match | NearMissLine]) -> None:
        offers, needs = {pair.offer.pk for pair in pairs}, {pair.need.pk for pair in pairs}
        self.of_offer: dict[int, list[Hold]] = defaultdict(list)
        self.of_need: dict[int, list[Hold]] = defaultdict(list)
        if not pairs:
            return
        for hold in Hold.objects.filter(Q(offer__in=offers) | Q(need__in=needs)).select_related("need"):
            self.of_offer[hold.offer_id].append(hold)
            if not (hold.released or hold.beside):
                self.of_need[hold.need_id].append(hold)


def _records(
    pair: Match | NearMissLine, holds: _Holds, *, now: datetime
) -> tuple[engine.Need, engine.Offer, date]:
    """Both sides as the engine knows them, and the town's day."""
    city = pair.city if isinstance(pair, Match) else pair.need.city
    today = local_day(now, city)
    need = engine_records.need_record(pair.need, given=holds.of_need[pair.need.pk])
    asked = _times_asked(pair) if isinstance(pair, Match) else 0
    held = holds.of_offer[pair.offer.pk]
    return need, engine_records.offer_record(pair.offer, holds=held, asked=asked, city=city), today


def _times_asked(match: Match) -> int:
    """The courtesy part is 1 / (1 + times), of goods the times divided by the stock."""
    times = 1 / match.parts["courtesy"] - 1
    return round(times * match.offer.capacity if match.offer.kind == GOODS else times)


def _pairing(match: Match, need: engine.Need, offer: engine.Offer) -> engine.Pairing:
    """The engine's result as it was written; what was not kept of it follows from the rest."""
    return engine.Pairing(
        need_id=need.id,
        offer_id=offer.id,
        score=match.score,
        parts=engine.Parts(*match.part_values),
        distance_km=match.distance_km,
        reach_km=larger_reach(need, offer),
        exempt=need.kind == SKILL and need.remote_ok and offer.remote,
        run_first_day=match.first_day,
        run_last_day=match.last_day,
        days_asked=match.need.days,
        quantity=match.quantity,
        # Taken in this very instant, the pair is on its way out: what it would have given is said once more.
        remaining=max(match.quantity, _left(offer, match.first_day, match.last_day)),
    )


def _left(offer: engine.Offer, first: date, last: date) -> int:
    """The capacity left on the tightest of these days; of goods, what is left in stock."""
    if offer.kind == GOODS:
        return offer.capacity - sum(hold.quantity for hold in offer.holds)
    # The most is held on the first day, or on one on which some hold begins.
    days = {first, *(hold.first_day for hold in offer.holds if first <= hold.first_day <= last)}
    return offer.capacity - max(
        sum(hold.quantity for hold in offer.holds if hold.first_day <= day <= hold.last_day) for day in days
    )


def _plain_value(value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, engine.Slot):
        return [value.weekday, value.start_minute, value.end_minute]
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    return value
