"""The field in which a person names a commune."""

import re
from typing import Any

import pytest
from django import forms
from django.utils.timezone import now

from accounts.services import create_city
from cities.forms import CityForm, CommuneField, Typed
from cities.models import City, Commune
from cities.selectors import commune_by_insee

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


class PlaceForm(forms.Form):
    commune = CommuneField()

    def __init__(self, *args: Any, city: City | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["commune"].city = city


@pytest.fixture
def metropole(db: None) -> City:
    seat = commune_by_insee("38185")
    return create_city(
        slug="grenoble", name="Grenoble", locative="À Grenoble", seat=seat, epci_code=seat.epci_code, by=None,
        now=now(),
    )  # fmt: skip


def choices(html: str) -> list[str]:
    return re.findall(r'type="radio"\s+name="commune_choice"\s+id="\S+"\s+value="(\w+)"', html)


def test_a_typed_name_is_resolved() -> None:
    form = PlaceForm({"commune": " st-martin d'hères "})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["commune"] == Commune.objects.get(pk="38421")


def test_an_unknown_name_is_said_and_kept() -> None:
    form = PlaceForm({"commune": "Xqzw <b>"})
    assert not form.is_valid()
    assert form.errors["commune"] == [
        "Nous ne connaissons pas cette commune. Vérifiez son nom, ou écrivez son code postal."
    ]
    html = str(form)
    assert 'value="Xqzw &lt;b&gt;"' in html
    assert 'aria-invalid="true"' in html
    assert "fieldset" not in html


def test_a_shared_name_is_asked_and_the_answer_understood() -> None:
    form = PlaceForm({"commune": "Saint-Denis"})
    assert form.errors["commune"] == [
        "Plusieurs communes répondent à ce nom. Choisissez la vôtre dans la liste."
    ]
    html = str(form)
    assert 'value="Saint-Denis"' in html
    assert "97411" in choices(html)
    assert "93066" in choices(html)
    assert html.count("<legend") == 1

    answered = PlaceForm({"commune": "Saint-Denis", "commune_choice": "93066"})
    assert answered.is_valid()
    assert answered.cleaned_data["commune"].insee == "93066"


def test_a_slip_is_helped() -> None:
    assert PlaceForm({"commune": "Grenobel"}).is_valid()
    form = PlaceForm({"commune": "Gernobel"})
    assert form.has_error("commune", "suggested")
    assert choices(str(form))[0] == "38185"
    assert PlaceForm({"commune": "Gernobel", "commune_choice": "38185"}).is_valid()


def test_a_contradiction_is_asked_about_and_a_place_abroad_is_named() -> None:
    form = PlaceForm({"commune": "67000 Schiltigheim"})
    assert form.has_error("commune", "contradictory")
    assert choices(str(form)) == ["67482", "67447"]
    assert PlaceForm({"commune": "67000 Schiltigheim", "commune_choice": "67447"}).is_valid()
    abroad = PlaceForm({"commune": "Kehl"})
    assert abroad.errors["commune"][0].startswith("Kehl est à l’étranger")


def test_a_tick_from_an_earlier_text_counts_no_more() -> None:
    changed = PlaceForm({"commune": "Lyon", "commune_choice": "93066"})
    assert changed.is_valid()
    assert changed.cleaned_data["commune"].insee == "69123"
    assert not PlaceForm({"commune": "Saint-Denis", "commune_choice": "38185"}).is_valid()


@pytest.mark.parametrize("data", [{}, {"commune": "  "}])
def test_nothing_typed(data: dict[str, str]) -> None:
    assert PlaceForm(data).has_error("commune", "required")
    optional = CommuneField(required=False)
    assert optional.clean(optional.widget.value_from_datadict(data, {}, "commune")) is None


def test_an_absurdly_long_text_or_a_null_byte_is_no_accident() -> None:
    assert PlaceForm({"commune": "a" * 10_000}).has_error("commune")
    assert PlaceForm({"commune": "Gre\0noble"}).is_valid()


def test_the_field_shows_what_it_holds() -> None:
    grenoble = commune_by_insee("38185")
    for initial in (grenoble, "38185"):
        assert 'value="Grenoble (Isère, 38000)"' in str(PlaceForm(initial={"commune": initial}))
    field = CommuneField()
    assert not field.has_changed(grenoble, Typed("Grenoble (Isère, 38000)"))
    assert field.has_changed(grenoble, Typed("Eybens"))
    assert field.clean(grenoble) == grenoble
    assert field.clean("38100").insee == "38100"


def test_the_box_is_labelled_described_and_enhanced(metropole: City) -> None:
    html = str(PlaceForm(city=metropole))
    assert 'list="id_commune_communes"' in html
    assert '<datalist id="id_commune_communes">' in html
    assert 'aria-describedby="id_commune_helptext"' in html
    assert 'for="id_commune"' in html
    assert 'hx-trigger="input changed delay:150ms"' in html
    assert 'hx-target="#id_commune_communes"' in html
    assert "near=38185" in html
    # Without JavaScript, the town's own communes are suggested.
    assert html.count("<option") == 49
    assert str(PlaceForm()).count("<option") == 0


def test_the_town_of_one_form_is_not_that_of_the_next(metropole: City) -> None:
    PlaceForm(city=metropole)
    assert PlaceForm().fields["commune"].city is None


def test_a_town_is_set_up_in_a_form() -> None:
    data = {
        "slug": "strasbourg", "name": "Strasbourg", "locative": "À Strasbourg", "seat": "67000 Strasbourg",
        "epci_code": "246700488", "is_open": "on", "timezone": "Europe/Paris", "brand_colour": "#0f5c5c",
        "accent_colour": "#c8501e", "remind_after_days": "30", "expire_after_days": "45",
        "answer_hours_tonight": "2", "answer_hours_this_week": "24", "answer_hours_planned": "72",
        "follow_up_after_days": "2", "escalate_after_minutes": "10", "homes_asked_at_once": "2",
        "sms_monthly_limit": "500",
        "messages_a_week": "5", "visit_valid_months": "12", "quiet_from": "21:00", "quiet_until": "08:00",
        "looks_ahead_days": "0",
        "asks_citizen_for": ["housing"],
        "weights": '{"proximity":30,"dates":25,"fit":15,"language":10,"freshness":10,"courtesy":10}',
    }  # fmt: skip
    form = CityForm(data)
    assert form.is_valid(), form.errors
    city = form.save()
    assert city.seat_id == "67482"
    assert (city.asks_citizen_for, city.asks_association_for) == (["housing"], [])
    assert "Le rappel vient" in str(CityForm({**data, "slug": "s2", "remind_after_days": "45"}).errors)
