"""From what people write to what it means: understood, or asked, never guessed."""

import string
from collections.abc import Callable
from datetime import date, timedelta
from itertools import chain
from random import Random
from typing import Any

import pytest
from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from catalogue.languages import COMMON, language_name
from catalogue.meaning import (
    CellError,
    People,
    Unclear,
    folded,
    items_of,
    names_language,
    read_accepted,
    read_day,
    read_decimal,
    read_household,
    read_languages,
    read_periods,
    read_slots,
    read_whole,
    read_yes_no,
    says_nothing,
    units_of,
)
from catalogue.meaning.periods import period_words
from catalogue.meaning.tongues import _by_code, _names
from catalogue.slots import WEEKDAYS
from engine.spoken import spoken_as
from engine.vocabulary import PARTS_OF_LANGUAGES, SAME_LANGUAGES

TODAY = date(2026, 11, 30)
FIRST = date(2026, 12, 1)


def understood(read: Any, written: str, **about: Any) -> Any:
    """The value; "asked" or "refused" where there is none."""
    try:
        return read(written, **about).value
    except Unclear as error:
        # What is asked about can be found again in what was written, and be replaced.
        return "asked" if error.written in written else f"asked about {error.written}"
    except ValidationError:
        return "refused"


# --- Days ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "01/12/26", "01-12-2026", "2026/12/01", "1.12.26", "1er décembre 2026", "1 déc", "1 déc.", "le 1er décembre",
        "mardi 1er décembre 2026", "mar. 1 déc. 2026", "Dec 1, 2026", "1st December 2026", "December 1st", "46357",
        "46357.5", "2026-12-01T10:00:00+01:00", "2026-12-01 14:30:00", "01/12/2026 14:30", "1/12", "1-déc-26",
        "01-Dec-2026", "20261201", "premier décembre 2026", "1 er décembre 2026", "١/١٢/٢٠٢٦", "০১/১২/২০২৬",
        "۱/۱۲/۲۰۲۶",
        "1 ديسمبر 2026", "1 كانون الأول 2026", "01/12/2026.", "Tue, Dec 1 2026", "1er\u00a0décembre\u202f2026",
    ],
)  # fmt: skip
def test_a_day(written: str) -> None:
    assert read_day(written, today=TODAY).value == FIRST


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((word, TODAY) for word in ("dès que possible", "immédiat", "de suite", "Maintenant", "tout de suite",
        "ASAP")),
        ("3 janvier", date(2027, 1, 3)), ("15/11", date(2026, 11, 15)), ("1 juin", date(2027, 6, 1)),
        ("13/25/2026", "refused"), ("31/02/2026", "refused"), ("29 février 2027", "refused"), ("chat", "refused"),
        ("67482", "refused"), ("1405/09/10", "refused"), ("32 décembre 2026", "refused"), ("2026-12-01..", "asked"),
        ("12/31/26", "asked"), ("03/25/2026", "asked"), ("fin décembre", "asked"), ("mi-janvier", "asked"),
        ("demain", "asked"), ("décembre 2026", "asked"), ("12/2026", "asked"), ("12/26", "asked"),
        ("lundi 1er décembre 2026", "asked"), ("déc 26", "asked"), ("44895", "asked"), ("début mars", "asked"),
        ("lundi prochain", "asked"), ("mar 5", "asked"), ("mar. 5", "asked"), ("mars 5", date(2027, 3, 5)),
        ("5 mar", date(2027, 3, 5)), ("Mar 5 2027", date(2027, 3, 5)), ("jusqu'au 15/12 exclu", "asked"),
    ],
)  # fmt: skip
def test_a_day_that_is_near_or_is_not_sure(written: str, meant: Any) -> None:
    assert understood(read_day, written, today=TODAY) == meant


@pytest.mark.parametrize(
    "written", ["dès que possible", "dès maintenant", "à partir de maintenant", "de suite"]
)
def test_a_first_day_may_be_now(written: str) -> None:
    assert read_day(written, today=TODAY, edge="first").value == TODAY


def proposed(read: Any, written: str, **about: Any) -> tuple[str, ...]:
    with pytest.raises(Unclear) as asked:
        read(written, **about)
    return asked.value.choices


@pytest.mark.parametrize(
    ("written", "choices"),
    [
        ("semaine du 7/12", ("2026-12-07..2026-12-13",)), ("la semaine du 9 décembre", ("2026-12-07..2026-12-13",)),
        ("3/12 ou 4/12", ()), ("jusqu'au 15/12 exclu", ()), ("lun 8 au ven 11/12", ("2026-12-08..2026-12-11",)),
    ],
)  # fmt: skip
def test_what_is_proposed_of_a_period_is_one(written: str, choices: tuple[str, ...]) -> None:
    assert proposed(read_periods, written, today=TODAY) == choices


def test_what_has_been_is_of_the_past() -> None:
    assert read_day("1 déc", today=TODAY, past=True).value == date(2025, 12, 1)
    assert read_day("15/11", today=TODAY, past=True).value == date(2026, 11, 15)


near = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@given(near, st.sampled_from(["fr", "en", "ar"]))
def test_a_day_in_words_is_read_again(one: date, language: str) -> None:
    from catalogue.meaning.days import words

    with override(language):
        assert read_day(words(one), today=TODAY).value == one


@given(near, st.integers(0, 900))
def test_a_period_in_words_is_read_again(first: date, days: int) -> None:
    period = (first, None if days == 0 else first + timedelta(days=days))
    with override("fr"):
        assert read_periods(period_words(period), today=TODAY).value == (period,)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("du 1er au 15 décembre 2026", FIRST, date(2026, 12, 15)), ("01/12/26-15/12/26", FIRST, date(2026, 12, 15)),
        ("1-15 décembre 2026", FIRST, date(2026, 12, 15)), ("1 à 15 décembre", FIRST, date(2026, 12, 15)),
        ("entre le 1er et le 15 décembre", FIRST, date(2026, 12, 15)), ("décembre 2026", FIRST, date(2026, 12, 31)),
        ("décembre", FIRST, date(2026, 12, 31)), ("déc-26", FIRST, date(2026, 12, 31)),
        ("du 20/12 au 05/01", date(2026, 12, 20), date(2027, 1, 5)),
        ("du 20 décembre au 5 janvier 2027", date(2026, 12, 20), date(2027, 1, 5)),
        ("décembre à février", FIRST, date(2027, 2, 28)), ("à partir du 3 janvier", date(2027, 1, 3), None),
        ("01/12/2026 →", FIRST, None), ("depuis le 01/11/2026", date(2026, 11, 1), None),
        ("jusqu'au 31/12", TODAY, date(2026, 12, 31)), ("maintenant jusqu’au 31/12", TODAY, date(2026, 12, 31)),
        ("2 semaines à partir du 5/12", date(2026, 12, 5), date(2026, 12, 18)),
        ("dès le 5/12 pour 3 mois", date(2026, 12, 5), date(2027, 3, 4)),
        ("un mois à partir du 15 janvier", date(2027, 1, 15), date(2027, 2, 14)),
        ("du lundi 7 au vendredi 11 décembre 2026", date(2026, 12, 7), date(2026, 12, 11)),
        ("Jan 3 - Feb 5", date(2027, 1, 3), date(2027, 2, 5)), ("Dec 1 - Jan 15", FIRST, date(2027, 1, 15)),
        ("Dec 20 to Jan 5", date(2026, 12, 20), date(2027, 1, 5)),
        ("Mar 5 - Apr 3", date(2027, 3, 5), date(2027, 4, 3)),
        ("lun 7 au ven 11/12", date(2026, 12, 7), date(2026, 12, 11)),
        ("Dec 1, 2026 - Dec 15, 2026", FIRST, date(2026, 12, 15)), ("toute l’année", TODAY, None),
        ("à partir de janvier 2027", date(2027, 1, 1), None), ("immédiat", TODAY, None),
        ("٠١/١٢/٢٠٢٦ - ١٥/١٢/٢٠٢٦", FIRST, date(2026, 12, 15)), ("46357 - 46371", FIRST, date(2026, 12, 15)),
    ],
)  # fmt: skip
def test_a_period(written: str, first: date, last: date | None) -> None:
    assert read_periods(written, today=TODAY).value == ((first, last),)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3 mois", "asked"), ("01/12/2026", "asked"), ("fin décembre", "asked"), ("bientôt", "asked"),
        ("du 12/31/26 au 01/15/27", "asked"), ("les week-ends", "asked"), ("31/12/2026..01/12/2026", "refused"),
        ("lun 8 au ven 11/12", "asked"), ("Dec 26 - Jan 27", "asked"), ("mar 5 - mar 12", "asked"),
        ("tous", "refused"), ("desiderata", "refused"), ("jusqu'au 01/01/2020", "refused"),
    ],
)  # fmt: skip
def test_a_period_that_is_not_sure(written: str, meant: str) -> None:
    assert understood(read_periods, written, today=TODAY) == meant


def test_several_periods() -> None:
    found = read_periods("janvier et février 2028", today=TODAY).value
    assert found == ((date(2028, 1, 1), date(2028, 1, 31)), (date(2028, 2, 1), date(2028, 2, 29)))


# --- Numbers, yes and no -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2 places", 2), ("2 pers.", 2), ("deux", 2), ("Deux personnes", 2), ("trente", 30), ("vingt et un", 21),
        ("quatre-vingt-dix-neuf", 99), ("two", 2), ("1 000", 1000), ("1\u202f000", 1000), ("1'000", 1000), ("2,0", 2),
        ("٢", 2), ("۱۲", 12), ("১২", 12), ("4 (dont 1 bébé)", 4), ("jusqu’à 4", 4), ("4 max", 4), ("T2 pour 3", 3),
        ("3 h par semaine", 3), ("4p", 4), ("1.000,0", 1000),
        ("2-3", "asked"), ("2 à 3", "asked"), ("2 ou 3", "asked"), ("une dizaine", "asked"), ("env. 20", "asked"),
        ("~4", "asked"), ("1.000", "asked"), ("1,000", "asked"), ("2 x 3", "asked"), ("2+1", "asked"), ("II", "asked"),
        ("2 chambres", "asked"), ("plusieurs", "asked"), ("2 places (3 si enfants)", "asked"), ("au moins 2", "asked"),
        ("1 (enceinte)", "asked"), ("1e1", "asked"), ("1/2", "asked"), ("2,500", "asked"),
        ("x", "refused"), ("0", "refused"), ("2.5", "refused"), ("-1", "refused"), ("nan", "refused"),
    ],
)  # fmt: skip
def test_how_many(written: str, meant: Any) -> None:
    assert understood(read_whole, written, least=1, most=10_000, units=units_of("capacity")) == meant


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("rent", "150 €", 150), ("rent", "150€/mois", 150), ("rent", "€150", 150), ("rent", "gratuit", 0),
        ("rent", "à titre gracieux", 0), ("rent", "150 euros par mois", 150), ("rent", "150 € CC", 150),
        ("rent", "1 200 €", 1200), ("rent", "150 € HC", "asked"), ("rent", "150 € par semaine", "asked"),
        ("longest_stay_days", "3 mois", 90), ("longest_stay_days", "2 semaines", 14), ("notice_days", "15 jours", 15),
        ("longest_stay_days", "quinze jours", 15), ("longest_stay_days", "3 à 6 mois", "asked"),
        ("adult_women", "3 mois", "asked"), ("capacity", "3 km", "asked"),
    ],
)  # fmt: skip
def test_how_many_of_what(name: str, written: str, meant: Any) -> None:
    assert understood(read_whole, written, least=0, most=5_000, units=units_of(name)) == meant


@pytest.mark.parametrize(
    ("name", "written", "choices"),
    [
        ("longest_stay_days", "1 à 3 mois", "30 90"), ("longest_stay_days", "deux (2) mois", "60"),
        ("longest_stay_days", "env 3 mois", "90"), ("longest_stay_days", "2-3 semaines", "14 21"),
        ("longest_stay_days", "6 mois à 1 an", "180 365"), ("longest_stay_days", "mois : 3", ""),
        ("longest_stay_days", "environ vingt-deux jours", "22"), ("longest_stay_days", "environ 10", "10"),
        ("rent", "250€ / semaine", ""), ("rent", "10 € la nuit", ""), ("rent", "250 € HC", "250"),
        ("capacity", "1 couple + 1", "3"), ("capacity", "2 adultes + 1 enfant", "3"), ("capacity", "2 couples", "4"),
        ("capacity", "un couple et 2 chats", ""), ("capacity", "2 places (3 si enfants)", "2 3"),
    ],
)  # fmt: skip
def test_a_number_that_is_proposed_is_of_the_fields_own_unit(name: str, written: str, choices: str) -> None:
    assert proposed(read_whole, written, least=0, most=5_000, units=units_of(name)) == tuple(choices.split())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("48,583", 48.583),
        ("48.583", 48.583),
        ("-61,01", -61.01),
        ("0.123", 0.123),
        ("٤٨٫٥", 48.5),
        ("95", "refused"),
    ],
)
def test_a_decimal_that_only_one_reading_makes_possible(written: str, meant: Any) -> None:
    assert understood(read_decimal, written, least=-90, most=90) == meant


def test_a_distance_has_its_unit() -> None:
    assert [
        read_decimal(one, least=0, most=500, units=units_of("reach_km")).value
        for one in ("10 km", "500 m", "2,5 km")
    ] == [10, 0.5, 2.5]


@pytest.mark.parametrize(
    "written",
    ["OUI", "Oui.", "oui, ascenseur", "✓", "✔️", "☑", "x", "X", "1", "vrai", "TRUE", "ok", "Oui (chien)", "o", "y",
     "yes (lift)", "oui ascenseur", "Oui : au fond", "نعم"],
)  # fmt: skip
def test_yes(written: str) -> None:
    assert read_yes_no(written).value is True


@pytest.mark.parametrize(
    "written", ["non", "N", "0", "faux", "☐", "non (3e étage)", "Non - étage", "no", "لا"]
)
def test_no(written: str) -> None:
    assert read_yes_no(written).value is False


@pytest.mark.parametrize(
    "written",
    ["?", "à voir", "si possible", "RDC", "pas de", "oui mais petit", "oui si calme", "peut-être", "oui ?", "oui/non",
     "non fumeur", "oui, fumeur", "non, sauf chat", "no smoking", "❌", "☒", "2", "oui ou non"],
)  # fmt: skip
def test_neither_yes_nor_no_is_asked(written: str) -> None:
    assert understood(read_yes_no, written) == "asked"


@pytest.mark.parametrize("written", ["-", "--", "/", "NC", "n.c.", "N/A", "aucun", "Néant", "RAS", "?", "inconnu",
"vide",
                                     "non communiqué", "…", "sans", "Non renseigné", "NaN"])  # fmt: skip
def test_words_that_say_nothing(written: str) -> None:
    assert says_nothing(written)


@pytest.mark.parametrize("written", ["n", "o", "so", "non", "x", "0", "aucune idée de prix", "sans loyer"])
def test_words_that_say_something(written: str) -> None:
    assert not says_nothing(written)


# --- Lists, people ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    ["fr/en", "fr, en", "fr;en", "fr\nen", "fr | en", "fr & en", "fr + en", "fr et en", "- fr\n- en", "• fr\n• en",
     "1) fr\n2) en", "fr ، en", "fr - en", "fr and en", "* fr * en"],
)  # fmt: skip
def test_items(written: str) -> None:
    assert items_of(written) == ["fr", "en"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("femmes/familles", ("women", "families")), ("Femmes et couples", ("women", "couples")), ("tous", ()),
        ("Tout public", ()), ("indifférent", ()), ("Homme seul", ("men",)), ("femmes uniquement", ("women",)),
        ("Personne seule", ("women", "men")), ("mineurs isolés", ("lone_minors",)), ("MNA", ("lone_minors",)),
        ("women|men", ("women", "men")), ("Un couple", ("couples",)), ("familles avec enfants", ("families",)),
        ("sauf hommes seuls", "asked"), ("pas d’hommes", "asked"), ("Femme seule avec enfants", "asked"),
        ("étudiants", "asked"), ("femmes de préférence", "asked"), ("femmes, chats", "asked"),
    ],
)  # fmt: skip
def test_who_is_accepted(written: str, meant: Any) -> None:
    assert understood(read_accepted, written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("une mère avec un bébé", People(adult_women=1, children_under_3=1)),
        ("couple", People(adult_women=1, adult_men=1, couple=True)),
        ("un couple avec deux enfants (3 et 7 ans)", People(1, 1, 0, 2, 0, couple=True)),
        ("mère + 3 enfants (2, 5, 13 ans)", People(1, 0, 1, 1, 1)),
        ("un père et son fils de 8 ans", People(0, 1, 0, 1)),
        ("2 femmes et 1 homme", People(2, 1)), ("mineur isolé", People(children_12_to_17=1, lone_minor=True)),
        ("2 mineurs isolés (15 et 16 ans)", People(children_12_to_17=2, lone_minor=True)),
        ("couple + bébé de 8 mois", People(1, 1, 1, couple=True)), ("femme seule avec 2 enfants", People(1, 0, 0, 2)),
        ("2 adultes + 2 enfants (3 et 7 ans)", "asked"), ("famille de 4", "asked"), ("2 enfants (3 et 7 ans)", "asked"),
        ("jeune homme", People(0, 1)), ("2 jeunes hommes", People(0, 2)), ("homme et fils", People(0, 1, 0, 1)),
        ("couple de 70 ans", People(1, 1, couple=True)), ("jeunes hommes", "asked"), ("femmes", "asked"),
        ("hommes", "asked"), ("femme et ses enfants", "asked"), ("couple et leurs enfants", "asked"),
        ("femme + enfants", "asked"), ("femme + ados", "asked"), ("femme et petits-fils", "asked"),
        ("mineurs isolés", "asked"), ("couples", "asked"), ("couple 16 ans", "asked"),
        ("jeune couple de 17 ans", "asked"),
        ("une femme enceinte", "asked"), ("maman, 2 filles de 4 ans", "asked"),
    ],
)  # fmt: skip
def test_a_household(written: str, meant: Any) -> None:
    assert understood(read_household, written) == meant


# --- Slots --------------------------------------------------------------------------------------------------


def each(days: str, hours: str) -> tuple[str, ...]:
    return tuple(f"{day} {hours}" for day in days.split())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ven 20h-02h", ("fri 20:00-24:00", "sat 00:00-02:00")),
        ("dim 22h à 1h", ("mon 00:00-01:00", "sun 22:00-24:00")),
        ("lundi soir", ("mon 18:00-21:00",)), ("mercredi après-midi", ("wed 14:00-18:00",)),
        ("lun-ven 18-20", each("mon tue wed thu fri", "18:00-20:00")),
        ("du lundi au vendredi de 18h à 20h", each("mon tue wed thu fri", "18:00-20:00")),
        ("tous les soirs", each(" ".join(WEEKDAYS), "18:00-21:00")), ("chaque mardi soir", ("tue 18:00-21:00",)),
        ("tous les mardis soirs", ("tue 18:00-21:00",)), ("week-end 10h-12h", each("sat sun", "10:00-12:00")),
        ("Mon 6pm-8pm", ("mon 18:00-20:00",)), ("Tuesdays 6-8pm", ("tue 18:00-20:00",)),
        ("sat 10am-2pm", ("sat 10:00-14:00",)),
        ("lun, mer 18h-20h", each("mon wed", "18:00-20:00")), ("lun/mer/ven matin", each("mon wed fri", "09:00-12:00")),
        ("lundi 9h-12h et 14h-18h", ("mon 09:00-12:00", "mon 14:00-18:00")),
        ("mardi 18.30-20.00", ("tue 18:30-20:00",)),
        ("samedi matin et dimanche soir", ("sat 09:00-12:00", "sun 18:00-21:00")),
        ("ven 20h-minuit", ("fri 20:00-24:00",)),
        ("ven-lun 20h-21h", each("mon fri sat sun", "20:00-21:00")), ("الاثنين من 18 إلى 20", ("mon 18:00-20:00",)),
        ("tous les jours 22h-2h sauf dimanche",
         ("mon 22:00-24:00", *(slot for day in WEEKDAYS[1:6] for slot in (f"{day} 00:00-02:00", f"{day} 22:00-24:00")),
          "sun 00:00-02:00")),
        ("lundi soir 20h-22h", ("mon 20:00-22:00",)), ("samedi matin 10h-12h", ("sat 10:00-12:00",)),
        ("lundi soir (19h-21h)", ("mon 19:00-21:00",)),
        ("lundi soir 20h-22h, mardi soir", ("mon 20:00-22:00", "tue 18:00-21:00")),
        ("lundi soir, mardi 20h-22h", ("mon 18:00-21:00", "tue 20:00-22:00")), ("lundi soir 9h-11h", "asked"),
        ("lundi 18h-20h sauf lundi", "asked"),
        ("le week-end", "asked"), ("18h30 à 20h", "asked"), ("lundi", "asked"), ("lundi après 18h", "asked"),
        ("tous les jours sauf dimanche 18h-20h", "asked"), ("un lundi sur deux 18h-20h", "asked"),
        ("lundi midi", "asked"),
        ("demain", "refused"), ("lundi 20h-18h", "refused"), ("lundi 25h-26h", "refused"),
    ],
)  # fmt: skip
def test_weekly_slots(written: str, meant: Any) -> None:
    assert understood(read_slots, written) == meant


# --- Languages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("farsi", "fa"), ("dari", "prs"), ("azéri", "az"), ("kurmandji", "kmr"), ("Kurmancî", "kmr"), ("sorani", "ckb"),
        ("kurde (sorani)", "ckb"), ("malinké", "mnk"), ("soninké", "snk"), ("pulaar", "ff"), ("peul", "ff"),
        ("darija", "ary"), ("arabe du Maghreb", "ary arq aeb"), ("arabe littéraire", "arb"), ("alsacien", "gsw"),
        ("tamoul", "ta"), ("bengali", "bn"), ("pachto", "ps"), ("pachtou", "ps"), ("ourdou", "ur"), ("ukrainien", "uk"),
        ("tigrinya", "ti"), ("amharique", "am"), ("lingala", "ln"), ("wolof", "wo"), ("bambara", "bm"),
        ("albanais", "sq"),
        ("serbo-croate", "sh"), ("BCS", "sh"), ("mandarin", "cmn"), ("chinois", "zh"), ("cantonais", "yue"),
        ("LSF", "fsl"),
        ("fa-AF", "fa-AF"), ("ar-MA", "ary"), ("pt-BR", "pt-BR"), ("pt_br", "pt-BR"), ("fra", "fr"), ("fre", "fr"),
        ("PER", "fa"), ("ara", "ar"), ("cmn", "cmn"), ("zh-CN", "zh"),
        ("fuc", "ff"), ("galicien", "gl"), ("gallois", "cy"),
        ("slovaque", "sk"),
        ("slovène", "sl"), ("russse", "ru"), ("Français, anglais (courant)", "fr en"), ("français anglais", "fr en"),
        ("parle l'anglais", "en"), ("parle l’arabe", "ar"), ("bilingue français anglais", "fr en"),
        ("fr-ar", "fr ar"), ("pt-br", "pt-BR"), ("fr-FR", "fr"), ("fr-fr", "fr"), ("kmr-ckb", "kmr ckb"),
        ("العربية والفرنسية", "ar fr"), ("turc, kurde (kurmandji)", "tr kmr"), ("বাংলা", "bn"),
    ],
)  # fmt: skip
def test_languages_as_this_field_calls_them(written: str, codes: str) -> None:
    assert read_languages(written).value == tuple(codes.split())


@pytest.mark.parametrize(
    "written",
    [
        "afghan",
        "ang",
        "anglais (un peu)",
        "créole",
        "roumin",
        "arabe (littéraire, dialectal)",
        "rom",
        "ga chinese",
    ],
)
def test_a_language_that_is_not_sure_is_asked(written: str) -> None:
    assert understood(read_languages, written) == "asked"


@pytest.mark.parametrize(
    "written", ["sr-hr", "hr-sr", "bs-hr-sr", "fr-nl", "hu-fr", "sq-mk", "bg-mk", "mg-fr", "tr-az"]
)
def test_no_second_language_is_lost_where_it_may_be_a_country(written: str) -> None:
    both, alone = proposed(read_languages, written)
    first, *others = written.split("-")
    assert read_languages(both).value == (first, *others)
    assert read_languages(alone).value == (first,)


def test_a_language_of_a_country_is_known_as_the_language() -> None:
    """Whoever speaks "ro-MD" is understood in Romanian: each tag is the same as a language, or a part of it."""
    parts = {part for several in PARTS_OF_LANGUAGES.values() for part in several}
    tags = {code.replace("_", "-") for code in Locale.parse("fr").languages if "_" in code}
    assert {"ro-MD", "nl-BE", "pt-BR"} <= tags
    assert tags - SAME_LANGUAGES.keys() - parts == set()
    assert spoken_as("ro-MD", ["ro-MD"], ["ro"]) == "ro"


def test_a_known_name_is_never_another_language() -> None:
    for reader in ("fr", "en", "ar"):
        with override(reader):
            for name, codes in _names(reader).items():
                assert read_languages(name).value == codes, name


def test_a_slip_never_leads_to_another_language() -> None:
    """Over all names: a letter changed, left out, added or exchanged gives the language itself, a question, or exactly
    the name of another, or codes."""
    random, names = Random(14), _names("fr")
    for name, codes in names.items():
        if len(name) < 4:
            continue
        for _turn in range(2):
            at = random.randrange(1, len(name))
            letter = random.choice(string.ascii_lowercase)
            slip = random.choice(
                [
                    name[:at] + name[at + 1 :],
                    name[:at] + letter + name[at:],
                    name[:at] + letter + name[at + 1 :],
                ]
            )
            if len(slip) < 4:
                continue  # a code
            found = understood(read_languages, slip)
            # What the slip says exactly, by names or by codes, and nothing else.
            exact = [names.get(folded(slip)), _each(slip, names.get)]
            exact.append(_each(slip.replace("-", "|"), lambda part: _by_code(part) or None))
            assert found in ("asked", "refused", codes, *filter(None, exact)), (slip, found)


def _each(slip: str, meant: Callable[[str], tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """The languages of a slip each part of which is one; None where a part is none."""
    parts = [meant(folded(item)) for item in items_of(slip)]
    known = [part for part in parts if part is not None]
    return tuple(dict.fromkeys(chain.from_iterable(known))) if len(known) == len(parts) else None


def test_each_common_language_is_read_by_its_name_in_each_language() -> None:
    for reader in ("fr", "en", "ar"):
        with override(reader):
            for code in COMMON:
                assert read_languages(language_name(code)).value == (code,), (reader, code)


def test_four_is_a_language_in_each_language_and_no_number() -> None:
    assert language_name("fvr") == "four"
    assert language_name("zdj") == "comorien de la Grande Comore"
    for reader, name in (
        ("en", "Fur"),
        ("ar", "فور"),
        ("uk", "фур"),
        ("fa-af", "فور"),
        ("es", "fur"),
        ("ru", "фур"),
    ):
        with override(reader):
            assert language_name("fvr") == name
            assert language_name("zdj") != "comorien de la Grande Comore"


@pytest.mark.parametrize(
    ("header", "is_one"),
    [("Arabe", True), ("Mossi", True), ("Moré", True), ("Four", False), ("More", False), ("Prénom", False)],
)
def test_what_may_be_an_oven_is_no_box_of_a_language(header: str, is_one: bool) -> None:
    assert names_language(header) is is_one


@given(st.text(max_size=40))
def test_nothing_that_is_typed_breaks_a_parser(written: str) -> None:
    for read, about in (
        (read_day, {"today": TODAY}), (read_periods, {"today": TODAY}), (read_slots, {}), (read_accepted, {}),
        (read_household, {}), (read_yes_no, {}), (read_languages, {}), (read_whole, {"least": 0, "most": 9}),
        (read_decimal, {"least": 0, "most": 9, "units": units_of("rent")}),
    ):  # fmt: skip
        try:
            read(written, **about)
        except (CellError, ValidationError) as error:
            assert str(error)  # noqa: PT017 - either way is right, a traceback is not
