"""Why this pairing, in the engine's codes and numbers.

Of a suggestion the reasons are worked out when it is shown, from the rows of that moment: a country has millions
of suggestions, and few are ever read. They are frozen into the row by the first decision about it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from catalogue.vocabulary import Kind
from matching import engine, snapshots
from matching.models import Match, MatchState
from matching.selectors import NearMissLine
from needs.models import Need


def explained(
    matches: Iterable[Match], *, now: datetime, near_misses: Sequence[NearMissLine] = ()
) -> list[Match]:
    """The same matches, `facts` filled in for those that nobody has decided on yet, and near misses with `params`.

    Reads `match.city`, `need` and `offer`, which the caller has loaded. A fixed number of queries for each town. Of a
    suggestion whose offer or need is closed or all promised by now, only what its own figures say is said.
    """
    matches = list(matches)
    undecided: dict[int, list[Match]] = defaultdict(list)
    missed: dict[int, list[NearMissLine]] = defaultdict(list)
    for match in matches:
        if match.state == MatchState.SUGGESTED:
            undecided[match.city_id].append(match)
        elif match.facts is None:
            match.facts = _plain_reasons(_figures(match))
    for line in near_misses:
        missed[line.need.city_id].append(line)
    for city_id in {**undecided, **missed}:
        _explain_town(undecided[city_id], missed[city_id], now=now)
    return matches


def plain(params: Mapping[str, object]) -> dict[str, Any]:
    """Parameters as JSON keeps them, so that what is frozen reads as what was shown."""
    return {name: _plain_value(value) for name, value in params.items()}


def _explain_town(matches: Sequence[Match], misses: Sequence[NearMissLine], *, now: datetime) -> None:
    pairs = [*matches, *misses]
    city = pairs[0].need.city if misses and not matches else matches[0].city
    needs: dict[int, Need] = {pair.need.pk: pair.need for pair in pairs}
    offer_ids = {pair.offer.pk for pair in pairs}
    snapshot = snapshots.of_pairs(list(needs.values()), offer_ids, city=city, now=now)
    today = snapshots.local_day(now, city)
    offers = {id_: row.record() for id_, row in snapshot.offers.items()}
    for match in matches:
        need, offer = snapshot.needs.get(match.need_id), offers.get(match.offer_id)
        if need is None or offer is None:
            reasons = _figures(match)
        else:
            reasons = engine.explain(_pairing(match, need, offer), need, offer, today)
        match.facts = _plain_reasons(reasons)
    for line in misses:
        need, offer = snapshot.needs.get(line.need.pk), offers.get(line.offer.pk)
        if need is not None and offer is not None:
            miss = engine.NearMiss(need.id, offer.id, line.rule, line.gap, line.distance_km)
            line.params = plain(engine.explain_near_miss(miss, need, offer).params)


def _pairing(match: Match, need: engine.Need, offer: engine.Offer) -> engine.Pairing:
    """The engine's result as it was written; what it left out follows from the two rows."""
    parts = engine.Parts(*match.part_values)
    return engine.Pairing(
        need_id=need.id,
        offer_id=offer.id,
        score=match.score,
        parts=parts,
        distance_km=match.distance_km,
        reach_km=max(need.reach_km, offer.reach_km),
        exempt=need.kind == Kind.SKILL and need.remote_ok and offer.remote,
        run_first_day=match.first_day,
        run_last_day=match.last_day,
        days_asked=_days_asked(match),
        quantity=match.quantity,
        # Taken in this very instant, it is on its way out: what it gave is what was said.
        remaining=max(match.quantity, _left(offer, match.first_day, match.last_day)),
    )


def _days_asked(match: Match) -> int:
    """The days part is the days of the run out of these."""
    run = (match.last_day - match.first_day).days + 1
    return round(run / match.parts["dates"])


def _left(offer: engine.Offer, first: date, last: date) -> int:
    """The capacity left on the tightest of these days; of goods, what is left in stock."""
    if offer.kind == Kind.GOODS:
        return offer.capacity - sum(hold.quantity for hold in offer.holds)
    # The most is held on the first day, or on one on which some hold begins.
    days = {first, *(hold.first_day for hold in offer.holds if first <= hold.first_day <= last)}
    return offer.capacity - max(
        sum(hold.quantity for hold in offer.holds if hold.first_day <= day <= hold.last_day) for day in days
    )


def _figures(match: Match) -> tuple[engine.Reason, ...]:
    """What a suggestion's own figures say, when its two rows can no longer be compared: where, when, how much."""
    need, offer = match.need, match.offer
    reach_km = max(need.reach_km, offer.reach_km)
    place: dict[str, object] = {"distance_km": match.distance_km, "reach_km": reach_km}
    if need.kind == Kind.SKILL and need.remote_ok and offer.remote:
        code, is_near = "remote", True
    elif match.distance_km == 0:
        code, is_near = "same_place", True
    else:
        code, is_near = "distance", match.parts["proximity"] >= 0.5
    run, asked = (match.last_day - match.first_day).days + 1, _days_asked(match)
    days: dict[str, object] = {
        "run_days": run, "days_asked": asked, "first_day": match.first_day, "last_day": match.last_day,
        "open_ended": False,
    }  # fmt: skip
    reasons = [
        engine.Reason(code, place, good=is_near),
        engine.Reason("all_days" if run == asked else "some_days", days, good=run == asked),
    ]
    if need.kind != Kind.HOUSING:
        whole = match.quantity == need.quantity
        amount: dict[str, object] = {"quantity": match.quantity, "asked": need.quantity, "kind": need.kind}
        reasons.append(engine.Reason("whole_quantity" if whole else "part_quantity", amount, good=whole))
    return tuple(reasons)


def _plain_reasons(reasons: Iterable[engine.Reason]) -> list[dict[str, Any]]:
    return [{"code": reason.code, "params": plain(reason.params), "good": reason.good} for reason in reasons]


def _plain_value(value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, engine.Slot):
        return [value.weekday, value.start_minute, value.end_minute]
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    return value
