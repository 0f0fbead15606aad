"""Each rule of the tables, with a row that breaks it and the sentence a person reads."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from accounts.services import create_city, update_city
from cities.checks import towns_have_readable_colours
from cities.colours import contrast
from cities.models import DEFAULT_WEIGHTS, City, Commune

from .conftest import commune

pytestmark = pytest.mark.django_db


def town(seat: Commune, **fields: Any) -> City:
    values: dict[str, Any] = {"slug": "grenoble", "name": "Grenoble", "locative": "À Grenoble", "seat": seat}
    return City(**(values | fields))


CITY_RULES = [
    ("city_slug_present", {"slug": ""}, "adresse courte"),
    ("city_epci_code_shape", {"epci_code": "12"}, "neuf chiffres"),
    ("city_reminder_before_expiry", {"remind_after_days": 45}, "Le rappel vient"),
    ("city_reminder_before_expiry", {"remind_after_days": 0}, "Le rappel vient"),
    ("city_answer_hours_positive", {"answer_hours_tonight": 0}, "au moins une heure"),
    ("city_answer_hours_positive", {"answer_hours_this_week": 0}, "au moins une heure"),
    ("city_answer_hours_positive", {"answer_hours_planned": 0}, "au moins une heure"),
    ("city_follow_up_positive", {"follow_up_after_days": 0}, "au moins un jour"),
    ("city_escalates_in_time", {"escalate_after_minutes": 0}, "deux heures au plus"),
    ("city_escalates_in_time", {"escalate_after_minutes": 121}, "deux heures au plus"),
    ("city_homes_asked_at_once", {"homes_asked_at_once": 0}, "cinq au plus"),
    ("city_homes_asked_at_once", {"homes_asked_at_once": 6}, "cinq au plus"),
    ("city_messages_a_week_positive", {"messages_a_week": 0}, "un message par semaine"),
    ("city_colours_hex", {"brand_colour": "teal"}, "#0f5c5c"),
    ("city_colours_hex", {"accent_colour": "#12345"}, "#0f5c5c"),
    ("city_asks_citizen_for_kinds", {"asks_citizen_for": ["money"]}, "housing, goods ou skill"),
    ("city_asks_association_for_kinds", {"asks_association_for": ["goods", "x"]}, "housing, goods ou skill"),
    ("city_weights_six_parts", {"weights": {"proximity": 100}}, "six parts"),
]


@pytest.mark.parametrize(("name", "fields", "sentence"), CITY_RULES)
def test_a_town_that_breaks_a_rule(
    grenoble: Commune, name: str, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        town(grenoble, **fields).validate_constraints()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        town(grenoble, **fields).save(force_insert=True)


def test_two_towns_never_share_an_address(grenoble: Commune) -> None:
    town(grenoble).save(force_insert=True)
    with pytest.raises(ValidationError, match="déjà cette adresse courte"):
        town(grenoble).full_clean()
    with pytest.raises(IntegrityError, match="city_slug_unique"), transaction.atomic():
        town(grenoble).save(force_insert=True)


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("commune_insee_shape", {"insee": "2C004"}, "cinq caractères"),
        ("commune_insee_shape", {"insee": "381"}, "cinq caractères"),
        ("commune_latitude_range", {"latitude": 90.1}, "latitude"),
        ("commune_latitude_range", {"latitude": float("nan")}, "latitude"),
        ("commune_longitude_range", {"longitude": -180.1}, "longitude"),
        ("commune_epci_code_and_name", {"epci_name": ""}, "vont ensemble"),
        ("commune_epci_code_and_name", {"epci_code": ""}, "vont ensemble"),
    ],
)
def test_a_commune_that_breaks_a_rule(name: str, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        commune(**fields).validate_constraints()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        commune(**fields).save(force_insert=True)


def test_population_is_never_negative() -> None:
    with pytest.raises(IntegrityError, match="population"), transaction.atomic():
        commune(population=-1).save(force_insert=True)


def test_a_seat_is_never_deleted(grenoble: Commune) -> None:
    town(grenoble).save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        grenoble.delete()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("brand_colour", "#ffcc00", "se lit mal"),
        ("accent_colour", "#ff7a33", "se lit mal"),
        ("epci_code", "246700488", "ne fait pas partie"),
        ("timezone", "Europe/Grenoble", "fuseau horaire"),
        ("weights", {"proximity": 100}, "six parts"),
        ("weights", [1], "six parts"),
        ("weights", DEFAULT_WEIGHTS | {"luck": 0}, "six parts"),
        ("weights", DEFAULT_WEIGHTS | {"proximity": -1}, "entre 0 et 100"),
        ("weights", DEFAULT_WEIGHTS | {"proximity": True}, "entre 0 et 100"),
        ("weights", DEFAULT_WEIGHTS | {"proximity": "30"}, "entre 0 et 100"),
        ("weights", DEFAULT_WEIGHTS | {"proximity": 31}, "100 points"),
    ],
)
def test_what_the_form_of_a_town_refuses(grenoble: Commune, field: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as caught:
        town(grenoble, **{field: value}).full_clean()
    assert field in caught.value.message_dict


def test_a_town_has_sound_defaults(grenoble: Commune) -> None:
    city = create_city(
        slug="grenoble", name="Grenoble", locative="À Grenoble", seat=grenoble, by=None, now=now()
    )
    city.refresh_from_db()
    assert contrast(city.brand_colour) >= 4.5
    assert contrast(city.accent_colour) >= 4.5
    assert sum(city.weights.values()) == 100
    assert (city.remind_after_days, city.expire_after_days, city.follow_up_after_days) == (30, 45, 2)
    assert [city.answer_hours(urgency) for urgency in ("tonight", "this_week", "planned")] == [2, 24, 72]
    for kind in ("housing", "goods", "skill"):
        assert city.asks_citizen(kind)
        assert city.asks_association(kind)
    assert city.phone_uri == ""


def test_a_town_is_changed_as_a_whole_or_not_at_all(grenoble: Commune) -> None:
    city = create_city(
        slug="grenoble", name="Grenoble", locative="À Grenoble", seat=grenoble, by=None, now=now()
    )
    changed = update_city(
        city_id=city.pk,
        changes={"phone": "04 76 00 00 00", "asks_citizen_for": ["housing"]},
        by=None,
        now=now(),
    )
    assert changed.phone_uri == "tel:0476000000"
    assert changed.asks_citizen("housing")
    assert not changed.asks_citizen("goods")
    with pytest.raises(ValidationError):
        update_city(city_id=city.pk, changes={"phone": "1", "remind_after_days": 60}, by=None, now=now())
    city.refresh_from_db()
    assert city.phone == "04 76 00 00 00"


def test_the_check_names_a_town_whose_colour_cannot_be_read(grenoble: Commune) -> None:
    city = town(grenoble, accent_colour="#ffcc00")
    city.save(force_insert=True)
    found = towns_have_readable_colours(databases=["default"])
    assert [warning.msg for warning in found] == ["grenoble: #ffcc00 on white is below a contrast of 4.5:1."]


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54)],
)
def test_contrast_is_that_of_wcag(first: str, second: str, ratio: float) -> None:
    assert contrast(first, second) == contrast(second, first) == pytest.approx(ratio, abs=0.005)
