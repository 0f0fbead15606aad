"""What the two files may say, and what is said when they say something else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import openpyxl
import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.spreadsheets import BadCell, Unreadable
from cities.points import FARTHEST_KM, distance_km
from engine import NeedColumns, OfferColumns, Vocabulary, need_columns, offer_columns
from tryout.communes import Places
from tryout.need_sheet import read_needs
from tryout.offer_sheet import read_offers
from tryout.table import Tally

from .tables import HOME, HOUSEHOLD, NEED, OFFER, need_row, offer_row, random_need, random_offer, write

PLACES = Places()
INTERPRETER = OFFER | {
    "kind": "skill",
    "category": "interpreting",
    "languages_from": "ti",
    "languages_to": "fr",
}
MEETING = NEED | {"kind": "skill", "category": "interpreting", "languages_from": "ti"}


def offers_of(path: Path, words: Vocabulary | None = None) -> tuple[OfferColumns, Tally, list[BadCell]]:
    bad: list[BadCell] = []
    columns, tally = read_offers(
        path, words=words or Vocabulary(), places=PLACES, complain=bad.extend, progress=lambda _d, _t: None
    )
    return columns, tally, bad


def needs_of(path: Path, words: Vocabulary | None = None) -> tuple[NeedColumns, Tally, list[BadCell]]:
    bad: list[BadCell] = []
    columns, tally = read_needs(
        path, words=words or Vocabulary(), places=PLACES, complain=bad.extend, progress=lambda _d, _t: None
    )
    return columns, tally, bad


# --- The same columns as from records ------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), size=st.integers(0, 12))
def test_a_file_makes_the_columns_that_its_records_make(tmp_path: Path, seed: int, size: int) -> None:
    random = Random(seed)
    kinds = [random.choice(("housing", "goods", "skill")) for _ in range(size)]
    offers = [random_offer(random, number, kind) for number, kind in enumerate(kinds)]
    needs = [random_need(random, number, kind) for number, kind in enumerate(kinds)]
    if not size:
        return
    words, of_records, of_said = Vocabulary(), Vocabulary(), Vocabulary()
    found, tally, _bad = offers_of(write(tmp_path / "o.csv", [offer_row(one) for one in offers]), words)
    _same(found, offer_columns(offers, of_records))
    # What the sentences are made of says the same, but for who came first.
    said = [replace(one.record, registered_at=offers[at].registered_at) for at, one in enumerate(tally.said)]
    _same(found, offer_columns(said, of_said))
    found, tally, _bad = needs_of(write(tmp_path / "n.csv", [need_row(one) for one in needs]), words)
    _same(found, need_columns(needs, of_records))
    _same(found, need_columns([one.record for one in tally.said], of_said))


def _same(found: Any, expected: Any) -> None:
    """Alike but for the codes of words and the numbers of windows, which are any that differ where those do."""
    assert found.faults() == {}
    assert list(found.ids) == list(expected.ids)
    for name in type(found).__slots__:
        one, other = getattr(found, name), getattr(expected, name)
        if name in {"vocabulary", "ids", "shared_with_linked"}:
            continue
        if name in {"category", "form", "city"}:
            words = {"category": "categories", "form": "forms", "city": "cities"}[name]
            names, other_names = (list(getattr(side.vocabulary, words)) for side in (found, expected))
            assert [names[code] if code >= 0 else None for code in one] == [
                other_names[code] if code >= 0 else None for code in other
            ]
        elif name in {"languages", "named_languages", "forms"}:
            words = "forms" if name == "forms" else "languages"
            assert _spoken(one, getattr(found.vocabulary, words)) == _spoken(
                other, getattr(expected.vocabulary, words)
            ), name
        else:
            np.testing.assert_array_equal(one, other, err_msg=name)


def _spoken(masks: np.ndarray, table: dict[str, int]) -> list[set[str]]:
    return [
        {
            word
            for word, code in table.items()
            if code // 64 < len(row) and int(row[code // 64]) >> code % 64 & 1
        }
        for row in masks
    ]


def test_a_workbook_is_read_like_a_csv(tmp_path: Path) -> None:
    random = Random(7)
    rows = [offer_row(random_offer(random, number, "skill")) for number in range(30)]
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([float(value) if name in {"lat", "lon"} else value for name, value in row.items()])
    book.save(tmp_path / "o.xlsx")
    found, tally, bad = offers_of(tmp_path / "o.xlsx")
    assert (tally.good, bad) == (30, [])
    _same(found, offers_of(write(tmp_path / "o.csv", rows))[0])


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16")]
)
def test_files_of_all_programs_are_read(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [OFFER | {"id": "é1", "reach_km": "12,5"}, OFFER | {"id": "2", "languages": "français|tigrigna"}]
    found, tally, bad = offers_of(write(tmp_path / "o.csv", rows, delimiter=delimiter, encoding=encoding))
    assert bad == []
    assert list(found.ids) == ["é1", "2"]
    assert found.reach_km.tolist() == [12.5, 10]
    assert set(found.vocabulary.languages) == {"fr", "ti"}
    assert bool(tally.notices) == (encoding in {"cp1252", "utf-16"})


def test_blank_lines_and_the_imports_other_columns_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(
        "\nIdentifiant;Nature;Catégorie;INSEE;Disponible;Places;E-mail;Titre;Chat\n\n"
        "1;logement;Chambre indépendante;67482;2026-03-01..;2;pas un e-mail;x;Minou\n;;;;;;;;\n",
        encoding="utf-8",
    )
    found, tally, bad = offers_of(tmp_path / "o.csv")
    assert (bad, list(found.ids), found.capacity.tolist()) == ([], ["1"], [2])
    assert tally.notices == ["Colonnes inconnues, non lues\u202f: Chat."]


def test_an_empty_place_is_the_centre_of_the_commune(tmp_path: Path) -> None:
    rows = [
        OFFER,
        OFFER | {"id": "P2", "lat": "48.6", "lon": "7.7"},
        OFFER | {"id": "P3", "lat": "50.85", "lon": "4.35", "commune": ""},
        OFFER | {"id": "P4", "commune": "1004"},
    ]
    found, _tally, bad = offers_of(write(tmp_path / "o.csv", rows))
    assert bad == []
    strasbourg, amberieu = PLACES.row["67482"], PLACES.row["01004"]
    assert found.lat.tolist() == [PLACES.lat[strasbourg], 48.6, 50.85, PLACES.lat[amberieu]]
    assert found.lon.tolist() == [PLACES.lon[strasbourg], 7.7, 4.35, PLACES.lon[amberieu]]


def test_a_code_and_a_postcode_of_two_communes_are_asked_about(tmp_path: Path) -> None:
    rows = [
        OFFER | {"commune": "67482", "postcode": "67300"},
        OFFER | {"id": "P2", "commune": "67482", "postcode": "67100"},
        OFFER | {"id": "P3", "commune": "67482", "postcode": "67070"},  # an organisation's
    ]
    found, _tally, bad = offers_of(write(tmp_path / "o.csv", rows))
    assert found.ids == ["P2", "P3"]
    assert [(one.column, "n’est pas celui de Strasbourg" in one.message) for one in bad] == [
        ("postcode", True)
    ]


@settings(max_examples=200, deadline=None)
@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), near=st.booleans(), row=st.integers(0, 34_000))
def test_a_point_without_commune_may_lie_so_far_from_the_nearest(
    lat: float, lon: float, near: bool, row: int
) -> None:
    if near:  # a square round a commune, so that its border is met as well
        lat = max(-90, min(90, PLACES.lat[row] + lat / 20))
        lon = max(-180, min(180, PLACES.lon[row] + lon / 40))
    nearest = distance_km(lat, lon, PLACES.lat, PLACES.lon).min()
    assert PLACES.are_far(np.array([lat]), np.array([lon])).tolist() == [nearest > FARTHEST_KM]


# --- What is wrong -------------------------------------------------------------------------------------

BAD_OFFERS: list[tuple[dict[str, str], str, str, str]] = [
    # changed cells, column, and words of what is said in French and in English
    ({"kind": "château"}, "kind", "n’est pas dans la liste", "is not in the list"),
    ({"category": "interpreting"}, "category", "n’est pas de la nature «\u00a0goods\u00a0»", "goods"),
    ({"commune": "Saint-Denis"}, "commune", "peut être plusieurs communes", "93066"),
    ({"commune": "99999"}, "commune", "aucune commune n’a le code INSEE", "99999"),
    ({"lat": "nord", "lon": "7"}, "lat", "n’est pas un nombre", "nord"),
    ({"lat": "91", "lon": "7"}, "lat", "un nombre de -90 à 90 est attendu", "90"),
    ({"lat": "48.6"}, "lon", "lat et lon vont ensemble", "lat"),
    ({"lon": "7.7"}, "lat", "lat et lon vont ensemble", "lat"),
    ({"lat": "7.75", "lon": "48.57"}, "lat", "sont-elles inversées", ""),
    ({"lat": "0", "lon": "0"}, "lat", "km de Strasbourg", ""),
    ({"commune": "", "lat": "7.75", "lon": "48.57"}, "lat", "aucune commune n’est à moins de 300 km", ""),
    ({"commune": "", "lat": "-90", "lon": "180"}, "lat", "aucune commune n’est à moins de 300 km", ""),
    ({"reach_km": "-1"}, "reach_km", "un nombre de 0 à 500 est attendu", "500"),
    ({"languages": "klingon du nord"}, "languages", "klingon", "klingon"),
    ({"available": ""}, "available", "cette cellule est vide.", "this cell is empty."),
    ({"available": "2026-05-31..2026-03-01"}, "available", "la fin doit venir après le début", ""),
    ({"available": "2026-03-01..2026-05-31|2026-05-31.."}, "available", "deux périodes se chevauchent", ""),
    ({"capacity": "0"}, "capacity", "un nombre entier de 1 à 10000 est attendu", "10000"),
    ({"capacity": "1,5"}, "capacity", "un nombre entier", "1,5"),
    ({"kind": "housing", "category": "shared_room", "capacity": "51"}, "capacity", "de 1 à 50", "50"),
    ({"confirmed_on": "2026-02-30"}, "confirmed_on", "n’existe pas", "2026-02-30"),
    ({"registered_at": "2026-02-01T25:00"}, "registered_at", "2026-02-01T25:00", ""),
    ({"asked_last_30_days": "-1"}, "asked_last_30_days", "un nombre entier", "-1"),
    ({"step_free": "peut-être"}, "step_free", "oui ou non est attendu", "yes or no"),
    ({"accepts": "women|chats"}, "accepts", "chats", "chats"),
    ({"slots": "mon 20:00-18:00"}, "slots", "la fin doit venir après le début", ""),
    (
        {"kind": "skill", "category": "translation", "languages_to": "fr"},
        "languages_from",
        "Dites depuis quelles langues et vers quelles langues.",
        "language",
    ),
]
BAD_NEEDS: list[tuple[dict[str, str], str, str, str]] = [
    ({"category": ""}, "category", "une catégorie de la nature «\u00a0goods\u00a0» est attendue", "goods"),
    ({"category": "shared_room"}, "category", "une catégorie de la nature", "goods"),
    ({"first_day": ""}, "first_day", "cette cellule est vide.", "this cell is empty."),
    ({"last_day": "2026-03-01"}, "last_day", "La fin doit venir après le début.", ""),
    ({"min_days": "11"}, "min_days", "La durée minimale doit tenir", ""),
    ({"min_days": "0"}, "min_days", "un nombre entier de 1 à", ""),
    ({"quantity": ""}, "quantity", "un nombre entier de 1 à 10000 est attendu", "10000"),
    ({"quantity": "10001"}, "quantity", "un nombre entier de 1 à 10000 est attendu", "10000"),
    (
        {"kind": "skill", "category": "meals", "quantity": "81"},
        "quantity",
        "un nombre entier de 1 à 80",
        "80",
    ),
    ({"people": "0"}, "people", "un nombre entier", ""),
    ({"urgency": "hier"}, "urgency", "n’est pas dans la liste", "tonight"),
    ({"kind": "skill", "category": "interpreting"}, "languages_from", "Dites quelle langue", "language"),
    ({"commune": "", "lat": ""}, "commune", "dites dans quelle commune", ""),
]
BAD_HOUSEHOLDS: list[tuple[dict[str, str], str, str, str]] = [
    ({"adult_women": "", "children": ""}, "adult_women", "dites combien de personnes", ""),
    ({"children": "2", "children_under_3": "1"}, "children", "2 enfants ici, et 1 par tranches d’âge.", "2"),
    ({"adult_women": "50"}, "adult_women", "50 personnes", "50"),
    ({"lone_minor": "oui"}, "lone_minor", "n’est pas accompagné d’un adulte", ""),
    ({"couple": "oui"}, "couple", "Un couple compte deux adultes.", ""),
    ({"forms": "bicycle"}, "forms", "n’est pas une forme de logement", "bicycle"),
    ({"category": "bicycle"}, "category", "n’est pas une forme de logement", "bicycle"),
    ({"category": "shared_room", "forms": "whole_dwelling"}, "category", "cette forme n’est pas parmi", ""),
]


@pytest.mark.parametrize(
    ("good", "read", "changed", "column", "french", "english"),
    [
        *[(OFFER, offers_of, *case) for case in BAD_OFFERS],
        *[(NEED, needs_of, *case) for case in BAD_NEEDS],
        *[(HOUSEHOLD, needs_of, *case) for case in BAD_HOUSEHOLDS],
    ],
)
def test_a_bad_cell_is_named_and_the_good_rows_go_on(
    tmp_path: Path,
    good: dict[str, str],
    read: Callable[[Path], tuple[Any, Tally, list[BadCell]]],
    changed: dict[str, str],
    column: str,
    french: str,
    english: str,
) -> None:
    rows = [good | {"id": "first"}, good | {"id": "bad"} | changed, good | {"id": "last"}]
    path = write(tmp_path / "file.csv", rows)
    for language, words in (("fr", french), ("en", english)):
        with override(language):
            found, tally, bad = read(path)
            (complaint,) = bad
            place = {"fr": f"ligne 3, colonne «\u00a0{column}", "en": f"line 3, column “{column}"}[language]
            assert str(complaint).startswith(place)
        assert list(found.ids) == ["first", "last"]
        assert (tally.good, tally.bad) == (2, 1)
        assert (complaint.line, complaint.column) == (3, column)
        assert words in complaint.message


def test_a_repeated_id_is_the_later_lines_fault(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", [NEED, NEED | {"id": "B2"}, NEED, NEED | {"quantity": "9"}])
    found, tally, bad = needs_of(path)
    assert list(found.ids) == ["B1", "B2"]
    assert (tally.good, tally.bad) == (2, 2)
    assert [(cell.line, cell.column, cell.value) for cell in bad] == [(4, "id", "B1"), (5, "id", "B1")]
    assert bad[0].message == "cet identifiant est déjà celui de la ligne 2."


def test_ids_repeat_across_blocks(tmp_path: Path) -> None:
    rows = [OFFER | {"id": str(number)} for number in range(5000)]
    found, _tally, bad = offers_of(write(tmp_path / "o.csv", [*rows, rows[0]]))
    assert len(found) == 5000
    assert [(cell.line, cell.message) for cell in bad] == [
        (5002, "cet identifiant est déjà celui de la ligne 2.")
    ]


def test_every_bad_cell_of_a_line_is_named_and_lines_come_in_order(tmp_path: Path) -> None:
    rows = [
        OFFER | {"capacity": "x", "kind": "y"},
        OFFER | {"id": "P2", "commune": "99999"},
        OFFER | {"id": "P3", "reach_km": "z"},
    ]
    _found, tally, bad = offers_of(write(tmp_path / "o.csv", rows))
    assert tally.bad == 3
    assert [(cell.line, cell.column) for cell in bad] == [
        (2, "kind"), (2, "capacity"), (3, "commune"), (4, "reach_km"),
    ]  # fmt: skip


def test_columns_of_another_kind_mean_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "o.csv", [OFFER | {"shared_home": "oui", "remote": "oui", "slots": "mon 18:00-20:00"}]
    )
    found, _tally, bad = offers_of(path)
    assert bad == []
    assert not found.shared_home[0]
    assert not found.remote[0]
    assert found.slots_from.tolist() == [0, 0]
    path = write(tmp_path / "n.csv", [NEED | {"pets": "oui", "forms": "shared_room", "couple": "oui"}])
    found_needs, _tally, bad = needs_of(path)
    assert bad == []
    assert not found_needs.pets[0]
    assert found_needs.forms.tolist() == [[0]]


def test_zero_reach_ten_thousand_items_and_identical_offers_are_right(tmp_path: Path) -> None:
    rows = [OFFER | {"id": str(number), "capacity": "10000", "reach_km": "0"} for number in range(2)]
    found, _tally, bad = offers_of(write(tmp_path / "o.csv", rows))
    assert (bad, found.capacity.tolist(), found.turn.tolist()) == ([], [10_000, 10_000], [0, 1])
    needs, _tally, bad = needs_of(write(tmp_path / "n.csv", [NEED | {"quantity": "10000", "reach_km": "0"}]))
    assert (bad, needs.quantity.tolist()) == ([], [10_000])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Ce fichier est vide."),
        ("id,kind\n1,goods\n", "Il manque des colonnes\u202f: capacity (capacité), available (disponible)."),
        ("id,kind,category,available,capacity\n1,goods,bedding,2026-03-01..,1\n", "commune, ou lat et lon"),
        ("id,id,kind,category,available,capacity,commune\n", "est donnée deux fois"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "o.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Unreadable) as refused:
        offers_of(path)
    assert message in str(refused.value)


def test_a_file_of_fifty_thousand_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", [HOME | {"id": str(number)} for number in range(50_000)])
    found, tally, bad = offers_of(path)
    assert (len(found), tally.good, bad) == (50_000, 50_000, [])


def test_the_sample_interpreters_are_good(tmp_path: Path) -> None:
    assert offers_of(write(tmp_path / "o.csv", [INTERPRETER]))[2] == []
    assert needs_of(write(tmp_path / "n.csv", [MEETING]))[2] == []
