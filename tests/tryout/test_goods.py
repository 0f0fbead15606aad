"""Goods in files: items and sizes in words or by code, what is in doubt, and files older than the catalogue."""

from pathlib import Path
from typing import Any

import pytest

from engine.goods import Offered, Wanted

from .tables import NEED, OFFER, read, write
from .test_reading import INTERPRETER, MEETING, needs_of, offers_of
from .test_results import Tried


def offered(tmp_path: Path, **cells: Any) -> tuple[Offered, int]:
    """What the row says, and its capacity in pieces."""
    columns, _tally, bad = offers_of(write(tmp_path / "o.csv", [OFFER | cells]))
    assert not bad
    return [*columns.vocabulary.goods.offered][columns.goods[0]], int(columns.capacity[0])


def wanted(tmp_path: Path, **cells: Any) -> tuple[Wanted, int]:
    columns, _tally, bad = needs_of(write(tmp_path / "n.csv", [NEED | cells]))
    assert not bad
    return [*columns.vocabulary.goods.wanted][columns.goods[0]], int(columns.quantity[0])


@pytest.mark.parametrize(
    ("cells", "item", "size", "pieces"),
    [
        ({"item": "duvet"}, "duvet", "", 4),
        ({"item": "Couette"}, "duvet", "", 4),
        ({"item": "couette 140"}, "duvet", "140", 4),
        ({"item": "couette", "size": "140"}, "duvet", "140", 4),
        ({"item": "duvet", "size": "mixed"}, "duvet", "mixed", 4),
        ({"item": ""}, "", "", 4),
        ({"item": "any"}, "any", "", 4),
        ({"item": "autre"}, "other", "", 4),
        ({"item": "zorglub"}, "other", "", 4),
        ({"item": "lot de 6 oreillers"}, "pillow", "", 24),
        ({"item": "lot de 6 oreillers", "capacity": "6"}, "pillow", "", 6),  # they were counted
    ],
)
def test_an_offer_names_its_item_in_words_or_by_code(
    tmp_path: Path, cells: dict[str, str], item: str, size: str, pieces: int
) -> None:
    said, capacity = offered(tmp_path, **cells)
    assert (said.item, said.size, capacity) == (item, size, pieces)


@pytest.mark.parametrize(
    ("cells", "items", "sizes", "pieces"),
    [
        ({"items": "duvet|blanket"}, ("duvet", "blanket"), (), 2),
        ({"items": "couette|couverture", "sizes": "140|220"}, ("duvet", "blanket"), ("140", "220"), 2),
        ({"items": "couette 140"}, ("duvet",), ("140",), 2),
        ({"items": "couette", "sizes": "mixed"}, ("duvet",), (), 2),
        ({"items": "duvet|autre"}, ("duvet", "other"), (), 2),
        ({}, (), (), 2),
        ({"items": "lot de 6 oreillers"}, ("pillow",), (), 12),
        ({"items": "lot de 6 oreillers|cushion"}, ("pillow", "cushion"), (), 2),  # not the only one
    ],
)
def test_a_need_names_the_items_that_would_do_in_order(
    tmp_path: Path, cells: dict[str, str], items: tuple[str, ...], sizes: tuple[str, ...], pieces: int
) -> None:
    said, quantity = wanted(tmp_path, **cells)
    assert (said.items, said.sizes, quantity) == (items, sizes, pieces)


@pytest.mark.parametrize(
    ("side", "cells", "column", "message"),
    [
        ("offers", {"item": "linge"}, "item", "lequel de ces objets"),
        ("offers", {"item": "pillow", "size": "140"}, "size", "sans taille"),
        ("offers", {"item": "duvet", "size": "XXL"}, "size", "n’existe pas"),
        ("offers", {"size": "grande"}, "size", "Sans objet connu"),
        ("needs", {"items": "duvet|table"}, "items", "de catégories différentes"),
        ("needs", {"items": "duvet", "sizes": "140|zorglub"}, "sizes", "n’existe pas"),
    ],
)
def test_what_is_in_doubt_is_a_bad_row(
    tmp_path: Path, side: str, cells: dict[str, str], column: str, message: str
) -> None:
    row, read_file = (OFFER, offers_of) if side == "offers" else (NEED, needs_of)
    good = {**row, "id": "good"}
    columns, tally, bad = read_file(write(tmp_path / "f.csv", [row | cells, good]))
    assert (list(columns.ids), tally.bad) == (["good"], 1)
    assert [(cell.line, cell.column) for cell in bad] == [(2, column)]
    assert message in bad[0].message


def test_an_item_brings_its_row_to_its_own_category_and_this_is_said(tmp_path: Path) -> None:
    rows = [OFFER | {"item": "table"}, OFFER | {"id": "P2", "item": "duvet"}]
    columns, tally, bad = offers_of(write(tmp_path / "o.csv", rows))
    categories = [*columns.vocabulary.categories]
    assert [categories[code] for code in columns.category] == [("goods", "furniture"), ("goods", "bedding")]
    assert (bad, len(tally.notices)) == ([], 1)
    assert tally.notices[0].startswith("1 objet est d’une autre catégorie")


def test_a_file_of_version_1_fits_any_item_by_half_and_this_is_said_once(
    tried: Tried, tmp_path: Path
) -> None:
    summary = tried([OFFER, OFFER | {"id": "P2", "item": "other"}], [NEED, NEED | {"id": "B2"}])
    assert summary.bad_rows == 0
    assert summary.notices == (
        "3 lignes d’objets ne disent pas lequel\u202f: tout objet de leur catégorie compte, pour moitié.",
    )
    found = read(tmp_path / "out" / "matches.csv")
    assert [(row["need"], row["offer"]) for row in found] == [("B1", "P1"), ("B2", "P1")]
    missed = read(tmp_path / "out" / "near_misses.csv")
    assert [(row["offer"], row["rule"], row["gap"]) for row in missed] == [("P2", "item", "")] * 2


def test_food_is_given_while_it_keeps(tried: Tried, tmp_path: Path) -> None:
    food = {"category": "food", "best_before": "2026-03-04"}
    tried(
        [OFFER | food, OFFER | food | {"id": "P2", "best_before": "05/03/2026"}],
        [NEED | {"category": "food"}],
    )
    found = read(tmp_path / "out" / "matches.csv")
    assert [(row["offer"], row["run_first_day"]) for row in found] == [("P2", "2026-03-02")]


def test_an_appointment_is_on_one_day_with_its_hours(tried: Tried, tmp_path: Path) -> None:
    tuesday = {"slots": "tue 14:00-16:00", "rhythm": "once", "quantity": "1"}
    tried([INTERPRETER | {"slots": "mon 09:00-12:00|tue 15:00-18:00"}], [MEETING | tuesday])
    (row,) = read(tmp_path / "out" / "matches.csv")
    assert (row["run_first_day"], row["run_last_day"], row["quantity"]) == ("2026-03-03", "2026-03-03", "1")


def test_hours_may_have_halves(tried: Tried, tmp_path: Path) -> None:
    lessons = {"slots": "tue 14:00-18:00", "quantity": "3", "part_useful": "oui"}
    tried([INTERPRETER | {"slots": "tue 16:15-18:00"}], [MEETING | lessons])
    (row,) = read(tmp_path / "out" / "matches.csv")
    assert row["quantity"] == "1.5"


@pytest.mark.parametrize(
    ("slots", "message"),
    [
        ("mon 09:00-12:00|mon 11:00-13:00", "se chevauchent"),
        ("tue 09:00-09:20", "trop court"),
    ],
)
def test_slots_that_clash_are_a_bad_row(tmp_path: Path, slots: str, message: str) -> None:
    for row, read_file in ((INTERPRETER, offers_of), (MEETING, needs_of)):
        _columns, tally, bad = read_file(write(tmp_path / "f.csv", [row | {"slots": slots}]))
        assert (tally.bad, bad[0].column) == (1, "slots")
        assert message in bad[0].message


def test_a_household_is_as_large_as_its_members_whatever_other_columns_say(tmp_path: Path) -> None:
    home = NEED | {"kind": "housing", "category": "", "adult_women": "1", "children": "2"}
    columns, _tally, bad = needs_of(write(tmp_path / "n.csv", [home | {"quantity": "9", "people": "7"}]))
    assert (bad, columns.quantity.tolist(), columns.people.tolist()) == ([], [3], [3])
