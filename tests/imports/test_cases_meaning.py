"""Lists as people send them: each cell is understood as a careful person would have typed it, or asked about."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from needs.models import Need
from offers.models import Offer
from tests.imports.conftest import NEED, OFFER, Said

pytestmark = pytest.mark.django_db

CASES = Path(__file__).parent / "cases"
Import = Callable[..., Said]
Write = Callable[..., Path]
DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))
FROM_DECEMBER = (date(2026, 12, 1), None)


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> date:
    """The last day of November 2026: the files speak of the month after it."""
    today = date(2026, 11, 30)
    now = timezone.make_aware(timezone.datetime(2026, 11, 30, 12))
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    return today


def offers_by_number() -> dict[str, Offer]:
    found = Offer.objects.prefetch_related("windows")
    return {offer.external_key.rpartition("-")[2].removeprefix("import:"): offer for offer in found}


def windows_of(offer: Offer) -> list[tuple[date, date | None]]:
    return [(window.first_day, window.last_day) for window in offer.windows.all()]


def asked_and_refused(said: Said) -> dict[int, str]:
    """Line → what is said of it."""
    return {int(line.split()[1].rstrip(",")): line for line in said.bad if line.startswith("ligne ")}


@pytest.mark.usefixtures("on_the_day")
def test_dates(import_offers: Import) -> None:
    said = import_offers(CASES / "dates.csv")
    offers = offers_by_number()
    now = [(date(2026, 11, 30), None)]
    right = {
        **{str(number): [DECEMBER] for number in (1, 4, 5, 9, 10, 11, 12, 13, 18, 20, 21, 22, 24, 25)},
        "2": [FROM_DECEMBER], "3": [(date(2026, 12, 1), date(2027, 3, 31))], "6": now, "7": now,
        "15": [(date(2028, 2, 29), date(2028, 3, 1))], "17": [DECEMBER, (date(2027, 2, 1), None)],
        "19": [(date(2026, 12, 1), date(2026, 12, 15)), (date(2027, 1, 1), None)], "23": [FROM_DECEMBER],
    }  # fmt: skip
    assert {number: windows_of(offer) for number, offer in offers.items()} == right
    bad = asked_and_refused(said)
    assert set(bad) == {9, 15, 17}
    assert "ce jour seulement, ou à partir de ce jour" in bad[9]
    assert "n’existe pas" in bad[15]
    assert "la fin doit venir après le début" in bad[17]
    assert "«\u00a01er décembre 2026..\u00a0» compris\u202f: à partir du 1er décembre 2026" in said.out


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize(("name", "kept"), [("dates_serial.xlsx", 4), ("dates_1904.xlsx", 1)])
def test_dates_of_workbooks(import_offers: Import, name: str, kept: int) -> None:
    import_offers(CASES / name)
    confirmed = {
        timezone.localdate(offer.confirmed_at) for offer in Offer.objects.all() if offer.confirmed_at
    }
    assert (Offer.objects.count(), confirmed) == (kept, {date(2026, 11, 1)})


@pytest.mark.usefixtures("on_the_day")
def test_what_is_asked_is_answered_once_for_all_rows(import_offers: Import, tmp_path: Path) -> None:
    path = shutil.copy(CASES / "dates.csv", tmp_path / "dates.csv")
    said = import_offers(path, means=["available: 2026-12-01 = 2026-12-01.."])
    assert set(asked_and_refused(said)) == {15, 17}
    assert windows_of(offers_by_number()["8"]) == [FROM_DECEMBER]


@pytest.mark.usefixtures("on_the_day")
def test_capacities(import_offers: Import) -> None:
    said = import_offers(CASES / "capacity.csv")
    found = {number: offer.capacity for number, offer in offers_by_number().items()}
    assert found == {"4": 2, "5": 2, "6": 2, "9": 4, "10": 2, "17": 2}
    bad = asked_and_refused(said)
    assert sorted(bad) == [2, 3, 4, 8, 9, 12, 13, 14, 15, 16, 17]
    for line in (2, 3, 4, 9, 16, 17):
        assert "Lequel faut-il retenir" in bad[line]
    assert "de 1 à 50" in bad[12]


@pytest.mark.usefixtures("on_the_day")
def test_yes_and_no(import_offers: Import) -> None:
    said = import_offers(CASES / "yesno.csv")
    found = {int(number): offer.step_free for number, offer in offers_by_number().items()}
    assert {number for number, yes in found.items() if yes} == {
        1,
        2,
        3,
        4,
        5,
        13,
        14,
        15,
        17,
        18,
        21,
        23,
        24,
        25,
    }
    assert {number for number, yes in found.items() if not yes} == {6, 7, 8, 9, 10, 16, 19, 22}
    assert {line - 1 for line in asked_and_refused(said)} == {11, 12, 20}
    assert "«\u00a0oui, ascenseur\u00a0» compris\u202f: oui" in said.out


@pytest.mark.usefixtures("on_the_day")
def test_lists(import_offers: Import) -> None:
    said = import_offers(CASES / "lists.csv")
    offers = offers_by_number()
    assert {tuple(offers[str(number)].languages) for number in range(1, 7)} == {("fr", "en")}
    assert {number: offer.accepts for number, offer in offers.items() if int(number) > 6} == {
        "7": ["women", "couples"], "8": ["women", "families"], "9": [], "10": [], "13": ["men"], "14": [],
    }  # fmt: skip
    assert len(said.bad) == 3
    assert all("qui est accueilli" in line for line in said.bad)
    assert said.out.count("tout le monde, sauf un mineur isolé") == 3


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize("name", ["headers_odd.csv", "headers_french_usual.csv"])
def test_headers(import_offers: Import, name: str) -> None:
    said = import_offers(CASES / name)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("2 lignes importées.\n")  # no column is left unread
    offer = Offer.objects.select_related("owner").order_by("pk")[0]
    assert (offer.capacity, offer.languages, offer.owner.name, offer.owner.email) == (
        2, ["fr"], "Essai", "c1.headers_odd@exemple.fr",
    )  # fmt: skip


@pytest.mark.usefixtures("on_the_day")
def test_households(import_needs: Import) -> None:
    said = import_needs(CASES / "needs_households.csv")
    found = {
        int(need.external_key.rpartition("-")[2]): (
            need.adult_women, need.adult_men, need.children_under_3, need.children_3_to_11, need.children_12_to_17,
            need.couple, need.lone_minor,
        )
        for need in Need.objects.all()
    }  # fmt: skip
    assert found == {
        1: (1, 1, 0, 0, 0, True, False),
        # Minors without an adult are lone minors, ticked or not.
        3: (0, 0, 0, 0, 2, False, True),
        4: (0, 0, 0, 0, 2, False, True),
        7: (1, 0, 1, 2, 0, False, False),
        8: (2, 0, 0, 0, 0, True, False),
        12: (1, 1, 0, 12, 0, False, False),
    }
    assert Need.objects.filter(lone_minor=True, social_worker="").count() == 0
    assert sorted(asked_and_refused(said)) == [3, 6, 7, 10, 11, 12, 14, 15, 16]
    assert "colonne «\u00a0couple\u00a0»" in asked_and_refused(said)[10]


# --- More of the same kinds --------------------------------------------------------------------------------


@pytest.mark.usefixtures("on_the_day")
def test_two_columns_say_from_when_and_until_when(import_offers: Import, write_csv: Write) -> None:
    rows = []
    days = [("5 décembre", ""), ("", "31/12"), ("20/12", "5 janvier"), ("asap", "-"), ("", "")]
    for number, (first, last) in enumerate(days):
        row = {"Dispo à partir de": first, "Jusqu'au": last, **OFFER, "id": f"d-{number}"}
        del row["available"]
        rows.append(row)
    said = import_offers(write_csv(rows))
    assert {number: windows_of(offer) for number, offer in offers_by_number().items()} == {
        "0": [(date(2026, 12, 5), None)],
        "1": [(date(2026, 11, 30), date(2026, 12, 31))],
        "2": [(date(2026, 12, 20), date(2027, 1, 5))],
        "3": [(date(2026, 11, 30), None)],
    }
    assert "dites à partir de quand" in said.err


@pytest.mark.usefixtures("on_the_day")
def test_a_household_in_words(import_needs: Import, write_csv: Write) -> None:
    who = {key: value for key, value in NEED.items() if key != "adult_women"}
    said = import_needs(
        write_csv(
            [
                {**who, "id": "1", "Composition familiale": "une mère avec un bébé", "adult_men": ""},
                {**who, "id": "2", "Composition familiale": "2 adultes + 2 enfants (3 et 7 ans)"},
                {**who, "id": "3", "Composition familiale": "couple", "adult_men": "1"},
            ]
        ),
        means=[
            "Composition familiale: 2 adultes + 2 enfants (3 et 7 ans) = un couple + 2 enfants (3 et 7 ans)"
        ],
    )
    one, two = Need.objects.order_by("external_key")
    assert (one.adult_women, one.children_under_3, one.people) == (1, 1, 2)
    assert (two.couple, two.children_3_to_11, two.people) == (True, 2, 4)
    assert "dit deux fois" in said.err


@pytest.mark.usefixtures("on_the_day")
def test_an_answer_may_be_of_a_part_of_a_cell_or_that_nothing_is_known(
    import_offers: Import, write_csv: Write
) -> None:
    path = write_csv(
        [
            {**OFFER, "id": "a-1", "accepts": "femmes, chats", "step_free": "à voir"},
            {**OFFER, "id": "a-2", "accepts": "Chats", "step_free": "À voir"},
        ]
    )
    said = import_offers(path)
    assert said.out.count("--means") == 2  # each value once, not each row
    assert "colonne «\u00a0step_free\u00a0» (2 lignes, dont 2)" in said.out
    said = import_offers(path, means=["accepts: chats = familles", "step_free: à voir ="])
    assert said.err == ""
    assert [offer.accepts for offer in Offer.objects.order_by("pk")] == [["women", "families"], ["families"]]
    assert "ligne" not in import_offers(path, means=["accepte"]).out


@pytest.mark.usefixtures("on_the_day")
def test_ten_thousand_unknown_languages_are_bounded(import_offers: Import, write_csv: Write) -> None:
    rows = [{**OFFER, "id": f"l-{number}", "languages": f"langue n° {number} x"} for number in range(1200)]
    said = import_offers(write_csv(rows))
    assert len(said.bad) == 1200
    assert len(said.out.splitlines()) < 1100
