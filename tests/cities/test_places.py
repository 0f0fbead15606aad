"""What places people mean: one reading for forms, the API, imports and files that are tried. No database."""

import pytest

from cities.gazetteer import gazetteer
from cities.places import (
    Contradiction,
    Figures,
    Near,
    PlaceAbroad,
    SeveralPlaces,
    UnknownPlace,
    near_of,
    read_place,
    suggested,
)

STRASBOURG, GRENOBLE, LYON = (
    near_of("67482", "246700488"), near_of("38185", "200040715"), near_of("69123", "200046977"),
)  # fmt: skip
PLAINE_COMMUNE = near_of("93066", gazetteer().communes["93066"].epci_code)


@pytest.mark.parametrize(
    ("written", "insee"),
    [
        # Arrondissements: by code, by postcode, in words.
        ("75101", "75056"), ("75120", "75056"), ("69381", "69123"), ("69389", "69123"), ("13201", "13055"),
        ("75011", "75056"), ("75116", "75056"), ("Paris 11e", "75056"), ("Paris 11", "75056"),
        ("PARIS XIe", "75056"), ("Paris onzième", "75056"), ("Paris 1er arrondissement", "75056"),
        ("11e arrondissement Paris", "75056"), ("3ème arrondissement de Lyon", "69123"), ("Lyon 3ème", "69123"),
        ("Lyon III", "69123"), ("Marseille 13", "13055"), ("75 Paris 11", "75056"), ("Paris 75011", "75056"),
        ("69003 Lyon", "69123"), ("69003 LYON 3EME", "69123"),
        # What was a commune.
        ("85307", "85001"), ("49319", "49331"), ("93059", "93066"), ("63266", "63255"), ("74011", "74010"),
        ("24089", "24325"), ("91182", "91228"), ("Pierrefitte-sur-Seine", "93066"), ("Annecy-le-Vieux", "74010"),
        ("Château d'Olonne", "85194"), ("Olonne sur mer", "85194"), ("lomme", "59350"), ("Courcouronnes", "91228"),
        ("93380 Pierrefitte sur Seine", "93066"), ("Cherbourg", "50129"), ("Cherbourg-Octeville", "50129"),
        ("14666", "14666"), ("50129", "50129"),
        # Names as they are said.
        ("Strasbourg", "67482"), ("strasbourg", "67482"), ("STRASBOURG", "67482"), ("  Strasbourg ", "67482"),
        ("Strasbourg (Bas-Rhin)", "67482"), ("Strasbourg (67)", "67482"), ("Strasbourg 67", "67482"),
        ("67000 Strasbourg", "67482"), ("67 000 Strasbourg", "67482"), ("Strasbourg 67000", "67482"),
        ("Strasbourg - 67000", "67482"), ("Strasbourg, 67200", "67482"), ("F-67000 Strasbourg", "67482"),
        ("Strasbourg, France", "67482"), ("Ville de Strasbourg", "67482"), ("à Strasbourg", "67482"),
        ("Strasbourg Neudorf", "67482"), ("Strasbourg-Neudorf", "67482"), ("Strasbourg (Neudorf)", "67482"),
        ("Neudorf, Strasbourg", "67482"), ("67100 Neudorf", "67482"), ("Lyon Croix-Rousse", "69123"),
        ("12 rue des Lilas 67000 Strasbourg", "67482"), ("Strasbourg cedex", "67482"),
        ("67070 STRASBOURG CEDEX", "67482"), ("38021 Grenoble cedex 9", "38185"), ("38021 cedex", "38185"),
        ("67084 CEDEX", "67482"), ("Saint-Denis (974)", "97411"), ("St Denis 93", "93066"),
        ("St-Denis (Réunion)", "97411"), ("saint denis la reunion", "97411"), ("L'Haÿ les Roses", "94038"),
        ("LHay les Roses", "94038"), ("L’HAY-LES-ROSES", "94038"), ("Le Mans", "72181"), ("Mans (Le)", "72181"),
        ("Mans, Le", "72181"), ("LE MANS", "72181"), ("Havre", "76351"), ("St Etienne", "42218"),
        ("Ste Foy lès Lyon", "69202"), ("Chalon s/ Saône", "71076"), ("Chalon/Saône", "71076"),
        ("Fontenay s/s Bois", "94033"), ("Boulogne Billancourt", "92012"), ("Château-Chinon (Ville)", "58062"),
        ("Hoenheim", "67204"), ("Hœnheim", "67204"), ("Strasbourg\u200b", "67482"),
        ("«\u00a0Strasbourg\u00a0»", "67482"),
        # With a slip.
        ("Strassbourg", "67482"), ("Strasbuorg", "67482"), ("Schiltigeim", "67447"), ("Shiltigheim", "67447"),
        ("Grenobel", "38185"), ("Montbéliar", "25388"), ("69100 Vileurbane", "69266"), ("Boulogne Billancour", "92012"),
        # Figures as spreadsheets leave them.
        ("1004", "01004"), ("01004", "01004"), ("67 482", "67482"), ("67482.0", "67482"), ("67482,0", "67482"),
        ("67000.0", "67482"), ("INSEE 67482", "67482"), ("CP 67000", "67482"), ("٦٧٠٠٠", "67482"),
        ("৬৭০০০", "67482"), ("1000 Bourg-en-Bresse", "01053"), ("67000\u200e", "67482"),
        # Corsica and overseas.
        ("2A004", "2A004"), ("2a004", "2A004"), ("2A 004", "2A004"), ("20004", "2A004"), ("20000", "2A004"),
        ("20200 Bastia", "2B033"), ("Bastia (2B)", "2B033"), ("97411", "97411"), ("97400", "97411"),
        ("97200", "97209"), ("97600 Mamoudzou", "97611"), ("98800", "98818"), ("Nouméa", "98818"), ("Papeete", "98735"),
        ("97500 Saint-Pierre", "97502"), ("Saint-Barthélemy (97133)", "97701"),
    ],
)  # fmt: skip
def test_a_place_is_understood(written: str, insee: str) -> None:
    assert read_place(written, near=STRASBOURG).insee == insee


@pytest.mark.parametrize(
    "written",
    [
        "Saint-Denis", "Saint Martin", "St Pierre", "Montreuil", "Clermont", "Évry", "Aix", "Boulogne", "Romans",
        "Strasbourg / Schiltigheim", "Lyon Villeurbanne", "Cergy-Pontoise", "Strasbourg Kehl", "69003", "13001",
        "38320", "38100",
    ],
)  # fmt: skip
def test_what_may_be_several_is_asked_about_with_the_choices(written: str) -> None:
    with pytest.raises(SeveralPlaces) as caught:
        read_place(written, near=STRASBOURG)
    assert caught.value.choices
    assert all(f"= {code}" in str(caught.value) for code in caught.value.choices[:3])


@pytest.mark.parametrize(
    ("written", "choices"),
    [
        ("67000 Schiltigheim", {"67482", "67447"}), ("Strasbourg (67447)", {"67482", "67447"}),
        ("Grenoble (93)", {"38185"}), ("Saint-Denis (38)", {"97411", "93066", "11339", "30247"}),
        ("69001 Strasbourg", {"67482", "69001", "69123"}), ("Paris 21", {"75056"}),
    ],
)  # fmt: skip
def test_a_name_that_contradicts_its_code_is_asked_about(written: str, choices: set[str]) -> None:
    with pytest.raises(Contradiction) as caught:
        read_place(written, near=STRASBOURG)
    assert choices <= set(caught.value.choices)


@pytest.mark.parametrize(
    "written",
    ["98000", "98000 Monaco", "Monaco", "99138", "Kehl", "77694 Kehl", "D-77694 Kehl", "Kehl (Allemagne)", "Allemagne",
     "Germany", "Genève", "Luxembourg", "Bruxelles", "CH-1201", "Offenburg, Deutschland"],
)  # fmt: skip
def test_abroad_is_said(written: str) -> None:
    with pytest.raises(PlaceAbroad, match="est à l’étranger"):
        read_place(written, near=STRASBOURG)


@pytest.mark.parametrize(
    "written", ["", " ", "67999", "99999", "xqzw", "67", "Bas-Rhin", "Strasbourg et environs", "?", "00000"]
)
def test_what_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(UnknownPlace):
        read_place(written, near=STRASBOURG)


def test_communes_that_are_called_like_a_country_or_have_brackets_are_themselves() -> None:
    for code in ("57662", "73019", "58062", "89203"):
        assert read_place(gazetteer().communes[code].label).insee == code


@pytest.mark.parametrize(
    ("written", "near", "insee"),
    [
        ("Neudorf", STRASBOURG, "67482"),
        ("la Meinau", STRASBOURG, "67482"),
        ("Illkirch", STRASBOURG, "67218"),
        ("Pierrefitte", PLAINE_COMMUNE, "93066"),
        ("Saint-Denis", PLAINE_COMMUNE, "93066"),
        ("Part-Dieu", LYON, "69123"),
        ("3e arrondissement", LYON, "69123"),
        ("38320", None, None),
        ("Neudorf", GRENOBLE, None),
        ("3e arrondissement", STRASBOURG, None),
    ],
)
def test_the_town_that_asks_decides(written: str, near: Near | None, insee: str | None) -> None:
    if insee is None:
        with pytest.raises((UnknownPlace, SeveralPlaces)):
            read_place(written, near=near)
    else:
        assert read_place(written, near=near).insee == insee


def test_figures_that_are_a_code_and_another_ones_postcode() -> None:
    assert read_place("69003", figures=Figures.INSEE).insee == "69003"
    assert read_place("69003", figures=Figures.POSTCODE).insee == "69123"
    assert read_place("13016", figures=Figures.POSTCODE).insee == "13055"
    # A code that nobody has borne since 1968 is no match for the postcode.
    assert read_place("75011", figures=Figures.INSEE).insee == "75056"
    # In the town's own list its postcode is as likely as a far village's code.
    with pytest.raises(SeveralPlaces):
        read_place("38100", near=GRENOBLE)
    # A larger commune's code is hardly a smaller one's postcode.
    assert read_place("97411", near=STRASBOURG).insee == "97411"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("67482", ""), ("Strasbourg", ""), ("67000 Strasbourg", ""), ("Saint-Denis (974)", ""), ("2A004", ""),
        ("67000", "67000 → Strasbourg (67482)"),
        ("Strasbourg Neudorf", "Strasbourg Neudorf → Strasbourg (67482)"),
        ("Neudorf", "Neudorf → Strasbourg (67482)"),
        ("Schiltigeim", "Schiltigeim → Schiltigheim (67447)"),
        ("Pierrefitte-sur-Seine", "Pierrefitte-sur-Seine → Saint-Denis (93066)"),
        ("93059", "93059 (Pierrefitte-sur-Seine) → Saint-Denis (93066)"),
        ("75101", "75101 (Paris 1er Arrondissement) → Paris (75056)"),
        ("Paris 11e", "Paris 11e → Paris (75056)"),
        ("1004", "1004 → Ambérieu-en-Bugey (01004)"),
    ],
)  # fmt: skip
def test_what_was_understood_is_said(written: str, said: str) -> None:
    assert read_place(written, near=STRASBOURG).said == said


def first(text: str, near: Near | None = None) -> tuple[str, str]:
    one = suggested(text, near=near)[0]
    return one.insee, one.former


@pytest.mark.parametrize(
    ("typed", "near", "insee", "former"),
    [
        ("Pierrefitte-sur-S", None, "93066", "Pierrefitte-sur-Seine"),
        ("pierrefitte", PLAINE_COMMUNE, "93066", "Pierrefitte-sur-Seine"),
        ("Évry", None, "91228", "Évry"),
        ("château d'olonne", None, "85194", "Château-d'Olonne"),
        ("annecy le v", None, "74010", "Annecy-le-Vieux"),
        ("lomme", None, "59350", "Lomme"),
        ("strasb", None, "67482", ""),
        ("saint denis", PLAINE_COMMUNE, "93066", ""),
        ("paris 11", None, "75056", ""),
        ("75011", None, "75056", ""),
        ("Strassbourg", None, "67482", ""),
        ("neudorf", STRASBOURG, "67482", ""),
    ],
)
def test_the_type_ahead(typed: str, near: Near | None, insee: str, former: str) -> None:
    assert first(typed, near) == (insee, former)


def test_every_former_code_leads_to_a_commune_of_today() -> None:
    known = gazetteer()
    for code, some in known.former.items():
        assert {one.today for one in some} <= known.communes.keys()
        if code not in known.communes and code not in known.by_postcode:
            assert read_place(code, figures=Figures.INSEE).insee == some[0].today
