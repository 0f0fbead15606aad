"""A town's picture: checked, written anew, seen before it is shown, described in each language, erased when it goes."""

from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from catalogue.pictures import LIGHT, NotAPicture
from front import pictures, selectors, services
from front.models import HomePicture, HomePictureEdit
from tests.front.conftest import Place, photo, sent

State = HomePicture.State


def described(**others: str) -> dict[str, str]:
    return dict.fromkeys(selectors.LANGUAGES, "") | {"fr": "La place du marché, un matin"} | others


def add(place: Place, **others: str) -> HomePicture:
    return services.add_picture(
        city=place.city,
        picture=pictures.read(BytesIO(photo())),
        descriptions=described(**others),
        by=place.administrator,
        now=timezone.now(),
    )


def show(place: Place) -> HomePicture:
    return services.show_picture(city=place.city, by=place.administrator, now=timezone.now())


def test_it_is_written_anew_upright_shrunk_and_without_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    exif[0x010F] = "Appareil de Jeanne"
    exif.get_ifd(0x8825)[2] = (48.0, 34.0, 24.0)
    file = BytesIO()
    Image.effect_noise((2000, 1000), 60).convert("RGB").save(file, "JPEG", exif=exif)
    assert b"Appareil de Jeanne" in file.getvalue()
    made = pictures.read(file)
    assert (made.width, made.height) == (360, 720)
    for data, form, size in ((made.small, "WEBP", (360, 720)), (made.preview, "JPEG", (1200, 630))):
        again = Image.open(BytesIO(data))
        assert (again.format, again.size) == (form, size)
        assert not again.getexif()
        assert b"Jeanne" not in data
    assert len(made.small) <= LIGHT
    assert len(made.preview) <= pictures.PREVIEW_LIGHT


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_no_word_that_was_in_the_file_is_in_what_is_shown(form: str) -> None:
    words = PngInfo()
    words.add_text("comment", "Appareil de Jeanne")
    more = {"comment": b"Appareil de Jeanne"} if form == "JPEG" else {"pnginfo": words}
    file = BytesIO()
    Image.new("RGB", (500, 500)).save(file, form, **more)
    assert b"Appareil de Jeanne" in file.getvalue()
    made = pictures.read(file)
    assert b"Jeanne" not in made.small + made.preview


def test_what_one_sees_through_is_shrunk_and_keeps_its_shape() -> None:
    file = BytesIO()
    Image.new("RGBA", (2400, 1800), (255, 0, 0, 0)).save(file, "PNG")
    made = pictures.read(file)
    assert (made.width, made.height) == (960, 720)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_one_sees_through_stands_on_white(form: str) -> None:
    file = BytesIO()
    Image.new("RGBA", (500, 500), (255, 0, 0, 0)).save(file, form)
    assert Image.open(BytesIO(pictures.read(file).small)).convert("RGB").getpixel((250, 250)) == (
        255,
        255,
        255,
    )


def bomb() -> bytes:
    """The head of a PNG of a billion pixels."""
    file = BytesIO()
    Image.new("1", (40_000, 30_000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "n’est pas une image"),
        (b"%PDF-1.7 ceci est un document", "n’est pas une image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "n’est pas une image"),
        (photo()[:2000], "n’est pas une image"),
        (photo((600, 600), form="GIF"), "n’est pas une image"),
        (photo((399, 900)), "trop petite"),
        (bomb(), "trop de pixels"),
    ],
    ids=["empty", "document", "drawing", "cut", "other", "small", "bomb"],
)
def test_what_is_no_picture_of_ours_is_refused_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(NotAPicture, match=said):
        pictures.read(BytesIO(data))


def test_it_is_sent_seen_shown_and_replaced_each_with_who_did_it(
    client, administrator: Client, place: Place
) -> None:
    url = place.address("edit_picture")
    answer = administrator.post(url, described(ar="ساحة السوق") | {"step": "add", "file": sent(photo())})
    assert answer.status_code == 302
    assert answer["Location"] == f"{place.address('preview')}?image=on"
    waiting = HomePicture.objects.get()
    src = place.address("picture", waiting.digest, "webp")
    assert src in administrator.get(answer["Location"]).text
    # Nobody else sees it, by its address either.
    assert src not in client.get(place.home).text
    assert client.get(src).status_code == 404
    assert "no-store" in administrator.get(src)["Cache-Control"]

    assert administrator.post(url, {"step": "show"}).status_code == 302
    page = client.get(place.home).text
    assert src in page
    assert 'loading="lazy"' in page
    assert f'content="http://127.0.0.1:8000{place.address("picture", waiting.digest, "jpg")}"' in page
    served = client.get(src)
    assert (served["Content-Type"], served["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert "immutable" in served["Cache-Control"]
    assert served.content == bytes(waiting.small)
    assert client.get(place.address("picture", waiting.digest, "svg")).status_code == 404
    # Shown once more, there is none that waits.
    assert administrator.post(url, {"step": "show"}, follow=True).status_code == 200

    add(place)
    second = show(place)
    assert selectors.picture(place.city).digest == second.digest
    waiting.refresh_from_db()
    assert (waiting.state, bytes(waiting.small), bytes(waiting.preview)) == (State.GONE, b"", b"")
    whats = [
        edit.what.get("state") for edit in HomePictureEdit.objects.filter(picture=waiting).order_by("pk")
    ]
    assert whats == [[None, "waiting"], ["waiting", "shown"], ["shown", "gone"]]
    assert set(HomePictureEdit.objects.values_list("by", flat=True)) == {place.administrator.pk}


def test_its_description_is_read_in_the_reader_s_language_or_marked_as_french(client, place: Place) -> None:
    add(place, ar="ساحة السوق")
    show(place)
    with translation.override("ar"):
        assert selectors.picture(place.city).description == "ساحة السوق"
    client.cookies["django_language"] = "en"
    page = client.get(place.home).text
    assert 'alt="La place du marché, un matin"' in page
    assert 'lang="fr"' in page
    services.describe_picture(
        city=place.city,
        state=State.SHOWN,
        descriptions=described(en="Market square"),
        by=place.administrator,
        now=timezone.now(),
    )
    assert 'alt="Market square"' in client.get(place.home).text


def test_without_words_for_those_who_do_not_see_it_none_is_taken(administrator: Client, place: Place) -> None:
    url = place.address("edit_picture")
    answer = administrator.post(url, described(fr=" ") | {"step": "add", "file": sent(photo())})
    assert answer.status_code == 422
    assert "Dites en une phrase ce que l’on voit." in answer.text
    assert not HomePicture.objects.exists()
    with pytest.raises(ValidationError):
        services.add_picture(
            city=place.city,
            picture=pictures.read(BytesIO(photo())),
            descriptions={},
            by=place.administrator,
            now=timezone.now(),
        )


def test_a_file_that_is_too_long_is_not_read(administrator: Client, place: Place, monkeypatch) -> None:
    monkeypatch.setattr("front.town_views.picture.takes_files_up_to", 100)
    monkeypatch.setattr("catalogue.pictures.LONGEST_FORM", 100)
    answer = administrator.post(
        place.address("edit_picture"), described() | {"step": "add", "file": sent(photo())}
    )
    assert answer.status_code == 422
    assert "trop lourde" in answer.text
    assert "Choisissez une image." not in answer.text


def test_a_picture_that_was_taken_down_meanwhile_is_described_no_more(
    administrator: Client, place: Place
) -> None:
    answer = administrator.post(
        place.address("edit_picture"), described() | {"step": "describe"}, follow=True
    )
    assert (answer.status_code, answer.redirect_chain[0][1]) == (200, 302)
    assert "Quelque chose a changé." in answer.text


def test_it_is_taken_down_and_nothing_of_it_is_left(client, administrator: Client, place: Place) -> None:
    add(place)
    row = show(place)
    src = place.address("picture", row.digest, "webp")
    administrator.post(place.address("edit_picture"), {"step": "take_down"})
    row.refresh_from_db()
    assert (row.state, bytes(row.small)) == (State.GONE, b"")
    assert client.get(src).status_code == 404
    assert src not in client.get(place.home).text


def test_the_town_s_administration_alone_decides_and_the_database_keeps_one(place: Place) -> None:
    with pytest.raises(PermissionDenied):
        services.show_picture(city=place.city, by=place.coordinator, now=timezone.now())
    add(place)
    row = show(place)
    with pytest.raises(IntegrityError, match="home_picture_one_shown"), transaction.atomic():
        HomePicture.objects.create(
            city=place.city,
            state=State.SHOWN,
            descriptions={"fr": "Une autre"},
            small=b"x",
            preview=b"x",
            width=1,
            height=1,
            digest="x",
            added_at=timezone.now(),
        )
    with pytest.raises(IntegrityError, match="home_picture_gone_is_empty"), transaction.atomic():
        HomePicture.objects.filter(pk=row.pk).update(state=State.GONE)
    # With a picture of a person in it, what is noted of the write holds none of its bytes.
    from town.models import AuditRow

    notes = AuditRow.objects.filter(table="front_homepicture")
    assert notes.exists()
    assert all(not {"small", "preview"} & set(note.what) for note in notes)
