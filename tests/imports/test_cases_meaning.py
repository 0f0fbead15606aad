"""Lists as people send them: each cell is understood as a careful person would have typed it, or asked about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.models import Organisation
from catalogue.imports import Outcome
from catalogue.spreadsheets import (
    Answers,
    BadAnswer,
    Column,
    Heard,
    Table,
    languages,
    parse_rows,
    read_table,
    text,
)
from cities.models import City
from needs.imports import import_needs as take_needs_in
from needs.models import Need
from offers.imports import import_offers as take_offers_in
from offers.models import Offer
from tests.imports.conftest import NEED, OFFER, Said

pytestmark = pytest.mark.django_db

CASES = Path(__file__).parent / "cases"
# The last day of November: the files speak of the month after it.
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))
FROM_DECEMBER = (date(2026, 12, 1), None)
Write = Callable[..., Path]


@dataclass
class Taken:
    """What became of a file on that day."""

    table: Table
    outcomes: list[Outcome]

    @property
    def bad(self) -> dict[int, str]:
        """Line → what is said of it."""
        return {one.line: " ".join(map(str, one.bad)) for one in self.outcomes if one.bad}

    @property
    def heard(self) -> Heard:
        heard = Heard()
        for one in self.outcomes:
            heard.take(one.understood, one.bad)
        return heard

    @property
    def understood(self) -> dict[str, str]:
        """Written → in words."""
        return {one.written: one.words for one in self.heard.understood.values()}

    @property
    def asked(self) -> list[str]:
        return [question.answered for question in self.heard.questions.values()]


Take = Callable[..., Taken]


@pytest.fixture
def take_offers(city: City) -> Take:
    def take(path: Path, *means: str) -> Taken:
        table = read_table(path)
        answers = Answers.read(means)
        return Taken(table, list(take_offers_in(table=table, city=city, answers=answers, by=None, now=NOW)))

    return take


@pytest.fixture
def take_needs(city: City, organisation: Organisation) -> Take:
    def take(path: Path, *means: str) -> Taken:
        table = read_table(path)
        manager = organisation.memberships.get().user
        outcomes = take_needs_in(
            table=table,
            city=city,
            organisation=organisation,
            answers=Answers.read(means),
            by=manager,
            now=NOW,
        )
        return Taken(table, list(outcomes))

    return take


def offers_by_number() -> dict[str, Offer]:
    found = Offer.objects.prefetch_related("windows")
    return {offer.external_key.rpartition("-")[2].removeprefix("import:"): offer for offer in found}


def windows_of(offer: Offer) -> list[tuple[date, date | None]]:
    return [(window.first_day, window.last_day) for window in offer.windows.all()]


def test_dates(take_offers: Take) -> None:
    taken = take_offers(CASES / "dates.csv")
    offers = offers_by_number()
    now = [(date(2026, 11, 30), None)]
    right = {
        **{str(number): [DECEMBER] for number in (1, 4, 5, 9, 10, 11, 12, 13, 18, 20, 21, 22, 24, 25)},
        "2": [FROM_DECEMBER], "3": [(date(2026, 12, 1), date(2027, 3, 31))], "6": now, "7": now,
        "15": [(date(2028, 2, 29), date(2028, 3, 1))], "17": [DECEMBER, (date(2027, 2, 1), None)],
        "19": [(date(2026, 12, 1), date(2026, 12, 15)), (date(2027, 1, 1), None)], "23": [FROM_DECEMBER],
    }  # fmt: skip
    assert {number: windows_of(offer) for number, offer in offers.items()} == right
    bad = taken.bad
    assert set(bad) == {9, 15, 17}
    assert "ce jour seulement, ou à partir de ce jour" in bad[9]
    assert "n’existe pas" in bad[15]
    assert "la fin doit venir après le début" in bad[17]
    assert taken.understood["1er décembre 2026.."] == "à partir du 1er décembre 2026"


@pytest.mark.parametrize(("name", "kept"), [("dates_serial.xlsx", 4), ("dates_1904.xlsx", 1)])
def test_dates_of_workbooks(take_offers: Take, name: str, kept: int) -> None:
    take_offers(CASES / name)
    confirmed = {
        timezone.localdate(offer.confirmed_at) for offer in Offer.objects.all() if offer.confirmed_at
    }
    assert (Offer.objects.count(), confirmed) == (kept, {date(2026, 11, 1)})


def test_what_is_asked_is_answered_once_for_all_rows(take_offers: Take) -> None:
    taken = take_offers(CASES / "dates.csv", "available: 2026-12-01 = 2026-12-01..")
    assert set(taken.bad) == {15, 17}
    assert windows_of(offers_by_number()["8"]) == [FROM_DECEMBER]


def test_capacities(take_offers: Take) -> None:
    taken = take_offers(CASES / "capacity.csv")
    found = {number: offer.capacity for number, offer in offers_by_number().items()}
    assert found == {"4": 2, "5": 2, "6": 2, "9": 4, "10": 2, "17": 2}
    bad = taken.bad
    assert sorted(bad) == [2, 3, 4, 8, 9, 12, 13, 14, 15, 16, 17]
    for line in (2, 3, 4, 9, 16, 17):
        assert "Lequel faut-il retenir" in bad[line]
    assert "de 1 à 50" in bad[12]


def test_yes_and_no(take_offers: Take) -> None:
    taken = take_offers(CASES / "yesno.csv")
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
    assert {line - 1 for line in taken.bad} == {11, 12, 20}
    assert taken.understood["oui, ascenseur"] == "oui"


def test_lists(take_offers: Take) -> None:
    taken = take_offers(CASES / "lists.csv")
    offers = offers_by_number()
    assert {tuple(offers[str(number)].languages) for number in range(1, 7)} == {("fr", "en")}
    assert {number: offer.accepts for number, offer in offers.items() if int(number) > 6} == {
        "7": ["women", "couples"], "8": ["women", "families"], "9": [], "10": [], "13": ["men"], "14": [],
    }  # fmt: skip
    assert len(taken.bad) == 3
    assert all("qui est accueilli" in line for line in taken.bad.values())
    assert taken.understood["tous"] == "tout le monde, sauf un mineur isolé"


@pytest.mark.parametrize("name", ["headers_odd.csv", "headers_french_usual.csv"])
def test_headers(take_offers: Take, name: str) -> None:
    taken = take_offers(CASES / name)
    assert (taken.bad, taken.table.notices) == ({}, [])  # no column is left unread
    offer = Offer.objects.select_related("owner").order_by("pk")[0]
    assert (offer.capacity, offer.languages, offer.owner.name, offer.owner.email) == (
        2, ["fr"], "Essai", "c1.headers_odd@exemple.fr",
    )  # fmt: skip


def test_households(take_needs: Take) -> None:
    taken = take_needs(CASES / "needs_households.csv")
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
    assert sorted(taken.bad) == [3, 6, 7, 10, 11, 12, 14, 15, 16]
    assert "colonne «\u00a0couple\u00a0»" in taken.bad[10]


# --- More of the same kinds --------------------------------------------------------------------------------


def test_two_columns_say_from_when_and_until_when(take_offers: Take, write_csv: Write) -> None:
    rows = []
    days = [("5 décembre", ""), ("", "31/12"), ("20/12", "5 janvier"), ("asap", "-"), ("", "")]
    for number, (first, last) in enumerate(days):
        row = {"Dispo à partir de": first, "Jusqu'au": last, **OFFER, "id": f"d-{number}"}
        del row["available"]
        rows.append(row)
    taken = take_offers(write_csv(rows))
    assert {number: windows_of(offer) for number, offer in offers_by_number().items()} == {
        "0": [(date(2026, 12, 5), None)],
        "1": [(date(2026, 11, 30), date(2026, 12, 31))],
        "2": [(date(2026, 12, 20), date(2027, 1, 5))],
        "3": [(date(2026, 11, 30), None)],
    }
    assert "dites à partir de quand" in taken.bad[6]


def test_a_household_in_words(take_needs: Take, write_csv: Write) -> None:
    who = {key: value for key, value in NEED.items() if key != "adult_women"}
    taken = take_needs(
        write_csv(
            [
                {**who, "id": "1", "Composition familiale": "une mère avec un bébé", "adult_men": ""},
                {**who, "id": "2", "Composition familiale": "2 adultes + 2 enfants (3 et 7 ans)"},
                {**who, "id": "3", "Composition familiale": "couple", "adult_men": "1"},
            ]
        ),
        "Composition familiale: 2 adultes + 2 enfants (3 et 7 ans) = un couple + 2 enfants (3 et 7 ans)",
    )
    one, two = Need.objects.order_by("external_key")
    assert (one.adult_women, one.children_under_3, one.people) == (1, 1, 2)
    assert (two.couple, two.children_3_to_11, two.people) == (True, 2, 4)
    assert "dit deux fois" in taken.bad[4]


def test_young_children_alone_may_have_an_adult_who_was_forgotten(take_needs: Take, write_csv: Write) -> None:
    taken = take_needs(write_csv([{**NEED, "adult_women": "", "children_under_3": "1"}]))
    assert "ajoutez un adulte" in taken.bad[2]


def test_an_answer_may_be_of_a_part_of_a_cell_or_that_nothing_is_known(
    take_offers: Take, write_csv: Write
) -> None:
    path = write_csv(
        [
            {**OFFER, "id": "a-1", "accepts": "femmes, chats", "step_free": "à voir"},
            {**OFFER, "id": "a-2", "accepts": "Chats", "step_free": "À voir"},
        ]
    )
    # Each value once, not each row.
    assert take_offers(path).asked == ["accepts: chats = …", "step_free: à voir = oui"]
    taken = take_offers(path, "accepts: chats = familles", "step_free: à voir =")
    assert taken.bad == {}
    assert [offer.accepts for offer in Offer.objects.order_by("pk")] == [["women", "families"], ["families"]]
    assert taken.understood["à voir"] == "vide"


def test_an_answer_corrects_what_was_understood(take_offers: Take, write_csv: Write) -> None:
    take_offers(
        write_csv([{**OFFER, "Qui pouvez-vous accueillir ?": "tous"}]),
        "Qui pouvez-vous accueillir: tous = femmes",
    )
    assert Offer.objects.get().accepts == ["women"]


def test_an_answer_has_three_parts() -> None:
    for line in ("accepte", "accepte = femmes", "accepte: étudiants"):
        with pytest.raises(BadAnswer, match="colonne: écrit = valeur"):
            Answers.read([line])
    with override("en"), pytest.raises(BadAnswer, match="column: written = value"):
        Answers.read(["accepte"])


def test_the_command_asks_and_takes_answers(
    import_offers: Callable[..., Said], write_csv: Write, tmp_path: Path
) -> None:
    path = write_csv([{**OFFER, "capacity": "2 places", "accepts": "chats"}])
    said = import_offers(path)
    assert said.status == 1
    assert '--means "accepts: chats = …"' in said.out
    report = tmp_path / "report.csv"
    said = import_offers(path, means=["accepts: chats = familles"], report=report)
    assert (said.status, said.err) == (0, "")
    assert "«\u00a02 places\u00a0» compris\u202f: 2" in said.out
    assert "compris\u202f: 2" in report.read_text(encoding="utf-8-sig")
    assert "écrivez «\u00a0colonne: écrit = valeur\u00a0»" in import_offers(path, means=["accepte"]).err


def test_distinct_unknown_languages_are_bounded(write_csv: Write) -> None:
    rows = [{"id": f"{number}", "languages": f"espagnole {number}"} for number in range(700)]
    heard, columns = Heard(), (Column("id", text(most=9)), Column("languages", languages))
    for bad in parse_rows(read_table(write_csv(rows)), columns):
        assert isinstance(bad, list)
        heard.take((), bad)
    assert (len(heard.questions), heard.more) == (500, 200)
