"""What everybody may know: nothing that tells of a few people, by itself or as a difference."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.vocabulary import Kind
from insight import figures
from insight.published import LEAST, MONTHS, Published, Sum, answer_hours, published
from matching import services as matching
from matching import sweeps
from offers.models import Offer
from tests.factories.cities import CityFactory
from tests.factories.matching import story
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

TODAY = date(2026, 4, 15)
IN_MARCH = datetime(2026, 3, 9, 11, tzinfo=UTC)


def test_fewer_than_five_are_hidden_and_none_are_not(city):
    OfferFactory.create_batch(LEAST - 1, city=city, created_at=IN_MARCH)
    OfferFactory.create_batch(LEAST, city=city, created_at=IN_MARCH, goods=True)
    found = published(city, today=TODAY)
    assert [found.cell("offers", "2026-03", kind) for kind in Kind.values] == [None, LEAST, 0]


def test_six_people_of_one_family_are_hidden(city):
    one = story(city=city, need={"adult_women": 2, "children_3_to_11": 4, "people": 6}, offer={"capacity": 6})
    for act in (matching.propose, matching.accept, matching.confirm):
        act(match_id=one.match.pk, by=one.coordinator, now=IN_MARCH)
    found = published(city, today=TODAY)
    assert found.cell("people_helped", "2026-03", "housing") is None
    assert found.total("people_helped") == Sum(1, is_exact=False)


def test_only_months_that_are_over_are_shown(city):
    NeedFactory.create_batch(LEAST, city=city, created_at=datetime(2026, 4, 1, 9, tzinfo=UTC))
    NeedFactory.create_batch(LEAST, city=city, created_at=datetime(2025, 3, 31, 9, tzinfo=UTC))
    found = published(city, today=TODAY)
    assert (found.months[0], found.months[-1], len(found.months)) == ("2025-04", "2026-03", MONTHS)
    assert found.total("needs") == Sum(0, is_exact=True)


def test_other_towns_count_elsewhere(city):
    NeedFactory.create_batch(LEAST, created_at=IN_MARCH)
    assert published(city, today=TODAY).total("needs") == Sum(0, is_exact=True)


# --- The time to an answer -----------------------------------------------------------------------------

HOUR = timedelta(hours=1)


def answered(city, act=matching.accept, *, hours=1, asked=IN_MARCH, by="citizen"):
    it = story(city=city, now=asked)
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=asked)
    act(match_id=it.match.pk, by=getattr(it, by), now=asked + hours * HOUR)
    return it


def test_the_time_to_an_answer_is_the_mean_of_a_yes_or_a_no_of_five_people(city):
    for act, hours in (
        (matching.accept, 1),
        (matching.decline, 4),
        (matching.accept, 2),
        (matching.decline, 1),
    ):
        answered(city, act, hours=hours)
    answered(CityFactory())
    assert answer_hours(city, today=TODAY) is None, "of four"
    # What the desk notes for a caller is an answer.
    answered(city, hours=7, by="coordinator")
    assert answer_hours(city, today=TODAY) == 3


def test_five_answers_of_four_people_are_hidden(city):
    them = [answered(city) for _ in range(LEAST)]
    assert answer_hours(city, today=TODAY) == 1
    Offer.objects.filter(pk=them[0].match.offer_id).update(owner=them[1].citizen)
    assert answer_hours(city, today=TODAY) is None


@pytest.mark.parametrize(
    ("today", "is_shown"),
    [
        (date(2026, 3, 31), False),
        (date(2026, 4, 1), True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
    ],
)
def test_an_answer_is_shown_once_its_month_is_over_and_for_three(city, today, is_shown):
    for _ in range(LEAST):
        answered(city)
    assert (answer_hours(city, today=today) is not None) == is_shown


def test_neither_silence_nor_what_is_presumed_is_an_answer(city):
    for _ in range(LEAST - 1):
        answered(city)
    silent = story(city=city, now=IN_MARCH)
    matching.propose(match_id=silent.match.pk, by=silent.coordinator, now=IN_MARCH)
    sweeps.lapse_unanswered(by=None, now=IN_MARCH + timedelta(days=9))
    assert silent.state == "lapsed"
    city.asks_citizen_for = []
    city.save(update_fields=["asks_citizen_for"])
    presumed = story(city=city, now=IN_MARCH)
    matching.propose(match_id=presumed.match.pk, by=presumed.coordinator, now=IN_MARCH)
    assert presumed.state == "accepted"
    matching.confirm(match_id=presumed.match.pk, by=presumed.member, now=IN_MARCH + HOUR)
    assert answer_hours(city, today=TODAY) is None


befalls = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
counts = st.lists(st.integers(0, 12), min_size=6, max_size=6)


def of(numbers):
    """Two months of three kinds, as `published` shows them."""
    months = ("2026-02", "2026-03")
    places = [("needs", month, kind) for month in months for kind in Kind.values]
    return Published(
        months, {at: n if n == 0 or n >= LEAST else None for at, n in zip(places, numbers, strict=True)}
    )


def all_that_is_shown(found):
    sums = [found.of_month("needs", month) for month in found.months]
    sums += [found.of_kind("needs", kind) for kind in Kind.values]
    return [*found.cells.values(), *sums, found.total("needs")]


@befalls
@given(counts, st.data())
def test_whatever_is_hidden_the_page_is_the_same(numbers, data):
    """Nobody who reads all of it, on any day, can tell one town from another that differs in hidden cells alone."""
    others = [data.draw(st.integers(1, LEAST - 1)) if 0 < n < LEAST else n for n in numbers]
    assert all_that_is_shown(of(numbers)) == all_that_is_shown(of(others))


@befalls
@given(counts)
def test_a_sum_is_never_more_than_there_is_and_says_when_it_is_exact(numbers):
    total = of(numbers).total("needs")
    assert total.number <= sum(numbers)
    assert (total.number == sum(numbers)) or not total.is_exact


class TestThePages:
    @pytest.fixture(autouse=True)
    def some(self, city, today):
        at = datetime(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 10, 12, tzinfo=UTC)
        OfferFactory.create_batch(LEAST + 2, city=city, created_at=at)
        OfferFactory.create_batch(LEAST - 1, city=city, created_at=at, goods=True)

    @pytest.fixture
    def today(self):
        return datetime.now(UTC).date()

    def test_everybody_reads_them_and_the_home_says_no_more(self, client, city):
        text = client.get("/strasbourg/chiffres/").text
        assert "moins de 5" in text
        assert "au moins 8" in text
        home = client.get("/strasbourg/")
        assert home.context["counts"][0]["value"] == "au moins 8"
        assert "/strasbourg/chiffres/" in home.text

    def test_the_home_does_not_change_with_who_comes_today(self, client, city):
        before = client.get("/strasbourg/").context["counts"]
        OfferFactory(city=city, created_at=datetime.now(UTC))
        assert client.get("/strasbourg/").context["counts"] == before

    def test_nor_with_who_answers_today(self, client, city):
        now = datetime.now(UTC)
        for _ in range(LEAST):
            answered(city, asked=now)
        assert len(client.get("/strasbourg/").context["counts"]) == 2
        for _ in range(LEAST):
            answered(city, hours=3, asked=now.replace(day=1) - timedelta(days=2))
        assert client.get("/strasbourg/").context["counts"][2]["value"] == "3\u00a0h"

    def test_it_takes_one_query_for_all(self, city, today, django_assert_num_queries):
        with django_assert_num_queries(1):
            figures.published_tables(published(city, today=today))
