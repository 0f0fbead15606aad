"""Days, moments and quantities as people say them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.forms import DateField
from django.utils.formats import date_format
from django.utils.translation import override

from catalogue.labels import euros, household_names, km_words, language_names, quantity_words
from catalogue.slots import parse_slot
from catalogue.times import ago, day_and_hour, day_range, days_words, since, slot_words, until
from catalogue.vocabulary import Kind

# A Tuesday, 15:00 in Paris.
NOW = datetime(2026, 3, 3, 14, tzinfo=UTC)
TODAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ((2026, 3, 3), (2026, 3, 20), "du 3 au 20 mars"),
        ((2026, 3, 1), (2026, 3, 2), "du 1er au 2 mars"),
        ((2026, 2, 28), (2026, 3, 1), "du 28 février au 1er mars"),
        ((2026, 12, 28), (2027, 1, 3), "du 28 décembre 2026 au 3 janvier 2027"),
        ((2027, 3, 3), (2027, 3, 20), "du 3 au 20 mars 2027"),
        ((2026, 3, 3), (2026, 3, 3), "le 3 mars"),
        ((2026, 3, 3), None, "à partir du 3 mars"),
        ((2027, 3, 1), None, "à partir du 1er mars 2027"),
    ],
)
def test_range_of_days(first: tuple[int, int, int], last: tuple[int, int, int] | None, words: str) -> None:
    assert day_range(date(*first), date(*last) if last else None, today=TODAY) == words


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "à l’instant"),
        (timedelta(minutes=12), "il y a 12 min"),
        (timedelta(hours=3), "il y a 3 h"),
        (timedelta(hours=20), "hier"),
        (timedelta(days=3), "il y a 3 jours"),
        (timedelta(days=30), "le 1er février"),
        (timedelta(days=90), "le 3 décembre 2025"),
    ],
)
def test_past_moment(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, NOW).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=20), "dans 20 min"),
        (timedelta(hours=2), "aujourd’hui à 17 h"),
        (timedelta(hours=5, minutes=30), "ce soir à 20 h 30"),
        (timedelta(hours=18), "demain à 9 h"),
        (timedelta(days=3), "le 6 mars à 15 h"),
        (timedelta(minutes=-12), "il y a 12 min"),
    ],
)
def test_moment_to_come(ahead: timedelta, words: str) -> None:
    assert until(NOW + ahead, NOW).replace("\u00a0", " ") == words


def test_waiting_time_and_lengths() -> None:
    assert since(NOW - timedelta(minutes=12), NOW).replace("\u00a0", " ") == "depuis 12 min"
    assert since(NOW - timedelta(days=2), NOW) == "depuis 2 jours"
    assert [days_words(days) for days in (1, 18, 90, 365)] == ["1 jour", "18 jours", "3 mois", "1 an"]


def test_slots_and_quantities() -> None:
    assert slot_words(parse_slot("mon 09:00-12:00")) == "lundi matin"
    assert slot_words(parse_slot("tue 18:00-20:30")).replace("\u00a0", " ") == "mardi de 18 h à 20 h 30"
    said = [quantity_words(kind, n).replace("\u00a0", " ") for kind, n in zip(Kind, (3, 1, 2), strict=True)]
    assert said == ["3 places", "1 objet", "2 h par semaine"]


@pytest.mark.parametrize(("language", "said"), [("fr", "12,5 km"), ("en", "12.5 km")])
def test_a_distance_has_its_reader_s_comma(language: str, said: str) -> None:
    with override(language):
        assert km_words(12.5).replace("\u00a0", " ") == said
        assert km_words(12.0).replace("\u00a0", " ") == "12 km"


def test_an_amount_is_grouped_as_its_reader_groups() -> None:
    assert [euros(n).replace("\u202f", " ").replace("\u00a0", " ") for n in (350, 1200)] == [
        "350 €",
        "1 200 €",
    ]
    with override("en"):
        assert euros(1200) == "€1,200"


def test_names_in_lists() -> None:
    assert language_names(["fr", "prs"]) == "français, dari"
    assert household_names(["women", "couples"]) == "une femme seule, un couple"
    with override("en"):
        assert language_names(["fr", "ar"]) == "French, Arabic"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_in_figures_the_day_comes_first(language: str) -> None:
    with override(language):
        assert date_format(date(2026, 3, 12), "SHORT_DATE_FORMAT") == "12/03/2026"
        assert (
            date_format(datetime(2026, 3, 12, 14, 5, tzinfo=UTC), "SHORT_DATETIME_FORMAT")
            == "12/03/2026 14:05"
        )
        assert DateField().clean("03/12/2026") == date(2026, 12, 3)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "3 mars 2026 à 14 h 05"),
        ("en", "3 March 2026 at 14:05"),
        ("ar", "3 مارس 2026 الساعة 14:05"),
        ("fa-af", "3 مارچ 2026 ساعت 14:05"),
        ("uk", "3 березня 2026 р. о 14:05"),
        ("es", "3 de marzo de 2026 a las 14:05"),
        ("ru", "3 марта 2026 г. в 14:05"),
    ],
)
def test_what_is_kept_says_its_moment_in_the_reader_s_manner(language: str, words: str) -> None:
    with override(language):
        assert day_and_hour(datetime(2026, 3, 3, 14, 5, tzinfo=UTC)).replace("\u00a0", " ") == words
