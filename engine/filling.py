"""Filling columns: from records; for whoever reads a whole country, what is not a plain value (turns, slots)."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Amounts, Bools, Floats, Ids, Ints, code, masks, offsets, unit_sphere
from engine.columns import FOREVER, NEVER, UNKNOWN, NeedColumns, OfferColumns, Vocabulary
from engine.goods import Offered, Wanted
from engine.hours import DAY_MINUTES, HALVES, longest_in_halves
from engine.household import ACCEPT_BITS, household_codes
from engine.records import Hold, Need, Offer, Slot
from engine.stretches import stretches
from engine.vocabulary import GOODS, HOUSING, LANGUAGE_CATEGORIES, SKILL

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offer_columns(offers: Iterable[Offer], vocabulary: Vocabulary | None = None) -> OfferColumns:
    """Columns of offers, or of rows with the same attributes: only that the ids differ is checked again."""
    offers = tuple(offers)
    words = vocabulary or Vocabulary()
    ids = _distinct(offers)
    lat, lon, x, y, z = _points(offers)
    capacity = _ints(offer.capacity for offer in offers)
    slots_from, slot_start, slot_end = _slots(offers)
    return OfferColumns(
        vocabulary=words,
        ids=ids,
        category=_smalls(words.category(offer.kind, offer.category) for offer in offers),
        form=_smalls(words.form(offer.kind, offer.category) for offer in offers),
        city=_smalls(code(words.cities, offer.city) for offer in offers),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=_floats(0 if offer.kind == HOUSING else offer.reach_km for offer in offers),
        languages=masks(
            [
                offer.languages.union(named)
                for offer, named in zip(offers, _named_languages(offers), strict=True)
            ],
            words.languages,
        ),
        capacity=capacity,
        confirmed_day=_smalls(
            UNKNOWN if offer.confirmed_on is None else offer.confirmed_on.toordinal() for offer in offers
        ),
        asked=_smalls(offer.asked_last_30_days or 0 for offer in offers),
        turn=turns(_ints(_microseconds(offer.registered_at) for offer in offers), ids),
        shared_with_linked=_bools(offer.shared_with_linked for offer in offers),
        is_open=_bools(offer.can_be_given for offer in offers),
        notice_days=_smalls(offer.notice_days for offer in offers),
        shared_home=_bools(offer.kind == HOUSING and offer.is_shared for offer in offers),
        accepts=_smalls(accept_bits(offer.accepts) if offer.kind == HOUSING else 0 for offer in offers),
        step_free=_bools(offer.kind == HOUSING and offer.step_free for offer in offers),
        pets_accepted=_bools(offer.kind == HOUSING and offer.pets_accepted for offer in offers),
        smoke_free=_bools(offer.kind == HOUSING and offer.is_smoke_free for offer in offers),
        longest_stay=_smalls(
            FOREVER if offer.kind != HOUSING or offer.longest_stay_days is None else offer.longest_stay_days
            for offer in offers
        ),
        rent=_smalls(offer.rent if offer.kind == HOUSING else 0 for offer in offers),
        goods=_smalls(
            code(words.goods.offered, Offered(offer.item, offer.size, offer.series))
            if offer.kind == GOODS
            else 0
            for offer in offers
        ),
        best_before=_smalls(
            FOREVER if offer.kind != GOODS or offer.best_before is None else offer.best_before.toordinal()
            for offer in offers
        ),
        named_languages=masks(_named_languages(offers), words.languages),
        remote=_bools(offer.kind == SKILL and offer.remote for offer in offers),
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
        **_stretches_of(offers, capacity),
    )


def need_columns(needs: Iterable[Need], vocabulary: Vocabulary | None = None) -> NeedColumns:
    """Columns of needs, or of rows with the same attributes, in the vocabulary of the offers they meet."""
    needs = tuple(needs)
    words = vocabulary or Vocabulary()
    ids = _distinct(needs)
    lat, lon, x, y, z = _points(needs)
    home = [need.kind == HOUSING for need in needs]
    slots_from, slot_start, slot_end = _slots(needs)
    one_day = _bools(not need.lasts for need in needs)
    given = _given(needs)
    asked, quantity, least_quantity = need_quantities(
        asked=_ints(need.quantity for need in needs),
        given=np.array([sum(hold.quantity for hold in need.given) for need in needs], np.int64),
        one_day=one_day,
        part_useful=_bools(need.part_useful and need.kind != HOUSING for need in needs),
        longest=longest_in_halves(slots_from, slot_start, slot_end),
    )
    return NeedColumns(
        vocabulary=words,
        ids=ids,
        category=_smalls(words.category(need.kind, need.category) for need in needs),
        forms=masks([need.forms if need.kind == HOUSING else () for need in needs], words.forms),
        city=_smalls(code(words.cities, need.city) for need in needs),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=_floats(need.reach_km for need in needs),
        languages=masks([need.languages for need in needs], words.languages),
        first_day=_smalls(need.first_day.toordinal() for need in needs),
        last_day=_smalls(need.last_day.toordinal() for need in needs),
        least_days=_smalls(need.min_days or 0 for need in needs),
        one_day=one_day,
        asked=asked,
        quantity=quantity,
        least_quantity=least_quantity,
        people=_smalls(need.persons for need in needs),
        priority=_smalls(need.priority for need in needs),
        is_housing=_bools(home),
        is_open=_bools(need.is_open for need in needs),
        household=household_codes(
            women=_ints(need.adult_women if need.kind == HOUSING else 0 for need in needs),
            men=_ints(need.adult_men if need.kind == HOUSING else 0 for need in needs),
            children=_ints(need.children if need.kind == HOUSING else 0 for need in needs),
            couple=_bools(need.kind == HOUSING and need.couple for need in needs),
            lone_minor=_bools(need.kind == HOUSING and need.lone_minor for need in needs),
        ),
        step_free_needed=_bools(need.kind == HOUSING and need.step_free_needed for need in needs),
        pets=_bools(need.kind == HOUSING and need.pets for need in needs),
        smoke_free_needed=_bools(need.kind == HOUSING and need.smoke_free_needed for need in needs),
        refuses_shared_home=_bools(need.kind == HOUSING and not need.shared_home_ok for need in needs),
        rent_up_to=_smalls(need.rent_up_to if need.kind == HOUSING else 0 for need in needs),
        goods=_smalls(
            code(words.goods.wanted, Wanted(need.items, need.sizes, need.series)) if need.kind == GOODS else 0
            for need in needs
        ),
        named_languages=masks(_named_languages(needs), words.languages),
        remote_ok=_bools(need.kind == SKILL and need.remote_ok for need in needs),
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
        **given,
    )


def accept_bits(words: Iterable[str]) -> int:
    return sum(ACCEPT_BITS[word] for word in words)


def turns(registered: Ints, ids: Ids) -> Ints:
    """Each row's place in order of registration (microseconds, NEVER when unknown), then id."""
    if isinstance(ids, np.ndarray):
        order = np.lexsort((ids, registered))
    else:
        moments = registered.tolist()
        order = np.array(sorted(range(len(ids)), key=lambda row: (moments[row], ids[row])), np.int64)
    turn = np.empty(len(ids), np.int32)
    turn[order] = np.arange(len(ids), dtype=np.int32)
    return turn


def slot_columns(
    *, owner: Ints, weekday: Ints, start_minute: Ints, end_minute: Ints, rows: int
) -> tuple[Ints, Ints, Ints]:
    """`slots_from`, `slot_start`, `slot_end` of weekly slots in any order; `owner` says whose row each is.

    Minutes of the week: no slot crosses midnight, so what overlaps shares a weekday.
    """
    start = weekday.astype(np.int32) * DAY_MINUTES + start_minute.astype(np.int32)
    end = weekday.astype(np.int32) * DAY_MINUTES + end_minute.astype(np.int32)
    order = np.lexsort((end, start, owner))
    return offsets(np.bincount(owner, minlength=rows)), start[order], end[order]


def given_columns(
    *, need: Ints, first_day: Ints, last_day: Ints, quantity: Ints, rows: int
) -> dict[str, Ints]:
    """The `given…` columns of what needs are given, in any order; `need` says whose row it is."""
    order = np.argsort(need, kind="stable")
    return {
        "given_from": offsets(np.bincount(need, minlength=rows)),
        "given_first": first_day[order].astype(np.int32),
        "given_last": last_day[order].astype(np.int32),
        "given_quantity": quantity[order].astype(np.int64),
    }


def need_quantities(
    *, asked: Ints, given: Ints, one_day: Bools, part_useful: Bools, longest: Ints
) -> tuple[Amounts, Amounts, Amounts]:
    """`asked`, `quantity`, `least_quantity`: all that is asked; what is still missing of what is used up; and the
    smallest part that helps.

    An appointment with slots asks for its longest slot at most: `longest`, in halves of an hour, 0 without slots. Of a
    need that lacks nothing the quantity is what was asked: none of its days is uncovered.
    """
    short = np.flatnonzero(one_day & (longest > 0) & (longest < asked * HALVES))
    whole: Amounts = asked
    if len(short):
        whole = asked.astype(np.float64)
        whole[short] = longest[short] / HALVES
    missing = np.where(one_day & (given < whole), whole - given, whole)
    return whole, missing, np.where(part_useful, np.minimum(missing, 1), missing)


def _stretches_of(offers: Sequence[Offer], capacity: Ints) -> dict[str, Ints]:
    windows = [(row, window) for row, offer in enumerate(offers) for window in offer.available]
    holds = [(row, hold) for row, offer in enumerate(offers) for hold in offer.holds]
    return stretches(
        window_offer=_ints(row for row, _ in windows),
        window_first=_ints(window.first_day.toordinal() for _, window in windows),
        window_last=_ints(
            FOREVER if window.last_day is None else window.last_day.toordinal() for _, window in windows
        ),
        hold_offer=_ints(row for row, _ in holds),
        hold_first=_ints(hold.first_day.toordinal() for _, hold in holds),
        hold_last=_ints(hold.last_day.toordinal() for _, hold in holds),
        hold_quantity=_ints(hold.quantity for _, hold in holds),
        capacity=capacity,
        is_stock=_bools(offer.kind == GOODS for offer in offers),
    )


def _given(needs: Sequence[Need]) -> dict[str, Ints]:
    given: list[tuple[int, Hold]] = [(row, hold) for row, need in enumerate(needs) for hold in need.given]
    return given_columns(
        need=_ints(row for row, _ in given),
        first_day=_ints(hold.first_day.toordinal() for _, hold in given),
        last_day=_ints(hold.last_day.toordinal() for _, hold in given),
        quantity=_ints(hold.quantity for _, hold in given),
        rows=len(needs),
    )


def _ints(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _smalls(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32)


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)


def _bools(values: Iterable[bool]) -> Bools:
    return np.fromiter(values, np.bool_)


def _distinct(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Hashable, ...]:
    ids = tuple(row.id for row in rows)
    if len(set(ids)) < len(ids):
        raise ValueError("id: one appears twice")
    return ids


def _points(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Floats, ...]:
    lat, lon = _floats(row.lat for row in rows), _floats(row.lon for row in rows)
    return lat, lon, *unit_sphere(lat, lon)


def _microseconds(moment: datetime | None) -> int:
    """A moment without a time zone is taken for UTC, so that the two sorts can stand in one file."""
    if moment is None:
        return int(NEVER)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _named_languages(rows: Sequence[Offer] | Sequence[Need]) -> list[Iterable[str]]:
    return [
        row.languages_from | row.languages_to
        if row.kind == SKILL and row.category in LANGUAGE_CATEGORIES
        else ()
        for row in rows
    ]


def _slots(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Ints, Ints, Ints]:
    own: list[tuple[Slot, ...]] = [row.slots if row.kind == SKILL else () for row in rows]
    slots = [(row, slot) for row, some in enumerate(own) for slot in some]
    return slot_columns(
        owner=_ints(row for row, _ in slots),
        weekday=_ints(slot.weekday for _, slot in slots),
        start_minute=_ints(slot.start_minute for _, slot in slots),
        end_minute=_ints(slot.end_minute for _, slot in slots),
        rows=len(rows),
    )
