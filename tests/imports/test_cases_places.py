"""Places, numbers and addresses as lists have them: each as a careful person would have typed it, or asked about."""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue.imports import written_place
from cities.gazetteer import GAZETTEER, rows_of
from cities.models import City, Commune
from cities.services import load_gazetteer
from offers.models import Offer
from tests.factories.cities import CityFactory
from tests.imports.conftest import OFFER, Said

Import = Callable[..., Said]
Write = Callable[..., Path]
CASES = Path(__file__).parent / "cases"

pytestmark = pytest.mark.django_db

# By row of communes.csv: the commune of today.
COMMUNES = {
    1: "67482", 2: "67482", 3: "67482", 4: "67482", 5: "75056", 6: "75056", 7: "13055", 8: "13055", 9: "69123",
    10: "69123", 11: "2A004", 12: "2A004", 13: "2A004", 14: "2A004", 15: "97411", 18: "38185", 19: "67482",
    20: "67482", 21: "67447", 22: "01004", 23: "01004", 24: "49331", 25: "85001", 26: "63255", 27: "74010",
    28: "14666", 29: "50129", 30: "93066", 31: "22055", 32: "76618", 33: "24325",
}  # fmt: skip


@pytest.fixture
def more_communes(tmp_path: Path, city: City) -> None:
    """Those of which these lists speak, besides the few that tests have."""
    wanted = {*COMMUNES.values(), "69003"}
    rows = [row for row in rows_of(GAZETTEER) if row["insee"] in wanted]
    small = tmp_path / "communes.csv.gz"
    with gzip.open(small, "wt", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    load_gazetteer(source=small)


def kept() -> dict[int, Offer]:
    found = Offer.objects.select_related("owner", "commune")
    return {int(offer.external_key.rpartition("-")[2]): offer for offer in found}


@pytest.mark.usefixtures("more_communes")
def test_communes(import_offers: Import) -> None:
    said = import_offers(CASES / "communes.csv")
    assert {number: offer.commune_id for number, offer in kept().items()} == COMMUNES
    # 98000 and 99138.
    assert said.err.count("Monaco est à l’étranger") == 2
    assert said.err.count("ligne ") == 2
    for understood in (
        "compris\u202f: 67000 → Strasbourg (67482)",
        "compris\u202f: 75101 (Paris 1er Arrondissement) → Paris (75056)",
        "compris\u202f: 93059 (Pierrefitte-sur-Seine) → Saint-Denis (93066)",
        "compris\u202f: 49319 (Saint-Sauveur-de-Flée) → Segré-en-Anjou Bleu (49331)",
        "compris\u202f: 1004 → Ambérieu-en-Bugey (01004)",
    ):
        assert understood in said.out


def test_a_place_is_asked_about_once_and_answered(
    import_offers: Import, write_csv: Callable[..., Path]
) -> None:
    rows = [
        {**OFFER, "id": f"{number}", "commune": "Saint-Denis", "postcode": "", "city": ""}
        for number in (1, 2)
    ]
    said = import_offers(write_csv(rows))
    asked = [line for line in said.out.splitlines() if "--means" in line]
    assert asked == ['  --means "commune: Saint-Denis = 97411 Saint-Denis"']
    assert import_offers(write_csv(rows), means=["commune: Saint-Denis = 93066 Saint-Denis"]).status == 0
    found = Offer.objects.order_by("external_key").values_list("commune", flat=True)
    assert list(found) == ["93066", "93066"]


def test_what_is_answered_about_one_row_settles_nothing_for_one_that_says_more(
    import_offers: Import, write_csv: Write
) -> None:
    """A code and a name that contradict each other are refused, line by line; what is right stays what it is."""
    cells = [
        ("", "67000", "Schiltigheim"), ("", "67300", "Schiltigheim"), ("67482", "67300", ""), ("67482", "67100", ""),
    ]  # fmt: skip
    names = ("commune", "postcode", "city")
    rows = [
        {**OFFER, "id": f"x-{number}", **dict(zip(names, some, strict=True))}
        for number, some in enumerate(cells, start=1)
    ]
    said = import_offers(write_csv(rows), means=["city: Schiltigheim = 67482 Strasbourg"])
    assert "--means" not in said.out
    assert said.err.count("le nom et le code ne vont pas ensemble") == 2
    assert {number: offer.commune_id for number, offer in kept().items()} == {1: "67482", 4: "67482"}
    said = import_offers(write_csv(rows))
    assert "--means" not in said.out
    assert kept()[2].commune_id == "67447"


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        (("", "67300", "67482 Strasbourg"), "67300 Strasbourg"), (("", "", "67482 Strasbourg"), "67482 Strasbourg"),
        (("93066 Saint-Denis", "97400", ""), "97400 Saint-Denis"), (("67482 Strasbourg", "", "Colmar"), "67482 Colmar"),
        (("67482", "67000", "68066 Colmar"), "67482 Colmar"), (("67482 Strasbourg", "", ""), "67482 Strasbourg"),
    ],
)  # fmt: skip
def test_no_cell_of_a_place_overrides_another(cells: tuple[str, str, str], written: str) -> None:
    assert written_place(*cells) == written


def test_phones_of_all_regions(import_offers: Import) -> None:
    assert import_offers(CASES / "phones_overseas.csv").status == 0
    assert [str(offer.owner.phone) for _number, offer in sorted(kept().items())] == [
        "+262639010001", "+262692000001", "+590690001234", "+594694201234", "+596696201234", "+262262201234",
        "+262692000001", "+590590271234", "+687751234", "+37793151234",
    ]  # fmt: skip


def test_phones_in_all_shapes(import_offers: Import) -> None:
    said = import_offers(CASES / "phones_shapes.csv")
    assert said.status == 0
    found = kept()
    numbers = [str(offer.owner.phone) for _number, offer in sorted(found.items())]
    # 6 and 7 are one number, which a program wrote in two ways.
    assert numbers == [
        *(f"+3335301{number:04d}" for number in (1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 14)), "+4915123456789",
    ]  # fmt: skip
    assert found[1].text == "Téléphone\u202f: aussi 01 99 00 00 01"
    assert found[2].text == "Téléphone\u202f: soir"
    assert found[14].text == "Téléphone\u202f: 14"
    assert sorted(number for number, offer in found.items() if offer.text) == [1, 2, 14]
    assert "plusieurs numéros ou des mots dans une cellule" in said.out
    # What is said is often kept as a log.
    assert "01 99 00 00 01" not in said.out + said.err


def test_phones_that_a_workbook_keeps_as_numbers(import_offers: Import) -> None:
    assert import_offers(CASES / "phones_float.xlsx").status == 0
    numbers = {offer.external_key: str(offer.owner.phone) for offer in Offer.objects.select_related("owner")}
    assert numbers == {
        f"import:x{number}": f"+33353010{last}"
        for number, last in ((1, "001"), (2, "002"), (3, "003"), (4, "000"), (5, "005"), (6, "067"))
    }


def test_no_address_in_words(import_offers: Import) -> None:
    assert import_offers(CASES / "emails_none.csv").status == 0
    found = kept()
    assert len(found) == 9
    assert {offer.owner.email for offer in found.values()} == {None}
    assert str(found[9].owner.phone) == "+33353010108"


def test_a_number_that_lost_digits_is_said_to_have(import_offers: Import, write_csv: Write) -> None:
    said = import_offers(write_csv([{**OFFER, "contact_email": "", "contact_phone": "3,53E+08"}]))
    assert said.status == 1
    assert "des chiffres sont perdus" in said.err


def test_a_postcode_and_a_name_in_two_columns(import_offers: Import, write_csv: Write) -> None:
    columns = {name: value for name, value in OFFER.items() if name != "commune"}
    rows = [
        {**columns, "id": "1", "code postal": "67300", "ville": "Schiltigheim"},
        {**columns, "id": "2", "code postal": "67000", "ville": "Strasbourg"},
        {**columns, "id": "3", "code postal": "", "ville": "STRASBOURG"},
        {**columns, "id": "4", "code postal": "67000", "ville": "Schiltigheim"},
        {**columns, "id": "5", "code postal": "", "ville": ""},
    ]
    said = import_offers(write_csv(rows))
    assert list(Offer.objects.order_by("pk").values_list("commune", flat=True)) == ["67447", "67482", "67482"]
    assert "le nom et le code ne vont pas ensemble" in said.err
    assert "cette cellule est vide" in said.err


@pytest.mark.usefixtures("more_communes")
@pytest.mark.parametrize(
    ("header", "communes"), [("code INSEE", ["69003"]), ("code postal", ["69123"]), ("commune", [])]
)
def test_what_five_figures_are_the_header_says(
    import_offers: Import, write_csv: Write, header: str, communes: list[str]
) -> None:
    columns = {name: value for name, value in OFFER.items() if name != "commune"}
    said = import_offers(write_csv([{**columns, header: "69003"}]))
    assert list(Offer.objects.values_list("commune", flat=True)) == communes
    assert ("peut être plusieurs communes" in said.err) == (not communes)


def test_a_neighbour_on_the_service_is_named(import_offers: Import, write_csv: Write, city: City) -> None:
    seat = Commune.objects.get(pk="38185")
    CityFactory(slug="grenoble", name="Grenoble", seat=seat, epci_code=seat.epci_code)
    said = import_offers(
        write_csv([{**OFFER, "commune": "Grenoble"}, {**OFFER, "id": "2", "commune": "Échirolles"}])
    )
    assert "2 lignes sont à Grenoble, qui a son propre accueil\u202f: --city grenoble." in said.out


def test_several_addresses_and_a_slip(import_offers: Import, write_csv: Write) -> None:
    rows = [
        {
            **OFFER,
            "contact_email": "Ana <ana@exemple.fr>; bo@exemple.fr",
            "contact_name": "«\u00a0Mme\u00a0DUPONT  Ana\u00a0»",
        },
        {**OFFER, "id": "2", "contact_email": "ana@gmial.com"},
    ]  # fmt: skip
    said = import_offers(write_csv(rows))
    assert said.status == 0
    first, second = Offer.objects.select_related("owner").order_by("pk")
    assert (first.owner.email, first.owner.name) == ("ana@exemple.fr", "Mme DUPONT Ana")
    assert first.text.endswith("E-mail\u202f: aussi bo@exemple.fr")
    # Never changed in silence.
    assert second.owner.email == "ana@gmial.com"
    assert "gmial.com (gmail.com\u202f?)" in said.out
