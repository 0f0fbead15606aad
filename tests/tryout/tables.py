"""Records as lines of a spreadsheet, and files for tests."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from catalogue.items import ITEM
from catalogue.items import ITEMS as CATALOGUE
from catalogue.slots import WEEKDAYS
from engine import Need, Offer, Slot
from engine.goods import ANY, MIXED, OTHER
from tests.engine import builders

OFFER = {
    "id": "P1", "kind": "goods", "category": "bedding", "city": "strasbourg", "commune": "67482", "reach_km": "10",
    "available": "2026-03-01..", "capacity": "4",
}  # fmt: skip
NEED = {
    "id": "B1", "kind": "goods", "category": "bedding", "city": "strasbourg", "commune": "67482",
    "first_day": "2026-03-02", "last_day": "2026-03-11", "quantity": "2",
}  # fmt: skip
ITEMS = {
    category: ("", ANY, OTHER, *(item.code for item in CATALOGUE if item.category == category))
    for category in builders.CATEGORIES["goods"]
}
# Where nothing lies at the end of the earth: a file names no commune here, and there none is near.
PLACES = [place for place in builders.PLACES if abs(place[0]) < 89 and abs(place[1]) < 179]
HOME = OFFER | {"kind": "housing", "category": "separate_room"}
HOUSEHOLD = NEED | {"kind": "housing", "category": "", "quantity": "", "adult_women": "1", "children": "1"}


def write(
    path: Path, rows: Sequence[Mapping[str, Any]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    """A csv of these rows; the header names every column that one of them has."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, header, restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def offer_row(offer: Offer) -> dict[str, Any]:
    """As a town would type it; what is unknown stays empty."""
    return {
        "id": offer.id,
        "kind": offer.kind,
        "category": offer.category,
        "city": offer.city,
        "lat": repr(offer.lat),
        "lon": repr(offer.lon),
        "reach_km": offer.reach_km or "",
        "languages": _list(offer.languages),
        "available": "|".join(f"{one.first_day}..{one.last_day or ''}" for one in offer.available),
        "capacity": offer.capacity,
        "confirmed_on": offer.confirmed_on or "",
        "asked_last_30_days": "" if offer.asked_last_30_days is None else offer.asked_last_30_days,
        "registered_at": offer.registered_at.isoformat() if offer.registered_at else "",
        "shared_home": "oui" if offer.shared_home else "",
        "accepts": _list(offer.accepts),
        "step_free": "yes" if offer.step_free else "no",
        "pets_accepted": "oui" if offer.pets_accepted else "non",
        "smoke_free": {None: "", True: "oui", False: "no"}[offer.smoke_free],
        "notice_days": offer.notice_days or "",
        "longest_stay_days": offer.longest_stay_days or "",
        "rent": offer.rent or "",
        "dwelling_state": offer.dwelling_state,
        "item": offer.item,
        "size": offer.size,
        "best_before": offer.best_before or "",
        "languages_from": _list(offer.languages_from),
        "languages_to": _list(offer.languages_to),
        "slots": _slots(offer.slots),
        "remote": "yes" if offer.remote else "",
    }


def need_row(need: Need) -> dict[str, Any]:
    housing = need.kind == "housing"
    return {
        "id": need.id,
        "kind": need.kind,
        "category": need.category,
        "city": need.city,
        "lat": repr(need.lat),
        "lon": repr(need.lon),
        "reach_km": need.reach_km,
        "languages": _list(need.languages),
        "first_day": need.first_day,
        "last_day": f"{need.last_day:%d/%m/%Y}",
        "min_days": need.min_days or "",
        "quantity": "" if housing else need.quantity,
        "part_useful": "oui" if need.part_useful else "",
        "people": need.people or "",
        "urgency": "" if need.urgency == "planned" else need.urgency,
        "adult_women": need.adult_women,
        "adult_men": need.adult_men or "",
        "children": need.children,
        "couple": "oui" if need.couple else "non",
        "lone_minor": "oui" if need.lone_minor else "",
        "step_free_needed": "yes" if need.step_free_needed else "",
        "pets": "yes" if need.pets else "no",
        "smoke_free_needed": "oui" if need.smoke_free_needed else "",
        "rent_up_to": need.rent_up_to or "",
        "shared_home_ok": "" if need.shared_home_ok else "non",
        "forms": _list(need.forms),
        "items": "|".join(need.items),
        "sizes": "|".join(need.sizes),
        "rhythm": need.rhythm if need.kind == "skill" else "",
        "languages_from": _list(need.languages_from),
        "languages_to": _list(need.languages_to),
        "slots": _slots(need.slots),
        "remote_ok": "oui" if need.remote_ok else "",
    }


def random_offer(random: Random, number: int, kind: str) -> Offer:
    """One that a spreadsheet can say: open, nothing held yet, its category of its kind."""
    offer = builders.random_offer(random, f"P{number}", kind, PLACES)
    item = random.choice(ITEMS[offer.category]) if kind == "goods" else ""
    series = ITEM[item].series if item in ITEM else None
    return replace(
        offer,
        kind=kind,
        item=item,
        series=series,
        size=random.choice(("", MIXED, *series.codes)) if series else "",
        holds=(),
        is_open=True,
        languages_from=offer.languages_from or frozenset({"fr"}),
        languages_to=offer.languages_to or frozenset({"ti"}),
    )


def random_need(random: Random, number: int, kind: str) -> Need:
    """One whose household adds up."""
    need = builders.random_need(random, f"B{number}", kind, PLACES)
    pool = ITEMS.get(need.category, ("",))
    items = tuple(
        dict.fromkeys(random.choice(pool) for _ in range(random.randint(0, 2))) if kind == "goods" else ()
    )
    items = tuple(item for item in items if item)
    series = tuple(ITEM[item].series if item in ITEM else None for item in items)
    sizes = [size for one in series if one for size in random.sample(one.codes, 2)]
    need = replace(
        need, items=items, series=series, sizes=tuple(dict.fromkeys(sizes)) if random.random() < 0.5 else (),
        given=(),
    )  # fmt: skip
    if kind != "housing":
        return replace(
            need,
            is_open=True,
            # The plan gives whole hours, of an appointment too.
            slots=() if need.rhythm == "once" else need.slots,
            people=random.choice((None, 1, 7)),
            urgency=random.choice(("tonight", "this_week", "planned")),
            languages_from=need.languages_from or frozenset({"ar"}),
        )
    if need.members:
        return replace(need, is_open=True)
    return replace(need, is_open=True, **{"children" if need.lone_minor else "adult_women": 1})


def _list(words: Iterable[str]) -> str:
    return "|".join(sorted(words))


def _slots(slots: Sequence[Slot]) -> str:
    return "|".join(
        f"{WEEKDAYS[one.weekday]} {_time(one.start_minute)}-{_time(one.end_minute)}" for one in slots
    )


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
