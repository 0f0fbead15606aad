"""Settings: every field that a town decides on has its page, its rules and its history."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import CityEdit
from cities.colours import contrast, is_readable_on_white, nearest_readable
from cities.models import City
from town import services
from town.groups import GROUPS
from town.services.settings import OWN_FIELDS

from .conftest import NOW, Place

# The address of its pages would break every link; the points have a page with a preview; links need both towns.
ELSEWHERE = {"id", "slug", "weights", "linked", "created_at", "removed_at"}


def test_each_field_of_a_town_stands_in_one_group_or_is_decided_elsewhere() -> None:
    named = [name for group in GROUPS for name in group.fields]
    fields = {field.name for field in [*City._meta.concrete_fields, *City._meta.many_to_many]}
    assert len(named) == len(set(named))
    assert set(named) | ELSEWHERE == fields
    assert not set(named) & ELSEWHERE


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.slug)
def test_a_page_sent_as_it_was_shown_changes_nothing(administrator, place: Place, group) -> None:
    url = place.address("settings", group.slug)
    form = administrator.get(url).context["form"]
    values = {bound.html_name: bound.value() for bound in form}
    # 0 is a value, and equal to False.
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    if "seat" in sent:
        sent["seat"] = place.city.seat.name
    assert administrator.post(url, sent).status_code == 302
    assert not CityEdit.objects.exists()


def test_a_change_is_saved_with_who_made_it_and_shown_as_history(administrator, place: Place) -> None:
    url = place.address("settings", "delais")
    sent = {name: getattr(place.city, name) for name in GROUPS[3].fields} | {"answer_hours_tonight": 3}
    page = administrator.post(url, sent, follow=True).content.decode()
    edit = CityEdit.objects.get()
    assert (edit.what, edit.by) == ({"answer_hours_tonight": [2, 3]}, place.administrator)
    assert "Délai de réponse, ce soir (heures)\u202f: 2 → 3" in page
    assert "Ruth K." in page
    # Another group's page does not tell of it, the page of all does.
    assert "2 → 3" not in administrator.get(place.address("settings", "couleurs")).content.decode()
    assert "2 → 3" in administrator.get(place.address("home")).content.decode()


def test_a_colour_that_nobody_can_read_is_refused_with_the_nearest_that_would_do(
    administrator, place: Place
) -> None:
    url = place.address("settings", "couleurs")
    answer = administrator.post(url, {"brand_colour": "#ffcc00", "accent_colour": "#c8501e"})
    nearest = nearest_readable("#ffcc00")
    assert answer.status_code == 422
    assert (
        f"se lit mal sur fond blanc. La plus proche qui convient\u202f: {nearest}" in answer.content.decode()
    )
    assert administrator.post(url, {"brand_colour": nearest, "accent_colour": "#c8501e"}).status_code == 302


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_the_nearest_colour_can_be_read_and_no_lighter_one_of_its_hue_can(colour: str) -> None:
    nearest = nearest_readable(colour)
    assert is_readable_on_white(nearest)
    assert contrast(nearest) >= contrast(colour)
    if is_readable_on_white(colour):
        assert nearest == colour
    else:
        # One step lighter is already too light, or as good as.
        assert contrast(nearest) < 4.5 * 1.15


def test_the_hours_are_said_in_the_language_of_the_page(administrator, place: Place) -> None:
    sent = {
        "phone": "03 53 01 00 00",
        "phone_hours": "9 h à 18 h",
        "hours_en": "9 am to 6 pm",
        "hours_ar": "",
    }
    administrator.post(place.address("settings", "contact"), sent)
    place.city.refresh_from_db()
    assert place.city.phone_hours_in == {"en": "9 am to 6 pm"}
    said = {}
    for language in ("fr", "en", "ar"):
        with translation.override(language):
            said[language] = place.city.hours_said
    assert said == {"fr": "9 h à 18 h", "en": "9 am to 6 pm", "ar": "9 h à 18 h"}


@pytest.mark.parametrize("hours", [["9 h"], {"xx": "9"}, {"en": 9}, {"en": ""}, {"en": "9" * 121}])
def test_hours_in_no_language_of_ours_or_too_long_are_refused(place: Place, hours) -> None:
    place.city.phone_hours_in = hours
    with pytest.raises(ValidationError) as caught:
        place.city.full_clean()
    assert set(caught.value.message_dict) == {"phone_hours_in"}


def test_what_is_presumed_is_said_by_kind(administrator, place: Place) -> None:
    url = place.address("settings", "accords")
    sent = {
        "asks_citizen_for": ["housing"],
        "asks_association_for": ["housing", "goods"],
        "homes_asked_at_once": 1,
    }
    page = administrator.post(url, sent, follow=True).content.decode()
    place.city.refresh_from_db()
    assert (place.city.asks_citizen_for, place.city.asks_association_for) == (
        ["housing"],
        ["housing", "goods"],
    )
    assert "→ Logement</bdi>" in page
    assert "→ Logement, Objets</bdi>" in page


def test_the_charter_is_a_text_here_or_an_address_elsewhere(administrator, place: Place, client) -> None:
    url = place.address("settings", "charte")
    assert administrator.get(place.address("charter")).status_code == 404
    both = {"charter_url": "https://ville.example/charte", "charter_text": "Accueillir."}
    assert administrator.post(url, both).status_code == 422
    administrator.post(url, {"charter_url": "", "charter_text": "Accueillir.\n<script>"})
    client.logout()
    assert "Accueillir.\n&lt;script&gt;" in client.get(place.address("charter")).content.decode()
    client.force_login(place.administrator)
    client.post(url, {"charter_url": "https://ville.example/charte", "charter_text": ""})
    assert client.get(place.address("charter")).url == "https://ville.example/charte"


def test_nobody_else_changes_a_setting_and_no_setting_more(place: Place) -> None:
    with pytest.raises(PermissionDenied):
        services.change_settings(city=place.city, fields={"name": "X"}, by=place.coordinator, now=NOW)
    assert "slug" not in OWN_FIELDS
    with pytest.raises(PermissionDenied):
        services.change_settings(city=place.city, fields={"slug": "x"}, by=place.administrator, now=NOW)


def test_what_is_refused_does_not_show_in_the_header(administrator, place: Place) -> None:
    answer = administrator.post(
        place.address("settings", "ville"), {"name": "", "locative": "X", "seat": "nulle part"}
    )
    assert answer.status_code == 422
    assert answer.context["city"].name == "Strasbourg"


def test_the_history_asks_as_often_for_twenty_rows_as_for_two(administrator, place: Place) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            administrator.get(place.address("home"))
        return len(queries)

    hours = iter(range(100, 140))
    for _ in range(2):
        services.change_settings(
            city=place.city, fields={"answer_hours_planned": next(hours)}, by=place.administrator, now=NOW
        )
    few = asked()
    for _ in range(18):
        services.change_settings(
            city=place.city, fields={"answer_hours_planned": next(hours)}, by=place.administrator, now=NOW
        )
    assert asked() == few
