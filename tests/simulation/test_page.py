"""docs/simulation.md says what the last run found, and its small town is replayed here."""

from dataclasses import replace
from math import isnan, nan
from pathlib import Path
from xml.etree import ElementTree

import pytest

from simulation import findings, report
from simulation.__main__ import main
from simulation.behaviour import TABLE
from simulation.charts import Bar, Swing, bars, tornado
from simulation.policies import POLICIES
from simulation.runs import FACTORS, Task, all_done, done, tornado_tasks
from simulation.towns import TOWNS
from simulation.words import measured, number, typeset

DOCS = Path(__file__).parents[2] / "docs"
RESULTS = report.Results.of_json((DOCS / "simulation" / "figures.json").read_text("utf-8"))


def test_the_page_and_its_charts_are_made_of_the_figures_beside_them(tmp_path):
    report.write(RESULTS, tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    kept = sorted(path.relative_to(DOCS) for path in (DOCS / "simulation").iterdir())
    assert made == sorted([*kept, Path("simulation.md")])
    for path in made:
        assert (tmp_path / path).read_text("utf-8") == (DOCS / path).read_text("utf-8"), path


@pytest.mark.parametrize("policy", POLICIES)
def test_the_small_town_is_replayed_to_the_last_figure(policy):
    found = done(Task(report.TRIAL, 1, (policy,)))[policy]
    (said,) = RESULTS.trial[policy]
    assert {name: round(value, 6) for name, value in found.items() if not isnan(value)} == {
        name: value for name, value in said.items() if not isnan(value)
    }


def test_the_page_shows_every_town_every_way_and_every_value():
    page = (DOCS / "simulation.md").read_text("utf-8")
    for name in RESULTS.towns:
        assert f"## {typeset(TOWNS[name].words)}" in page
    assert all(POLICIES[name].words in page for name in RESULTS.policies)
    assert all(typeset(one.words) in page and typeset(one.source) in page for one in TABLE)
    assert {name for name, _ in RESULTS.swings} == {"", *(one.name for one in TABLE)}
    assert f"--seeds {len(RESULTS.seeds)} " in RESULTS.command


def test_nobody_is_above_what_nobody_can_exceed():
    for years in RESULTS.towns.values():
        assert all(one["of_hindsight"] <= 1 for some in years.values() for one in some)


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ([2.5, 2.51, 2.5], "le double est atteint"),
        ([1.5, 1.51, 1.5], "c’est mieux, sans atteindre le double"),
        ([2.0, 2.6, 2.2], "c’est mieux, le double n’est pas établi"),
        ([0.9, 1.2, 1.0], "la différence n’est pas établie"),
        ([0.5, 0.51, 0.5], "c’est moins bien"),
        ([nan, 1.0], "rien à comparer"),
    ],
)
def test_a_claim_is_no_stronger_than_its_figures(ratios, words):
    assert report.verdict(ratios) == words


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ([1.1, 1.11, 1.1], "c’est mieux"),
        ([0.9, 0.91, 0.9], "c’est moins bien"),
        ([0.9, 1.2, 1.0], "aucune différence établie"),
        ([1.1], "rien d’établi"),
    ],
)
def test_what_looking_ahead_brings_is_no_stronger_than_its_figures(ratios, words):
    assert findings.verdict(ratios) == words


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([[0.0, 1.0, 0.5], [1.0, 1.0, 1.0]], "aucun groupe ne la dépasse"),
        ([[0.0, 1.0, 0.5], [3.0, 3.1, 3.0]], "un groupe au moins la dépasse"),
        # On average less than the bound, or more, and by chance either.
        ([[0.0, 0.0], [0.0, 3.0]], "rien d’établi pour 1 groupe sur 2, aucun ne la dépasse à coup sûr"),
        ([[0.0, 0.0], [0.0, 9.0]], "rien d’établi pour 1 groupe sur 2, aucun ne la dépasse à coup sûr"),
        ([[1.0], [nan, 1.0]], "rien d’établi pour 2 groupes sur 2, aucun ne la dépasse à coup sûr"),
    ],
)
def test_whether_a_group_waits_longer_is_no_stronger_than_its_figures(groups, words):
    assert findings.bound_words(groups) == words


def test_differences_are_those_of_the_same_year():
    years = {"prevoyance": [{"w": 5.0}, {"w": 1.0}], "relances": [{"w": 4.0}, {"w": 0.0}]}
    assert findings.longer(years, "w") == [1.0, 1.0]


def test_hours_were_not_lacking_is_said_where_they_were_not():
    few, many = ({"plan": [{"unserved_unasked": part}] * 2} for part in (0.01, 0.3))
    assert "manqué de oui" in findings._what_lacked({"calme": few})
    assert findings._what_lacked({"calme": few, "afflux": many}) == ""


def test_numbers_are_written_as_french_ones():
    assert number(1234.5, 1) == "1\u202f234,5"
    assert number(nan) == "–"
    assert measured([1.0]) == "1"
    assert measured([1.0, 3.0], 1) == "2,0 ± 12,7"


def test_charts_are_svg_with_their_words():
    drawn = bars("A < B", [Bar("un & deux", 3.0, nan, "3"), Bar("rien", 0.0, 1.0, "0 ± 1")])
    root = ElementTree.fromstring(drawn)
    assert root.attrib["aria-label"] == "A < B"
    assert [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")] == [
        "A < B",
        "un & deux",
        "3",
        "rien",
        "0 ± 1",
    ]
    assert ElementTree.fromstring(bars("rien", [])) is not None
    swings = ElementTree.fromstring(tornado("t", 1.0, [Swing("a", 0.5, 1.5), Swing("b", 1.0, 1.0)]))
    widths = [float(one.attrib["width"]) for one in swings.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[0] == widths[1] > 0
    assert widths[2:] == [0, 0]


def test_tasks_come_back_in_their_order_with_one_process_or_two():
    tasks = [Task(report.TRIAL, seed, ()) for seed in (2, 1)]
    assert [task for task, _ in all_done(tasks, processes=1)] == tasks
    assert len(tornado_tasks("petite", [1], ["plan"])) == 1 + len(TABLE) * len(FACTORS)


def test_a_page_of_one_way_compares_nothing():
    towns = {name: {"plan": years["plan"]} for name, years in RESULTS.towns.items()}
    alone = report.page(replace(RESULTS, policies=["plan"], towns=towns, swings={}))
    assert "fois les personnes" not in alone
    assert "Sensibilité\n" not in alone
    assert "## Où nous ne sommes pas meilleurs" not in alone


@pytest.mark.parametrize(
    "wrong", [["--seeds", "0"], ["--towns", "nulle-part"], ["--swing-seeds", "-1"], ["--policies"]]
)
def test_what_cannot_be_run_is_refused(wrong, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["simulate", *wrong])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err
