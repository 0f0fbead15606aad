"""The type of a row, and what can be asked of a whole table.

A row says all that is known of one field of an offer or of a need. Forms, the API, imports, the words of pages,
services, the register of personal data and the tables of the docs read it here.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from django.core.exceptions import ValidationError

from catalogue.fields.shapes import Other, Shape, Text
from catalogue.vocabulary import CATEGORIES, Category, Kind

Words = Any  # a text, mostly a lazy translation
Erasure = Literal["keep", "anonymise", "delete"]
KEEP: Erasure = "keep"
ANONYMISE: Erasure = "anonymise"
EVERY_KIND = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Use:
    """What a field is for: a `rule` of the engine, a `part` of the score, a `page` or `code` of ours by name."""

    what: Literal["rule", "part", "page", "code"]
    name: str

    @property
    def is_the_engines(self) -> bool:
        return self.what in ("rule", "part")

    def __str__(self) -> str:
        return f"{self.what} `{self.name}`"


def rule(name: str) -> Use:
    """Read by a rule of `engine.rules.RULES`."""
    return Use("rule", name)


def part(name: str) -> Use:
    """Counted in a part of the score, one of `engine.vocabulary.PARTS`."""
    return Use("part", name)


def page(name: str) -> Use:
    """Shown on a page to whoever decides, by the name of its address."""
    return Use("page", name)


def code(name: str) -> Use:
    """Read by a function of the product itself, by its dotted name."""
    return Use("code", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an offer or of a need.

    `label` names it on pages, `question` asks for it in forms (the label by default). `meaning` is for the English docs
    and the API, `example` what a cell of a spreadsheet may hold. `columns` are its names in spreadsheets, besides its
    own; None keeps it out of them.
    `asked` is False for what nobody types: the program's own; where the category is one of `follows`, it follows from
    the other answers. What is said `beside` another field is forgotten when that one changes alone. `steps` are the
    pages of "Je propose mon aide" that ask.
    """

    name: str
    label: Words = ""
    question: Words = ""
    hint: Words = ""
    errors: Mapping[str, Words] = field(default_factory=dict)
    shape: Shape = field(default_factory=Other)
    kinds: tuple[Kind, ...] = EVERY_KIND
    categories: tuple[Category, ...] = ()
    asked: bool = True
    required: bool = False
    follows: tuple[Category, ...] = ()
    beside: str = ""
    steps: tuple[str, ...] = ()
    meaning: str = ""
    example: str = ""
    columns: tuple[str, ...] | None = None
    erasure: Erasure = KEEP
    use: tuple[Use, ...] = ()

    @property
    def matters(self) -> bool:
        """Whether a change of it asks something of the engine."""
        return any(use.is_the_engines for use in self.use)

    @property
    def longest(self) -> int:
        """Of a text: how many characters at most."""
        assert isinstance(self.shape, Text)
        return self.shape.longest

    @property
    def is_of_some(self) -> bool:
        """Whether only some kinds or categories have it."""
        return bool(self.categories) or self.kinds != EVERY_KIND

    def called_for(self, kind: str, category: str) -> bool:
        """Whether this kind and category have it; without a category, any of the kind's will do."""
        if kind not in self.kinds:
            return False
        return not (self.categories and category in CATEGORIES.get(kind, ())) or category in self.categories

    def asked_of(self, kind: str, category: str) -> bool:
        """Whether forms ask this kind and category for it."""
        these = (category,) if category else CATEGORIES.get(kind, ())
        follows = bool(these) and set(these) <= set(self.follows)
        return self.asked and not follows and self.called_for(kind, category)

    def check(self, value: Any, *, kind: str, today: date) -> None:
        """ValidationError when an answer is out of bounds; no answer is none of this function's business."""
        if value is not None and value not in ("", [], ()):
            self.shape.check(value, kind=kind, today=today)


Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold between some fields; asked when one of `names` changed.

    `check` is given all answers, and raises a ValidationError by field.
    """

    names: tuple[str, ...]
    check: Callable[[Values], None]


class Table:
    """The fields of an offer or of a need, in the order in which they are asked and shown.

    `follow` gives what follows from the other answers. `rules` hold between fields.
    """

    def __init__(
        self,
        rows: Iterable[Field],
        *,
        follow: Callable[[dict[str, Any]], dict[str, Any]],
        rules: Sequence[Rule] = (),
    ) -> None:
        self.rows = {row.name: row for row in rows}
        self._follow, self._rules = follow, tuple(rules)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.rows.values())

    def __getitem__(self, name: str) -> Field:
        return self.rows[name]

    def __contains__(self, name: str) -> bool:
        return name in self.rows

    def asked(self, kind: str = "", category: str = "") -> list[Field]:
        """The fields that people answer; of a kind and category when they are known."""
        return [row for row in self if (row.asked_of(kind, category) if kind else row.asked)]

    def at_step(self, step: str) -> tuple[str, ...]:
        """The fields that a page of "Je propose mon aide" asks for."""
        return tuple(row.name for row in self if step in row.steps)

    @property
    def words(self) -> frozenset[str]:
        """What only people read: changing it asks nothing of the engine."""
        return frozenset(row.name for row in self if row.asked and not row.matters)

    def erased(self, erasure: Erasure) -> str:
        """The names of the fields that meet this end when data are erased."""
        return " ".join(row.name for row in self if row.erasure == erasure)

    @property
    def kept(self) -> list[Field]:
        """The answers that are values: all but references to other rows."""
        return [row for row in self if (row.asked or row.beside) and not isinstance(row.shape, Other)]

    # --- Answers -----------------------------------------------------------------------------------------

    def completed(self, fields: Values) -> dict[str, Any]:
        """A whole set of answers with what follows from them, and without what its kind and category do not have."""
        complete = self._follow(dict(fields))
        for row in self._foreign(complete["kind"], complete.get("category") or ""):
            if row.name in complete:
                complete[row.name] = row.shape.none()
        return complete

    @lru_cache(maxsize=256)  # noqa: B019 (there are two tables)
    def _judged(self, kind: str, category: str) -> Sequence[Field]:
        return [row for row in self if row.asked_of(kind, category)]

    @lru_cache(maxsize=256)  # noqa: B019
    def _foreign(self, kind: str, category: str) -> Sequence[Field]:
        """Those that this kind and category do not have."""
        return [row for row in self if row.asked and row.is_of_some and not row.called_for(kind, category)]

    def settled(self, fields: Values, *, today: date, before: Any = None) -> dict[str, Any]:
        """The fields to write: those given, what follows from them, and what the kind or category no longer has.

        Every door passes here. `before` is the stored row when one is changed: what it says already is not judged
        again, so that what is older than a rule can still be read and changed. ValidationError by field.
        """
        stored = {} if before is None else {row.name: getattr(before, row.name) for row in self.kept}
        kind = fields["kind"] if before is None else before.kind
        whole = self.completed({**stored, **self._forgotten(stored, fields), **fields, "kind": kind})
        changed = {name for name, value in whole.items() if before is None or stored.get(name) != value}
        changed.discard("kind" if before is not None else "")
        self._check(whole, changed, kind=kind, today=today)
        return {name: value for name, value in whole.items() if name in fields or name in changed}

    def _forgotten(self, stored: Values, fields: Values) -> dict[str, Any]:
        """What stood beside an answer that is now another."""
        return {
            row.name: row.shape.none()
            for row in self
            if row.beside in fields and row.beside in stored and fields[row.beside] != stored[row.beside]
        }

    def _check(self, whole: Values, changed: set[str], *, kind: str, today: date) -> None:
        wrong: dict[str, list[ValidationError]] = {}
        category = whole.get("category") or ""
        for row in self._judged(kind, category):
            if row.name in changed:
                try:
                    row.check(whole[row.name], kind=kind, today=today)
                except ValidationError as error:
                    wrong[row.name] = [error]
        wrong |= self.refusals(whole, changed, wrong)
        if wrong:
            raise ValidationError(wrong)

    def refusals(
        self, whole: Values, changed: Collection[str], wrong: Collection[str] = ()
    ) -> dict[str, list[ValidationError]]:
        """What the rules between fields refuse, by field: those about something changed, and nothing already wrong."""
        found: dict[str, list[ValidationError]] = {}
        for one in self._rules:
            if set(changed) & set(one.names) and not set(wrong) & set(one.names):
                try:
                    one.check(whole)
                except ValidationError as error:
                    found |= error.error_dict
        return found
