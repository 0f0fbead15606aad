"""What would have to give in a need for a near miss to be possible: for each rule, the need's fields as they would be.

One function for each rule that a need can give way on. The rest is the offer's to give: how many a home has room for,
and whom a host receives.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import engine
from catalogue.slots import parse_slot
from catalogue.vocabulary import Kind, RentPayer
from engine.spoken import not_spoken
from needs.models import Need
from offers.models import Offer

FARTHEST_KM = 500  # need_reach_plausible


@dataclass(frozen=True, slots=True)
class Relaxation:
    """`change`: fields of the need; `params`: the numbers and words that say it. Both as JSON keeps them."""

    rule: str
    change: Mapping[str, Any]
    params: Mapping[str, Any]


def relaxation(
    need: Need, offer: Offer, *, rule: str, gap: float | None, distance_km: float, least_days: int
) -> Relaxation | None:
    """The smallest change of the need's own that mends this rule; None when the need cannot give there.

    `least_days`: the shortest run that helps, as the engine has it today.
    """
    find = _CHANGES.get(rule)
    found = find(need, offer, gap, distance_km, least_days) if find is not None else None
    if found is None:
        return None
    change, params = found
    return Relaxation(rule, change, {"distance_km": distance_km, **params})


def relaxed(record: engine.Need, change: Mapping[str, Any], *, id: int) -> engine.Need:
    """The engine's record of a need with a change applied, under another id."""
    values = {
        name: _READ.get(name, _as_it_is)(value) for name, value in change.items() if name not in _NOT_READ
    }
    return replace(record, id=id, **values)


def asks_no_less(one: Relaxation, than: Relaxation) -> bool:
    """Whether a no to `than` is a no to this one too: of the same rule and need, and as much or more would give."""
    return _NO_LESS.get(one.rule, _always)(one, than)


_Found = tuple[dict[str, Any], dict[str, Any]] | None


def _distance(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """As far as the offer is, in whole kilometres."""
    reach_km = math.ceil(distance_km)
    if reach_km > FARTHEST_KM:
        return None
    return {"reach_km": reach_km}, {"reach_km": need.reach_km, "to_km": reach_km}


def _dates(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """As few days as the offer is free in a row; nothing to ask when the two have no day in common."""
    return _shorter(least_days, least_days - int(gap or 0))


def _notice(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """As many days as are left of a run that would do, when it begins as late as the host asks."""
    found = _shorter(least_days, least_days - int(gap or 0))
    if found is None:
        return None
    change, params = found
    return change, {**params, "notice_days": offer.notice_days}


def _stay(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """As long as the host allows."""
    return _shorter(least_days, offer.longest_stay_days or 0)


def _shorter(least_days: int, run_days: int) -> _Found:
    if run_days < 1:
        return None
    return {"min_days": run_days}, {"run_days": run_days, "least_days": least_days}


def _capacity(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """A part of it; a household is never parted."""
    if need.kind == Kind.HOUSING or need.part_useful:
        return None
    return {"part_useful": True}, {"kind": need.kind, "asked": need.quantity, "gap": int(gap or 0)}


def _step_free(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    return {"step_free_needed": False}, {}


def _pets(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    return {"pets": False}, {}


def _smoke_free(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    return {"smoke_free_needed": False}, {}


def _rent(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """The whole rent, paid by those who pay already or else by whoever is asked."""
    payer = need.rent_payer or (RentPayer.ASSOCIATION if need.organisation_id else RentPayer.HOUSEHOLD).value
    return {"rent_up_to": offer.rent, "rent_payer": payer}, {"rent": offer.rent, "paid": need.rent_up_to or 0}


def _shared_home(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    return {"shared_home_ok": True}, {}


def _languages(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """Without the languages that the offer lacks, as long as each side of the pair still names one."""
    missing = not_spoken(
        {*need.languages_from, *need.languages_to}, {*offer.languages_from, *offer.languages_to}
    )
    change = {}
    for side in ("languages_from", "languages_to"):
        asked = getattr(need, side)
        change[side] = [code for code in asked if code not in missing]
        if asked and not change[side]:
            return None
    return change, {"missing": sorted(missing)}


def _slots(need: Need, offer: Offer, gap: float | None, distance_km: float, least_days: int) -> _Found:
    """At any hour, the offer's own among them."""
    return {"slots": []}, {"offered": list(offer.slots)}


_CHANGES: dict[str, Callable[[Need, Offer, float | None, float, int], _Found]] = {
    "distance": _distance,
    "dates": _dates,
    "notice": _notice,
    "stay": _stay,
    "capacity": _capacity,
    "rent": _rent,
    "step_free": _step_free,
    "pets": _pets,
    "smoke_free": _smoke_free,
    "shared_home": _shared_home,
    "languages": _languages,
    "slots": _slots,
}


def _no_nearer(one: Relaxation, than: Relaxation) -> bool:
    return bool(one.change["reach_km"] >= than.change["reach_km"])


def _no_longer(one: Relaxation, than: Relaxation) -> bool:
    return bool(one.change["min_days"] <= than.change["min_days"])


def _no_cheaper(one: Relaxation, than: Relaxation) -> bool:
    return bool(one.change["rent_up_to"] >= than.change["rent_up_to"])


def _no_larger(one: Relaxation, than: Relaxation) -> bool:
    """Two of ten items may be too few where nine would do. Earlier questions did not keep how many lacked."""
    return bool(one.params["gap"] >= than.params.get("gap", 0))


def _no_more_languages(one: Relaxation, than: Relaxation) -> bool:
    return all(set(one.change[side]) <= set(than.change[side]) for side in ("languages_from", "languages_to"))


def _no_other_hours(one: Relaxation, than: Relaxation) -> bool:
    """Whoever cannot on Tuesdays may still on Mondays."""
    refused = [parse_slot(text) for text in than.params["offered"]]
    return all(
        any(
            slot.weekday == other.weekday
            and other.start_minute <= slot.start_minute
            and slot.end_minute <= other.end_minute
            for other in refused
        )
        for slot in map(parse_slot, one.params["offered"])
    )


def _always(one: Relaxation, than: Relaxation) -> bool:
    return True


# The rules on which a need can give more or less; on the others there is one thing to give.
_NO_LESS: dict[str, Callable[[Relaxation, Relaxation], bool]] = {
    "distance": _no_nearer,
    "dates": _no_longer,
    "notice": _no_longer,
    "stay": _no_longer,
    "capacity": _no_larger,
    "rent": _no_cheaper,
    "languages": _no_more_languages,
    "slots": _no_other_hours,
}


def _as_it_is(value: Any) -> Any:
    return value


def _engine_slots(texts: Sequence[str]) -> tuple[engine.Slot, ...]:
    return tuple(
        engine.Slot(slot.weekday, slot.start_minute, slot.end_minute) for slot in map(parse_slot, texts)
    )


# What only people read.
_NOT_READ = ("rent_payer",)
# How a field of the need is read by the engine, where that differs.
_READ: dict[str, Callable[[Any], Any]] = {
    "languages_from": frozenset,
    "languages_to": frozenset,
    "slots": _engine_slots,
}
