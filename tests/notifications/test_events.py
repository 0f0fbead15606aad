"""Every event that the code queues has its row, and every row its event; the page of the docs says the same."""

import ast
from collections import defaultdict
from collections.abc import Iterator

import pytest

from notifications.events import EVENTS, PRIVATE, Priority, Refusable, Told, is_told_again
from tests.test_architecture import ROOT, names, sources

TREES = {names(path): ast.parse(path.read_text("utf-8")) for path in sources()}


def _take_event() -> dict[str, dict[str, int | None]]:
    """By module, the functions and records that are given an `event`: at which place, None for by keyword alone."""
    found: dict[str, dict[str, int | None]] = defaultdict(dict)
    for where, tree in TREES.items():
        if where.endswith(("/selectors.py", "/events.py")):
            continue  # asks about an event, and queues none
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                own = [argument.arg for argument in node.args.args if argument.arg != "self"]
                if "event" in own:
                    found[where][node.name] = own.index("event")
                elif any(argument.arg == "event" for argument in node.args.kwonlyargs):
                    found[where][node.name] = None
            elif isinstance(node, ast.ClassDef):
                fields = [line.target.id for line in node.body if isinstance(line, ast.AnnAssign)]  # type: ignore[union-attr]
                if "event" in fields:
                    found[where][node.name] = fields.index("event")
    return found


def _constants(tree: ast.Module) -> dict[str, str]:
    """What the module calls by a name of its own."""
    found = {}
    for line in tree.body:
        if not isinstance(line, ast.Assign):
            continue
        pairs = [(target, line.value) for target in line.targets]
        if isinstance(line.targets[0], ast.Tuple) and isinstance(line.value, ast.Tuple):
            pairs = list(zip(line.targets[0].elts, line.value.elts, strict=True))
        for name, value in pairs:
            if (
                isinstance(name, ast.Name)
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
            ):
                found[name.id] = value.value
    return found


def _given(call: ast.Call, place: int | None) -> Iterator[ast.expr]:
    by_name = [keyword.value for keyword in call.keywords if keyword.arg == "event"]
    yield from by_name
    if not by_name and place is not None:
        yield from call.args[place : place + 1]


def _read(value: ast.expr, known: dict[str, str], where: str) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(event)):
            yield event
        case ast.IfExp():
            yield from _read(value.body, known, where)
            yield from _read(value.orelse, known, where)
        case ast.Name(id="event") | ast.Attribute(attr="event"):
            return  # handed on by somebody whose own callers are read
        case ast.Name(id=name) if name in known:
            yield known[name]
        case _:
            pytest.fail(f"{where}:{value.lineno}: which event is this?")


def _refuse_own_words(tree: ast.Module, where: str) -> None:
    """What is called `event` was handed in: a name given on the way would hide the event from this test."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for line in (line for function in functions for line in ast.walk(function)):
        if isinstance(line, ast.Assign):
            given = {
                name.id for target in line.targets for name in ast.walk(target) if isinstance(name, ast.Name)
            }
            if "event" in given:
                pytest.fail(f"{where}:{line.lineno}: make the event a constant of the module")


def queued_events() -> set[str]:
    take = _take_event()
    anywhere = {
        name: place
        for of_module in take.values()
        for name, place in of_module.items()
        if not name.startswith("_")
    }
    found = set()
    for where, tree in TREES.items():
        known = _constants(tree)
        _refuse_own_words(tree, where)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            takes = anywhere | take[where]
            if called in takes:
                for value in _given(node, takes[called]):
                    found.update(_read(value, known, where))
    return found - {""}


def test_every_event_that_is_queued_has_its_row_and_every_row_its_event():
    assert queued_events() == set(EVENTS)


def documented_rows() -> Iterator[list[str]]:
    for line in (ROOT / "docs" / "messages.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.replace("`", "").strip("|").split("|")]


def test_the_table_is_the_one_that_is_documented():
    documented = {}
    for cells in documented_rows():
        if len(cells) == 3 and cells[0] in Priority.names:
            for event in cells[2].split(","):
                documented[event.strip()] = (Priority[cells[0]], Told(cells[1]))
    assert documented == {name: (event.priority, event.told) for name, event in EVENTS.items()}


def test_what_may_be_refused_and_what_may_not_is_documented():
    known = {event.always for event in EVENTS.values()} | {*Refusable.values}
    documented = {
        event.strip(): cells[0]
        for cells in documented_rows()
        if len(cells) == 2 and cells[0] in known - {""}
        for event in cells[1].split(",")
    }
    assert documented == {
        name: event.always or event.sort for name, event in EVENTS.items() if event.always or event.sort
    }


def test_what_is_private_is_said_to_no_team_and_no_list():
    assert set(PRIVATE) == {
        "incident_reported", "incident_danger", "incident_to_confirm", "incident_without_reader",
        "incident_answered",
    }  # fmt: skip
    assert not any(EVENTS[name].in_team or EVENTS[name].to_list for name in PRIVATE)


def test_what_may_be_told_twice_says_why():
    assert all(bool(event.why) == (event.told != Told.AT_MOST_ONCE) for event in EVENTS.values())


@pytest.mark.parametrize(
    ("event", "priority", "again"),
    [
        ("match_question", Priority.NIGHT, True),
        ("match_question", Priority.ASK, False),
        ("match_confirmed", Priority.ASK, True),
        ("need_tonight", Priority.NIGHT, True),
        ("match_declined", Priority.NIGHT, False),
        ("of_an_app_that_is_no_more", Priority.NIGHT, False),
    ],
)
def test_only_what_decides_a_night_is_told_again(event, priority, again):
    assert is_told_again(event, priority) is again


def test_what_may_be_told_twice_is_claimed_alone():
    """As `claims` takes what is more urgent than news: a crash of the database puts none but the rest in doubt."""
    again = [event for event in EVENTS.values() if event.told is Told.AT_LEAST_ONCE]
    assert again
    assert all(event.priority < Priority.NORMAL for event in again)
    assert not any(
        is_told_again(name, Priority.NORMAL) for name, event in EVENTS.items() if event not in again
    )
