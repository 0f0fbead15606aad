"""The home in a town's own words: a language at a time, seen before it is shown, Accorde's own where there are none."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone, translation

from front import selectors, services
from front.models import HomeWords, HomeWordsEdit
from front.words import FIELDS, built_in, said
from tests.front.conftest import Place

TYPED = dict.fromkeys(FIELDS, "")


def say(place: Place, language: str = "fr", **texts: str) -> HomeWords:
    return services.say(
        city=place.city, language=language, texts=texts, by=place.administrator, now=timezone.now()
    )


def test_each_text_has_a_built_in_one_and_a_field() -> None:
    fields = {field.name for field in HomeWords._meta.concrete_fields}
    assert fields - {"id", "city", "language"} == set(FIELDS)


@pytest.mark.parametrize("code", list(selectors.LANGUAGES))
def test_each_built_in_text_is_as_short_as_what_a_town_may_write(place: Place, code: str) -> None:
    with translation.override(code):
        for name, text in built_in(place.city).items():
            longest = HomeWords._meta.get_field(name).max_length
            assert 0 < len(text) <= longest, (code, name)


def test_a_reader_gets_the_town_s_words_in_their_language_or_accorde_s_in_theirs(place: Place) -> None:
    say(place, title="Le port accueille", lead="Venez.")
    say(place, "ar", title="الميناء يستقبل")
    with translation.override("ar"):
        arabic = said(place.city, selectors.own_words(place.city))
        assert arabic.title == "الميناء يستقبل"
        # Not in French, which they may not read.
        assert arabic.lead == built_in(place.city)["lead"]
    with translation.override("fr"):
        assert said(place.city, selectors.own_words(place.city)).lead == "Venez."
    with translation.override("en"):
        assert said(place.city, selectors.own_words(place.city)).title == built_in(place.city)["title"]


def test_an_edit_is_a_row_and_what_was_not_changed_writes_none(place: Place) -> None:
    say(place, title="Le port accueille")
    say(place, title="Le port accueille")
    say(place, title="")
    edits = HomeWordsEdit.objects.order_by("pk")
    assert [edit.what for edit in edits] == [
        {"title": ["", "Le port accueille"]},
        {"title": ["Le port accueille", ""]},
    ]
    assert {edit.by for edit in edits} == {place.administrator}


def test_only_the_town_s_administration_writes_and_nothing_too_long(place: Place) -> None:
    with pytest.raises(PermissionDenied):
        services.say(
            city=place.city, language="fr", texts={"title": "x"}, by=place.coordinator, now=timezone.now()
        )
    with pytest.raises(PermissionDenied):
        say(place, slug="x")
    with pytest.raises(ValidationError) as refusal:
        say(place, offer_label="x" * 29)
    assert list(refusal.value.error_dict) == ["offer_label"]
    with pytest.raises(ValueError, match="language of the product"):
        say(place, "xx", title="x")
    assert not HomeWords.objects.filter(language="xx").exists()


def test_what_is_typed_is_text_whatever_it_looks_like(client, place: Place) -> None:
    say(place, title="<b>Gras</b>", about="Une ligne.\r\n{{ city }} <script>alert(1)</script>")
    page = client.get(place.home).text
    assert "&lt;b&gt;Gras&lt;/b&gt;" in page
    assert "{{ city }} &lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_preview_shows_what_nobody_sees_yet_and_keeps_what_was_typed(
    administrator: Client, place: Place
) -> None:
    url = place.address("words", "ar")
    typed = TYPED | {"title": "الميناء يستقبل"}
    preview = administrator.post(url, typed | {"step": "preview"})
    assert preview.status_code == 200
    assert '<html lang="ar" dir="rtl">' in preview.text
    # The page is its readers', the bar whoever decides'.
    assert '<section class="preview-bar" lang="fr" dir="ltr"' in preview.text
    assert '<input type="hidden" name="title" value="الميناء يستقبل">' in preview.text
    assert not HomeWords.objects.exists()
    corrected = administrator.post(url, typed | {"step": "correct"})
    assert corrected.context["form"]["title"].value() == "الميناء يستقبل"
    assert not HomeWords.objects.exists()
    assert administrator.post(url, typed | {"step": "show"}).status_code == 302
    assert HomeWords.objects.get().title == "الميناء يستقبل"
    reader = Client()
    reader.cookies["django_language"] = "ar"
    assert "الميناء يستقبل" in reader.get(place.home).text


def test_the_page_of_a_language_says_what_accorde_says_and_what_is_not_translated(
    administrator: Client, place: Place
) -> None:
    say(place, title="Le port accueille")
    page = administrator.get(place.address("words", "en")).text
    with translation.override("en"):
        assert built_in(place.city)["lead"] in page
    assert "Le port accueille" in page
    assert "À vous en français, pas encore dans cette langue" in page
    assert selectors.unsaid(place.city)["en"] == ["title"]
    say(place, "en", title="The port welcomes")
    assert selectors.unsaid(place.city)["en"] == []
    assert "pas encore dans cette langue" not in administrator.get(place.address("words", "en")).text
    assert "1 texte à traduire" in administrator.get(place.address("overview")).text


def test_a_text_too_long_comes_back_with_its_error(administrator: Client, place: Place) -> None:
    answer = administrator.post(
        place.address("words", "fr"), TYPED | {"offer_label": "x" * 29, "step": "preview"}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["offer_label"]
    assert administrator.get(place.address("words", "xx")).status_code == 404


def test_colours_are_seen_before_they_are_saved(administrator: Client, place: Place) -> None:
    page = administrator.get(
        place.address("preview"), {"brand_colour": "#113355", "accent_colour": "#aa3300"}
    )
    assert "couleurs.css?brand_colour=%23113355&amp;accent_colour=%23aa3300" in page.text
    css = Client().get(f"/{place.city.slug}/couleurs.css?brand_colour=%23113355").text
    assert "--brand: #113355;" in css
    place.city.refresh_from_db()
    assert place.city.brand_colour != "#113355"
    # What is no colour is none of theirs.
    css = Client().get(f"/{place.city.slug}/couleurs.css?brand_colour=red;}}body{{display:none").text
    assert f"--brand: {place.city.brand_colour};" in css
    assert "display" not in css


def test_the_history_tells_who_wrote_what_in_which_language(administrator: Client, place: Place) -> None:
    say(place, "ar", title="الميناء يستقبل")
    page = administrator.get(place.address("overview")).text
    assert "Titre (arabe)\u202f: texte d’Accorde → الميناء يستقبل" in page
    assert "Ruth K." in page
    assert "الميناء" not in administrator.get(place.address("words", "en")).text
