"""The mutation tool: what it changes, what it leaves alone, and that a mutant keeps its name when lines move."""

import tomllib
from textwrap import dedent

import pytest

from tests.mutants import sampling
from tests.mutants.mutations import mutants_of
from tests.mutants.trials import Measure


def changes(source):
    return {(one.before, one.after) for one in mutants_of("rules.py", dedent(source).encode())}


@pytest.mark.parametrize(
    ("line", "mutant"),
    [
        ("last < today", "last <= today"),
        ("any(asked)", "all(asked)"),
        ("np.maximum(a, b)", "np.minimum(a, b)"),
        ("due or now", "now"),
        ("due or now", "due"),
        ("order_by('pending', 'id')", "order_by('id')"),
        ("[one for one in all_ if one.open]", "[one for one in all_]"),
        ("(a + b) * c", "(a - b) * c"),
        ("not done", "done"),
        ("'pets'", "'XXpetsXX'"),
    ],
)
def test_a_rule_is_changed(line, mutant):
    found = {("".join(before.split()), "".join(after.split())) for before, after in changes(f"x = {line}\n")}
    assert ("x=" + "".join(line.split()), "x=" + "".join(mutant.split())) in found


def test_a_decorated_function_and_a_table_are_changed_too():
    found = changes(
        """
        ARROWS = {"proposed": 1}

        @transaction.atomic
        def accept(match):
            return match.state + 1
        """
    )
    assert ('ARROWS = {"proposed": 1}', 'ARROWS = {"proposed": 2}') in found
    assert ("return match.state + 1", "return match.state - 1") in found


def test_texts_types_imports_and_decorators_are_left_alone():
    assert not changes(
        '''
        """A text."""
        from engine import rank
        __all__ = ["rank"]
        Days: TypeAlias = tuple[1, 2]
        Kind = Literal["housing", "goods"]
        Rule = Callable[[Pairs], npt.NDArray[bool]]

        @limited(5)
        def words(day: "Day"):
            """Says it."""
            return _("demain")

        def column(values):
            values.astype(np.int32)
        '''
    )


def test_each_mutant_is_the_file_with_one_change():
    source = b"def first(a, b):\n    return min(\n        a,\n        b or 1,\n    )\n"
    for mutant in mutants_of("rules.py", source):
        changed = mutant.applied(source)
        compile(changed, "rules.py", "exec")
        assert changed != source
        assert changed.startswith(b"def first(a, b):\n    return ")


def test_a_mutant_keeps_its_name_and_its_place_in_the_draw_when_lines_move():
    source = b"def late(day):\n    return day < 1 or day < 1\n"
    here, moved = mutants_of("rules.py", source), mutants_of("rules.py", b"import math\n\n\n" + source)
    assert [one.line for one in moved] == [one.line + 3 for one in here]
    assert [(one.key, one.rank(7)) for one in moved] == [(one.key, one.rank(7)) for one in here]
    assert len({one.rank(7) for one in here}) == len(here), "two that read the same are two"
    assert here[0].rank(7) != here[0].rank(8)


def test_each_file_has_its_share_of_a_sample():
    large = mutants_of("large.py", b"x = a + b + c + d + e + f + g + h\n")
    small = mutants_of("small.py", b"x = 1\n")
    drawn = sampling.drawn([*large, *small], 4, seed=1)
    assert [one.path for one in drawn] == ["large.py"] * 3 + ["small.py"]
    assert drawn == sampling.drawn([*large, *small], 4, seed=1)
    assert set(sampling.drawn([*large, *small], 6, seed=1)) >= set(drawn), "a larger sample holds the smaller"


def test_the_tests_of_a_mutant_are_those_that_run_its_line_fastest_first():
    (mutant, *_) = mutants_of("rules.py", b"def late(day):\n    return day < 1\n")
    measure = Measure(
        seconds={"slow": 3, "fast": 1, "else": 1}, lines={"rules.py": {2: ["slow", "fast"], 1: ["else"]}}
    )
    assert measure.tests_for(mutant) == ["fast", "slow"]
    assert Measure(seconds={"slow": 3}).tests_for(mutant) == []
    (limit, *_) = mutants_of("rules.py", b"LIMIT = 1\n")
    assert Measure(seconds={"slow": 3, "fast": 1}).tests_for(limit) == ["fast", "slow"], (
        "any may read a table"
    )


def test_what_was_measured_is_read_again(tmp_path):
    measure = Measure(
        seconds={"slow": 3, "fast": 1}, lines={"rules.py": {5: ["slow"], 7: ["fast", "slow"], 8: []}}
    )
    measure.write(tmp_path / "kept.json")
    assert Measure.read(tmp_path / "kept.json") == measure


def test_every_accepted_survivor_has_its_reason():
    for entry in tomllib.loads(sampling.ACCEPTED.read_text(encoding="utf-8"))["mutant"]:
        assert set(entry) == {"file", "in", "before", "after", "reason"}
        assert len(entry["reason"]) > 20
