"""Why this pairing: reasons as codes and numbers. Sentences are made elsewhere, in each reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from engine.hours import HALF_MINUTES
from engine.household import LONE_MINOR, words_needed
from engine.records import NearMiss, Need, Offer, Pairing, Parts, Slot, Weights, larger_reach
from engine.spoken import not_spoken, same, spoken_as
from engine.uncovered import least_days
from engine.vocabulary import ACCEPTS, COLLECTIVE_PLACE, GOODS, HOUSING, LANGUAGE_CATEGORIES, PARTS, SKILL

FRESH_DAYS = 30  # from here on a citizen is reminded to confirm the offer


@dataclass(frozen=True, slots=True)
class Reason:
    """`params` holds numbers, days, words and tuples of them; `good`: it speaks for the pairing."""

    code: str
    params: Mapping[str, object]
    good: bool


@dataclass(frozen=True, slots=True)
class Points:
    """One line of the sum: weight × value = points."""

    part: str
    value: float
    weight: float
    points: float


def arithmetic(parts: Parts, weights: Weights) -> tuple[Points, ...]:
    """The sum that makes the score, part by part; rounded to 6 decimals its total is the score."""
    return tuple(
        Points(part, value, weight, weight * value)
        for part, value, weight in zip(PARTS, parts.values, weights.points, strict=True)
    )


def explain(pairing: Pairing, need: Need, offer: Offer, today: date) -> tuple[Reason, ...]:
    """One reason for each part of the score, in their order, what is better kept for others, then the conditions that
    the pair meets.
    """
    if (pairing.need_id, pairing.offer_id) != (need.id, offer.id):
        raise ValueError("pairing: it is about another need or offer")
    return (
        _proximity(pairing),
        _dates(pairing, need, offer),
        _fit(pairing, need, offer),
        _language(need, offer),
        _freshness(offer, today),
        _courtesy(offer),
        *_kept_for_others(need, offer),
        *_conditions(need, offer),
    )


def explain_near_miss(near_miss: NearMiss, need: Need, offer: Offer, today: date) -> Reason:
    """One condition that is not met, with what it would take."""
    if (near_miss.need_id, near_miss.offer_id) != (need.id, offer.id):
        raise ValueError("near_miss: it is about another need or offer")
    params: dict[str, object] = {}
    if near_miss.rule == "category":
        asked = tuple(sorted(need.forms)) if need.kind == HOUSING else (need.category,)
        params = {"kind": need.kind, "asked": asked, "offered_kind": offer.kind, "offered": offer.category}
        params |= _goods(need, offer) if GOODS in (need.kind, offer.kind) else {}
    elif near_miss.rule in ("item", "size"):
        is_item = near_miss.rule == "item"
        params = {
            "category": need.category,
            "asked": need.items if is_item else need.sizes,
            "offered": offer.item if is_item else offer.size,
            **_goods(need, offer),
        }
    elif near_miss.rule == "city":
        params = {"need": need.city, "offer": offer.city, "shared": offer.shared_with_linked}
    elif near_miss.rule == "open":
        params = {"need_open": need.is_open, "offer_open": offer.can_be_given}
    elif near_miss.rule == "distance":
        reach_km = larger_reach(need, offer)
        params = {"gap_km": near_miss.gap, "distance_km": near_miss.distance_km, "reach_km": reach_km}
    elif near_miss.rule == "dates":
        params = {"gap_days": int(near_miss.gap or 0), "least_days": least_days(need, today=today)}
    elif near_miss.rule == "notice":
        gap_days = int(near_miss.gap or 0)
        params = {
            "gap_days": gap_days,
            "notice_days": offer.notice_days,
            "longest_notice": offer.notice_days - gap_days,
            "least_days": least_days(need, today=today),
        }
    elif near_miss.rule == "stay":
        params = {
            "gap_days": int(near_miss.gap or 0),
            "stay_days": offer.longest_stay_days,
            "least_days": least_days(need, today=today),
        }
    elif near_miss.rule == "rent":
        params = {"gap": int(near_miss.gap or 0), "rent": offer.rent, "rent_up_to": need.rent_up_to}
    elif near_miss.rule == "capacity":
        gap = _whole(near_miss.gap or 0)
        params = {
            "gap": gap,
            "asked": _whole(offer.capacity + gap),
            "capacity": offer.capacity,
            "kind": need.kind,
        }
    elif near_miss.rule == "household":
        needed = words_needed(need.household, offer.accepts)
        params = {"needed": _in_order(needed - offer.accepts), "accepted": _in_order(offer.accepts)}
    elif near_miss.rule == "languages":
        params = {"missing": tuple(sorted(not_spoken(named_languages(need), named_languages(offer))))}
    elif near_miss.rule == "slots":
        params = {"asked": need.slots, "offered": offer.slots}
    return Reason(near_miss.rule, params, good=False)


def _goods(need: Need, offer: Offer) -> dict[str, object]:
    return {"items": need.items, "sizes": need.sizes, "item": offer.item, "size": offer.size}


def named_languages(side: Need | Offer) -> frozenset[str]:
    """From and to together."""
    return side.languages_from | side.languages_to


def common_slots(need: Need, offer: Offer) -> tuple[Slot, ...]:
    """The hours of the week that both sides have, where they have half an hour or more together."""
    common = {
        Slot(one.weekday, start, end)
        for one in need.slots
        for other in offer.slots
        if one.weekday == other.weekday
        and (end := min(one.end_minute, other.end_minute))
        - (start := max(one.start_minute, other.start_minute))
        >= HALF_MINUTES
    }
    return tuple(sorted(common, key=lambda slot: (slot.weekday, slot.start_minute, slot.end_minute)))


def _proximity(pairing: Pairing) -> Reason:
    params = {"distance_km": pairing.distance_km, "reach_km": pairing.reach_km}
    if pairing.exempt:
        return Reason("remote", params, good=True)
    if pairing.distance_km == 0:
        return Reason("same_place", params, good=True)
    return Reason("distance", params, good=pairing.parts.proximity >= 0.5)


def _dates(pairing: Pairing, need: Need, offer: Offer) -> Reason:
    if not need.lasts:
        day = {"day": pairing.run_first_day, "last_day": need.last_day}
        return Reason("on_a_day", day, good=pairing.parts.dates >= 0.5)
    open_ended = any(
        window.last_day is None and window.first_day <= pairing.run_first_day for window in offer.available
    )
    params = {
        "run_days": pairing.run_days,
        "days_asked": pairing.days_asked,
        "first_day": pairing.run_first_day,
        "last_day": pairing.run_last_day,
        "open_ended": open_ended,
        # A need that presses counts such days by half.
        "begins_late": pairing.parts.dates < pairing.run_days / pairing.days_asked,
    }
    whole = pairing.run_days == pairing.days_asked
    return Reason("all_days" if whole else "some_days", params, good=whole)


def _fit(pairing: Pairing, need: Need, offer: Offer) -> Reason:
    """A home with much room to spare is better kept for a larger household: no fault, but no merit either.

    A pairing counts whole hours; an appointment of an hour and a half asks for no more.
    """
    given, asked = min(pairing.quantity, need.whole_quantity), need.whole_quantity
    params = {
        "quantity": _whole(given),
        "asked": _whole(asked),
        "remaining": pairing.remaining,
        "capacity": offer.capacity,
        "kind": need.kind,
    }
    if need.kind == HOUSING:
        code = "places_exact" if pairing.remaining == need.quantity else "places_to_spare"
        return Reason(code, params, good=2 * need.quantity >= pairing.remaining)
    whole = given == asked
    return Reason("whole_quantity" if whole else "part_quantity", params, good=whole)


def _kept_for_others(need: Need, offer: Offer) -> Iterator[Reason]:
    """What a home has that is rare, and that whoever needs it will be glad of."""
    if need.kind == HOUSING:
        rare = {
            "step_free": offer.step_free and not need.step_free_needed,
            "pets_accepted": offer.pets_accepted and not need.pets,
            "lone_minors": "lone_minors" in offer.accepts and not need.household & LONE_MINOR,
        }
        if kept := tuple(code for code, is_kept in rare.items() if is_kept):
            yield Reason("kept_for_others", {"what": kept}, good=False)


def _language(need: Need, offer: Offer) -> Reason:
    if need.kind == GOODS:
        return Reason("language_not_needed", {}, good=True)
    spoken = offer.languages
    if offer.category in LANGUAGE_CATEGORIES:
        spoken |= named_languages(offer)
    common = {word: spoken_as(word, need.languages, spoken) for word in sorted(need.languages)}
    shared = tuple(word for word, other in common.items() if other is not None and same(other) == same(word))
    if shared:
        return Reason("shared_languages", {"languages": shared}, good=True)
    if wider := tuple((word, other) for word, other in common.items() if other is not None):
        return Reason("understood_languages", {"spoken": wider}, good=True)
    if not need.languages or not spoken:
        unknown = tuple(side for side, known in (("need", need.languages), ("offer", spoken)) if not known)
        return Reason("languages_unknown", {"unknown": unknown}, good=False)
    params = {"need": tuple(sorted(need.languages)), "offer": tuple(sorted(spoken))}
    return Reason("no_shared_language", params, good=False)


def _freshness(offer: Offer, today: date) -> Reason:
    if offer.confirmed_on is None:
        return Reason("confirmation_unknown", {}, good=False)
    days = max((today - offer.confirmed_on).days, 0)
    return Reason("confirmed", {"days": days, "on": offer.confirmed_on}, good=days < FRESH_DAYS)


def _courtesy(offer: Offer) -> Reason:
    times = offer.asked_last_30_days or 0
    return Reason("asked" if times else "not_asked", {"times": times}, good=times == 0)


def _conditions(need: Need, offer: Offer) -> Iterator[Reason]:
    """What was required and is given: all good, or the pair would not be feasible."""
    if need.city != offer.city:
        yield Reason("linked_city", {"city": offer.city}, good=True)
    if offer.notice_days:
        yield Reason("notice", {"days": offer.notice_days}, good=True)
    if need.kind == HOUSING:
        if offer.longest_stay_days is not None:
            yield Reason("stay", {"days": offer.longest_stay_days}, good=True)
        if offer.rent:
            yield Reason("rent", {"rent": offer.rent}, good=True)
        if offer.accepts:
            accepted = words_needed(need.household, offer.accepts) & offer.accepts
            yield Reason("accepts", {"words": _in_order(accepted or offer.accepts)}, good=True)
        else:
            yield Reason("accepts_everyone", {}, good=True)
        if need.step_free_needed:
            yield Reason("step_free", {}, good=True)
        if need.pets:
            yield Reason("pets_accepted", {}, good=True)
        if need.smoke_free_needed:
            yield Reason("smoke_free", {}, good=True)
        is_collective = offer.category == COLLECTIVE_PLACE
        if offer.is_shared and not is_collective:
            yield Reason("shared_home", {}, good=True)
        if need.forms or is_collective:
            yield Reason("form", {"form": offer.category}, good=True)
    if need.kind == SKILL:
        if need.category in LANGUAGE_CATEGORIES and named_languages(need):
            yield _named_languages(need, offer)
        if common := common_slots(need, offer):
            yield Reason("slots", {"slots": common}, good=True)


def _named_languages(need: Need, offer: Offer) -> Reason:
    """`spoken`: of those that the offer names otherwise, (the need's word, the offer's)."""
    asked, offered = named_languages(need), named_languages(offer)
    spoken = {word: spoken_as(word, asked, offered) for word in sorted(asked)}
    otherwise = tuple((word, other) for word, other in spoken.items() if other not in (None, word))
    return Reason("languages", {"languages": tuple(spoken), "spoken": otherwise}, good=True)


def _whole(number: float) -> float:
    """Without a fraction of nothing: hours may have halves."""
    return int(number) if number == int(number) else number


def _in_order(words: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for word in ACCEPTS if word in words)
