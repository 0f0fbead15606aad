"""The habits of other lists: each is understood as a careful person would have typed it, or asked about."""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from needs.models import Need
from offers.models import Offer
from tests.imports.conftest import city, organisation
from tests.imports.test_cases_meaning import Take, Taken, take_needs, take_offers, windows_of

__all__ = ["city", "organisation", "take_needs", "take_offers"]

pytestmark = pytest.mark.django_db
Write = Callable[..., Path]
NOW = [(date(2026, 11, 30), None)]
OFFER = {
    "Nature": "logement",
    "Catégorie": "chambre indépendante",
    "Commune": "67482",
    "Places": "2",
    "Dispo": "dès maintenant",
    "Mail": "ana@exemple.fr",
}
NEED = {
    "Nature": "logement",
    "Du": "01/12/2026",
    "Au": "31/12/2026",
    "Commune": "67482",
    "Femmes": "1",
}


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """A csv of lines as they stand, the header first."""

    def write(*lines: Sequence[str]) -> Path:
        path = tmp_path / "list.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(lines)
        return path

    return write


@pytest.fixture
def offers(written: Write, take_offers: Take) -> Callable[..., Taken]:
    """Take in offers that differ from a plain one; "" takes a column away."""

    def taken(*rows: Mapping[str, str], without: str = "", means: Sequence[str] = ()) -> Taken:
        return take_offers(written(*_lines(OFFER, rows, without)), *means)

    return taken


@pytest.fixture
def needs(written: Write, take_needs: Take) -> Callable[..., Taken]:
    def taken(*rows: Mapping[str, str], without: str = "", means: Sequence[str] = ()) -> Taken:
        return take_needs(written(*_lines(NEED, rows, without)), *means)

    return taken


def _lines(plain: Mapping[str, str], rows: Sequence[Mapping[str, str]], without: str) -> list[list[str]]:
    whole = [
        {**plain, **({"Mail": f"p{at}@exemple.fr"} if "Mail" in plain else {}), **row}
        for at, row in enumerate(rows)
    ]
    header = [name for name in dict.fromkeys(name for row in whole for name in row) if name != without]
    return [header, *([row.get(name, "") for name in header] for row in whole)]


# --- What is offered -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "category", "right"),
    [
        ("Hébergement citoyen", "Chambre d'amis", ("housing", "shared_room")),
        ("hébergement", "Chambre séparée", ("housing", "separate_room")),
        ("Housing", "Whole apartment", ("housing", "whole_dwelling")),
        ("Logement", "Appartement non meublé", ("housing", "empty_dwelling")),
        ("bénévolat", "Aide aux devoirs", ("skill", "school_support")),
        ("житло", "Logement entier", ("housing", "whole_dwelling")),
    ],
)
def test_kinds_and_categories_as_people_call_them(
    kind: str, category: str, right: tuple[str, str], offers: Callable[..., Taken]
) -> None:
    offers({"Nature": kind, "Catégorie": category, "Créneaux": "lundi 18h-20h"})
    offer = Offer.objects.get()
    assert (offer.kind, offer.category) == right


@pytest.mark.parametrize(
    ("category", "first"),
    [
        ("chambre", "shared_room"), ("Appartement", "whole_dwelling"), ("T2", "whole_dwelling"),
        ("canapé dans le salon", "shared_room"), ("hébergement", "shared_room"),
    ],
)  # fmt: skip
def test_a_category_that_may_be_several_is_asked(
    category: str, first: str, offers: Callable[..., Taken]
) -> None:
    taken = offers({"Catégorie": category})
    assert taken.asked == [f"Catégorie: {category} = {first}"]
    assert not Offer.objects.exists()


@pytest.mark.parametrize("word", ["Meublé", "meublée", "meublé(e)", "MEUBLÉ", "MEUBLE"])
def test_a_furnished_home_is_no_furniture(word: str, offers: Callable[..., Taken]) -> None:
    assert f"Catégorie: {word} = whole_dwelling" in offers({"Catégorie": word}, without="Nature").asked
    assert offers({"Catégorie": word}).asked == [f"Catégorie: {word} = whole_dwelling"]
    assert not Offer.objects.exists()


def test_a_thing_in_the_column_of_categories_is_the_thing(
    offers: Callable[..., Taken], needs: Callable[..., Taken]
) -> None:
    offers(
        {"Nature": "don", "Catégorie": "couvertures", "Places": "2"},
        {"Nature": "don", "Catégorie": "couvertures", "Places": "2", "Titre": "Draps"},
        {"Nature": "don", "Catégorie": "literie", "Places": "2"},
    )
    assert list(Offer.objects.order_by("pk").values_list("item", flat=True)) == ["blanket", "sheet", "any"]
    needs({"Nature": "don", "Catégorie": "couvertures", "Quantité": "2", "Femmes": ""})
    assert Need.objects.get().items == ["blanket"]


def test_of_a_word_that_nobody_knows_no_category_is_proposed(offers: Callable[..., Taken]) -> None:
    assert offers({"Catégorie": "yourte"}).asked == ["Catégorie: yourte = …"]


def test_one_column_says_both_kind_and_category(offers: Callable[..., Taken]) -> None:
    offers({"Nature": "Logement entier"}, without="Catégorie")
    offer = Offer.objects.get()
    assert (offer.kind, offer.category) == ("housing", "whole_dwelling")


def test_of_a_home_that_is_needed_the_kind_alone_says_any_form(needs: Callable[..., Taken]) -> None:
    needs({"Nature": "hébergement"})
    assert Need.objects.get().forms == []


# --- Columns ---------------------------------------------------------------------------------------------


def test_two_columns_of_telephones_names_and_addresses_are_one(offers: Callable[..., Taken]) -> None:
    offers(
        {"Nom": "WEBER", "Prénom": "Anne", "Tél fixe": "03 88 00 00 01", "Tél portable": "06 12 00 01 01"},
        {"Nom": "Klein", "Prénom": "Paul", "Tél fixe": "03 88 00 00 02", "Tél portable": ""},
    )
    first, second = Offer.objects.order_by("pk")
    assert (first.owner.name, str(first.owner.phone)) == ("Anne WEBER", "+33612000101")
    assert "03 88 00 00 01" in first.text
    assert (second.owner.name, str(second.owner.phone)) == ("Paul Klein", "+33388000002")


def test_boxes_of_a_web_form_are_the_answers_of_one_question(offers: Callable[..., Taken]) -> None:
    taken = offers(
        {"Langues [Français]": "X", "Langues [Arabe]": "", "Femmes": "x", "Familles": "", "Hommes": "oui"},
        {"Langues [Français]": "X", "Langues [Arabe]": "1", "Femmes": "", "Familles": "☑", "Hommes": "non"},
        {"Langues [Français]": "X", "Langues [Arabe]": "un peu", "Femmes": "", "Familles": "", "Hommes": ""},
    )
    first, second = Offer.objects.order_by("pk")
    assert (first.languages, first.accepts) == (["fr"], ["women", "men"])
    assert (second.languages, second.accepts) == (["fr", "ar"], ["families"])
    assert "case cochée" in taken.bad[4]


def test_one_header_that_is_an_answer_is_no_box(offers: Callable[..., Taken]) -> None:
    taken = offers({"Familles": "x"})
    assert taken.table.notices == ["Colonnes inconnues, non lues\u202f: Familles."]
    assert Offer.objects.get().accepts == []


def test_a_header_says_what_its_numbers_are_of(offers: Callable[..., Taken]) -> None:
    offers(
        {"Durée max (mois)": "3", "Préavis (semaines)": "1"},
        {"Durée max (mois)": "15 jours", "Préavis (semaines)": ""},
    )
    found = Offer.objects.order_by("pk").values_list("longest_stay_days", "notice_days")
    assert list(found) == [(90, 7), (15, 0)]


def test_a_length_without_any_unit_is_asked(offers: Callable[..., Taken]) -> None:
    assert offers({"Durée max": "3"}).asked == ["Durée max: 3 = 3 jours"]
    assert offers({"Durée max": "3"}, means=["Durée max: 3 = 3 mois"]).asked == []
    assert Offer.objects.get().longest_stay_days == 90


# --- The same as above -----------------------------------------------------------------------------------


def test_idem_is_what_stands_above(offers: Callable[..., Taken]) -> None:
    taken = offers(
        {"Commune": "67447", "Catégorie": "Logement entier"},
        {"Nature": "idem", "Commune": "//", "Catégorie": "〃", "Dispo": '"'},
        {"Nature": "Idem", "Commune": "id.", "Catégorie": "-- idem --", "Dispo": "idem"},
    )
    found = [(one.commune_id, one.category, windows_of(one)) for one in Offer.objects.order_by("pk")]
    assert found == [("67447", "whole_dwelling", NOW)] * 3
    said = [one.words for one in taken.heard.understood.values() if one.written == "idem"]
    assert said[0] == "comme au-dessus\u202f: logement"


def test_idem_in_one_of_two_columns_is_what_stands_above_in_it(offers: Callable[..., Taken]) -> None:
    taken = offers(
        {"Nom": "Klein", "Prénom": "Anne"},
        {"Nom": "idem", "Prénom": "Paul"},
        {"Nom": "dito", "Prénom": "Ida"},
        {"Nom": "Roth", "Prénom": "Max"},
    )
    assert not taken.bad
    names = [one.owner.name for one in Offer.objects.order_by("pk")]
    assert names == ["Anne Klein", "Paul Klein", "Ida Klein", "Max Roth"]


def test_idem_with_nothing_above_is_no_part_of_a_name(offers: Callable[..., Taken]) -> None:
    assert "rien ne se trouve au-dessus" in offers({"Nom": "idem", "Prénom": "Paul"}).bad[2]


def test_a_volunteer_is_no_part_of_the_name_of_the_host(offers: Callable[..., Taken]) -> None:
    taken = offers({"Nom": "Klein", "Prénom": "Anne", "Bénévole": "Marie", "Qui": "Jo"})
    assert Offer.objects.get().owner.name == "Anne Klein"
    assert "Colonnes inconnues, non lues\u202f: Bénévole, Qui." in taken.table.notices


def test_idem_in_the_first_line_is_nothing(offers: Callable[..., Taken]) -> None:
    assert "rien ne se trouve au-dessus" in offers({"Commune": "idem"}).bad[2]


def test_two_strokes_may_be_nothing_where_a_cell_may_be_empty(offers: Callable[..., Taken]) -> None:
    rows = ({"PMR": "oui"}, {"PMR": "//"})
    assert offers(*rows).asked == ["PMR: // = idem"]
    offers(*rows, means=["PMR: // = -"])
    assert list(Offer.objects.order_by("pk").values_list("step_free", flat=True)) == [True, False]


# --- Rows that are none ----------------------------------------------------------------------------------


def test_what_is_over_and_who_does_not_agree_stay_out(offers: Callable[..., Taken]) -> None:
    taken = offers(
        {"Statut": "confirmé", "Consentement RGPD": "Oui, j'accepte"},
        {"Statut": "Annulé le 12/11", "Consentement RGPD": "oui"},
        {"Statut": "Ne plus contacter", "Consentement RGPD": "oui"},
        {"Statut": "locataire", "Consentement RGPD": "non"},
        {"Statut": "propriétaire", "Consentement RGPD": ""},
    )
    assert sorted(taken.bad) == [3, 4, 5]
    assert "la liste dit" in taken.bad[3]
    assert "pas d’accord" in taken.bad[5]


def test_rows_that_show_how_to_fill_the_list_in_are_passed_over(offers: Callable[..., Taken]) -> None:
    hints = dict.fromkeys(OFFER, "(voir la liste)")
    examples = {name: f"ex : {text}" for name, text in OFFER.items()}
    taken = offers(hints, examples, {"Nature": "Exemple"}, {})
    assert not taken.bad
    assert Offer.objects.count() == 1
    assert "Exemples pour remplir le tableau, non lus\u202f: ligne 2–4." in taken.table.notices


def test_a_row_with_one_bracket_is_a_row(offers: Callable[..., Taken]) -> None:
    assert not offers({"Nature": "logement", "Commentaires": "(chien)"}).bad
    assert Offer.objects.count() == 1


# --- Households ------------------------------------------------------------------------------------------


def test_ages_of_children_are_read_where_they_stand(needs: Callable[..., Taken]) -> None:
    taken = needs(
        {"Enfants": "2", "Âges des enfants": "18 mois et 7 ans"},
        {"Enfants": "3", "Âges des enfants": "2015, 2018, 2025"},
        {"Enfants": "2", "Âges des enfants": "3"},
        {"Enfants": "1", "Âges des enfants": "2023"},
        {"Enfants": "1", "Âges des enfants": "34"},
        {"Enfants": "2", "Âges des enfants": "5 à 7"},
        {"Enfants": "1", "Âges des enfants": ""},
    )
    bands = ("children_under_3", "children_3_to_11", "children_12_to_17")
    assert list(Need.objects.order_by("pk").values_list(*bands)) == [(1, 1, 0), (1, 2, 0), (0, 1, 0)]
    assert sorted(taken.bad) == [4, 5, 6, 7]
    assert "2 enfants ici, et 1 par tranches d’âge" in taken.bad[4]


def test_columns_by_age_without_the_word_children(needs: Callable[..., Taken]) -> None:
    needs({"Hommes": "1", "0-3 ans": "1", "3-11 ans": "", "12-17 ans": "2"})
    need = Need.objects.get()
    assert (need.children_under_3, need.children_3_to_11, need.children_12_to_17) == (1, 0, 2)
    assert need.people == 5


def test_years_of_birth_in_a_household(needs: Callable[..., Taken]) -> None:
    taken = needs(
        {"Composition": "Mère née en 1990, fils né en 2013"},
        {"Composition": "1 femme (1990) + 2 enfants (2015, 2025)"},
        {"Composition": "1 femme, 1 enfant né en 2023"},
        without="Femmes",
    )
    names = ("adult_women", "children_under_3", "children_3_to_11", "children_12_to_17")
    assert list(Need.objects.order_by("pk").values_list(*names)) == [(1, 0, 0, 1), (1, 1, 1, 0)]
    assert sorted(taken.bad) == [4]  # two or three years old: another age band


# --- Places ----------------------------------------------------------------------------------------------


def test_under_ville_the_name_of_the_town_is_where_the_row_is(offers: Callable[..., Taken]) -> None:
    taken = offers(
        {"Commune": "67300", "Ville": "Strasbourg"},
        {"Commune": "67300", "Ville": "Schiltigheim"},
    )
    assert sorted(taken.bad) == [2]
    assert Offer.objects.get().commune_id == "67447"


def test_a_postcode_beside_a_name_that_contradicts_it_is_refused(written: Write, take_offers: Take) -> None:
    header = ["Nature", "Catégorie", "CP", "Ville", "Places", "Dispo", "Mail"]
    row = ["logement", "logement entier", "67300", "Strasbourg", "2", "dès maintenant", "a@exemple.fr"]
    right = [*row[:2], "67100", "Strasbourg", *row[4:6], "b@exemple.fr"]
    taken = take_offers(written(header, row, right))
    assert sorted(taken.bad) == [2]
    assert Offer.objects.get().commune_id == "67482"


def test_pictures_and_footnotes_say_nothing(offers: Callable[..., Taken]) -> None:
    taken = offers(
        {"Places": "2 personnes max 🙏", "Commune": "Strasbourg 😊", "Dispo": "Dispo de suite !!!"},
        {"Places": "2²", "Commune": "Strasbourg¹"},
        {"Places": "3️⃣"},
    )
    assert not taken.bad
    assert list(Offer.objects.order_by("pk").values_list("capacity", flat=True)) == [2, 2, 3]


def test_a_sheet_with_the_month_first_anywhere_is_asked_everywhere(offers: Callable[..., Taken]) -> None:
    taken = offers(
        {"Disponible du": "12/05/2026", "Disponible au": "12/20/2026"},
        {"Disponible du": "12/12/2026", "Disponible au": "2026-12-31"},
        without="Dispo",
    )
    assert "ailleurs dans cette liste le mois vient avant le jour" in taken.bad[2]
    assert windows_of(Offer.objects.get()) == [(date(2026, 12, 12), date(2026, 12, 31))]
