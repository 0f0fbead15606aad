"""docs/spreadsheets.md says what the code does, and its samples work."""

import re
from datetime import UTC, datetime

import pytest

from accounts.models import Organisation
from catalogue.spreadsheets import Column, plain, read_table
from cities.models import City
from config.field_docs import PAGES, written
from needs.columns import COLUMNS as NEED_COLUMNS
from needs.imports import import_needs
from needs.models import Need
from offers.columns import COLUMNS as OFFER_COLUMNS
from offers.imports import import_offers
from offers.models import Offer
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "spreadsheets.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def _documented(*titles: str) -> dict[str, str]:
    """Column name → the row of the page that describes it, in the tables under these titles."""
    rows = {}
    for title in titles:
        section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
        for line in section.splitlines():
            if line.startswith("|") and "`" in line:
                for name in re.findall(r"`(\w+)`", line.split(" | ")[0]):
                    rows[name] = line
    return rows


@pytest.mark.parametrize(("title", "columns"), [("Offers", OFFER_COLUMNS), ("Needs", NEED_COLUMNS)])
def test_every_column_and_synonym_is_on_the_page(title: str, columns: tuple[Column, ...]) -> None:
    documented = _documented(title)
    assert set(documented) == {column.name for column in columns}
    for column in columns:
        words = {plain(word) for word in re.split(r"[|,;()]", documented[column.name])}
        assert {plain(word) for word in column.synonyms} <= words, column.name


@pytest.mark.parametrize("name", PAGES)
def test_what_follows_from_the_table_is_up_to_date(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert "<!-- end -->" in text
    assert text == written(text), "run manage.py field_docs"


@pytest.mark.django_db
def test_the_sample_of_offers_is_taken_in_whole(city: City) -> None:
    table = read_table(ROOT / "docs" / "samples" / "offers.csv")
    outcomes = list(import_offers(table=table, city=city, by=None, now=NOW))
    assert [str(cell) for outcome in outcomes for cell in outcome.bad] == []
    assert table.notices == []
    assert set(Offer.objects.values_list("kind", flat=True)) == {"housing", "goods", "skill"}


@pytest.mark.django_db
def test_the_sample_of_needs_is_taken_in_whole(organisation: Organisation) -> None:
    table = read_table(ROOT / "docs" / "samples" / "needs.csv")
    outcomes = list(
        import_needs(
            table=table,
            city=organisation.city,
            organisation=organisation,
            by=organisation.memberships.get().user,
            now=NOW,
        )
    )
    assert [str(cell) for outcome in outcomes for cell in outcome.bad] == []
    assert table.notices == []
    assert set(Need.objects.values_list("kind", flat=True)) == {"housing", "goods", "skill"}
