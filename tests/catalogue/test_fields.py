"""The one table of fields: every field has its row, every row its use, and what a use names is there."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import models
from django.urls import get_resolver
from django.utils.module_loading import import_string

from catalogue.fields import (
    NEED,
    OFFER,
    Day,
    Field,
    Flag,
    Languages,
    Number,
    Slots,
    Table,
    Text,
    Thing,
    Use,
    Word,
    Words,
)
from catalogue.fields.shapes import Other
from engine.rules import RULES
from engine.vocabulary import PARTS
from needs import words as need_words
from needs.models import Need
from offers import words as offer_words
from offers.models import Offer
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

TABLES = [(OFFER, Offer), (NEED, Need)]
ROWS = [
    pytest.param(row, id=f"{name}.{row.name}")
    for name, table in (("offer", OFFER), ("need", NEED))
    for row in table
]
TODAY = date(2026, 3, 2)


def page_names() -> set[str]:
    """The names of all pages, with their space: "offers:detail"."""
    found: set[str] = set()

    def walk(resolver: Any, space: str) -> None:
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                walk(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
            elif pattern.name:
                found.add(f"{space}{pattern.name}")

    walk(get_resolver(), "")
    return found


def exists(use: Use) -> bool:
    if use.what == "code":
        try:
            return callable(import_string(use.name))
        except ImportError:
            return False
    return use.name in {"rule": RULES, "part": PARTS, "page": page_names()}[use.what]


@pytest.mark.parametrize(("table", "model"), TABLES, ids=["offer", "need"])
def test_every_field_has_a_row_and_every_row_a_field(table: Table, model: type[models.Model]) -> None:
    fields = {field.name for field in model._meta.local_concrete_fields} - {"id"}
    assert fields == set(table.rows)


@pytest.mark.parametrize("row", ROWS)
def test_a_field_is_there_for_something(row: Field) -> None:
    assert row.use, (
        "say which rule or part reads it, or which page shows it to whoever decides; else do not ask for it"
    )
    assert [str(use) for use in row.use if not exists(use)] == []


def test_a_use_that_is_not_there_is_found() -> None:
    assert not exists(Use("rule", "religion"))
    assert not exists(Use("page", "offers:nowhere"))
    assert not exists(Use("code", "offers.services.forget"))


@pytest.mark.parametrize("row", [param for param in ROWS if param.values[0].asked])
def test_what_is_asked_has_its_words_and_its_column(row: Field) -> None:
    assert row.label
    assert row.columns is not None


@pytest.mark.parametrize(("table", "model"), TABLES, ids=["offer", "need"])
def test_models_hold_what_the_table_allows(table: Table, model: type[models.Model]) -> None:
    for row in table:
        field = model._meta.get_field(row.name)
        if row.label and not field.many_to_many:
            assert str(field.verbose_name), row.name
        if isinstance(row.shape, Text):
            assert field.max_length == row.shape.longest, row.name
        if isinstance(row.shape, Number):
            high = 32_767 if isinstance(field, models.PositiveSmallIntegerField) else 2**31 - 1
            assert row.shape.most_of("") <= high, row.name


# What is said elsewhere on the page: its heading, its text.
ELSEWHERE = {"title", "text", "kind", "urgency"}


def otherwise(row: Field, entry: Any) -> Any:
    """Another answer than the one that stands."""
    now = getattr(entry, row.name)
    match row.shape:
        case Flag():
            return not now
        case Number(least=least):
            return (now or least) + 3
        case Day():
            return (now or TODAY) + timedelta(days=1)
        case Word(choices=choices):
            return next(value for value in choices.values if value != now)
        case Words() as shape:
            return [shape.values[-1].value]
        case Languages():
            return ["so"]
        case Slots():
            return ["fri 10:00-11:00"]
        case Thing(sizes=sizes, several=several):
            code = "220" if sizes else "blanket"
            return [code] if several else code
    return "Autrement"


def answers(table: Table) -> list[Any]:
    return [
        pytest.param(row, id=row.name)
        for row in table
        if row.asked and row.name not in {*ELSEWHERE, "commune"}
    ]


def kind_and_category(row: Field) -> tuple[str, str]:
    """A kind and a category that have the field."""
    kind = row.kinds[-1]
    return kind, row.categories[0] if row.categories else {
        "housing": "separate_room", "goods": "bedding", "skill": "meals"
    }[kind]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("row", answers(OFFER))
def test_an_offers_page_says_every_answer(row: Field) -> None:
    kind, category = kind_and_category(row)
    pair = {"languages_from": ["ti"], "languages_to": ["fr"]}
    offer = OfferFactory(kind=kind, category=category, shared_home=True, **pair)
    before = offer_words.facts(offer, [], today=TODAY)
    setattr(offer, row.name, "outings" if row.name == "category" else otherwise(row, offer))
    assert offer_words.facts(offer, [], today=TODAY) != before


# As a need must stand before the answer can be seen.
BEFORE: dict[str, dict[str, Any]] = {
    "couple": {"adult_men": 1},
    "lone_minor": {"adult_women": 0, "social_worker": "Léa, Toits ouverts"},
    "part_useful": {"part_useful": False},
    "rent_payer": {"rent_up_to": 300},
}


@pytest.mark.django_db
@pytest.mark.parametrize("row", answers(NEED))
def test_a_needs_page_says_every_answer(row: Field) -> None:
    kind, category = kind_and_category(row)
    need = NeedFactory(skill=kind == "skill", goods=kind == "goods")
    for name, value in {
        "category": "" if kind == "housing" else category,
        **BEFORE.get(row.name, {}),
    }.items():
        setattr(need, name, value)
    before = need_words.facts(need, TODAY)
    setattr(need, row.name, "outings" if row.name == "category" else otherwise(row, need))
    assert need_words.facts(need, TODAY) != before


def test_references_to_rows_have_no_bounds() -> None:
    assert [row.name for table in (OFFER, NEED) for row in table.asked() if isinstance(row.shape, Other)] == [
        "commune"
    ] * 2


# --- What a table does with answers --------------------------------------------------------------------


def test_only_changed_answers_are_judged() -> None:
    """What is older than a bound can still be read and changed."""
    offer = Offer(kind="housing", category="empty_dwelling", title="Vide", rent=100_000, capacity=3)
    assert OFFER.settled({"title": "Appartement"}, today=TODAY, before=offer) == {"title": "Appartement"}
    with pytest.raises(Exception, match="5000"):
        OFFER.settled({"rent": 99_999}, today=TODAY, before=offer)


def test_a_field_added_is_asked_for_by_every_kind_that_has_it() -> None:
    rent = OFFER["rent"]
    cot = Field(name="cot", label="Lit de bébé", kinds=rent.kinds, shape=rent.shape)
    more = Table([*OFFER, cot], follow=OFFER.completed)
    assert "cot" in [row.name for row in more.asked("housing", "shared_room")]
    assert "cot" not in [row.name for row in more.asked("goods", "food")]
    assert more.completed({"kind": "goods", "category": "food", "cot": 3})["cot"] is None
