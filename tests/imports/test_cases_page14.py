"""The same row, whatever a spreadsheet program made of its number: files with the traits of real lists."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from catalogue.imports.ids import own_id
from catalogue.spreadsheets import CellError
from cities.models import City
from lists.models import Fate, Line, ListImport, Step
from needs.models import Need
from offers import services as offers
from offers.models import Offer, OfferEdit, OfferState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.imports.conftest import NEED, OFFER, Said

Import = Callable[..., Said]
Write = Callable[..., Path]
CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("1", "1"), ("01", "1"), ("001", "1"), ("0000000001", "1"), ("1.0", "1"), ("1,0", "1"), ("1.00", "1"),
        ("001.0", "1"), ("1,000", "1"), (" 1", "1"), ("1 ", "1"), ("\u00a01", "1"), ("1\u202f", "1"), ("\ufeff1", "1"),
        ("1\u200b", "1"), ("+1", "1"), ("'1", "1"), ("’001", "1"), ("１", "1"), ("٠٠١", "1"), ("۱", "1"), ("১", "1"),
        ("n° 1", "1"), ("N°1", "1"), ("Nº 01", "1"), ("№ 1", "1"), ("no 1", "1"), ("#1", "1"), ("# 001", "1"),
        ("0", "0"), ("000", "0"), ("0.0", "0"), ("10", "10"), ("010", "10"), ("10.0", "10"), ("100", "100"),
        ("1 234", "1234"), ("1\u00a0234", "1234"), ("1234.0", "1234"), ("20260001", "20260001"),
        ("353010006.0", "353010006"), ("12345678901234", "12345678901234"),
        ("A1", "a1"), ("a1", "a1"), (" A1", "a1"), ("A 1", "a1"), ("A1 ", "a1"), ("Ａ１", "a1"), ("A\u00a01", "a1"),
        ("É-1", "é-1"), ("A-001", "a-001"), ("A-1", "a-1"), ("A/1", "a/1"), ("2026-01", "2026-01"), ("1-2", "1-2"),
        ("1.5", "1.5"), ("1,5", "1,5"), ("1.2.0", "1.2.0"), ("12e5", "12e5"), ("B12", "b12"), ("noé", "noé"),
        ("héb_004", "héb_004"), ("STR-0007", "str-0007"), ("67/12", "67/12"), ("x" * 50, "x" * 50),
    ],
)  # fmt: skip
def test_a_number_is_one_however_a_program_writes_it(written: str, known: str) -> None:
    assert own_id(written) == known


@pytest.mark.parametrize("written", ["1.23457E+11", "1,23457E+11", "2E+09", "1.2e+5", "3.53E+08"])
def test_a_number_that_lost_digits_is_said(written: str) -> None:
    with pytest.raises(CellError, match="abrégé"):
        own_id(written)


@pytest.mark.django_db
def test_three_offers_whatever_excel_and_pandas_did_to_their_numbers(
    import_offers: Import, city: City
) -> None:
    assert import_offers(CASES / "ids_zeros_first.csv").out.startswith("3 lignes importées.")
    for name in ("ids_zeros_after_excel.xlsx", "ids_float_pandas.csv", "ids_zeros_first.csv"):
        said = import_offers(CASES / name)
        assert (said.status, said.out.splitlines()[0]) == (0, "aucune ligne importée, 3 déjà importées."), (
            name
        )
    assert Offer.objects.count() == User.objects.count() == 3


@pytest.mark.django_db
def test_nine_lines_with_three_numbers_are_three_offers_and_six_questions(
    import_offers: Import, city: City
) -> None:
    """They name nine people: which of them number 7 is, a program must not guess; nothing goes without a word."""
    said = import_offers(CASES / "ids.csv")
    assert said.status == 1
    assert Offer.objects.count() == 3
    assert sorted(Offer.objects.values_list("external_key", flat=True)) == [
        "import:1",
        "import:7",
        "import:a1",
    ]
    assert [line.partition("\u202f: ")[2] for line in said.bad] == [
        f"cet identifiant est déjà celui de la ligne {line}." for line in (2, 2, 5, 5, 5, 5)
    ]


@pytest.mark.django_db
def test_after_a_sort_and_with_another_program_it_is_the_same_list(
    import_offers: Import, write_csv: Write, write_xlsx: Write
) -> None:
    rows = [{**OFFER, "id": f"{n:03}", "contact_email": f"p{n}@exemple.fr"} for n in range(5)]
    import_offers(write_csv(rows))
    turned = [{**row, "id": float(row["id"]), "capacity": 2} for row in reversed(rows)]
    assert import_offers(write_xlsx(turned)).out.startswith("aucune ligne importée, 5 déjà importées.")


@pytest.mark.django_db
def test_a_list_without_numbers_knows_its_rows_by_who_and_what(
    import_offers: Import, write_csv: Write
) -> None:
    row = {name: text for name, text in OFFER.items() if name != "id"}
    rows = [row, {**row, "contact_email": "bea@exemple.fr"}, {**row, "category": "separate_room"}]
    assert import_offers(write_csv(rows)).out.startswith("3 lignes importées.")
    said = import_offers(write_csv([{**row, "capacity": "4"}, *rows[1:]]))
    assert said.out.startswith("aucune ligne importée, 1 mise à jour, 2 déjà importées.")
    assert sorted(Offer.objects.values_list("capacity", flat=True)) == [2, 2, 4]
    # Two lines of one person that differ: which is which is asked; twice the same is once.
    said = import_offers(write_csv([row, row, {**row, "capacity": "9"}]))
    assert "donnez un identifiant à chacune" in said.bad[0]
    assert Offer.objects.count() == 3


@pytest.mark.django_db
def test_numbered_anew_the_same_rows_are_recognised_and_it_is_said(
    import_offers: Import, write_csv: Write
) -> None:
    rows = [{**OFFER, "id": str(n), "contact_email": f"p{n}@exemple.fr"} for n in range(3)]
    import_offers(write_csv(rows))
    said = import_offers(write_csv([{**row, "id": f"N{row['id']}"} for row in rows]))
    assert said.out.startswith("aucune ligne importée, 3 déjà importées.")
    assert Offer.objects.count() == 3
    line = Line.objects.filter(list=ListImport.objects.latest("pk")).first()
    assert line.said["words"] == [
        "reconnue\u202f: la même ligne avait un autre identifiant («\u00a00\u00a0»)."
    ]


@pytest.mark.django_db
def test_five_bicycles_of_one_person_are_five(import_offers: Import, write_csv: Write) -> None:
    rows = [{**OFFER, "id": str(n)} for n in range(5)]
    assert import_offers(write_csv(rows)).out.startswith("5 lignes importées.")
    # A sixth that is alike is new: all the others stand in the file under their own numbers.
    assert import_offers(write_csv([{**OFFER, "id": "new"}, *rows])).out.startswith(
        "1 ligne importée, 5 déjà importées."
    )


@pytest.mark.django_db
def test_changed_cells_are_taken_where_nobody_has_changed_them(
    import_offers: Import, write_csv: Write, city: City
) -> None:
    import_offers(write_csv([{**OFFER, "text": "Calme"}]))
    offer = Offer.objects.get()
    desk = UserFactory()
    later = timezone.now() + timedelta(seconds=1)
    offers.change(offer_id=offer.pk, fields={"capacity": 3}, windows=None, by=desk, now=later)
    # The list says what it has always said: what somebody has changed here stays.
    said = import_offers(write_csv([{**OFFER, "text": "Calme"}]))
    assert said.out.startswith("aucune ligne importée, 1 déjà importée.")
    # It says something new of another field: taken, and an edit says so.
    said = import_offers(write_csv([{**OFFER, "text": "Calme, au rez-de-chaussée"}]))
    assert said.out.startswith("aucune ligne importée, 1 mise à jour.")
    offer.refresh_from_db()
    assert (offer.capacity, offer.text) == (3, "Calme, au rez-de-chaussée")
    assert OfferEdit.objects.latest("pk").what == {"text": ["Calme", "Calme, au rez-de-chaussée"]}
    # Both have changed it: side by side, and nothing is overwritten.
    said = import_offers(write_csv([{**OFFER, "text": "Calme, au rez-de-chaussée", "capacity": "5"}]))
    assert said.out.splitlines()[:2] == [
        "ligne 2\u202f: ici → dans la liste\u202f: Combien\u202f: 3 → 5. Rien n’a été changé.",
        "aucune ligne importée, 1 en désaccord.",
    ]
    offer.refresh_from_db()
    assert offer.capacity == 3
    assert Line.objects.latest("pk").fate == Fate.DISPUTED


@pytest.mark.django_db
def test_new_days_are_taken_and_an_emptied_cell_says_nothing(import_offers: Import, write_csv: Write) -> None:
    import_offers(write_csv([{**OFFER, "text": "Calme"}]))
    days = OFFER["available"].replace("-03-01", "-04-01")
    said = import_offers(write_csv([{**OFFER, "text": "", "available": days}]))
    assert said.out.startswith("aucune ligne importée, 1 mise à jour.")
    offer = Offer.objects.get()
    assert offer.text == "Calme"
    assert offer.windows.first().first_day.month == 4


@pytest.mark.django_db
def test_a_need_that_comes_again_with_another_number_of_people(
    import_needs: Import, write_csv: Write
) -> None:
    import_needs(write_csv([{**NEED, "id": "001"}]))
    said = import_needs(write_csv([{**NEED, "id": "1.0", "adult_women": "2"}]))
    assert said.out.startswith("aucune ligne importée, 1 mise à jour.")
    assert (Need.objects.get().adult_women, Need.objects.get().quantity) == (2, 2)
    row = {name: text for name, text in NEED.items() if name != "id"}
    import_needs(write_csv([row]))
    assert import_needs(write_csv([row])).out.startswith("aucune ligne importée, 1 déjà importée.")
    assert Need.objects.count() == 2


@pytest.mark.django_db
def test_what_was_withdrawn_stays_withdrawn(import_offers: Import, write_csv: Write) -> None:
    import_offers(write_csv([OFFER]))
    offer = Offer.objects.get()
    offers.withdraw(offer_id=offer.pk, by=offer.owner, now=timezone.now())
    assert import_offers(write_csv([{**OFFER, "capacity": "4"}])).out.startswith(
        "aucune ligne importée, 1 déjà importée."
    )
    offer.refresh_from_db()
    assert (offer.state, offer.capacity) == (OfferState.WITHDRAWN, 2)


@pytest.mark.django_db
def test_a_command_writes_down_what_it_did(import_offers: Import, write_csv: Write, city: City) -> None:
    role = CityRoleFactory(city=city, role="coordinator")
    import_offers(
        write_csv([OFFER, {**OFFER, "id": "2", "capacity": "0"}]), by=role.user.email, list="paroisse"
    )
    one = ListImport.objects.get()
    assert (one.step, one.new, one.bad, one.by, one.sender.key) == (Step.DONE, 1, 1, role.user, "paroisse")
    import_offers(write_csv([OFFER]), dry_run=True, list="autre")
    assert ListImport.objects.count() == 1
