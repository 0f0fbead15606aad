"""The table "A promise does not outlive what it was about" of docs/flow.md: each cell has its tests, by name."""

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FLOW = HERE.parent.parent / "docs/flow.md"
ASKED, SAID, CONFIRMED, BEGUN = "question asked", "yes said", "confirmed, not begun", "under way"

PROMISES, COUNTED, LEFT, VISITS = "promises", "counted_on", "left_to_town", "visits"
CALLED_OFF = [
    (PROMISES, "what_was_to_come_of_an_offer_that_is_taken_back_is_called_off"),
    (PROMISES, "what_was_to_come_for_a_need_that_is_taken_back_is_called_off"),
]
READ_FIRST = [
    (PROMISES, "who_takes_back_reads_who_counts_on_it_first"),
    (COUNTED, "a_program_is_asked_again_too"),
]
JUDGED = [
    (PROMISES, "what_is_still_possible_goes_on_with_the_new_facts"),
    (PROMISES, "what_is_no_longer_possible_is_refused_then_called_off"),
]
WARNED = [
    (COUNTED, "a_change_that_matters_is_written_once_it_was_read"),
    (COUNTED, "the_owner_reads_whose_stay_depends_on_it_and_loses_nothing"),
    (COUNTED, "a_program_is_asked_again_too"),
]
KEPT = [(PROMISES, "a_paused_or_expired_offer_keeps_its_word")]
HELD = [(PROMISES, "what_a_suspended_offer_promised_is_held_back_until_the_incident_is_closed")]
TAKEN_OVER = [
    (LEFT, "the_desk_is_told_once_and_what_was_promised_goes_on"),
    (LEFT, "whoever_acted_for_it_acts_no_more"),
]
IN_ITS_PLACE = (LEFT, "the_desk_confirms_and_ends_it_in_its_place")
VISIT_AGAIN = [(VISITS, "whatever_was_said_already")]
RAN_OUT = [(VISITS, "what_is_promised_stays_when_the_visit_has_run_out_and_the_desk_is_told_once")]

CELLS = {
    "withdrawn by its owner": {
        ASKED: CALLED_OFF,
        SAID: [*READ_FIRST, *CALLED_OFF],
        CONFIRMED: [
            *READ_FIRST,
            *CALLED_OFF,
            (PROMISES, "the_part_that_was_confirmed_for_a_need_that_is_taken_back_is_called_off"),
        ],
        BEGUN: [
            (PROMISES, "what_lasts_is_ended_before_its_offer_is_taken_back"),
            (PROMISES, "what_lasts_is_ended_before_its_need_is_taken_back"),
            (PROMISES, "nobody_takes_back_what_is_under_way"),
            (PROMISES, "what_was_handed_over_is_not_taken_back"),
        ],
    },
    "changed in what matters": {
        ASKED: JUDGED,
        SAID: [*JUDGED, *WARNED, (COUNTED, "the_association_reads_which_host_said_yes")],
        CONFIRMED: [*JUDGED, *WARNED],
        BEGUN: [*WARNED, (PROMISES, "of_what_has_begun_and_fits_no_more_the_desk_is_told_once")],
    },
    "paused": dict.fromkeys((ASKED, SAID, CONFIRMED, BEGUN), KEPT),
    "expired (not re-confirmed)": {
        ASKED: [(PROMISES, "a_yes_to_what_was_no_longer_confirmed_confirms_it")],
        **dict.fromkeys((SAID, CONFIRMED, BEGUN), KEPT),
    },
    "frozen by an incident": {
        ASKED: [(PROMISES, "a_question_about_a_suspended_offer_is_moot")],
        SAID: HELD,
        CONFIRMED: HELD,
        BEGUN: [(PROMISES, "who_lives_in_a_suspended_home_is_housed_elsewhere_tonight")],
    },
    "association suspended": {
        ASKED: [(LEFT, "a_question_for_a_suspended_association_is_moot_and_its_members_hear_nothing")],
        SAID: [
            *TAKEN_OVER,
            IN_ITS_PLACE,
            (LEFT, "what_waits_for_a_suspended_association_is_not_its_to_answer"),
        ],
        CONFIRMED: [
            *TAKEN_OVER,
            IN_ITS_PLACE,
            (LEFT, "a_suspended_association_sees_its_match_without_contacts"),
            (LEFT, "confirmed_by_the_desk_the_contacts_go_to_the_host_alone_and_are_the_towns"),
        ],
        BEGUN: [*TAKEN_OVER, IN_ITS_PLACE],
    },
    "last member gone": {
        ASKED: [(LEFT, "a_question_for_an_association_that_everybody_left_goes_on_for_the_desk")],
        SAID: [*TAKEN_OVER, IN_ITS_PLACE],
        CONFIRMED: [*TAKEN_OVER, (LEFT, "whoever_has_left_the_association_finds_nothing")],
        BEGUN: TAKEN_OVER,
    },
    "home's visit ran out, or was taken back": {
        ASKED: [*RAN_OUT, (VISITS, "a_yes_is_still_heard_and_confirmed_when_the_visit_has_run_out")],
        SAID: [*RAN_OUT, (VISITS, "a_yes_is_still_heard_and_confirmed_when_the_visit_has_run_out")],
        **dict.fromkeys((CONFIRMED, BEGUN), RAN_OUT),
    },
    "home's address, form or sharing changed": {
        ASKED: [(VISITS, "the_desk_is_told_of_a_match_in_hand_once_for_each_change")],
        **dict.fromkeys((SAID, CONFIRMED, BEGUN), VISIT_AGAIN),
    },
}


def table():
    """Row by row of the document: {heading: cell}."""
    text = FLOW.read_text("utf-8").split("**A promise does not outlive what it was about.**")[1]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, re.M)
    ]
    last = next(n for n, row in enumerate(rows) if row[0].startswith("home's address"))
    (_corner, *columns), _rule, *rows = rows[: last + 1]
    return {first: dict(zip(columns, cells, strict=True)) for first, *cells in rows}


def names_in(module):
    tree = ast.parse((HERE / f"test_{module}.py").read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_cell_is_filled_and_named_here():
    documented = table()
    assert {row: set(cells) for row, cells in documented.items()} == {
        row: set(cells) for row, cells in CELLS.items()
    }
    assert all(cell for cells in documented.values() for cell in cells.values())
    assert all(names for cells in CELLS.values() for names in cells.values())


@pytest.mark.parametrize("module", [PROMISES, COUNTED, LEFT, VISITS])
def test_every_test_of_a_cell_is_there(module):
    named = {
        f"test_{name}"
        for cells in CELLS.values()
        for names in cells.values()
        for where, name in names
        if where == module
    }
    assert named
    assert named <= names_in(module)
