"""The transition table, on its own: what leads where, for whom, and that nothing else does."""

import re
from itertools import product

import pytest

from matching.lifecycle import ARROWS, HOLDING, SERVED, Act, Arrow, NotPossible, Reason, Role, acts_for, arrow
from matching.models import CONTACT_STATES, LIVE_STATES, MatchState
from tests.conftest import ROOT

# domain.md, "Match: the states": what each is entered by.
ENTERED_BY = {
    "dismissed": {("suggested", "dismiss", "coordinator")},
    "superseded": {("suggested", "supersede", "engine")},
    "proposed": {("suggested", "propose", "coordinator")},
    "declined": {("proposed", "decline", "citizen")},
    "lapsed": {("proposed", "lapse", "clock"), ("accepted", "lapse", "clock")},
    "accepted": {("proposed", "accept", "citizen")},
    "refused": {("accepted", "refuse", "association")},
    "confirmed": {("accepted", "confirm", "association")},
    "under_way": {("confirmed", "start", "clock"), ("confirmed", "start", "association")},
    "completed": {("under_way", "complete", "follow_up")},
    "broken_off": {
        (state, "break_off", role)
        for state in ("confirmed", "under_way")
        for role in ("citizen", "association", "coordinator", "follow_up")
    },
    "cancelled": {
        *product(("accepted", "confirmed"), ("cancel",), ("citizen", "association", "coordinator")),
        *product(("proposed",), ("cancel",), ("association", "coordinator")),
    },
}


@pytest.mark.parametrize("state", list(MatchState))
def test_only_the_arrows_of_the_table_are_possible(state):
    for act, role in product(Act, Role):
        found = ARROWS.get((state, act))
        if found is not None and role in found.roles:
            assert arrow(state, act, frozenset({role}), reason=Reason.OTHER) == (found, role)
            continue
        with pytest.raises(NotPossible) as failure:
            arrow(state, act, frozenset({role}), reason=Reason.OTHER)
        why = "state" if found is None else "role"
        assert (failure.value.why, failure.value.state, failure.value.act) == (why, state, act)


@pytest.mark.parametrize(("state", "act"), [key for key, found in ARROWS.items() if found.needs_reason])
@pytest.mark.parametrize("reason", ["", "parce que", "OTHER"])
def test_a_reason_is_asked_for_and_known(state, act, reason):
    with pytest.raises(NotPossible) as failure:
        arrow(state, act, frozenset(Role), reason=reason)
    assert failure.value.why == "reason"
    assert arrow(state, act, frozenset(Role), reason=Reason.OTHER)[0] == ARROWS[state, act]


def test_what_people_say_no_to_has_a_reason():
    saying_no = {Act.DISMISS, Act.DECLINE, Act.REFUSE, Act.CANCEL, Act.BREAK_OFF, Act.SHORTEN}
    assert {act for (_state, act), found in ARROWS.items() if found.needs_reason} == saying_no
    assert all(ARROWS[key].needs_reason for key in ARROWS if key[1] in saying_no)


def test_nobody_acts_without_a_role():
    for state, act in ARROWS:
        with pytest.raises(NotPossible):
            arrow(state, act, frozenset(), reason=Reason.OTHER)


@pytest.mark.parametrize("state", list(MatchState))
def test_the_buttons_are_the_possible_acts(state):
    for role in Role:
        roles = frozenset({role})
        possible = set()
        for act in Act:
            try:
                arrow(state, act, roles, reason=Reason.OTHER)
            except NotPossible:
                continue
            possible.add(act)
        answers = {Act.STAY_LONGER, Act.NOT_LONGER}
        assert acts_for(state, roles, asked_again=True) == possible - answers - {Act.HAND_OVER}
        assert acts_for(state, roles) == possible - answers - {Act.HAND_OVER, Act.RECONFIRM}
        asked = acts_for(state, roles, asked_longer=True)
        assert asked == possible - {Act.ASK_LONGER, Act.HAND_OVER, Act.RECONFIRM}
        once = possible - answers - {Act.ASK_LONGER, Act.SHORTEN, Act.RECONFIRM}
        assert acts_for(state, roles, lasts=False) == once


def test_the_first_role_that_allows_it_is_recorded():
    _found, role = arrow("proposed", Act.ACCEPT, frozenset({Role.CITIZEN, Role.ASSOCIATION}), reason="")
    assert role == Role.CITIZEN


@pytest.mark.parametrize("state", list(ENTERED_BY))
def test_each_state_is_entered_as_the_domain_says(state):
    arrows = {
        (str(before), str(act), str(role))
        for (before, act), found in ARROWS.items()
        if found.to == state
        for role in found.roles
    }
    assert arrows >= ENTERED_BY[state]


def test_every_state_is_reached_and_nothing_leaves_an_end():
    reached = {MatchState.SUGGESTED}
    while more := {found.to for (state, _act), found in ARROWS.items() if state in reached} - reached:
        reached |= more
    assert reached == set(MatchState)
    ends = set(MatchState) - {state for state, _act in ARROWS}
    assert ends == set(MatchState) - set(LIVE_STATES)


def test_what_holds_follows_the_domain():
    assert {str(state) for state in HOLDING} == {
        "proposed", "accepted", "confirmed", "under_way", "completed",
    }  # fmt: skip
    assert SERVED < HOLDING
    # A stay that was broken off took place: its contacts stay known for thirty days.
    assert set(CONTACT_STATES) == SERVED | {MatchState.BROKEN_OFF}


def test_nobody_but_the_engine_supersedes_and_nobody_but_the_scheduler_lapses():
    for (_state, act), found in ARROWS.items():
        if act == Act.SUPERSEDE:
            assert found.roles == {Role.ENGINE}
        elif act == Act.LAPSE:
            assert found.roles == {Role.SCHEDULER}
        else:
            assert Role.ENGINE not in found.roles


WHO = {
    "coordinator": {Role.COORDINATOR},
    "engine": {Role.ENGINE},
    "scheduler": {Role.SCHEDULER},
    "citizen": {Role.CITIZEN},
    "association": {Role.ASSOCIATION},
    "follow-up": {Role.FOLLOW_UP},
    "desk for a caller": {Role.COORDINATOR, Role.OPERATOR, Role.HOST_TOWN},
    "linked town": {Role.HOST_TOWN},
    "town when presumed": {Role.TOWN},
    "anyone concerned": {Role.CITIZEN, Role.ASSOCIATION, Role.COORDINATOR},
}


def test_the_table_is_the_one_that_is_documented():
    """docs/flow.md has a line for each arrow: from, act, to, who, whether a reason is asked, what is held."""
    documented = {}
    for line in (ROOT / "docs" / "flow.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[0] in MatchState.values and cells[2] in MatchState.values:
            before, act, after, who, reason, capacity = cells
            roles = frozenset().union(*(WHO[word] for word in re.split("[,;] ", who)))
            documented[before, act] = Arrow(MatchState(after), roles, needs_reason=reason == "yes")
            assert (after in HOLDING) == (capacity in {"held", "used"}), line
    assert documented == ARROWS
