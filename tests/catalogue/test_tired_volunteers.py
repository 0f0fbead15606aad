"""Cells as a tired volunteer types them at eleven at night: read as a careful person would, or asked about."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalogue.contacts import read_emails, read_name, read_phones
from catalogue.fields import NEED, OFFER
from catalogue.imports import column
from catalogue.meaning import Unclear, units_of
from catalogue.spreadsheets import (
    CellError,
    Parser,
    accepted,
    ages,
    category,
    day_at,
    household,
    kind,
    languages,
    periods,
    slots,
    whole,
    yes_no,
)

TODAY = date(2026, 11, 30)
D = date


def read(parse: Parser[Any], written: str) -> Any:
    return parse.read(written, TODAY).value


def asked(parse: Parser[Any], written: str) -> tuple[str, ...]:
    """What is proposed of a cell that is asked about."""
    with pytest.raises(Unclear) as question:
        parse.read(written, TODAY)
    return question.value.choices


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("du 3 au 20/12", D(2026, 12, 3), D(2026, 12, 20)),
        ("1er-15 déc", D(2026, 12, 1), D(2026, 12, 15)),
        ("1-15/12", D(2026, 12, 1), D(2026, 12, 15)),
        ("01-15/12/26", D(2026, 12, 1), D(2026, 12, 15)),
        ("Dec 1-15", D(2026, 12, 1), D(2026, 12, 15)),
        ("lun 7 au ven 11/12", D(2026, 12, 7), D(2026, 12, 11)),
        ("01.12.-15.12.", D(2026, 12, 1), D(2026, 12, 15)),
        ("01.12.26 bis 15.12.26", D(2026, 12, 1), D(2026, 12, 15)),
        ("2026-12-01/2026-12-31", D(2026, 12, 1), D(2026, 12, 31)),
        ("12/2026", D(2026, 12, 1), D(2026, 12, 31)),
        ("12/2026 - 02/2027", D(2026, 12, 1), D(2027, 2, 28)),
        ("semaine 50", D(2026, 12, 7), D(2026, 12, 13)),
        ("S2", D(2027, 1, 11), D(2027, 1, 17)),
        ("année 2027", D(2027, 1, 1), D(2027, 12, 31)),
        ("jusqu'à fin mars", TODAY, D(2027, 3, 31)),
        ("dès maintenant et jusqu'à fin mars", TODAY, D(2027, 3, 31)),
        ("disponible de suite jusqu'au 31/03", TODAY, D(2027, 3, 31)),
        ("du 20/12 au 5/1/27", D(2026, 12, 20), D(2027, 1, 5)),
        ("46357-46388", D(2026, 12, 1), D(2027, 1, 1)),
        ("01/12/26 - ...", D(2026, 12, 1), None),
        ("à/c du 01/12/26", D(2026, 12, 1), None),
        ("libre au 1er janvier", D(2027, 1, 1), None),
        ("jusqu'à nouvel ordre", TODAY, None),
        ("dispo de suite", TODAY, None),
    ],
)
def test_periods(written: str, first: date, last: date | None) -> None:
    assert read(periods, written) == ((first, last),)


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("à partir du 15", ("2026-12-15..",)),
        ("jusqu'au 15", ("..2026-12-15",)),
        ("mi-janvier", ("2027-01-15..",)),
        ("à partir de mi-janvier", ("2027-01-15..",)),
        ("fin mars", ("2027-03-31..",)),
        ("01/12/26 ?", ("2026-12-01..",)),
        ("du 01/12/26", ("2026-12-01..",)),
        ("01/12 31/12", ("2026-12-01..2026-12-31",)),
        ("2026-12-01 2026-12-31", ("2026-12-01..2026-12-31",)),
        ("2027", ("2027-01-01..2027-12-31",)),
        # Eleven months that nobody wrote: the ends were probably exchanged.
        ("du 31/12 au 1/12", ("2026-12-31..2027-12-01",)),
        # Of these nothing is proposed, for it would be the contrary.
        ("sauf du 24 au 26/12", ()),
        ("avant le 15/12", ()),
        ("avant fin mars", ()),
        ("nuit du 3 au 4/12", ()),
        ("du 1 au 7 et du 15 au 20/12", ()),
        ("week-ends", ()),
        ("15 jours en décembre", ()),
    ],
)
def test_periods_that_are_asked_about(written: str, proposed: tuple[str, ...]) -> None:
    assert asked(periods, written) == proposed


@pytest.mark.parametrize(
    ("edge", "written", "day"),
    [
        ("", "lun. 7/12", D(2026, 12, 7)),
        ("", "01/12/2026 matin", D(2026, 12, 1)),
        ("", "2026-12-01T00:00:00Z", D(2026, 12, 1)),
        ("", "46357.5", D(2026, 12, 1)),
        ("", "1 декабря 2026", D(2026, 12, 1)),
        ("first", "à partir du 3/12", D(2026, 12, 3)),
        ("first", "12/2026", D(2026, 12, 1)),
        ("last", "jusqu'au 15/12", D(2026, 12, 15)),
        ("last", "mars", D(2027, 3, 31)),
        ("last", "fin mars", D(2027, 3, 31)),
    ],
)
def test_days(edge: str, written: str, day: date) -> None:
    assert read(day_at[edge], written) == day


@pytest.mark.parametrize(
    ("edge", "written", "proposed"),
    [
        ("", "15", ("2026-12-15",)),
        ("", "mi-janvier", ("2027-01-15",)),
        ("", "12/2026", ("2026-12-01", "2026-12-31")),
        ("", "lun. 8/12", ("2026-12-08",)),
        ("", "vendredi", ()),
        ("", "du 3 au 20/12", ()),
        # The end of a period does not begin, and the other way round.
        ("first", "fin mars", ("2027-03-31",)),
        ("last", "à partir du 3/12", ("2026-12-03",)),
    ],
)
def test_days_that_are_asked_about(edge: str, written: str, proposed: tuple[str, ...]) -> None:
    assert asked(day_at[edge], written) == proposed


CAPACITY = whole(least=1, most=50, units=units_of("capacity"))
ITEMS = whole(least=1, most=10_000, units=units_of("capacity"))


@pytest.mark.parametrize(
    ("parse", "written", "number"),
    [
        (ITEMS, "1 200", 1200), (ITEMS, "1 200,00", 1200), (CAPACITY, "2 pl.", 2), (CAPACITY, "deux (2)", 2),
        (CAPACITY, "2 (deux)", 2), (CAPACITY, "(2)", 2), (CAPACITY, "2 !", 2), (CAPACITY, "une personne seule", 1),
        (CAPACITY, "max. 4", 4),
    ],
)  # fmt: skip
def test_numbers(parse: Parser[int], written: str, number: int) -> None:
    assert read(parse, written) == number


@pytest.mark.parametrize(
    ("parse", "written", "proposed"),
    [
        (ITEMS, "1.200", ("1200",)), (CAPACITY, "2 ou 3", ("2", "3")), (CAPACITY, "4-5", ("4", "5")),
        (CAPACITY, "une dizaine", ("10",)), (CAPACITY, "1 couple", ("2",)), (CAPACITY, "3 couples", ("6",)),
        (CAPACITY, "2 (3)", ("2", "3")),
    ],
)  # fmt: skip
def test_numbers_that_are_asked_about(parse: Parser[int], written: str, proposed: tuple[str, ...]) -> None:
    assert asked(parse, written) == proposed


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(CellError):
        read(CAPACITY, "1,5")


def test_no_limit_is_no_number_of_days() -> None:
    stay = column(OFFER["longest_stay_days"]).parse
    assert stay.blank("illimité")
    assert not stay.blank("3 mois")
    assert not column(OFFER["notice_days"]).parse.blank("illimité")


@pytest.mark.parametrize(
    ("written", "yes"),
    [
        ("ok", True), ("✔", True), ("X", True), ("VRAI", True), ("[x]", True), ("volontiers", True),
        ("avec plaisir", True), ("oui oui", True), ("non merci", False), ("[ ]", False),
        ("impossible", False), ("nein", False),
    ],
)  # fmt: skip
def test_yes_and_no(written: str, yes: bool) -> None:
    assert read(yes_no, written) is yes


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("pas de pb", "oui"), ("plutôt oui", "oui"), ("✗", "oui"), ("☒", "oui"), ("plutôt non", "non"),
        ("pas d'animaux", "non"), ("interdit", "non"), ("si possible", "oui"),
    ],
)  # fmt: skip
def test_yes_and_no_that_are_asked_about(written: str, proposed: str) -> None:
    assert asked(yes_no, written)[0] == proposed


EVENINGS = [f"{day} 18:00-21:00" for day in ("mon", "tue", "wed", "thu", "fri", "sat")]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("ven 20h-02h", ["fri 20:00-24:00", "sat 00:00-02:00"]),
        ("mardi et jeudi matin", ["tue 09:00-12:00", "thu 09:00-12:00"]),
        ("tous les soirs sauf dimanche", EVENINGS),
        ("tous les soirs (sauf le dimanche)", EVENINGS),
        ("L-V 18-20", [f"{day} 18:00-20:00" for day in ("mon", "tue", "wed", "thu", "fri")]),
        ("lu ma je 18-20", [f"{day} 18:00-20:00" for day in ("mon", "tue", "thu")]),
        ("18h-20h lundi", ["mon 18:00-20:00"]),
        ("18h - 20h (lun., mer.)", ["mon 18:00-20:00", "wed 18:00-20:00"]),
    ],
)
def test_slots(written: str, stored: list[str]) -> None:
    assert list(read(slots, written)) == stored


@pytest.mark.parametrize(
    "written",
    [
        "we", "mardi 14h", "flexible", "en journée", "24h/24", "soirs et week-ends",
        # From Monday to Friday, or these three?
        "lundi - mercredi - vendredi 18h-20h",
        # But for Monday, or but for Monday from nine to twelve?
        "tous les jours sauf le lundi 9h-12h",
        "lundi 18h-20h (hors vacances)",
    ],
)  # fmt: skip
def test_slots_that_are_asked_about(written: str) -> None:
    assert asked(slots, written) == ()


@pytest.mark.parametrize(
    ("written", "women", "men", "under_3", "to_11", "to_17", "couple"),
    [
        ("couple + 2 enf (3 et 7 ans)", 1, 1, 0, 2, 0, True),
        ("maman solo bb 6 mois", 1, 0, 1, 0, 0, False),
        ("couple, 1 bébé de 8 mois, 1 fille 4 ans", 1, 1, 1, 1, 0, True),
        ("mère + 3 enfants de 2, 5 et 9 ans", 1, 0, 1, 2, 0, False),
        ("femme avec 3 enfants 1/4/7 ans", 1, 0, 1, 2, 0, False),
        ("1 femme et ses 2 enfants (4 ans, 18 mois)", 1, 0, 1, 1, 0, False),
        ("monsieur et madame + 3 enfants", 1, 1, 0, 3, 0, True),
        ("M. + Mme + bébé", 1, 1, 1, 0, 0, True),
        ("papa solo 2 enf 6 et 10 ans", 0, 1, 0, 2, 0, False),
        ("1F + 2E", 1, 0, 0, 2, 0, False),
        ("jeune homme 19 ans", 0, 1, 0, 0, 0, False),
        ("famille de 5 personnes : couple, 3 enfants", 1, 1, 0, 3, 0, True),
        ("couple avec 2 enfants de 3 et 7ans", 1, 1, 0, 2, 0, True),
        ("couple 2 enfants", 1, 1, 0, 2, 0, True),
    ],
)
def test_households(
    written: str, women: int, men: int, under_3: int, to_11: int, to_17: int, couple: bool
) -> None:
    who = read(household, written)
    children = (who.children_under_3, who.children_3_to_11, who.children_12_to_17)
    assert (who.adult_women, who.adult_men, *children, who.couple) == (
        women,
        men,
        under_3,
        to_11,
        to_17,
        couple,
    )


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        (
            "2 adultes 1 ado",
            ("un couple 1 ado", "1 femme + 1 homme 1 ado", "2 femmes 1 ado", "2 hommes 1 ado"),
        ),
        ("personne seule", ("1 femme", "1 homme")),
        ("maman + 2", ("maman + 2 enfants",)),
        ("mineur 17 ans", ("mineur isolé 17 ans",)),
        ("famille de 4 personnes : couple, 3 enfants", ()),
        ("jeune homme 16 ans", ()),
        ("une famille syrienne", ()),
    ],
)
def test_households_that_are_asked_about(written: str, proposed: tuple[str, ...]) -> None:
    assert asked(household, written) == proposed
    for choice in proposed:
        read(household, choice)  # what is proposed is understood


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("1 femme", ("women",)), ("homme(s)", ("men",)), ("couple avec bébé", ("families",)), ("tt public", ()),
        ("F ou H", ("women", "men")),
    ],
)  # fmt: skip
def test_who_is_accepted(written: str, values: tuple[str, ...]) -> None:
    assert read(accepted, written) == values


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("mère + enfant", ("women|families",)), ("femme seule ou avec enfant", ("women|families",)), ("jeunes", ()),
        ("pas d'enfants", ()),
    ],
)  # fmt: skip
def test_who_is_accepted_that_is_asked_about(written: str, proposed: tuple[str, ...]) -> None:
    assert asked(accepted, written) == proposed


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        # French and Arabic, not the French of Argentina; but a tag that is written as tags are is one.
        ("fr-ar", ("fr", "ar")), ("FR-EN", ("fr", "en")), ("en-de", ("en", "de")), ("en-DE", ("en",)),
        ("pt-br", ("pt-BR",)), ("farsi/dari", ("fa", "prs")), ("ar.", ("ar",)), ("français seulement", ("fr",)),
        ("bilingue fr/en", ("fr", "en")), ("mandarin", ("cmn",)),
    ],
)  # fmt: skip
def test_languages(written: str, codes: tuple[str, ...]) -> None:
    assert read(languages, written) == codes


@pytest.mark.parametrize(
    ("written", "proposed"),
    [("FR, EN un peu", ()), ("Angl/Fr", ("anglais",)), ("port.", ("portugais",)), ("viet", ("vietnamien",))],
)
def test_languages_that_are_asked_about(written: str, proposed: tuple[str, ...]) -> None:
    assert asked(languages, written) == proposed


@pytest.mark.parametrize(
    ("written", "number", "rest"),
    [
        ("06.12.34.56.78 (le soir)", "+33612345678", "le soir"),
        ("06‑12‑34‑56‑78", "+33612345678", ""),
        ("06·12·34·56·78", "+33612345678", ""),
        ("0033 6 12 34 56 78", "+33612345678", ""),
        ("612345678", "+33612345678", ""),
        ("+262 692 00 00 01", "+262692000001", ""),
        ("06 12 34 56 78 / 03 53 01 00 01", "+33612345678", "aussi 03 53 01 00 01"),
    ],
)
def test_phones(written: str, number: str, rest: str) -> None:
    found = read_phones(written)
    assert found is not None
    assert (found.number.as_e164, found.rest) == (number, rest)


@pytest.mark.parametrize(
    ("written", "address", "others"),
    [
        ("Marie <marie@exemple.fr>", "marie@exemple.fr", ()),
        ("mailto:marie@exemple.fr", "marie@exemple.fr", ()),
        ("\u00a0marie@exemple.fr\u200b", "marie@exemple.fr", ()),
        ("marie@exemple.fr,paul@exemple.fr", "marie@exemple.fr", ("paul@exemple.fr",)),
    ],
)
def test_addresses(written: str, address: str, others: tuple[str, ...]) -> None:
    found = read_emails(written)
    assert found is not None
    assert (found.address, found.others) == (address, others)


@pytest.mark.parametrize("written", ["marie,dupont@exemple.fr", "marie@exemple,fr", "marie@gmail,com"])
def test_a_comma_for_a_dot_is_refused_with_what_it_may_be(written: str) -> None:
    """Never "dupont@exemple.fr", which is somebody else's."""
    with pytest.raises(ValidationError, match=r"Est-ce un point|gmail\.com") as refused:
        read_emails(written)
    assert "marie" not in str(refused.value)


def test_a_name_is_kept_without_what_cannot_be_seen() -> None:
    assert read_name("\u00a0« Marie\u200b\u00a0 Dupont »") == "Marie Dupont"


@pytest.mark.parametrize(
    ("parse", "written"),
    [
        (accepted, "❌ hommes"),
        (accepted, "🚫 hommes, ✅ femmes"),
        (accepted, "✅ femmes ✖️ hommes"),
        (accepted, "👎 hommes"),
        (slots, "❌ lundi 18h-20h"),
        (slots, "lundi 18h-20h ⛔"),
        (languages, "❌ arabe"),
        (kind, "🚫 logement"),
        (category, "❌ logement entier"),
        (column(NEED["urgency"]).parse, "❌ high"),
    ],
)
def test_a_sign_that_says_no_is_asked(parse: Parser[Any], written: str) -> None:
    asked(parse, written)


def test_other_pictures_say_nothing() -> None:
    assert read(accepted, "✅ femmes 😊") == ("women",)
    assert read(slots, "📅 lundi 18h-20h") == ("mon 18:00-20:00",)


@pytest.mark.parametrize(
    ("written", "bands"),
    [
        ("3 et 7 ans", (0, 2, 0)),
        ("3, 7", (0, 2, 0)),
        ("3,7", (0, 2, 0)),
        ("18 mois et 7 ans", (1, 1, 0)),
        ("7 ans, 14 ans", (0, 1, 1)),
        ("enfants de 3 et 7 ans", (0, 2, 0)),
        ("(3 et 7 ans)", (0, 2, 0)),
        ("3/7/9 ans", (0, 3, 0)),
        ("2015, 2018, 2025", (1, 2, 0)),
        ("né le 12/05/2015", (0, 1, 0)),
        ("3 y 7 años", (0, 2, 0)),
        ("3 and 7 years", (0, 2, 0)),
        ("3 и 7 лет", (0, 2, 0)),
        ("3 та 7 років", (0, 2, 0)),
        ("3 و7 سنوات", (0, 2, 0)),
        ("3 و 7 ساله", (0, 2, 0)),
        ("18 месяцев и 7 лет", (1, 1, 0)),
    ],
)
def test_ages(written: str, bands: tuple[int, int, int]) -> None:
    assert read(ages, written) == bands


@pytest.mark.parametrize(
    "written",
    [
        "3 enfants de 5 ans", "2 enfants: 3 et 7 ans", "7 ans (2)", "(2) 7 ans", "2 ans 6 mois", "2 ans et 6 mois",
        "3,5 ans", "3,5", "3.5 ans", "12/05/15", "12/05", "2 x 5 ans", "2x5 ans", "3 à 7 ans", "3-7", "34 ans",
        "2 de 5 ans",
    ],
)  # fmt: skip
def test_counts_halves_and_days_are_no_ages(written: str) -> None:
    asked(ages, written)


def test_an_hour_of_the_day_is_no_number_of_hours() -> None:
    hours = whole(least=1, most=80, units=units_of("capacity"))
    assert asked(hours, "18h00") == ("18",)
    assert asked(hours, "10 h 00") == ("10",)
    assert read(hours, "8h00") == 8
    assert read(hours, "18h") == 18
    assert read(hours, "18h00 par semaine") == 18


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("lundi 8 à 10h du soir", "mon 20:00-22:00"),
        ("lundi de 8h à 10h30 du soir", "mon 20:00-22:30"),
        ("lundi 2-4h de l'après-midi", "mon 14:00-16:00"),
        ("lundi 10 à 2h de l'après-midi", "mon 10:00-14:00"),
        ("lundi 18h à 8h du soir", "mon 18:00-20:00"),
        ("lundi 8h du matin à 10h du soir", "mon 08:00-22:00"),
    ],
)
def test_in_the_evening_is_said_of_both_ends(written: str, stored: str) -> None:
    assert read(slots, written) == (stored,)
