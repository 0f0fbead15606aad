"""Languages and weekly slots, ticked or typed."""

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import override

from catalogue.fields import NEED
from catalogue.forms import (
    CheckboxCards,
    LanguagesField,
    RadioCards,
    SlotsField,
    form_field,
)
from catalogue.meaning import read_languages, read_slots


class Week(forms.Form):
    languages = LanguagesField(label="Langues", required=False)
    slots = SlotsField(label="Moments", required=False)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("français", "fr"),
        ("FRANCAIS", "fr"),
        ("  Tigrinya ", "ti"),
        ("tigrigna", "ti"),
        ("ትግርኛ", "ti"),
        ("العربية", "ar"),
        ("Dari", "prs"),
        ("peul", "ff"),
        ("langue des signes française", "fsl"),
        ("Ukrainian", "uk"),
        ("ukrainien", "uk"),
        ("ti", "ti"),
        ("islandais", "is"),
    ],
)
def test_language_is_found_by_any_of_its_names(typed: str, code: str) -> None:
    assert read_languages(typed).value == (code,)


def test_reader_of_arabic_types_in_arabic() -> None:
    with override("ar"):
        assert read_languages("الأوكرانية").value == ("uk",)


def test_slip_of_the_finger_gets_a_proposal() -> None:
    with pytest.raises(ValidationError, match="espagnol"):
        read_languages("espanyol d’Espagne")
    with pytest.raises(ValidationError, match="Choisissez-la dans la liste"):
        read_languages("qzqzqz")


def test_ticked_and_typed_languages_come_together_each_once() -> None:
    form = Week(QueryDict("languages=fr&languages=ar&languages_other=tigrinya, français; dari"))
    assert form.is_valid()
    assert form.cleaned_data["languages"] == ["fr", "ar", "ti", "prs"]


def test_unknown_language_stays_in_its_box_and_known_ones_stay_ticked() -> None:
    form = Week(QueryDict("languages=sq&languages_other=qzqzqz"))
    assert not form.is_valid()
    page = str(form)
    assert 'value="qzqzqz"' in page
    assert 'value="sq" id' in page or 'value="sq"' in page


def test_stored_language_is_a_ticked_card() -> None:
    page = str(Week(initial={"languages": ["ka"]}))
    assert page.count("checked") == 1
    assert 'value="ka"' in page


def test_more_than_twelve_languages_are_a_slip() -> None:
    codes = ["fr", "en", "ar", "uk", "ru", "prs", "ps", "fa", "ti", "am", "so", "sq", "ka"]
    field = LanguagesField()
    assert field.clean(codes[:12]) == codes[:12]
    with pytest.raises(ValidationError):
        field.clean(codes)
    with pytest.raises(ValidationError):
        field.clean([])


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("lundi 18h-20h", "mon 18:00-20:00"),
        ("Mardi de 9h30 à 11h", "tue 09:30-11:00"),
        ("mon 18:00-20:00", "mon 18:00-20:00"),
        ("sam. 10-12", "sat 10:00-12:00"),
        ("dimanche 8 h 15 – 9 h 45", "sun 08:15-09:45"),
        ("jeudi 22h-24h", "thu 22:00-24:00"),
    ],
)
def test_slot_is_read_as_people_write_it(typed: str, stored: str) -> None:
    assert read_slots(typed).value == (stored,)


@pytest.mark.parametrize(
    "typed", ["demain", "lundi", "lundi 20h-18h", "lundi 25h-26h", "lundi 9h", "18h-20h"]
)
def test_unclear_slot_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match=typed):
        read_slots(typed)


def test_grid_and_typed_slots_come_in_the_order_of_the_week() -> None:
    data = QueryDict("slots=fri 18:00-21:00&slots=mon 09:00-12:00&slots_other=mardi 18h-20h, lundi 8h-9h")
    form = Week(data)
    assert form.is_valid()
    assert form.cleaned_data["slots"] == [
        "mon 08:00-09:00",
        "mon 09:00-12:00",
        "tue 18:00-20:00",
        "fri 18:00-21:00",
    ]


def test_stored_slots_come_back_ticked_or_typed() -> None:
    page = str(Week(initial={"slots": ["mon 09:00-12:00", "tue 18:00-20:00"]}))
    assert page.count("checked") == 1
    assert 'value="mardi 18:00-20:00"' in page
    assert "lundi matin" in page


def test_cards_carry_their_second_line() -> None:
    choices = [("a", "Un"), ("b", "Deux")]
    for widget in (
        RadioCards(hints={"a": "pour commencer"}, layout="two"),
        CheckboxCards(hints={"a": "pour commencer"}, layout="two"),
    ):
        widget.choices = choices
        page = widget.render("one", "a", {"id": "one"})
        assert page.count("choice__hint") == 1
        assert "pour commencer" in page
        assert "choices--two" in page


def test_a_card_begins_with_a_capital() -> None:
    """« le foyer » stands in a sentence; alone on a card it is « Le foyer », in whatever language."""
    field = form_field(NEED["rent_payer"])
    assert [str(label) for _value, label in field.choices][:2] == ["Le foyer", "L’association"]
    with override("en"):
        assert str(field.choices[0][1]) == "The household"
