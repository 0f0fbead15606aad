"""What a careless hand could change in a source file: each change by itself is a mutant.

Most operators are mutmut's. Its own runner leaves out every decorated function, which is each of our services, and all
that stands outside functions, which is where the tables stand; so we walk the source ourselves.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate

import libcst as cst
from libcst import matchers as m
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_string

TRANSLATES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
SWAPPED = {"any": "all", "all": "any", "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}
_CAP_WORDS = m.Name(m.MatchRegex("([A-Z]+[a-z]+)+"))
TYPE = m.Subscript(value=_CAP_WORDS | m.Attribute(attr=_CAP_WORDS))  # Literal["a"], npt.NDArray[np.int64]
WIDTH = m.Attribute(value=m.Name("np"), attr=m.Name(m.MatchRegex("(int|uint|float)[0-9]+|bool_")))


@dataclass(frozen=True)
class Mutant:
    """One change. `before` and `after` are the lines that differ, each stripped; `lines`, those of its statement."""

    path: str
    scope: str
    before: str
    after: str
    nth: int  # among those of the same scope that read the same
    line: int
    lines: tuple[int, int]
    function: tuple[int, int] | None
    place: tuple[int, int]  # in the bytes of the file
    code: bytes

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is called in accepted.toml: it stays the same when lines move."""
        return self.path, self.scope, self.before, self.after

    def rank(self, seed: int) -> bytes:
        """Its place in the draw: a change elsewhere in the code does not draw another sample."""
        return sha256(repr((seed, *self.key, self.nth)).encode()).digest()

    def applied(self, source: bytes) -> bytes:
        """The file as it would read."""
        start, end = self.place
        return source[:start] + self.code + source[end:]


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """All mutants of a file, in the order of its lines."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    visitor = _Visitor(wrapper.module, path, source)
    wrapper.visit(visitor)
    return visitor.found


def _arguments(node: cst.Call) -> Iterator[cst.Call]:
    """mutmut's, but for the width of a number: `np.int32` for `np.int64` is no rule."""
    for mutated in operator_arg_removal(node):
        kept = {id(argument) for argument in mutated.args}
        gone = [argument for argument in node.args if id(argument) not in kept]
        if not all(m.matches(argument.value, WIDTH) for argument in gone):
            yield mutated


def _one_side(node: cst.BooleanOperation) -> Iterator[cst.BaseExpression]:
    """`a or b` → `a`, `b`; the same for `and`: each condition, and each fallback, has a reason to be there."""
    yield node.left
    yield node.right


def _swapped_name(node: cst.Call) -> Iterator[cst.Call]:
    """any ↔ all, min ↔ max, wherever they come from."""
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    if isinstance(name, cst.Name) and name.value in SWAPPED:
        yield node.with_deep_changes(name, value=SWAPPED[name.value])


def _no_condition(node: cst.CompFor) -> Iterator[cst.CompFor]:
    """[… for … if condition] → [… for …]."""
    for number in range(len(node.ifs)):
        yield node.with_changes(ifs=[*node.ifs[:number], *node.ifs[number + 1 :]])


def _string(node: cst.BaseString) -> Iterable[cst.BaseString]:
    """A code or a name; a text with a space is prose. One change of a string says as much as three."""
    if isinstance(node, cst.SimpleString) and " " not in node.value:
        yield from list(operator_string(node))[:1]


_OPERATORS = [
    *(pair for pair in mutation_operators if pair[1] not in {operator_string, operator_arg_removal}),
    (cst.Call, _arguments),
    (cst.BaseString, _string),
    (cst.BooleanOperation, _one_side),
    (cst.Call, _swapped_name),
    (cst.CompFor, _no_condition),
]


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, ByteSpanPositionProvider, ParentNodeProvider)

    def __init__(self, module: cst.Module, path: str, source: bytes) -> None:
        self.module, self.path, self.source = module, path, source
        self.found: list[Mutant] = []
        self._scope: list[cst.FunctionDef | cst.ClassDef] = []
        self._alike: Counter[tuple[str, str, str]] = Counter()
        self._texts: set[tuple[int, bytes]] = set()
        lengths = accumulate((len(line) for line in source.splitlines(keepends=True)), initial=0)
        self._start_of = [0, *lengths, len(source)]  # of each line, counted from 1

    def on_visit(self, node: cst.CSTNode) -> bool:
        if self._has_no_rule(node):
            return False
        for kind, operator in _OPERATORS:
            if isinstance(node, kind):
                for mutated in operator(node):
                    self._add(node, mutated)
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._scope.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._scope and self._scope[-1] is original_node:
            self._scope.pop()

    def _has_no_rule(self, node: cst.CSTNode) -> bool:
        """Types, imports, decorators, texts for people, docstrings: nothing that a test of a rule could see."""
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
            return True
        if m.matches(node, m.Expr(value=m.SimpleString() | m.ConcatenatedString())):
            return True
        if m.matches(node, m.AnnAssign(annotation=m.Annotation(annotation=m.Name("TypeAlias")))):
            return True
        if m.matches(node, m.Assign(targets=[m.AssignTarget(target=m.Name("__all__"))])):
            return True
        if isinstance(node, cst.Assign) and m.matches(node.value, TYPE | m.BinaryOperation(left=TYPE)):
            return True
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
            return node.func.value in TRANSLATES | {"cast", "TypeVar", "NewType"}
        return False

    def _add(self, node: cst.CSTNode, mutated: cst.CSTNode) -> None:
        span = self.get_metadata(ByteSpanPositionProvider, node)
        if getattr(node, "lpar", None) and mutated.lpar == node.lpar:
            mutated = mutated.with_changes(lpar=[], rpar=[])  # the span is without the node's own parentheses
        code = self.module.code_for_node(mutated).encode()
        place = (span.start, span.start + span.length)
        first, last = self._lines(node)
        whole_lines = (self._start_of[first], self._start_of[last + 1])
        before = self.source[slice(*whole_lines)]
        after = before[: place[0] - whole_lines[0]] + code + before[place[1] - whole_lines[0] :]
        if (first, after) in self._texts:
            return
        self._texts.add((first, after))
        old, new = _difference(before.decode(), after.decode())
        if old == new:
            return
        scope = ".".join(part.name.value for part in self._scope)
        nth = self._alike[scope, old, new]
        self._alike[scope, old, new] += 1
        function = next((part for part in self._scope if isinstance(part, cst.FunctionDef)), None)
        self.found.append(
            Mutant(
                path=self.path,
                scope=scope,
                before=old,
                after=new,
                nth=nth,
                line=first,
                lines=self._statement(node),
                function=self._lines(function.body) if function else None,
                place=place,
                code=code,
            )
        )

    def _statement(self, node: cst.CSTNode) -> tuple[int, int]:
        """The lines that run when the changed code does: of its statement, or of the head of a block."""
        while not isinstance(node, cst.BaseStatement | cst.ExceptHandler | cst.MatchCase | cst.Module):
            node = self.get_metadata(ParentNodeProvider, node)
        first, last = self._lines(node)
        body = getattr(node, "body", None)
        if isinstance(body, cst.IndentedBlock):
            last = max(first, self._lines(body)[0] - 1)
        return first, last

    def _lines(self, node: cst.CSTNode) -> tuple[int, int]:
        position = self.get_metadata(PositionProvider, node)
        return position.start.line, position.end.line


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, blanks evened out."""
    old, new = ([" ".join(line.split()) for line in text.splitlines()] for text in (before, after))
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return "\n".join(old), "\n".join(new)
