"""What comes out: the reference's rankings, plans that hold, whole files or none."""

import csv
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue import fields
from catalogue.fields.needs import CHILDREN
from catalogue.spreadsheets import Unreadable
from engine import Need, Offer, Weights
from tests.conftest import ROOT
from tests.engine import reference
from tests.engine.planning import all_parts
from tryout import slices, trial
from tryout.need_sheet import Needs
from tryout.offer_sheet import Offers
from tryout.results import CannotWrite
from tryout.trial import STEPS, Summary, match_files

from .conftest import TODAY
from .tables import (
    HOME,
    HOUSEHOLD,
    NEED,
    OFFER,
    need_row,
    offer_row,
    random_need,
    random_offer,
    read,
    write,
)

Tried = Callable[..., Summary]
OUTPUTS = {
    "matches.csv",
    "near_misses.csv",
    "chains.csv",
    "plan.csv",
    "errors.csv",
    "summary.json",
    "results.xlsx",
}


def some_rows(seed: int, offers: int, needs: int) -> tuple[list[Offer], list[Need]]:
    random = Random(seed)
    kinds = ("housing", "goods", "skill")
    return (
        [random_offer(random, number, random.choice(kinds)) for number in range(offers)],
        [random_need(random, number, random.choice(kinds)) for number in range(needs)],
    )


# --- The figures ---------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), offers=st.sampled_from((60, 8, 1)), needs=st.sampled_from((12, 1)))
def test_what_is_written_is_what_the_reference_finds(
    tried: Tried, tmp_path: Path, seed: int, offers: int, needs: int
) -> None:
    given_offers, given_needs = some_rows(seed, offers, needs)
    summary = tried(
        [offer_row(one) for one in given_offers], [need_row(one) for one in given_needs], seconds=1
    )
    expected = reference.rank(given_needs, given_offers, today=TODAY)

    matches, near_misses = [], []
    for need, (pairings, missed, _count) in zip(given_needs, expected, strict=True):
        for rank, (offer_id, score, parts, distance, run, quantity) in enumerate(pairings, 1):
            figures = [score, *parts, distance]
            matches.append((need.id, offer_id, rank, figures, str(run[0]), str(run[-1]), quantity))
        near_misses += [(need.id, offer_id, rule, gap) for offer_id, rule, gap in missed]
    found = read(tmp_path / "out" / "matches.csv")
    assert [
        (
            row["need"], row["offer"], int(row["rank"]),
            [float(row[name]) for name in (
                "score", "proximity", "dates", "fit", "language", "freshness", "courtesy", "distance_km",
            )],
            row["run_first_day"], row["run_last_day"], float(row["quantity"]),
        )
        for row in found
    ] == [
        (need, offer, rank, pytest.approx(figures, abs=1.1e-6), first, last, quantity)
        for need, offer, rank, figures, first, last, quantity in matches
    ]  # fmt: skip
    assert [
        (row["need"], row["offer"], row["rule"], float(row["gap"]) if row["gap"] else None)
        for row in read(tmp_path / "out" / "near_misses.csv")
    ] == [
        (need, offer, rule, None if gap is None else pytest.approx(gap, abs=1.1e-6))
        for need, offer, rule, gap in near_misses
    ]
    assert summary.feasible_pairs == sum(count for _pairings, _missed, count in expected)
    assert summary.matched_needs == sum(count > 0 for _pairings, _missed, count in expected)
    assert (summary.matches, summary.near_misses, summary.bad_rows) == (len(matches), len(near_misses), 0)
    assert_the_plan_holds(read(tmp_path / "out" / "plan.csv"), given_offers, given_needs, summary)


def assert_the_plan_holds(
    lines: list[dict[str, str]], offers: list[Offer], needs: list[Need], summary: Summary
) -> None:
    """Every pair feasible, no capacity exceeded on any day, no need beyond its quantity; the sums are right."""
    need_of, offer_of = {one.id: one for one in needs}, {one.id: one for one in offers}
    given: dict[Any, float] = defaultdict(float)
    used: dict[tuple[Any, date | None], float] = defaultdict(float)
    moves: dict[Any, float] = defaultdict(float)
    objective = people = 0.0
    order = [(needs.index(need_of[line["need"]]), line["need"]) for line in lines]
    assert order == sorted(order, key=lambda one: one[0])
    for line in lines:
        need, offer, quantity = need_of[line["need"]], offer_of[line["offer"]], float(line["quantity"])
        assert not reference.broken(need, offer, frozenset(), frozenset(), TODAY)
        parts = (
            all_parts.days_of_parts(need, offer)
            if offer.kind != "goods"
            else [reference.run(need, offer, TODAY)]
        )
        said = line["run_first_day"], line["run_last_day"]
        (run,) = [days for days in parts if (str(days[0]), str(days[-1])) == said]
        given[need.id] += quantity * (len(run) if reference.lasts(need) else 1)
        moves[need.id] += 0.25 * need.persons if need.kind == "housing" else 0.0
        for day in run if offer.kind != "goods" else [None]:
            used[offer.id, day] += quantity
        score = reference.score(reference.parts(need, offer, TODAY), Weights())
        share = reference.share(need, run, quantity)
        value = need.persons * share * (reference.PRIORITY[reference.urgency(need, TODAY)] + score / 100)
        assert float(line["value"]) == pytest.approx(value, abs=1e-5)
        objective += value
        people += need.persons * share
    assert all(quantity <= offer_of[id_].capacity for (id_, _day), quantity in used.items())
    for id_, quantity in given.items():
        need = need_of[id_]
        assert quantity <= need.quantity * (reference.days_asked(need) if reference.lasts(need) else 1)
        if need.kind == "housing":
            objective -= moves[id_] - 0.25 * need.persons  # the first home costs none
    assert summary.plan.objective == pytest.approx(objective, abs=1e-4)
    assert summary.plan.people == pytest.approx(people, abs=1e-4)
    assert summary.bound >= summary.plan.objective - 1e-6
    assert summary.plan.objective >= max(summary.first_come.objective, summary.greedy.objective) - 1e-6
    assert (summary.plan_lines, summary.planned_needs) == (len(lines), len(given))


@pytest.mark.parametrize("seed", [1, 2])
def test_processes_and_slices_change_nothing(
    tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    offers, needs = some_rows(seed, 120, 60)
    rows = [offer_row(one) for one in offers], [need_row(one) for one in needs]
    tried(*rows, processes=1)
    alone = {
        name: (tmp_path / "out" / name).read_bytes() for name in OUTPUTS - {"summary.json", "results.xlsx"}
    }
    monkeypatch.setattr(slices, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(slices, "SMALLEST_SLICE", 7)
    summary = tried(*rows, processes=2)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in alone} == alone
    assert summary.matches > 10


def test_a_large_file_says_where_its_near_misses_were_looked_for(
    tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 0.2° of latitude are 22 km: 12 km beyond the reach; 0.4° are 34 km beyond.
    offers = [
        OFFER | {"id": id_, "lat": lat, "lon": "7.75"} for id_, lat in (("near", "48.8"), ("far", "49.0"))
    ]
    needs = [NEED | {"lat": "48.6", "lon": "7.75"}]
    assert tried(offers, needs).all_near_misses
    assert [row["offer"] for row in read(tmp_path / "out" / "near_misses.csv")] == ["near", "far"]
    monkeypatch.setattr(trial, "MOST_PAIRS", 1)
    summary = tried(offers, needs)
    assert [row["offer"] for row in read(tmp_path / "out" / "near_misses.csv")] == ["near"]
    assert not summary.all_near_misses
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["near_misses_beyond_km"] == 20


def test_more_pairs_than_the_plan_can_hold_are_cut_and_it_says_so(
    tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = [OFFER | {"id": f"P{number:02}", "capacity": "1"} for number in range(30)]
    needs = [NEED | {"id": f"B{number:02}", "quantity": "1"} for number in range(30)]
    summary = tried(offers, needs)
    assert (summary.proven, summary.planned_among, summary.plan.people) == (True, None, 30)
    monkeypatch.setattr(trial, "MOST_PLANNED_PAIRS", 25 * 30)
    summary = tried(offers, needs)
    assert (summary.proven, summary.planned_among, summary.bound, summary.gap) == (False, 25, None, None)
    assert summary.plan.people == 25
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["planned_among"] == 25


# --- Odd towns -----------------------------------------------------------------------------------------


def test_a_town_of_one_offer_and_many_needs(tried: Tried, tmp_path: Path) -> None:
    needs = [NEED | {"id": f"B{number}", "quantity": "1"} for number in range(5_000)]
    summary = tried([OFFER], needs, seconds=2)
    assert (summary.matches, summary.plan_lines, summary.plan.people) == (5_000, 4, 4)
    assert [row["rank"] for row in read(tmp_path / "out" / "matches.csv")] == ["1"] * 5_000


def test_two_identical_offers_and_a_need_of_ten_thousand(tried: Tried, tmp_path: Path) -> None:
    offers = [OFFER | {"id": id_, "capacity": "6000"} for id_ in ("b", "a")]
    whole = NEED | {"quantity": "10000"}
    assert tried(offers, [whole]).matches == 0
    summary = tried(offers, [whole | {"part_useful": "oui"}])
    found = read(tmp_path / "out" / "matches.csv")
    assert [(row["offer"], row["rank"], row["quantity"]) for row in found] == [
        ("a", "1", "6000"),
        ("b", "2", "6000"),
    ]
    assert summary.plan.people == pytest.approx(1)
    assert sum(int(row["quantity"]) for row in read(tmp_path / "out" / "plan.csv")) == 10_000


def test_nothing_on_one_side_is_an_answer(tried: Tried, tmp_path: Path) -> None:
    header = tmp_path / "header.csv"
    header.write_text(",".join(OFFER) + "\n", encoding="utf-8")
    summary = match_files(
        offers=header, needs=write(tmp_path / "n.csv", [NEED]), out=tmp_path / "out", today=TODAY, seconds=0
    )
    assert (summary.matches, summary.plan_lines, summary.needs.good) == (0, 0, 1)
    assert summary.notices[0] == "header.csv n’a que son en-tête."
    assert set(os.listdir(tmp_path / "out")) == OUTPUTS
    header.write_text(",".join(NEED) + "\n", encoding="utf-8")
    summary = match_files(
        offers=write(tmp_path / "o.csv", [OFFER]), needs=header, out=tmp_path / "out", today=TODAY, seconds=0
    )
    assert (summary.matches, summary.people) == (0, 0)


def test_no_time_for_the_plan_still_gives_one_that_holds(tried: Tried, tmp_path: Path) -> None:
    offers, needs = some_rows(5, 60, 30)
    summary = tried([offer_row(one) for one in offers], [need_row(one) for one in needs], seconds=0)
    assert_the_plan_holds(read(tmp_path / "out" / "plan.csv"), offers, needs, summary)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_a_budget_that_is_none_is_refused(tried: Tried, tmp_path: Path, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        tried([OFFER], [NEED], seconds=seconds)
    assert not (tmp_path / "out").exists()


def test_rows_that_are_hardly_meant_are_mentioned(tried: Tried) -> None:
    summary = tried(
        [OFFER],
        [
            NEED | {"last_day": "2026-02-20", "first_day": "2026-02-01"},
            NEED | {"id": "B2", "city": "Strasbourg"},
        ],
    )
    assert summary.notices == (
        "3 lignes d’objets ne disent pas lequel\u202f: tout objet de leur catégorie compte, pour moitié.",
        "1 besoin est déjà passé le 2026-03-01\u202f: plus aucun jour ne peut l’aider.",
        "1 besoin est dans une ville sans proposition (Strasbourg).",
    )


# --- The files -----------------------------------------------------------------------------------------


def test_the_columns_are_those_of_the_specification(tried: Tried, tmp_path: Path) -> None:
    tried([OFFER], [NEED, HOUSEHOLD | {"id": "B2"}])
    headers = {
        name: (tmp_path / "out" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        for name in ("matches", "near_misses", "chains", "plan")
    }
    assert headers == {
        "matches": "need,offer,rank,score,proximity,dates,fit,language,freshness,courtesy,distance_km,"
        "run_first_day,run_last_day,quantity,share",
        "near_misses": "need,offer,rule,gap",
        "chains": "need,chain,position,offer,first_day,last_day,score",
        "plan": "need,offer,quantity,run_first_day,run_last_day,value",
    }
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["counts"]["offers"] == {"good": 1, "bad": 0}
    assert {"objective", "bound", "gap", "first_come", "greedy", "seconds"} <= summary.keys()
    assert set(summary["seconds"]) == {*STEPS, "total"}


def test_ids_are_no_formulas_and_break_no_line(tried: Tried, tmp_path: Path) -> None:
    ids = ["=1+1", "+33", "-5", "@x", 'a"b', "a,b", "a\nb", "é;è"]
    tried(
        [OFFER | {"id": id_} for id_ in ids],
        [NEED | {"id": id_, "quantity": "1"} for id_ in ids],
    )
    safe = ["'=1+1", "'+33", "'-5", "'@x", *ids[4:]]
    found = read(tmp_path / "out" / "matches.csv")
    assert list(dict.fromkeys(row["need"] for row in found)) == safe
    assert {row["offer"] for row in found} == set(safe)
    plan = read(tmp_path / "out" / "plan.csv")
    assert [row["need"] for row in plan] == safe
    assert {row["offer"] for row in plan} <= set(safe)
    tried([OFFER | {"capacity": "=cmd()"}], [NEED])
    with (tmp_path / "out" / "errors.csv").open(encoding="utf-8-sig", newline="") as file:
        header, line = csv.reader(file, delimiter=";")
    assert header == ["fichier", "ligne", "colonne", "lettre", "valeur", "message"]
    assert line[:5] == ["offers.csv", "2", "capacity", "H", "'=cmd()"]


def test_all_bad_cells_are_in_the_file_and_the_first_in_the_summary(tried: Tried, tmp_path: Path) -> None:
    summary = tried(
        [OFFER | {"id": f"P{number}", "capacity": "0"} for number in range(70)],
        [NEED, NEED | {"id": "B2", "quantity": "x", "first_day": "y"}],
    )
    assert (summary.offers.bad, summary.needs.bad, summary.bad_cells, len(summary.bad)) == (70, 1, 72, 50)
    assert str(summary.bad[0]) == (
        "offers.csv, ligne 2, colonne «\u00a0capacity\u00a0»\u202f: "
        "un nombre entier de 1 à 10000 est attendu, pas «\u00a00\u00a0»."
    )
    errors = (tmp_path / "out" / "errors.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(errors) == 1 + 72
    assert errors[-2].startswith("needs.csv;3;quantity;")
    assert (tmp_path / "out" / "errors.csv").stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_read_leaves_everything_as_it_was(tried: Tried, tmp_path: Path) -> None:
    tried([OFFER], [NEED])
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    bad = tmp_path / "bad.csv"
    bad.write_text("id,kind\n1,goods\n", encoding="utf-8")
    for out in (tmp_path / "out", tmp_path / "new"):
        with pytest.raises(Unreadable):
            match_files(offers=tmp_path / "offers.csv", needs=bad, out=out, today=TODAY)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert not (tmp_path / "new").exists()


def test_a_later_trial_replaces_all_files(tried: Tried, tmp_path: Path) -> None:
    tried([OFFER | {"capacity": "0"}], [NEED])
    tried([OFFER], [NEED])
    assert set(os.listdir(tmp_path / "out")) == OUTPUTS
    assert len((tmp_path / "out" / "errors.csv").read_text(encoding="utf-8").splitlines()) == 1
    assert len(read(tmp_path / "out" / "matches.csv")) == 1


def test_results_replace_no_list(tmp_path: Path) -> None:
    needs = write(tmp_path / "plan.csv", [NEED])
    offers = write(tmp_path / "offers.csv", [OFFER])
    before = needs.read_bytes()
    with pytest.raises(CannotWrite, match="serait remplacé"):
        match_files(offers=offers, needs=needs, out=tmp_path, today=TODAY)
    assert needs.read_bytes() == before


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    offers, needs = write(tmp_path / "o.csv", [OFFER]), write(tmp_path / "n.csv", [NEED])
    with pytest.raises(CannotWrite, match="ne peuvent pas être écrits"):
        match_files(offers=offers, needs=needs, out=offers, today=TODAY)


def test_the_steps_are_told_in_order(tried: Tried) -> None:
    told: list[tuple[str, int, int | None]] = []
    tried(
        [OFFER],
        [NEED | {"id": f"B{number}"} for number in range(600)],
        progress=lambda step, done, total: told.append((step, done, total)),
        seconds=0,
    )
    assert tuple(dict.fromkeys(step for step, _done, _total in told)) == STEPS
    ranking = [done for step, done, _total in told if step == "ranking"]
    assert ranking == sorted(ranking)
    assert ranking[-1] == 600


def test_homes_that_could_follow_one_another_are_written(tried: Tried, tmp_path: Path) -> None:
    """Of ten nights five in each, whatever the lists hold; whoever has all of them needs no second home."""
    nights = {"first_day": "2026-03-20", "last_day": "2026-03-29", "min_days": "4"}
    parted = HOUSEHOLD | nights | {"id": "parted"}
    whole = HOUSEHOLD | nights | {"id": "whole", "city": "elsewhere"}
    homes = [
        HOME | {"id": "first", "available": "2026-03-20..2026-03-24"},
        HOME | {"id": "second", "available": "2026-03-25..2026-04-30"},
        HOME | {"id": "all", "city": "elsewhere"},
    ]
    tried(homes, [parted, whole])
    rows = read(tmp_path / "out" / "chains.csv")
    assert [tuple(row.values())[:-1] for row in rows] == [
        ("parted", "1", "1", "first", "2026-03-20", "2026-03-24"),
        ("parted", "1", "2", "second", "2026-03-25", "2026-03-29"),
    ]
    scores = {row["offer"]: (row["score"], row["share"]) for row in read(tmp_path / "out" / "matches.csv")}
    assert scores["all"][1] == "1.000000"
    for row in rows:
        assert (row["score"], "0.500000") == scores[row["offer"]]


def test_days_of_the_run_are_those_of_the_window(tried: Tried, tmp_path: Path) -> None:
    last = (TODAY + timedelta(days=4)).isoformat()
    lessons = {"kind": "skill", "category": "french_lessons"}
    tried([OFFER | lessons | {"available": f"2026-02-01..{last}"}], [NEED | lessons])
    (row,) = read(tmp_path / "out" / "matches.csv")
    assert (row["run_first_day"], row["run_last_day"], row["dates"]) == ("2026-03-02", last, "0.400000")


def named(text: str) -> set[str]:
    """What a text of the documentation writes as code."""
    return set(re.findall(r"`([\w.]+)`", text))


def test_the_samples_are_good_and_the_page_names_every_column(tmp_path: Path) -> None:
    samples = ROOT / "docs" / "samples" / "match_files"
    summary = match_files(
        offers=samples / "offers.csv", needs=samples / "needs.csv", out=tmp_path, today=TODAY, seconds=5
    )
    assert (summary.bad_rows, summary.notices, summary.proven) == (0, (), True)
    assert summary.matches
    assert summary.near_misses
    assert summary.plan.objective > summary.first_come.objective
    page = (ROOT / "docs" / "match_files.md").read_text(encoding="utf-8")
    words = named(page)
    written = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert written.keys() <= words
    for name in ("matches", "near_misses", "chains", "plan"):
        columns = (tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        (told,) = re.findall(rf"^\*\*`{name}\.csv`.*?^(\|.*?)\n\n", page, re.DOTALL | re.MULTILINE)
        assert [column for column in columns if column not in named(told)] == [], name
    for name, side, table in (("offers", Offers, fields.OFFER), ("needs", Needs, fields.NEED)):
        assert {column.name for column in side.columns} - {*CHILDREN} <= words, name
        assert {column.name for column in side.columns} & table.words == {"title"}, (
            "of all words the one that names the row"
        )
