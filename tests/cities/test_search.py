"""The type-ahead and the resolution of typed names, over the whole gazetteer."""

import pytest
from django.utils.timezone import now

from accounts.services import create_city, link_cities, unlink_cities
from cities.models import City, Commune
from cities.names import fold
from cities.selectors import (
    AmbiguousCommune,
    CommuneAbroad,
    CommuneNotFound,
    ContradictoryCommune,
    commune_by_insee,
    communes_of,
    find_commune,
    linked_city_ids,
    open_cities,
    suggest_communes,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


def search_communes(text: str, *, near: Commune | None = None, limit: int = 10) -> list[Commune]:
    return [one.commune for one in suggest_communes(text, near=near, limit=limit)]


def first(text: str) -> str:
    found = search_communes(text)
    return found[0].insee if found else ""


@pytest.fixture
def metropole(db: None) -> City:
    seat = commune_by_insee("38185")
    return create_city(
        slug="grenoble",
        name="Grenoble",
        locative="À Grenoble",
        seat=seat,
        epci_code=seat.epci_code,
        by=None,
        now=now(),
    )


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  St-Étienne s/ l'Œuf ", "saint etienne sur l oeuf"),
        ("Ste Colombe", "sainte colombe"),
        ("L’Haÿ-les-Roses", "l hay les roses"),
        ("Stains", "stains"),
        ("ﬁ\u202f?", "fi"),
        ("سلام", ""),
    ],
)
def test_folding(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("typed", "insee"),
    [
        ("grenob", "38185"),
        ("GRENOBLE", "38185"),
        ("strasb", "67482"),
        ("st etienne", "42218"),
        ("Saint-Étienne", "42218"),
        ("saint etienne", "42218"),
        ("d'heres", "38421"),  # words within the name
        ("l'isle d'ab", "38193"),
        ("l’isle d’ab", "38193"),
        ("75011", "75056"),
        ("69003", "69123"),
        ("13016", "13055"),
        ("paris 11e", "75056"),
        ("380", "38185"),
        ("38100 gren", "38185"),
        ("fort de fr", "97209"),
        ("97400", "97411"),
        ("noumea", "98818"),
        ("papeete", "98735"),
        ("Grenobel", "38185"),
        ("Strassbourg", "67482"),
    ],
)
def test_typing_finds(typed: str, insee: str) -> None:
    assert first(typed) == insee


def test_most_populated_first_and_no_more_than_asked() -> None:
    found = search_communes("saint d", limit=10)
    assert len(found) == 10
    assert [c.population for c in found] == sorted((c.population for c in found), reverse=True)
    assert len(search_communes("saint d", limit=3)) == 3


def test_neighbours_come_first() -> None:
    grenoble = commune_by_insee("38185")
    near = [c.insee for c in search_communes("saint martin", near=grenoble)]
    # The namesake of the whole text, then the métropole, the largest first, then Isère.
    assert near.index("38421") < near.index("38423")
    assert all(Commune.objects.get(pk=insee).department_code == "38" for insee in near[-3:])


@pytest.mark.parametrize("typed", ["", " ", "-", "%", "_", "\\", "'", "xqzw", "00000", "سلام"])
def test_nothing_is_found_for_nothing(typed: str) -> None:
    assert search_communes(typed) == []


@pytest.mark.parametrize(
    ("typed", "insee"),
    [
        ("Grenoble", "38185"),
        (" grenoble ", "38185"),
        ("Grenoble (Isère, 38000)", "38185"),
        ("Grenoble (Isère, 38100)", "38185"),
        ("Grenoble (isere)", "38185"),
        ("Grenoble (38)", "38185"),
        ("Grenoble 38", "38185"),
        ("38000 Grenoble", "38185"),
        ("Grenoble, 38000", "38185"),
        ("38021 GRENOBLE CEDEX 9", "38185"),
        ("38185", "38185"),
        ("2a004", "2A004"),
        ("Ajaccio (20)", "2A004"),
        ("75011", "75056"),
        ("Paris", "75056"),
        ("Paris (75)", "75056"),
        ("Paris 11e arrondissement", "75056"),
        ("Lyon 3", "69123"),
        ("Saint-Denis (Seine-Saint-Denis, 93200)", "93066"),
        ("st denis (93)", "93066"),
        ("Saint-Denis 974", "97411"),
        ("97400 Saint-Denis", "97411"),
        ("Havre", "76351"),
        ("Château-Chinon (Ville)", "58062"),
        ("Papeete (Polynésie française, 98714)", "98735"),
        ("Saint-Barthélemy (97133)", "97701"),
    ],
)
def test_resolution(typed: str, insee: str) -> None:
    assert find_commune(typed).insee == insee


def test_five_figures_are_a_postcode_before_an_insee_code() -> None:
    # 38100 is half of Grenoble; commune_by_insee reads the same figures as what the INSEE calls 38100.
    assert find_commune("38100").insee == "38185"
    assert commune_by_insee("38100").insee == "38100"
    assert commune_by_insee(" 2a004 ").insee == "2A004"


@pytest.mark.parametrize("typed", ["", "  ", "()", "(38)", "xqzw", "99999", "Neudorf"])
def test_unknown_names_are_refused(typed: str) -> None:
    with pytest.raises(CommuneNotFound, match="Nous ne connaissons pas cette commune"):
        find_commune(typed)


@pytest.mark.parametrize("code", ["", "00000", "3818", "Grenoble", "38185\0"])
def test_unknown_codes_are_refused(code: str) -> None:
    with pytest.raises(CommuneNotFound):
        commune_by_insee(code)


@pytest.mark.parametrize("typed", ["38000 Lyon", "Grenoble (93)", "67000 Schiltigheim", "Saint-Denis (38)"])
def test_a_name_that_contradicts_its_code_is_asked_about(typed: str) -> None:
    with pytest.raises(ContradictoryCommune):
        find_commune(typed)


@pytest.mark.parametrize("typed", ["Kehl", "98000 Monaco", "Genève", "Kehl (Allemagne)", "D-77694 Kehl"])
def test_a_place_abroad_is_said_to_be_there(typed: str) -> None:
    with pytest.raises(CommuneAbroad, match="est à l’étranger"):
        find_commune(typed)


def test_a_great_slip_brings_suggestions() -> None:
    assert find_commune("Grenobel").insee == "38185"
    with pytest.raises(CommuneNotFound) as caught:
        find_commune("Gernobel")
    assert caught.value.suggestions[0].insee == "38185"


def test_shared_names_are_asked_with_their_departements() -> None:
    with pytest.raises(AmbiguousCommune) as caught:
        find_commune("Saint Denis")
    labels = [candidate.label for candidate in caught.value.candidates]
    assert labels[:2] == ["Saint-Denis (La Réunion, 97400)", "Saint-Denis (Seine-Saint-Denis, 93200)"]
    assert len(set(labels)) == len(labels)
    with pytest.raises(AmbiguousCommune):
        find_commune("38320")  # Eybens, Bresson, …: a postcode of several


def test_every_label_is_unique_and_understood() -> None:
    communes = list(Commune.objects.all())
    assert len({commune.label for commune in communes}) == len(communes)
    tricky = [c for c in communes if "(" in c.name or len(c.postcodes) > 6 or not c.postcodes]
    for commune in tricky + communes[::1000]:
        assert find_commune(commune.label) == commune


def test_the_town_of_the_form_decides_between_namesakes(metropole: City) -> None:
    namesake = next(
        c for c in communes_of(metropole) if Commune.objects.filter(name_key=c.name_key).count() > 1
    )
    with pytest.raises(AmbiguousCommune):
        find_commune(namesake.name)
    assert find_commune(namesake.name, city=metropole) == namesake
    with pytest.raises(AmbiguousCommune):
        find_commune("Saint-Denis", city=metropole)


def test_territory(metropole: City) -> None:
    assert communes_of(metropole).count() == 49
    assert set(communes_of(metropole).values_list("epci_code", flat=True)) == {metropole.epci_code}
    metropole.epci_code = ""
    assert [c.insee for c in communes_of(metropole)] == ["38185"]


def test_links_and_opening(metropole: City) -> None:
    seat = commune_by_insee("67482")
    other = create_city(
        slug="strasbourg",
        name="Strasbourg",
        locative="À Strasbourg",
        seat=seat,
        is_open=False,
        by=None,
        now=now(),
    )
    assert list(open_cities()) == [metropole]
    assert list(City.objects.open()) == [metropole]
    for _ in range(2):
        link_cities(city_id=metropole.pk, other_id=other.pk, by=None, now=now())
    assert linked_city_ids(metropole) == {other.pk}
    assert linked_city_ids(other) == {metropole.pk}
    with pytest.raises(ValueError, match="neighbour"):
        link_cities(city_id=other.pk, other_id=other.pk, by=None, now=now())
    unlink_cities(city_id=other.pk, other_id=metropole.pk, by=None, now=now())
    assert linked_city_ids(metropole) == set()
