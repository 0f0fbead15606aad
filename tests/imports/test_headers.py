"""A header is taken for the column that it means, and for no other."""

from datetime import date
from pathlib import Path

import pytest

from catalogue.spreadsheets import Answers, Column, Row, Unreadable, day, parse_rows, read_table, text
from catalogue.spreadsheets.headers import found_in
from needs.columns import COLUMNS as NEEDS
from offers.columns import COLUMNS as OFFERS


def column_of(header: str, columns: tuple[Column, ...]) -> str:
    return next(iter(found_in([header], columns)), "")


@pytest.mark.parametrize(
    ("header", "offers", "needs"),
    [
        ("N° *", "id", "id"), ("Nb pers.", "capacity", "people"), ("Nombre de places", "capacity", ""),
        ("N° de téléphone", "contact_phone", ""), ("Tél portable", "contact_phone", ""), ("Tel.", "contact_phone", ""),
        ("Téléphone (obligatoire)", "contact_phone", ""), ("Adresse e-mail", "contact_email", ""),
        ("Adresse mail *", "contact_email", ""), ("Q3 - Adresse mail", "contact_email", ""), ("Adresse", "address", ""),
        ("Code INSEE (5 chiffres)", "commune", "commune"), ("Dispo à partir de", "available_from", ""),
        ("Jusqu'au", "available_until", "last_day"), ("Disponibilités (du..au)", "available", ""),
        ("Du au", "available", ""), ("Dispo", "available", ""), ("Dispo du", "available_from", ""),
        ("Combien de personnes pouvez-vous accueillir ?", "capacity", ""), ("Horodateur", "registered_at", ""),
        ("Qui pouvez-vous accueillir ?", "accepts", ""), ("Langue(s) parlée(s)", "languages", "languages"),
        ("Langues (séparées par |)", "languages", "languages"),
        ("Quelles langues parlez-vous ?", "languages", "languages"),
        ("Langues de", "languages_from", "languages_from"), ("Vers langues", "languages_to", "languages_to"),
        ("Nom et prénom", "contact_name", ""), ("1. Votre nom", "contact_name", ""),
        ("Catégorie :", "category", "category"),
        ("Accessible PMR (oui/non)", "step_free", "step_free_needed"), ("Animaux acceptés ?", "pets_accepted", ""),
        ("Loyer (€)", "rent", ""), ("Durée max (jours)", "longest_stay_days", ""),
        ("Rayon d'action (km)", "reach_km", "reach_km"),
        ("Nombre d'enfants", "", "children"), ("Composition familiale", "", "household"),
        ("Commentaires", "text", "text"),
        ("How many people can you host?", "capacity", ""), ("Email address", "contact_email", ""),
        ("الاسم", "contact_name", ""), ("رقم الهاتف", "contact_phone", ""), ("اللغات", "languages", "languages"),
        ("Places²", "capacity", ""), ("Commune (1)", "commune", "commune"), ("Capacité (pers.)", "capacity", ""),
        ("Durée max (mois)", "longest_stay_days", ""), ("Prénom", "contact_name", ""),
        ("Âge des enfants", "", "children_ages"), ("0-3 ans", "", "children_under_3"),
        ("Vous proposez :", "kind", "kind"), ("Disponible au", "available_until", ""),
        ("Qui souhaitez-vous accueillir ? (plusieurs réponses possibles)", "accepts", ""),
        ("J'accepte que mes données soient utilisées (RGPD)", "consent", "consent"), ("Statut", "standing", "standing"),
        ("№", "id", "id"), ("Кількість місць", "capacity", ""), ("Мови", "languages", "languages"),
        ("المدينة", "city", "city"), ("Місто", "city", "city"),
        ("Consentement RGPD", "consent", "consent"), ("RGPD", "consent", "consent"),
        ("J'autorise l'utilisation de mes données", "consent", "consent"),
        ("Loyer (€/mois)", "rent", ""), ("Loyer (€ CC)", "rent", ""), ("Loyer (euros par mois)", "rent", ""),
        ("Âge des enfants (ans)", "", "children_ages"), ("Préavis (semaines)", "notice_days", ""),
        # What is near a column and is another thing.
        *((header, "", "") for header in (
            "Places de parking", "Nom de l'association", "Nom de la rue", "Places enfants",
            "Titre de séjour",
            "Loyer par semaine", "Nationalité", "Date de naissance", "Date", "Nombre de lits", "Âge",
            "Je m'oppose à l'utilisation de mes données", "Refus RGPD", "Opposition RGPD", "Retrait du consentement",
            "Consentement photo", "RGPD lu par", "Je n'accepte pas que mes données soient utilisées",
            "J'accepte que mes données soient transmises à d'autres associations",
            "Âge des enfants (mois)", "Nombre d'heures (mois)", "Loyer (€/nuit)", "Loyer (€/an)", "Loyer [€/nuit]",
            "Loyer (€ la semaine)", "Capacité (km)", "Complément",
            "Langue de correspondance", "Adresse de l'école", "Téléphone de l'assistante sociale", "",
        )),
    ],
)  # fmt: skip
def test_a_header_means_its_column(header: str, offers: str, needs: str) -> None:
    assert (column_of(header, OFFERS), column_of(header, NEEDS)) == (offers, needs)


@pytest.mark.parametrize("columns", [OFFERS, NEEDS])
def test_every_name_and_synonym_is_its_own_column(columns: tuple[Column, ...]) -> None:
    for column in columns:
        for name in (column.name, *column.synonyms):
            assert column_of(name, columns) == column.name
            assert column_of(f"{name.upper()} *", columns) == column.name


ANY = (Column("id", text(most=9), required=True), Column("available_from", day))


def test_two_headers_of_one_column_are_not_guessed_between(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;Disponible le;Date de début\n1;01/12/2026;02/12/2026\n")
    with pytest.raises(Unreadable, match=r"Disponible le.*Date de début"):
        list(parse_rows(read_table(path), ANY))


def test_days_that_may_be_in_either_order_are_taken_where_none_has_the_month_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;available_from\n1;12/05/2027\n2;31/12/2026\n")
    first, _second = parse_rows(read_table(path), ANY, today=date(2026, 11, 30))
    assert isinstance(first, Row)
    assert first["available_from"] == date(2027, 5, 12)


def test_days_with_the_month_first_cast_doubt_on_their_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;available_from\n1;12/05/2026\n2;12/31/2026\n")
    table = read_table(path)
    first, second = parse_rows(table, ANY, today=date(2026, 11, 30))
    assert isinstance(first, list)
    assert first[0].choices == ("2026-12-05", "2026-05-12")
    assert isinstance(second, list)
    assert second[0].choices == ("2026-12-31",)
    assert any("le mois avant le jour" in notice for notice in table.notices)


@pytest.mark.parametrize(
    ("sure", "weak", "name", "columns"),
    [
        ("Créneaux", "Jour", "slots", OFFERS),
        ("Horaires", "Jour", "slots", OFFERS),
        ("Commune", "Lieu", "commune", OFFERS),
        ("Commune", "Secteur", "commune", OFFERS),
        ("Lieu", "Secteur", "commune", OFFERS),
        ("N°", "Référence", "id", OFFERS),
        ("Nature", "Besoin", "kind", NEEDS),
        ("Urgence", "Délai", "urgency", NEEDS),
        ("Urgence", "Priorité", "urgency", NEEDS),
        ("Durée max jours", "Durée", "longest_stay_days", OFFERS),
        ("Nom", "Bénévole", "contact_name", OFFERS),
        ("Prénom", "Hébergeur", "contact_name", OFFERS),
        ("Nom complet", "Qui", "contact_name", OFFERS),
        ("Nom hébergeur", "Nom bénévole", "contact_name", OFFERS),
    ],
)
def test_what_may_be_something_else_is_a_column_only_where_no_other_is(
    sure: str, weak: str, name: str, columns: tuple[Column, ...]
) -> None:
    assert found_in([weak, sure], columns) == {name: [1]}
    assert column_of(weak, columns) == name


def test_first_and_last_names_are_one_name() -> None:
    assert found_in(["Nom", "Prénom"], OFFERS) == {"contact_name": [0, 1]}


def test_the_month_first_far_below_refuses_the_list_from_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    plain = "".join(f"{number};12/05/2027\n" for number in range(500))
    path.write_text(f"id;available_from\n{plain}x;12/31/2026\n")
    found = parse_rows(read_table(path), ANY, today=date(2026, 11, 30))
    assert all(isinstance(next(found), Row) for _line in range(500))
    with pytest.raises(Unreadable, match="avant la ligne 502"):
        next(found)


def test_an_answer_of_the_month_first_says_nothing_of_the_other_days(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;available_from\n1;12/05/2026\n2;12/31/2026\n")
    answers = Answers({("available_from", "12/31/2026"): "2026-12-31"})
    first, second = parse_rows(read_table(path), ANY, today=date(2026, 11, 30), answers=answers)
    assert isinstance(first, list)
    assert isinstance(second, Row)
